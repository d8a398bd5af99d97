//! What a demo comes to: one object for scripts, one table for people.

use serde::Serialize;
use std::{collections::BTreeMap, fmt};

/// Everything that `--json` prints.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub model: String,
    pub program_id: String,
    pub prompt: String,
    /// With BOS.
    pub prompt_tokens: Vec<u32>,
    /// Generated, without the end token.
    pub tokens: Vec<u32>,
    /// The right answer.
    pub answer: String,
    pub lie: String,
    /// `honest`, `liar`, or `none` without a dispute.
    pub winner: String,
    /// `proof` or `clock`.
    pub reason: Option<String>,
    pub levels: Vec<LevelReport>,
    pub instruction: Option<InstructionReport>,
    pub gas: GasReport,
    /// Transactions of the dispute.
    pub transactions: u64,
    pub seconds: SecondsReport,
    pub callback: CallbackReport,
    /// Wei that the watcher spent on gas.
    pub watcher_gas: String,
    pub balances: BTreeMap<String, BalanceReport>,
}

/// One level of the dispute.
#[derive(Clone, Debug, Serialize)]
pub struct LevelReport {
    pub level: &'static str,
    pub depth: u8,
    pub moves: u64,
    pub gas: u64,
}

/// The instruction that the chain executed.
#[derive(Clone, Debug, Serialize)]
pub struct InstructionReport {
    pub pc: String,
    pub word: String,
    pub text: String,
}

/// Gas of the dispute, as receipts count it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct GasReport {
    pub honest: u64,
    pub dishonest: u64,
    pub total: u64,
    /// The transaction that executed the instruction.
    pub step: u64,
}

/// Seconds of computing.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SecondsReport {
    pub inference: f64,
    pub dispute: f64,
}

/// What reached the dApp.
#[derive(Clone, Debug, Serialize)]
pub struct CallbackReport {
    pub delivered: bool,
    pub text: String,
}

/// An account's wei, bonds and credits included, as decimal strings.
#[derive(Clone, Debug, Serialize)]
pub struct BalanceReport {
    pub before: String,
    pub after: String,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "prompt     {:?}", self.prompt)?;
        writeln!(f, "answer     {:?}", self.answer)?;
        writeln!(f, "callback   {:?}", self.callback.text)?;
        let reason = self
            .reason
            .as_deref()
            .map(|reason| format!(" by {reason}"))
            .unwrap_or_default();
        writeln!(
            f,
            "lie        {}; winner: {}{reason}",
            self.lie, self.winner
        )?;
        if !self.levels.is_empty() {
            writeln!(
                f,
                "\n{:<12} {:>6} {:>6} {:>10}",
                "level", "depth", "moves", "gas"
            )?;
            for level in &self.levels {
                writeln!(
                    f,
                    "{:<12} {:>6} {:>6} {:>10}",
                    level.level, level.depth, level.moves, level.gas
                )?;
            }
            let moves: u64 = self.levels.iter().map(|level| level.moves).sum();
            writeln!(
                f,
                "{:<12} {:>6} {:>6} {:>10}",
                "total", "", moves, self.gas.total
            )?;
            writeln!(
                f,
                "\ngas        honest {}, dishonest {}, the step {}",
                self.gas.honest, self.gas.dishonest, self.gas.step
            )?;
        }
        if let Some(instruction) = &self.instruction {
            writeln!(
                f,
                "executed   {}: {}  {}",
                instruction.pc, instruction.word, instruction.text
            )?;
        }
        writeln!(
            f,
            "seconds    inference {:.3}, dispute {:.1}",
            self.seconds.inference, self.seconds.dispute
        )?;
        writeln!(
            f,
            "\n{:<12} {:>24} {:>24}",
            "account", "before (ether)", "after (ether)"
        )?;
        for (name, balance) in &self.balances {
            writeln!(
                f,
                "{name:<12} {:>24} {:>24}",
                ether(&balance.before),
                ether(&balance.after)
            )?;
        }
        Ok(())
    }
}

/// Wei as ether with six digits after the point.
fn ether(wei: &str) -> String {
    let padded = format!("{wei:0>19}");
    let (whole, part) = padded.split_at(padded.len() - 18);
    format!("{whole}.{}", &part[..6])
}
