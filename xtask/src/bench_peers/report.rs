//! The figures as rows, and as a table.

use super::contestant::Work;
use serde_json::{Value, json};

/// One contestant's speed at one kind of work.
pub(super) struct Row {
    pub(super) model: String,
    pub(super) threads: usize,
    pub(super) work: Work,
    pub(super) tokens: u32,
    pub(super) who: String,
    /// Tokens a second, one figure a run.
    pub(super) runs: Vec<f64>,
}

impl Row {
    /// The middle run; the upper one of the two middle ones.
    pub(super) fn median(&self) -> f64 {
        let mut runs = self.runs.clone();
        runs.sort_by(f64::total_cmp);
        runs[runs.len() / 2]
    }

    fn is_beside(&self, other: &Row) -> bool {
        (&self.model, self.threads, self.work) == (&other.model, other.threads, other.work)
    }
}

/// Our speed divided by this row's, where ours was measured beside it.
fn ours_to(row: &Row, rows: &[Row]) -> Option<f64> {
    let ours = rows
        .iter()
        .find(|other| other.who == "gavel" && other.is_beside(row))?;
    Some(ours.median() / row.median())
}

/// All rows as one object.
pub(super) fn object(rows: &[Row], notes: &[String]) -> Value {
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "model": row.model,
                "threads": row.threads,
                "work": row.work.name(),
                "tokens": row.tokens,
                "who": row.who,
                "tokens_per_second": row.median(),
                "runs": row.runs,
                "gavel_to_this": ours_to(row, rows),
            })
        })
        .collect();
    json!({ "rows": rows, "notes": notes })
}

/// All rows as a table in Markdown, with the notes below it.
pub(super) fn table(rows: &[Row], notes: &[String]) -> String {
    let mut text = String::from(
        "| model | threads | work | tokens | who | tokens/s | lowest | highest | gavel to this |\n|---|---|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let ratio = ours_to(row, rows).map_or("-".into(), |ratio| format!("{ratio:.2}"));
        let lowest = row.runs.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = row.runs.iter().copied().fold(0.0, f64::max);
        text += &format!(
            "| {} | {} | {} | {} | {} | {:.1} | {lowest:.1} | {highest:.1} | {ratio} |\n",
            row.model,
            row.threads,
            row.work.name(),
            row.tokens,
            row.who,
            row.median(),
        );
    }
    for note in notes {
        text += &format!("\n{note}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(who: &str, runs: &[f64]) -> Row {
        Row {
            model: "m".into(),
            threads: 1,
            work: Work::Prompt,
            tokens: 8,
            who: who.into(),
            runs: runs.into(),
        }
    }

    #[test]
    fn a_ratio_is_ours_to_theirs() {
        let rows = [
            row("gavel", &[30.0, 10.0, 20.0]),
            row("peer", &[80.0, 40.0, 10.0]),
        ];
        assert_eq!(ours_to(&rows[1], &rows), Some(0.5));
        let mut elsewhere = row("peer", &[1.0]);
        elsewhere.threads = 2;
        assert_eq!(ours_to(&elsewhere, &rows), None);
    }
}
