//! One step in Rust and in the EVM: the whole state before and after, by its hash.

use crate::evm::StepContract;
use gavel_machine::isa::{Op, decode};
use gavel_machine::{Context, Exit, InputTrees, LazyTrees, Machine, prove, step, step_proof};
use std::collections::BTreeMap;

/// What happened in a number of steps.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) steps: BTreeMap<Op, u32>,
    /// Steps that reached memory.
    pub(crate) memory: BTreeMap<Op, u32>,
    pub(crate) exits: BTreeMap<u32, u32>,
    /// The most gas that a step's transaction took, the calldata floor included.
    pub(crate) most_gas: u64,
}

impl Tally {
    /// Steps `before` in Rust, in the Rust twin of the contract, and in the contract; gives the state after.
    pub(crate) fn compare(
        &mut self,
        contract: &mut StepContract,
        context: &Context<'_>,
        trees: &LazyTrees<'_>,
        before: &Machine,
    ) -> Machine {
        let (image_root, depth, inputs_root) = (
            context.image.root(),
            context.image.depth(),
            trees.inputs_root(),
        );
        let proof = prove(context, before, trees);
        let bytes = proof.encode();
        let mut after = before.clone();
        step(context, &mut after);

        let expected = Ok((before.hash(), after.hash()));
        let word = context.image.word(before.registers.pc);
        let name = word.map_or("a fetch".into(), |word| {
            format!("{word:#010x} {}", decode(word))
        });
        assert_eq!(
            step_proof(image_root, depth, inputs_root, &bytes),
            expected,
            "Rust twin: {name}"
        );
        let answer = contract.step((image_root, depth), inputs_root, &bytes);
        assert_eq!(
            answer.states, expected,
            "contract: {name}, {:x?}",
            before.registers
        );

        let op = word.map_or(Op::Illegal, |word| decode(word).op);
        *self.steps.entry(op).or_default() += 1;
        *self.memory.entry(op).or_default() += u32::from(proof.data.is_some());
        *self.exits.entry(after.registers.exit).or_default() += 1;
        self.most_gas = self.most_gas.max(answer.gas_used);
        after
    }

    /// Prints the counts by kind of instruction and by exit.
    pub(crate) fn report(&self, what: &str) {
        println!(
            "{what}: steps compared in Rust and in the EVM, in brackets those that reached memory"
        );
        for (op, steps) in &self.steps {
            println!("{:>8} {steps} ({})", op.mnemonic(), self.memory[op]);
        }
        for (code, times) in &self.exits {
            println!("exit {code} {:?}: {times}", Exit::from_code(*code));
        }
        println!("at most {} gas a step", self.most_gas);
    }
}
