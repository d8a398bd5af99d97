//! From a lie to the edits that make it: always such that the answer changes, or there would be nothing to dispute.

use crate::anatomy::Anatomy;
use crate::{Lie, LieKind, PlaceError, draw};
use gavel_engine::{Edit, Engine, Outcome, answer_edited};
use gavel_kernels::shape;
use gavel_machine::{FaultyStore, Image};
use gavel_primitives::{Hash, ResultCommitment};
use gavel_program::{DType, Op, TILE_BYTES};
use gavel_traces::{Committed, KnownRequest, Tile, opening};
use std::sync::Arc;

/// Seeds that are tried until the answer changes.
const ATTEMPTS: u64 = 8;
/// Words of a chunk.
const CHUNK_WORDS: usize = TILE_BYTES / 4;

/// A lie, worked out for one request.
#[derive(Clone)]
pub struct Plan {
    /// The departures from the program.
    pub edits: Vec<Edit>,
    /// The wrong store of a machine lie, with leaf and tile of its run.
    pub fault: Option<(u64, u64, FaultyStore)>,
}

/// What a lie is measured against.
struct Truth<'a> {
    engine: &'a Arc<Engine>,
    known: &'a KnownRequest,
    outcome: Outcome,
    anatomy: Anatomy,
}

impl Plan {
    /// Works a lie out.
    ///
    /// # Errors
    /// [`PlaceError`] when the request has no such place.
    pub fn new(
        lie: &Lie,
        known: &KnownRequest,
        engine: &Arc<Engine>,
        image: &Arc<Image>,
    ) -> Result<Self, PlaceError> {
        let outcome = engine.answer(&known.prompt, &known.request.params, |_| {})?;
        let truth = Truth {
            engine,
            known,
            outcome,
            anatomy: Anatomy::of(engine.program()),
        };
        truth.check_place(lie)?;
        if lie.kind == LieKind::Machine {
            return truth.machine(lie, image);
        }
        let mut last = Vec::new();
        for attempt in 0..ATTEMPTS {
            last = truth.edits(lie, lie.seed.wrapping_add(attempt << 32));
            if truth.changed_by(&last)? {
                return Ok(Plan {
                    edits: last,
                    fault: None,
                });
            }
        }
        // The place has no say in the answer: the lie is told there all the same, and the answer changed at the end.
        last.push(truth.other_answer());
        Ok(Plan {
            edits: last,
            fault: None,
        })
    }
}

impl Truth<'_> {
    fn check_place(&self, lie: &Lie) -> Result<(), PlaceError> {
        let needs_head = !matches!(
            lie.kind,
            LieKind::Result | LieKind::Silent | LieKind::Tokenizer
        );
        if needs_head && !self.anatomy.head_ran(&self.outcome) {
            return Err(PlaceError::NothingToLieAbout {
                kind: lie.kind,
                status: self.outcome.status,
            });
        }
        let count = match lie.kind {
            LieKind::Result | LieKind::Silent => return Ok(()),
            LieKind::Tokenizer => self.outcome.prompt_tokens.len() as u64,
            LieKind::Token => self.outcome.tokens.len() as u64,
            LieKind::Node => self.engine.program().nodes.len() as u64,
            LieKind::Tile => self.head_chunks(),
            LieKind::Machine => return Ok(()),
        };
        if lie.at >= count {
            return Err(PlaceError::OutOfRange {
                what: lie.kind.place(),
                at: lie.at,
                count,
            });
        }
        Ok(())
    }

    /// The step that ran the head last.
    fn last_generation(&self) -> u64 {
        self.anatomy.head_step(&self.outcome)
    }

    /// The first node for which `wanted` holds.
    ///
    /// # Panics
    /// If there is none.
    fn find(&self, wanted: impl Fn(&Op) -> bool) -> usize {
        let nodes = &self.engine.program().nodes;
        nodes
            .iter()
            .position(|node| wanted(&node.op))
            .expect("a program with tokens has what makes them")
    }

    /// The node that writes the numbers of which the answer is made.
    fn head(&self) -> usize {
        self.anatomy.head
    }

    fn head_chunks(&self) -> u64 {
        let shape = shape::output(&self.engine.program().nodes[self.head()].op);
        shape.len.div_ceil(CHUNK_WORDS as u64)
    }

    fn vocab(&self) -> u64 {
        shape::output(&self.engine.program().nodes[self.head()].op).len
    }

    fn edits(&self, lie: &Lie, seed: u64) -> Vec<Edit> {
        match lie.kind {
            LieKind::Result | LieKind::Silent => vec![self.other_answer()],
            LieKind::Tokenizer => vec![self.other_prompt_token(lie.at as usize, seed)],
            LieKind::Token => vec![self.other_token(lie.at, seed)],
            LieKind::Node => vec![self.other_output(lie.at as usize, seed)],
            LieKind::Tile => vec![self.other_chunk(lie.at as usize, seed)],
            LieKind::Machine => Vec::new(),
        }
    }

    /// One token id of the prompt.
    fn other_prompt_token(&self, at: usize, seed: u64) -> Edit {
        let id = self.other_id(self.outcome.prompt_tokens[at], seed);
        let is_tokenizer =
            |op: &Op| matches!(op, Op::TokenizeIds(_) | Op::BpeIds(_) | Op::WordPieceIds(_));
        let node = self.find(is_tokenizer);
        Edit {
            step: 0,
            node,
            rewrite: Arc::new(move |words| words[at] = id),
        }
    }

    /// One sampled token.
    fn other_token(&self, at: u64, seed: u64) -> Edit {
        let place = self.outcome.prompt_tokens.len() + at as usize;
        let id = self.other_id(self.outcome.tokens[at as usize], seed);
        let node = self.find(|op| matches!(op, Op::Sample(_)));
        Edit {
            step: place as u64,
            node,
            rewrite: Arc::new(move |words| words[place] = id),
        }
    }

    fn other_id(&self, id: u32, seed: u64) -> u32 {
        let shift = 1 + draw::below(seed, "token", self.vocab() - 1);
        ((u64::from(id) + shift) % self.vocab()) as u32
    }

    /// A node's whole output. Of a stop text: it is passed over.
    fn other_output(&self, k: usize, seed: u64) -> Edit {
        let node = &self.engine.program().nodes[k];
        let len = shape::output(&node.op).len;
        let vocab = self.vocab();
        let control = k == self.anatomy.last;
        let dtype = shape::output(&node.op).dtype;
        let passes = matches!(node.op, Op::FindStop(_));
        let rewrite = move |words: &mut [u32]| match dtype {
            _ if passes => words.fill(0),
            _ if control => words[4] = words[4].wrapping_add(1),
            DType::F32 => scramble(words, len, seed, |x| {
                ((x % 4096) as f32 / 256.0 - 8.0).to_bits()
            }),
            DType::I32 => scramble(words, len, seed, |x| (x % vocab) as u32),
            _ => scramble(words, len / 4, seed, |x| {
                0x6161_6161 + (x as u32 & 0x0f0f_0f0f)
            }),
        };
        Edit {
            step: self.last_generation(),
            node: k,
            rewrite: Arc::new(rewrite),
        }
    }

    /// One chunk of the head's output: one of its logits is far above all others.
    fn other_chunk(&self, chunk: usize, seed: u64) -> Edit {
        let first = (chunk * CHUNK_WORDS) as u64;
        let count = (CHUNK_WORDS as u64).min(self.vocab() - first);
        let place = (first + draw::below(seed, "logit", count)) as usize;
        let rewrite = move |words: &mut [u32]| words[place] = 1.0e30f32.to_bits();
        Edit {
            step: self.last_generation(),
            node: self.head(),
            rewrite: Arc::new(rewrite),
        }
    }

    /// Another answer, invented in the last step: another text, or another count of tokens where there is no text.
    fn other_answer(&self) -> Edit {
        let step = self.outcome.steps - 1;
        if self.outcome.output.is_empty() {
            return Edit {
                step,
                node: self.anatomy.last,
                rewrite: Arc::new(|words| words[4] = words[4].wrapping_add(1)),
            };
        }
        Edit {
            step,
            node: self.anatomy.answer,
            rewrite: Arc::new(|words| words[0] ^= 1),
        }
    }

    fn changed_by(&self, edits: &[Edit]) -> Result<bool, PlaceError> {
        let lie = answer_edited(
            self.engine,
            &self.known.prompt,
            &self.known.request.params,
            edits,
        )?;
        Ok(self.result(&lie) != self.result(&self.outcome))
    }

    fn result(&self, outcome: &Outcome) -> ResultCommitment {
        outcome.result(Hash::ZERO, self.engine.program())
    }

    /// A chunk of the head's output, wrong because one store of its run was.
    fn machine(&self, lie: &Lie, image: &Arc<Image>) -> Result<Plan, PlaceError> {
        let (step, head) = (self.last_generation(), self.head());
        let header = self.engine.program().header;
        let position = step * header.leaves_per_step() + head as u64;
        let committed = self.committed()?;
        let mut last = None;
        for attempt in 0..ATTEMPTS {
            let seed = lie.seed.wrapping_add(attempt << 32);
            let chunk = draw::below(seed, "tile", self.head_chunks());
            let tile = self.tile(&committed, image, position, chunk);
            let Some((fault, words)) = self.faulty_chunk(lie, &tile, attempt, seed)? else {
                continue;
            };
            let first = chunk as usize * CHUNK_WORDS;
            let rewrite =
                move |slot: &mut [u32]| slot[first..first + CHUNK_WORDS].copy_from_slice(&words);
            let edits = vec![Edit {
                step,
                node: head,
                rewrite: Arc::new(rewrite),
            }];
            let plan = Plan {
                edits,
                fault: Some((position, chunk, fault)),
            };
            if self.changed_by(&plan.edits)? {
                return Ok(plan);
            }
            last = Some(plan);
        }
        let none = PlaceError::OutOfRange {
            what: "store with a say in the result from instruction",
            at: lie.at,
            count: 0,
        };
        let mut plan = last.ok_or(none)?;
        plan.edits.push(self.other_answer());
        Ok(plan)
    }

    /// The true execution.
    fn committed(&self) -> Result<Committed, PlaceError> {
        let execution = gavel_engine::Execution::commit(
            Arc::clone(self.engine),
            &self.known.prompt,
            &self.known.request.params,
            Vec::new(),
        )?;
        Ok(Committed::new(execution))
    }

    /// A tile of the node at a leaf of it.
    fn tile(&self, committed: &Committed, image: &Arc<Image>, position: u64, tile: u64) -> Tile {
        let before = committed.before(position);
        let k = committed.node_at(position) as usize;
        let windows = opening::input_windows(self.engine, &before, k);
        let state = before.state.clone();
        Tile::new(
            Arc::clone(self.engine),
            Arc::clone(image),
            state,
            k,
            tile,
            windows,
        )
    }

    /// The chunk that a run with a wrong store leaves, if it is not the right one.
    fn faulty_chunk(
        &self,
        lie: &Lie,
        tile: &Tile,
        attempt: u64,
        seed: u64,
    ) -> Result<Option<(FaultyStore, [u32; CHUNK_WORDS])>, PlaceError> {
        let most = 1 << self.engine.program().header.trace_depth;
        let honest = gavel_machine::run(&tile.context(), &tile.first(), most);
        if lie.at >= honest.registers.steps {
            let count = honest.registers.steps;
            return Err(PlaceError::OutOfRange {
                what: lie.kind.place(),
                at: lie.at,
                count,
            });
        }
        // The exponent's upper bits: a logit that is wrong in these decides the argmax.
        let xor = 1 << (23 + draw::below(seed, "bit", 8));
        // Not every store has a say in the result: later attempts go wrong at later ones.
        let at_step = lie.at + (honest.registers.steps - lie.at) / ATTEMPTS * attempt;
        let fault = FaultyStore { at_step, xor };
        let faulty = gavel_machine::run_faulty(&tile.context(), &tile.first(), most, fault);
        if !faulty.exited() {
            return Ok(None);
        }
        let run_chunk = |machine: &gavel_machine::Machine| {
            if machine.registers.exit == gavel_machine::Exit::Success.code() {
                machine.work.chunk()
            } else {
                tile.old_chunk()
            }
        };
        let (right, wrong) = (run_chunk(&honest), run_chunk(&faulty));
        let words: [u32; CHUNK_WORDS] =
            std::array::from_fn(|word| u32::from_le_bytes(wrong.as_chunks::<4>().0[word]));
        Ok((right != wrong).then_some((fault, words)))
    }
}

/// Writes seeded values over the first `len` words.
fn scramble(words: &mut [u32], len: u64, seed: u64, value: impl Fn(u64) -> u32) {
    let mut state = seed | 1;
    for word in words.iter_mut().take(len as usize) {
        // An odd multiplier and the upper bits: a plain linear congruential generator.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        *word = value(state >> 33);
    }
}
