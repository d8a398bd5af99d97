//! Chat templates: a conversation as the prompt that a model was trained on.
//!
//! A model file names its template as a text in Jinja's language, in the dialect of Hugging Face's renderer. Templates are the client's
//! business: the program, and what is provable of it, begins with the prompt's bytes.
//!
//! - [`template`]: the dialect
//! - [`calendar`]: the day, for templates that mention it
//! - `json`: values as Python writes them
pub mod calendar;
mod json;
pub mod template;

pub use calendar::Moment;
pub use template::{ChatError, ChatTemplate, Message, Texts};
