//! Imports of files that are whole, broken, or not for us.
mod builder;
mod cached;
mod checks;
mod dequantized;
mod families;
mod inspected;
mod malformed;
mod unsupported;
mod whole;
