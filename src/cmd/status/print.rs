//! A status for people: the same fields as its JSON, one a line.

use serde_json::Value;
use std::fmt::Write;

/// The fields as lines, inner ones indented.
pub(super) fn lines(status: &Value) -> String {
    let mut text = String::new();
    write_fields(&mut text, status, 0);
    text
}

fn write_fields(text: &mut String, value: &Value, depth: usize) {
    let Value::Object(fields) = value else {
        return;
    };
    for (name, value) in fields {
        write_field(text, name, value, depth);
    }
}

fn write_field(text: &mut String, name: &str, value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    let is_list_of_objects = |list: &[Value]| !list.is_empty() && list.iter().all(Value::is_object);
    match value {
        Value::Object(_) => {
            line(text, format_args!("{indent}{name}"));
            write_fields(text, value, depth + 1);
        }
        Value::Array(list) if is_list_of_objects(list) => {
            for (place, item) in list.iter().enumerate() {
                line(text, format_args!("{indent}{name} [{place}]"));
                write_fields(text, item, depth + 1);
            }
        }
        Value::Array(list) => {
            let items: Vec<_> = list.iter().map(plain).collect();
            line(text, format_args!("{indent}{name}: {}", items.join(" ")));
        }
        plain_value => line(text, format_args!("{indent}{name}: {}", plain(plain_value))),
    }
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("a string takes every line");
}

/// Text without quotes, nothing as a dash.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "-".into(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_lists_and_objects_have_lines() {
        let status =
            json!({"a": {"text": "b c", "none": null}, "list": [1, 2], "lots": [{"x": true}]});
        let expected = "a\n  none: -\n  text: b c\nlist: 1 2\nlots [0]\n  x: true\n";
        assert_eq!(lines(&status), expected);
    }
}
