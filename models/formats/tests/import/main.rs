//! Imports of files that are whole, broken, or not for us.
mod bert;
mod builder;
mod byte_level;
mod cached;
mod checks;
mod dequantized;
mod families;
mod inspected;
mod malformed;
mod mlgo;
mod onnx;
mod onnx_file;
mod sharded;
mod unsupported;
mod whole;
