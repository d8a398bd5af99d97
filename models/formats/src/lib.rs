//! Import of model files and tokenizers into programs.
