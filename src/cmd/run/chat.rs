//! A conversation by the model's chat template.

use super::answer::{Answered, Desk};
use super::show;
use crate::model::ModelArgs;
use crate::usage::Usage;
use anyhow::{Context, Result};
use gavel_chat::{ChatTemplate, Message, Moment, Texts};
use gavel_formats::{Chat, ModelFile};
use std::fs;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// A conversation so far.
pub(super) struct Talk {
    template: ChatTemplate,
    /// What the tokenizer puts before a prompt by itself; empty if nothing.
    added: String,
    messages: Vec<Message>,
}

impl Talk {
    /// A conversation before its first turn.
    ///
    /// # Errors
    /// When there is no template, or it is none.
    pub(super) fn new(
        model: &ModelArgs,
        template: Option<&Path>,
        system: Option<String>,
    ) -> Result<Self> {
        let file = match &model.model {
            Some(path) => ModelFile::open(path)?,
            None => ModelFile::from_bytes(gavel_zoo::MODEL),
        };
        let chat = Chat::read(&file).with_context(|| format!("model {}", model.name()))?;
        let source = match template {
            Some(path) => fs::read_to_string(path)
                .with_context(|| format!("chat template {}", path.display()))?,
            None => chat.template.ok_or_else(|| Usage::NoChatTemplate {
                model: model.name(),
            })?,
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let texts = Texts {
            bos: chat.bos.clone(),
            eos: chat.eos,
        };
        let system = system.map(|text| Message::new("system", &text));
        Ok(Talk {
            template: ChatTemplate::new(&source, texts, Moment(now.as_secs()))?,
            added: if chat.adds_bos {
                chat.bos
            } else {
                String::new()
            },
            messages: system.into_iter().collect(),
        })
    }

    /// One turn of the user and the model's.
    ///
    /// # Errors
    /// When the template or the program refuses it, or the computation fails. The conversation is then as before.
    pub(super) fn turn(mut self, desk: &Desk, model: &ModelArgs, said: String) -> Result<Answered> {
        self.next(desk, model, said)
    }

    /// A turn for each line of standard input. What one refuses, others can mend.
    ///
    /// # Errors
    /// When standard input or output fails.
    pub(super) fn converse(mut self, desk: &Desk, model: &ModelArgs) -> Result<()> {
        let shows_prompt = io::stdin().is_terminal() && !desk.json;
        let mut lines = io::stdin().lock().lines();
        loop {
            if shows_prompt {
                print!("> ");
                io::stdout().flush()?;
            }
            let Some(line) = lines.next() else {
                return Ok(());
            };
            let line = line.context("standard input")?;
            if line.trim().is_empty() {
                continue;
            }
            if let Err(error) = self.next(desk, model, line) {
                eprintln!("error: {error:#}");
            }
        }
    }

    fn next(&mut self, desk: &Desk, model: &ModelArgs, said: String) -> Result<Answered> {
        self.messages.push(Message::new("user", &said));
        let answered = self.answer(desk);
        match answered {
            Ok(answered) => {
                let text = answered.text();
                self.messages.push(Message::new("assistant", &text));
                show(desk, model, &answered)?;
                Ok(answered)
            }
            Err(error) => {
                self.messages.pop();
                Err(error)
            }
        }
    }

    fn answer(&self, desk: &Desk) -> Result<Answered> {
        let prompt = self.template.render(&self.messages, true)?;
        // Else it would stand there twice.
        let prompt = prompt.strip_prefix(&self.added).unwrap_or(&prompt);
        desk.answer(prompt.as_bytes())
    }
}
