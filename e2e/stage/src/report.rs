//! What a demo comes to: one object for scripts, one table for people.

use alloy::primitives::U256;
use serde::Serialize;
use std::{collections::BTreeMap, fmt};

/// Everything that `--json` prints.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The model file, or the embedded model's name.
    pub model: String,
    /// The program's id.
    pub program_id: String,
    /// The text that was asked about.
    pub prompt: String,
    /// With BOS.
    pub prompt_tokens: Vec<u32>,
    /// Generated, without the end token.
    pub tokens: Vec<u32>,
    /// The right answer.
    pub answer: String,
    /// The lie's name, `none` without one.
    pub lie: String,
    /// `honest`, `liar`, or `none` without a dispute.
    pub winner: String,
    /// `proof` or `clock`.
    pub reason: Option<String>,
    /// The five levels, outermost first; empty without a dispute.
    pub levels: Vec<LevelReport>,
    /// The instruction that the chain executed, if it came to that.
    pub instruction: Option<InstructionReport>,
    /// Gas of the dispute.
    pub gas: GasReport,
    /// Transactions of the dispute.
    pub transactions: u64,
    /// Seconds of computing.
    pub seconds: SecondsReport,
    /// What reached the dApp.
    pub callback: CallbackReport,
    /// Wei that the watcher spent on gas.
    pub watcher_gas: String,
    /// Everyone's wei, by name.
    pub balances: BTreeMap<String, BalanceReport>,
}

/// One level of the dispute.
#[derive(Clone, Debug, Serialize)]
pub struct LevelReport {
    /// Its name.
    pub level: &'static str,
    /// Depth of its tree.
    pub depth: u8,
    /// Transactions that belong to it.
    pub moves: u64,
    /// Their gas.
    pub gas: u64,
}

/// The instruction that the chain executed.
#[derive(Clone, Debug, Serialize)]
pub struct InstructionReport {
    /// Its address.
    pub pc: String,
    /// Its word.
    pub word: String,
    /// Disassembled, with the function that it lies in.
    pub text: String,
}

/// Gas of the dispute, as receipts count it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct GasReport {
    /// Of the honest side.
    pub honest: u64,
    /// Of the liar.
    pub dishonest: u64,
    /// Of both.
    pub total: u64,
    /// The transaction that executed the instruction.
    pub step: u64,
}

/// Seconds of computing.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SecondsReport {
    /// Of one answer.
    pub inference: f64,
    /// Of everything from the question to the last credit, both sides on this machine.
    pub dispute: f64,
}

/// What reached the dApp.
#[derive(Clone, Debug, Serialize)]
pub struct CallbackReport {
    /// Whether the callback got the final answer.
    pub delivered: bool,
    /// Its text.
    pub text: String,
    /// Whether its bytes, of which a vector's make no text, are the right answer's.
    pub is_answer: bool,
}

/// An account's wei, bonds and credits included, as decimal strings.
#[derive(Clone, Debug, Serialize)]
pub struct BalanceReport {
    /// Before the request.
    pub before: String,
    /// After it.
    pub after: String,
}

impl Report {
    /// Whether the story went as it must: the right answer reached the dApp; in a dispute the truth won, the watcher lost nothing
    /// but has its gas back, and the liar lost.
    pub fn is_right(&self) -> bool {
        let worth = |name: &str| {
            let balance = &self.balances[name];
            let parse = |wei: &str| wei.parse::<U256>().unwrap_or_default();
            (parse(&balance.before), parse(&balance.after))
        };
        let delivered = self.callback.delivered && self.callback.is_answer;
        if self.winner == "none" {
            return delivered;
        }
        let (watcher_before, watcher_after) = worth("watcher");
        let gas = self.watcher_gas.parse::<U256>().unwrap_or_default();
        let (liar_before, liar_after) = worth("liar");
        delivered
            && self.winner == "honest"
            && watcher_after + gas >= watcher_before
            && liar_after < liar_before
    }
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
