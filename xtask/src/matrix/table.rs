//! The tables of docs/benchmarks.md.

use serde_json::Value;
use std::fmt::Write;

/// One line a story.
pub(super) fn disputes(rows: &[Value]) -> String {
    let mut table = String::from(
        "| model | lie | liar | ended | by | instruction | moves | gas | step | s |\n\
         |---|---|---|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let report = &row["report"];
        let instruction = report["instruction"]["text"]
            .as_str()
            .map_or_else(|| "-".into(), |text| format!("`{}`", mnemonic(text)));
        let fields = [
            plain(&row["model"]),
            plain(&row["lie"]),
            plain(&row["liar"]),
            ending(row),
            plain(&report["reason"]),
            instruction,
            plain(&report["transactions"]),
            plain(&report["gas"]["total"]),
            plain(&report["gas"]["step"]),
            seconds(report),
        ];
        line(&mut table, &fields);
    }
    table
}

/// Depth, moves and gas of each level, of the first dispute that an instruction decided.
pub(super) fn levels(rows: &[Value]) -> String {
    let decided = |row: &&Value| !row["report"]["instruction"].is_null();
    let Some(row) = rows.iter().find(decided) else {
        return String::new();
    };
    let mut table = format!(
        "Levels of {}, lie {}:\n\n| level | depth | moves | gas |\n|---|---|---|---|\n",
        plain(&row["model"]),
        plain(&row["lie"])
    );
    for level in row["report"]["levels"].as_array().into_iter().flatten() {
        let fields = ["level", "depth", "moves", "gas"].map(|field| plain(&level[field]));
        line(&mut table, &fields);
    }
    table
}

fn line(table: &mut String, fields: &[String]) {
    writeln!(table, "| {} |", fields.join(" | ")).expect("a string grows");
}

/// A value without quotes; a dash where there is none.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "-".into(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn ending(row: &Value) -> String {
    let winner = plain(&row["report"]["winner"]);
    match (row["right"].as_bool(), winner.as_str()) {
        (Some(true), "none") => "delivered".into(),
        (Some(true), _) => format!("{winner} won"),
        _ => "WRONG".into(),
    }
}

fn mnemonic(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or_default()
}

fn seconds(report: &Value) -> String {
    let seconds = report["seconds"]["dispute"].as_f64();
    seconds.map_or_else(|| "-".into(), |seconds| format!("{seconds:.1}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_dispute_and_its_levels_are_lines() {
        let rows = [
            json!({
                "model": "m", "lie": "node", "liar": "provider", "right": true,
                "report": {
                    "winner": "honest", "reason": "proof", "instruction": { "text": "sw $v0, 4($sp)" },
                    "transactions": 40, "gas": { "total": 7, "step": 3 }, "seconds": { "dispute": 1.25 },
                    "levels": [{ "level": "batch", "depth": 3, "moves": 2, "gas": 5 }],
                },
            }),
            json!({ "model": "m", "lie": "silent", "liar": "challenger", "right": false, "report": null }),
        ];
        let table = disputes(&rows);
        let lines: Vec<&str> = table.lines().skip(2).collect();
        assert_eq!(
            lines,
            [
                "| m | node | provider | honest won | proof | `sw` | 40 | 7 | 3 | 1.2 |",
                "| m | silent | challenger | WRONG | - | - | - | - | - | - |",
            ]
        );
        assert!(levels(&rows).ends_with("| batch | 3 | 2 | 5 |\n"));
        assert_eq!(levels(&rows[1..]), "");
    }
}
