//! Real model files: their answers against those of another implementation, and the same bits however they are computed.
mod batches;
mod bert;
mod bert64;
mod commitments;
mod float64;
mod mnist;
mod odd_requests;
mod odd_results;
mod onnx;
mod perplexity;
mod random_models;
mod reference;
mod setting;
mod stores;
mod threads;
mod weights64;
