//! Byte layouts of programs: node descriptor, boot record, control slot, tables, header and ids.
