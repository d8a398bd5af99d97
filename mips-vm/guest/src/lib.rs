//! The kernels as a MIPS program.
