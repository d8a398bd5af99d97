//! Changes to JSON that leave most of it whole.

use crate::mutate::{Draw, anywhere, text};
use serde_json::{Map, Value};

/// How deep values are nested that nothing reads.
const DEEP: usize = 200;

/// A changed text: mostly another value somewhere, of its own or of `other`; sometimes other bytes.
pub(crate) fn mutant(file: &[u8], other: &[u8], draw: &mut Draw) -> Vec<u8> {
    let mut changed = match serde_json::from_slice::<Value>(file) {
        Ok(mut value) => {
            let lent = serde_json::from_slice(other).unwrap_or(Value::Null);
            for _ in 0..1 + draw.below(3) {
                step(&mut value, &lent, draw);
            }
            serde_json::to_vec(&value).expect("a value is JSON")
        }
        Err(_) => file.to_vec(),
    };
    match draw.below(8) {
        0 => anywhere(&mut changed, draw),
        1 => again(&mut changed, draw),
        _ => {}
    }
    changed
}

/// Goes down to a value and changes it.
fn step(value: &mut Value, lent: &Value, draw: &mut Draw) {
    let is_here = draw.below(5) == 0;
    match value {
        Value::Object(members) if !members.is_empty() && !is_here => object(members, lent, draw),
        Value::Array(elements) if !elements.is_empty() && !is_here => {
            let at = draw.below(elements.len());
            match draw.below(8) {
                0 => drop(elements.remove(at)),
                1 => elements.push(elements[at].clone()),
                2 => elements.truncate(at),
                _ => step(&mut elements[at], lent, draw),
            }
        }
        _ => *value = another(value, lent, draw),
    }
}

fn object(members: &mut Map<String, Value>, lent: &Value, draw: &mut Draw) {
    let names: Vec<String> = members.keys().cloned().collect();
    let name = draw.of(&names).expect("there are members").clone();
    match draw.below(12) {
        0 => drop(members.remove(&name)),
        1 => {
            let value = members.remove(&name).expect("it is a member");
            members.insert(renamed(name, draw), value);
        }
        2 => {
            let value = members[&name].clone();
            members.insert(renamed(name, draw), value);
        }
        3 => {
            let theirs: Vec<(&String, &Value)> = lent.as_object().into_iter().flatten().collect();
            if let Some((name, value)) = draw.of(&theirs) {
                members.insert((*name).clone(), (*value).clone());
            }
        }
        _ => step(
            members.get_mut(&name).expect("it is a member"),
            &lent[&name],
            draw,
        ),
    }
}

fn renamed(name: String, draw: &mut Draw) -> String {
    let mut bytes = name.into_bytes();
    match draw.below(4) {
        0 => bytes.extend([b'a'; 300]),
        1 => bytes.clear(),
        _ => text(&mut bytes, draw),
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Another value: of the same kind, or of any.
fn another(value: &Value, lent: &Value, draw: &mut Draw) -> Value {
    match (value, draw.below(4)) {
        (Value::Number(number), 0..3) => another_number(number.as_u64().unwrap_or(0), draw),
        (Value::String(text), 0..3) => Value::String(renamed(text.clone(), draw)),
        (Value::Bool(truth), 0..3) => Value::Bool(!truth),
        (_, 0) => lent.clone(),
        _ => match draw.below(8) {
            0 => Value::Null,
            1 => Value::Bool(draw.below(2) == 0),
            2 => Value::Array(Vec::new()),
            3 => Value::Object(Map::new()),
            4 => Value::String(String::new()),
            5 => deep(),
            6 => Value::from(-1.5e300),
            _ => another_number(draw.next(), draw),
        },
    }
}

fn another_number(old: u64, draw: &mut Draw) -> Value {
    Value::from(match draw.below(8) {
        0 => 0,
        1 => u64::MAX,
        2 => 1 << draw.below(64),
        3 => return Value::from(-(draw.below(9) as i64)),
        4 => old.wrapping_mul(2),
        5 => old / 2,
        6 => draw.below(300) as u64,
        _ => old.wrapping_add(draw.below(9) as u64).wrapping_sub(4),
    })
}

fn deep() -> Value {
    (0..DEEP).fold(Value::Null, |inner, _| Value::Array(vec![inner]))
}

/// A part of the text once more, which makes members that are there twice.
fn again(bytes: &mut Vec<u8>, draw: &mut Draw) {
    if bytes.is_empty() {
        return;
    }
    let commas: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] == b',').collect();
    let (Some(one), Some(two)) = (draw.of(&commas), draw.of(&commas)) else {
        return;
    };
    let part = bytes[*one.min(two)..*one.max(two)].to_vec();
    bytes.splice(*one..*one, part);
}
