//! The instances that a request is computed in, and where its tensors lie in them.

use super::WasmError;
use super::instance::Instance;
use super::matrices::{Held, Matrices};
use super::memory::Place;
use crate::batch::plan::Stage;
use crate::batch::workshop::Planned;
use gavel_program::boot::SCRATCH_WORDS;
use gavel_program::control::CONTROL_WORDS;
use gavel_program::{MAX_INPUTS, NODE_WORDS, Op, Operand};
use gavel_simd::{Activations, GROUP};
use rayon::prelude::*;
use wasmtime::Module;

/// Instances that share the matrices' rows. The first holds everything else as well.
pub(super) struct Crew {
    pub(super) instances: Vec<Instance>,
    pub(super) matrices: Vec<Matrices>,
    /// Weights that nodes read as they are, in the first instance, by index.
    pub(super) plain: Vec<Option<Place>>,
    /// The first words that a request may use, in each instance.
    free: Vec<usize>,
}

impl Crew {
    pub(super) fn new(planned: &Planned, module: &Module) -> Result<Self, WasmError> {
        let count = rayon::current_num_threads();
        let mut made = (0..count)
            .into_par_iter()
            .map(|index| {
                let mut instance = Instance::new(module)?;
                let matrices = Matrices::new(planned, &mut instance, index, count)?;
                Ok((instance, matrices))
            })
            .collect::<Result<Vec<_>, WasmError>>()?;
        let mut plain = vec![None; planned.program.weights.len()];
        for index in read_as_they_are(planned) {
            let words = (*planned.program.weights[index].words).as_ref();
            let instance = &mut made[0].0;
            let place = instance.memory.take(words.len());
            instance.memory.write(place, words)?;
            plain[index] = Some(place);
        }
        let (instances, matrices): (Vec<_>, Vec<_>) = made.into_iter().unzip();
        Ok(Crew {
            free: instances
                .iter()
                .map(|instance| instance.memory.taken())
                .collect(),
            instances,
            matrices,
            plain,
        })
    }

    /// Copies what the first instance has at its place of `same` to the others' places, and lets each work with its matrices.
    ///
    /// # Errors
    /// When a call is stopped, or an instance has no memory left.
    pub(super) fn share(
        &mut self,
        same: &[Place],
        fuel: u64,
        work: impl Fn(usize, &mut Instance, &Matrices) -> Result<(), wasmtime::Error> + Sync,
    ) -> Result<(), wasmtime::Error> {
        let copied = match self.instances.len() {
            1 => Vec::new(),
            _ => self.instances[0].memory.words(same[0])?.to_vec(),
        };
        let all = self.instances.par_iter_mut().zip(&self.matrices);
        all.enumerate()
            .try_for_each(|(index, (instance, matrices))| {
                if index > 0 {
                    instance.memory.write(same[index], &copied)?;
                }
                instance.memory.allow(fuel)?;
                work(index, instance, matrices)
            })
    }

    /// Lets `put` take an instance's products over into a place of the first one.
    ///
    /// # Errors
    /// When an instance has no memory for them.
    pub(super) fn collect(
        &mut self,
        index: usize,
        products: Place,
        out: Place,
        put: impl FnOnce(&[u32], &mut [u32]),
    ) -> Result<(), wasmtime::Error> {
        if index == 0 {
            let (products, out) = self.instances[0].memory.two(products, out)?;
            put(products, out);
            return Ok(());
        }
        let products = self.instances[index].memory.words(products)?.to_vec();
        put(&products, self.instances[0].memory.words(out)?);
        Ok(())
    }
}

/// Weights that other nodes than those of packed matrices read.
fn read_as_they_are(planned: &Planned) -> Vec<usize> {
    let plan = &planned.plan;
    let nodes = plan
        .body
        .iter()
        .chain(&plan.head)
        .flat_map(|stage| match stage {
            Stage::Embed { nodes, .. } => nodes.clone(),
            Stage::Row { node, .. } | Stage::Sample { node } => vec![*node],
            Stage::Linear { parts, .. } => parts.iter().map(|part| part.node).collect(),
            _ => Vec::new(),
        })
        .filter(|node| Held::of(&planned.program, *node) == Held::AsItIs);
    let mut indexes: Vec<usize> = nodes
        .flat_map(|node| planned.program.nodes[node].inputs().to_vec())
        .filter_map(|operand| match operand {
            Operand::Weight(index) => Some(index as usize),
            Operand::Slot(_) => None,
        })
        .collect();
    indexes.sort_unstable();
    indexes.dedup();
    indexes
}

/// Where a batch's tensors lie.
pub(super) struct Places {
    pub(super) buffers: Vec<Place>,
    /// What a node that writes one of its inputs reads.
    pub(super) before: Place,
    /// The vectors of an expert, before they are quantized.
    pub(super) gathered: Place,
    /// Tokens of a row's sequence.
    pub(super) history: Place,
    pub(super) scratch: Place,
    pub(super) record: Place,
    pub(super) control: Place,
    pub(super) list: Place,
    pub(super) token: Place,
    /// In each instance: vectors as a matrix reads them, and its products.
    pub(super) vectors: Vec<Place>,
    pub(super) products: Vec<Place>,
}

impl Places {
    pub(super) fn new(planned: &Planned, crew: &mut Crew, rows: usize) -> Self {
        let plan = &planned.plan;
        let (mut vectors, mut groups, mut gathered) = (0, 0, 0);
        for stage in plan.body.iter().chain(&plan.head) {
            let (count, cols, own) = match stage {
                Stage::Linear { cols, parts, .. } => {
                    let groups = parts.iter().map(|part| part.rows.div_ceil(GROUP));
                    (rows, *cols, groups.sum())
                }
                Stage::Row { node, .. } => match planned.program.nodes[*node].op {
                    Op::ExpertLinear(p) => {
                        let (used, cols) = (p.used as usize, p.cols as usize);
                        gathered = gathered.max(rows * used * cols);
                        (rows * used, cols, used * (p.rows as usize).div_ceil(GROUP))
                    }
                    _ => continue,
                },
                _ => continue,
            };
            let quantized = Activations::short_words(count, cols.next_multiple_of(32));
            vectors = vectors.max(quantized).max(count * cols);
            groups = groups.max(own);
        }
        let widest = plan.widths.iter().copied().max().unwrap_or(0);
        let shared = crew
            .instances
            .iter_mut()
            .zip(&crew.free)
            .map(|(instance, free)| {
                instance.memory.release(*free);
                (
                    instance.memory.take(vectors),
                    instance.memory.take(rows * groups * GROUP),
                )
            })
            .unzip();
        let first = &mut crew.instances[0];
        Places {
            buffers: plan
                .widths
                .iter()
                .map(|width| first.memory.take(rows * width))
                .collect(),
            before: first.memory.take(rows * widest),
            gathered: first.memory.take(gathered),
            history: first.memory.take(plan.context + 1),
            scratch: first.memory.take(SCRATCH_WORDS),
            record: first.memory.take(NODE_WORDS),
            control: first.memory.take(CONTROL_WORDS),
            list: first.memory.take(2 * MAX_INPUTS),
            token: first.memory.take(1),
            vectors: shared.0,
            products: shared.1,
        }
    }
}
