//! The dialect: Jinja with blocks trimmed, loop controls, Python's methods of strings and lists, and a few functions.

use crate::{Moment, json};
use minijinja::value::{Kwargs, Value};
use minijinja::{Environment, Error, ErrorKind, context};
use serde::Serialize;
use std::borrow::Cow;
use std::error::Error as _;
use thiserror::Error;

/// One turn of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Who speaks: `system`, `user` or `assistant`.
    pub role: String,
    /// What is said.
    pub content: String,
}

impl Message {
    /// A turn.
    pub fn new(role: &str, content: &str) -> Self {
        Message {
            role: role.into(),
            content: content.into(),
        }
    }
}

/// Texts of a model's special tokens that templates mention.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    /// That begins a prompt.
    pub bos: String,
    /// That ends an answer.
    pub eos: String,
}

/// Why a conversation has no prompt.
#[derive(Debug, Error)]
pub enum ChatError {
    /// The template is no template.
    #[error("the chat template can't be read: {message}")]
    Malformed {
        /// What is wrong, and where.
        message: String,
    },
    /// The template itself refuses the conversation.
    #[error("the chat template refuses the conversation: {message}")]
    Refused {
        /// What it says.
        message: String,
    },
    /// The template can't be applied.
    #[error("the chat template fails: {message}")]
    Failed {
        /// What is wrong, and where.
        message: String,
    },
}

/// The name by which the environment knows the template.
const NAME: &str = "chat";

/// A model's chat template.
pub struct ChatTemplate {
    environment: Environment<'static>,
    texts: Texts,
}

impl ChatTemplate {
    /// A template, and the time that it is told when it asks.
    ///
    /// # Errors
    /// [`ChatError::Malformed`].
    pub fn new(source: &str, texts: Texts, now: Moment) -> Result<Self, ChatError> {
        let mut environment = Environment::new();
        environment.set_trim_blocks(true);
        environment.set_lstrip_blocks(true);
        environment
            .set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_filter("tojson", to_json);
        environment.add_function("raise_exception", refuse);
        environment.add_function("strftime_now", move |format: Cow<'_, str>| {
            let unknown = || Error::new(ErrorKind::InvalidOperation, "a format of no known part");
            now.format(&format).ok_or_else(unknown)
        });
        let source = without_generation_marks(source);
        let added = environment.add_template_owned(NAME, source);
        added.map_err(|error| ChatError::Malformed {
            message: told(&error),
        })?;
        Ok(ChatTemplate { environment, texts })
    }

    /// The prompt of a conversation; `answer` begins the turn of the model.
    ///
    /// # Errors
    /// [`ChatError::Refused`] and [`ChatError::Failed`].
    pub fn render(&self, messages: &[Message], answer: bool) -> Result<String, ChatError> {
        let template = self.environment.get_template(NAME);
        let rendered = template.and_then(|template| {
            template.render(context! {
                messages,
                add_generation_prompt => answer,
                bos_token => self.texts.bos,
                eos_token => self.texts.eos,
                tools => (),
                documents => (),
            })
        });
        rendered.map_err(|error| match refusal(&error) {
            Some(message) => ChatError::Refused { message },
            None => ChatError::Failed {
                message: told(&error),
            },
        })
    }
}

/// What a template says when it refuses.
#[derive(Debug, Error)]
#[error("{0}")]
struct Refusal(String);

fn refuse(message: String) -> Result<Value, Error> {
    let error = Error::new(ErrorKind::InvalidOperation, "refused");
    Err(error.with_source(Refusal(message)))
}

/// The refusal behind an error, if there is one.
fn refusal(error: &Error) -> Option<String> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(Refusal(message)) = error.downcast_ref() {
            return Some(message.clone());
        }
        cause = error.source();
    }
    None
}

/// An error with its line.
fn told(error: &Error) -> String {
    let what = error.detail().map_or_else(
        || error.kind().to_string(),
        |detail| format!("{}: {detail}", error.kind()),
    );
    match error.line() {
        Some(line) => format!("{what} (line {line})"),
        None => what,
    }
}

fn to_json(value: Value, options: Kwargs) -> Result<Value, Error> {
    let indent = options.get::<Option<usize>>("indent")?;
    // Templates say that characters need no escape, which is so here anyway.
    let _: Option<bool> = options.get("ensure_ascii")?;
    options.assert_all_used()?;
    let text = json::text(&value, indent).map_err(|error| {
        Error::new(ErrorKind::BadSerialization, "no value of JSON").with_source(error)
    })?;
    Ok(Value::from_safe_string(text))
}

/// The template without the marks around what a model says itself, which matter in training alone. What else a tag says, its dashes,
/// is kept.
fn without_generation_marks(source: &str) -> String {
    let mut text = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(start) = rest.find("{%") {
        let Some(end) = rest[start..].find("%}") else {
            break;
        };
        let (tag, after) = rest[start..].split_at(end + 2);
        text += &rest[..start];
        text += &match tag.trim_matches(['{', '}', '%', '-', '+']).trim() {
            "generation" => tag.replace("generation", "if true"),
            "endgeneration" => tag.replace("endgeneration", "endif"),
            _ => tag.to_owned(),
        };
        rest = after;
    }
    text + rest
}
