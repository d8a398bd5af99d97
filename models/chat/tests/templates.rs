//! Templates in the manner of common families, against what Hugging Face's renderer makes of them: `render.py` has written it down.

use gavel_chat::{ChatError, ChatTemplate, Message, Moment, Texts};
use serde::Deserialize;
use std::fs;
use std::path::Path;

#[derive(Deserialize)]
struct Expected {
    /// Seconds of the time that templates were told.
    now: u64,
    renderings: Vec<Rendering>,
}

/// A template applied to a conversation.
#[derive(Deserialize)]
struct Rendering {
    template: String,
    bos: String,
    eos: String,
    messages: Vec<(String, String)>,
    answer: bool,
    /// What came of it, or what the template refused it with.
    text: Option<String>,
    refused: Option<String>,
}

fn source(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/templates");
    fs::read_to_string(path.join(name)).expect("the template is there")
}

#[test]
fn prompts_are_those_of_the_other_renderer() {
    let expected: Expected = serde_json::from_str(include_str!("templates/expected.json"))
        .expect("the file is JSON of this shape");
    assert!(expected.renderings.len() > 40);
    for rendering in &expected.renderings {
        let texts = Texts {
            bos: rendering.bos.clone(),
            eos: rendering.eos.clone(),
        };
        let template = ChatTemplate::new(&source(&rendering.template), texts, Moment(expected.now));
        let template = template.expect("a template");
        let messages: Vec<Message> = rendering
            .messages
            .iter()
            .map(|(role, content)| Message::new(role, content))
            .collect();
        let name = format!("{} {messages:?}", rendering.template);
        match (
            template.render(&messages, rendering.answer),
            &rendering.refused,
        ) {
            (Ok(text), None) => assert_eq!(Some(text), rendering.text, "{name}"),
            (Err(ChatError::Refused { message }), Some(expected)) => {
                assert_eq!(&message, expected, "{name}");
            }
            (other, expected) => panic!("{name}: {other:?}, expected {expected:?}"),
        }
    }
}

fn template(source: &str) -> Result<ChatTemplate, ChatError> {
    ChatTemplate::new(source, Texts::default(), Moment(0))
}

#[test]
fn what_is_no_template_is_refused_with_its_line() {
    let error = template("{{ messages }}\n{% for %}").err();
    let text = error.expect("no template").to_string();
    assert!(
        text.starts_with("the chat template can't be read: "),
        "{text}"
    );
    assert!(text.ends_with("(line 2)"), "{text}");
}

#[test]
fn what_fails_says_so_with_its_line() {
    for source in [
        "\n{{ messages[9].content.strip() }}",
        "\n{{ strftime_now('%Q') }}",
    ] {
        let template = template(source).expect("a template");
        let error = template.render(&[Message::new("user", "a")], true).err();
        assert!(
            matches!(error, Some(ChatError::Failed { message }) if message.ends_with("(line 2)"))
        );
    }
}
