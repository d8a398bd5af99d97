//! An instance of the kernels' module for one node at a time. Weights that it has read stay in its memory.

use super::WasmError;
use super::memory::{Memory, Place, RunRange};
use crate::Call;
use gavel_kernels::{cost, shape};
use gavel_program::Operand;
use gavel_program::boot::SCRATCH_WORDS;
use std::collections::HashMap;
use wasmtime::Module;

/// Words up to which weights are kept: three quarters of what a sandbox can address. Before there are more, all are forgotten.
const MOST_KEPT: usize = 3 << 28;

/// An instance of the module.
pub(super) struct Sandbox {
    memory: Memory,
    run_range: RunRange,
    /// First word that is the host's.
    heap: usize,
    /// Weights that are in place, by index.
    kept: HashMap<u32, Place>,
}

impl Sandbox {
    /// An instance that imports nothing.
    ///
    /// # Errors
    /// [`WasmError`] when the engine refuses the module or it lacks a function.
    pub(super) fn new(module: &Module) -> Result<Self, WasmError> {
        let (mut memory, instance) = Memory::new(module)?;
        Ok(Sandbox {
            run_range: RunRange::of(&mut memory, &instance)?,
            heap: memory.taken(),
            kept: HashMap::new(),
            memory,
        })
    }

    /// Computes a call.
    ///
    /// # Errors
    /// A trap, more instructions than the call may take, or no memory left.
    pub(super) fn run(&mut self, call: &Call<'_>, out: &mut [u32]) -> Result<(), wasmtime::Error> {
        self.make_room(words(call) + out.len());
        let weights = self.weights(call)?;
        let kept_end = self.memory.taken();
        let ran = self.pass(call, &weights, out);
        self.memory.release(kept_end);
        ran
    }

    /// Forgets all weights, if there would be too many words.
    fn make_room(&mut self, words: usize) {
        if self.memory.taken() + words > MOST_KEPT {
            self.kept.clear();
            self.memory.release(self.heap);
        }
    }

    /// Brings what isn't kept, calls the module and reads the output.
    fn pass(
        &mut self,
        call: &Call<'_>,
        weights: &[Option<Place>],
        out: &mut [u32],
    ) -> Result<(), wasmtime::Error> {
        let mut list = Vec::with_capacity(2 * weights.len());
        for (index, weight) in weights.iter().enumerate() {
            let place = match weight {
                Some(place) => *place,
                None => self.bring(needed(call, index))?,
            };
            list.extend(place.listed());
        }
        let told = [
            self.bring(&call.node.encode())?,
            self.bring(&call.control.encode())?,
            self.bring(&list)?,
        ];
        let output = self.bring(out)?;
        let scratch = self.memory.take(SCRATCH_WORDS);
        self.memory.allow(allowed(call))?;
        let range = call.range.clone();
        self.run_range
            .call(&mut self.memory, told, range, output, scratch)?;
        out.copy_from_slice(self.memory.words(output)?);
        Ok(())
    }

    /// The places of the call's weights; none for its slots.
    fn weights(&mut self, call: &Call<'_>) -> Result<Vec<Option<Place>>, wasmtime::Error> {
        let operands = call.node.inputs().iter().zip(call.inputs);
        operands
            .map(|(operand, words)| match operand {
                Operand::Slot(_) => Ok(None),
                Operand::Weight(index) => self.weight(*index, words).map(Some),
            })
            .collect()
    }

    /// The place of a weight, which the first call that reads it puts there.
    fn weight(&mut self, index: u32, words: &[u32]) -> Result<Place, wasmtime::Error> {
        if let Some(place) = self.kept.get(&index) {
            return Ok(*place);
        }
        let place = self.bring(words)?;
        self.kept.insert(index, place);
        Ok(place)
    }

    /// Puts words into the next place.
    fn bring(&mut self, words: &[u32]) -> Result<Place, wasmtime::Error> {
        let place = self.memory.take(words.len());
        self.memory.write(place, words)?;
        Ok(place)
    }
}

/// At least as many words as a call puts into the memory, its output aside.
fn words(call: &Call<'_>) -> usize {
    /// Record, control slot, list of tensors, and what alignment costs.
    const SMALL: usize = 1 << 10;
    let inputs: usize = call.inputs.iter().map(|words| words.len()).sum();
    inputs + SCRATCH_WORDS + SMALL
}

/// The part of a slot that the node reads.
fn needed<'a>(call: &Call<'a>, index: usize) -> &'a [u32] {
    let words = call.inputs[index];
    match shape::input(&call.node.op, index) {
        Some(shape) if shape.len > 0 => {
            let read = shape.dtype.bytes(shape.len as usize).div_ceil(4);
            &words[..words.len().min(read)]
        }
        _ => words,
    }
}

/// Instructions that a call may take: what its tiles cost at most on the proving machine.
fn allowed(call: &Call<'_>) -> u64 {
    let per_tile = shape::output(&call.node.op).dtype.per_tile();
    let tiles = call.range.len().div_ceil(per_tile) as u64;
    tiles.saturating_mul(cost(call.node))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gavel_program::control::CONTROL_WORDS;
    use gavel_program::op::Elementwise;
    use gavel_program::{Control, Node, Op};

    /// Adds a weight to a slot.
    fn add(sandbox: &mut Sandbox, slot: f32, weight: f32) -> f32 {
        let op = Op::Add(Elementwise { len: 64 });
        let node = Node::new(op, 31, &[Operand::Slot(0), Operand::Weight(7)], 2);
        let call = Call {
            index: 0,
            node: &node,
            control: &Control::decode(&[0; CONTROL_WORDS]),
            inputs: &[&[slot.to_bits(); 64], &[weight.to_bits(); 64]],
            range: 0..64,
        };
        let mut out = [0; 64];
        sandbox.run(&call, &mut out).expect("the module behaves");
        f32::from_bits(out[63])
    }

    #[test]
    fn weights_stay_and_what_a_call_brings_goes() {
        let module = super::super::kernels(None).expect("the engine takes the module");
        let mut sandbox = Sandbox::new(&module).expect("the module is whole");
        assert_eq!(add(&mut sandbox, 1.0, 2.0), 3.0);
        let taken = sandbox.memory.taken();
        assert_eq!(sandbox.kept[&7].end(), taken);
        // In all calls a weight of an index is the same words, so others aren't looked at.
        assert_eq!(add(&mut sandbox, 5.0, 0.0), 7.0);
        assert_eq!(sandbox.memory.taken(), taken);
        // As if so many weights were there.
        sandbox.memory.take(MOST_KEPT);
        assert_eq!(add(&mut sandbox, 5.0, 1.0), 6.0);
        assert_eq!(sandbox.memory.taken(), taken);
    }
}
