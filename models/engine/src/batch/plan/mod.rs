//! A program's layers as stages over a batch of rows.
//!
//! - `planner`: from nodes to stages, one after the other
//! - `matrices`: tables and matrices with all their shards
//! - `attention`: rows of caches, and what is computed over them
//! - `outside`: what the nodes outside the layers must leave to them
mod attention;
mod matrices;
mod outside;
mod planner;

use gavel_program::{Op, Program};
use gavel_simd::attention::{Shape, cache_positions};
use planner::{LAYERS, Planner};

/// A scratch slot with a row for each position of a batch: an index into [`Plan::widths`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Buffer(pub usize);

/// A cache: an index into [`Plan::caches`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cache(pub usize);

/// One matrix of a [`Stage::Linear`].
#[derive(Clone, Debug)]
pub struct Part {
    /// The node.
    pub node: usize,
    /// Rows of the matrix.
    pub rows: usize,
    /// Where its outputs go.
    pub out: Buffer,
    /// The first of them in a row of that buffer: of a shard whole tiles, else 0. The shards of a matrix are neighbours and give the whole row.
    pub first: usize,
}

/// What a [`Stage::Attention`] reads and writes.
#[derive(Clone, Copy, Debug)]
pub struct Attention {
    /// Queries.
    pub q: Buffer,
    /// The cache of keys.
    pub keys: Cache,
    /// The cache of values.
    pub values: Cache,
    /// The shape.
    pub shape: Shape,
    /// Where it goes.
    pub out: Buffer,
}

/// What is done to all rows of a batch before the next stage begins.
#[derive(Clone, Debug)]
pub enum Stage {
    /// Row of the embedding table for each row's token.
    Embed {
        /// The nodes of the table's shards, which have a row for every token.
        nodes: Vec<usize>,
        /// Where it goes.
        out: Buffer,
    },
    /// Matrices that read the same vectors.
    Linear {
        /// The vectors.
        x: Buffer,
        /// Their length.
        cols: usize,
        /// The matrices.
        parts: Vec<Part>,
    },
    /// Rows of a cache.
    Store {
        /// The rows.
        x: Buffer,
        /// The cache.
        cache: Cache,
    },
    /// Scores, softmax and weighted sum.
    Attention(Attention),
    /// Any other operator that reads and writes rows and weights alone.
    Row {
        /// The node.
        node: usize,
        /// Where it goes; may be one of its inputs.
        out: Buffer,
    },
    /// Penalties on the logits, in place, of those rows whose control slot has any.
    Penalize {
        /// The node.
        node: usize,
        /// The logits.
        logits: Buffer,
    },
    /// The sampler.
    Sample {
        /// The node.
        node: usize,
    },
}

/// Where a node's input lies.
#[derive(Clone, Copy, Debug)]
pub enum Input {
    /// A row of a buffer.
    Row(Buffer),
    /// A weight.
    Weight(usize),
}

/// The stages of a program.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Stages of every row.
    pub body: Vec<Stage>,
    /// Stages of the rows that choose a token.
    pub head: Vec<Stage>,
    /// Buffers that the head reads and the body wrote.
    pub handed: Vec<Buffer>,
    /// Elements of a row of each buffer.
    pub widths: Vec<usize>,
    /// Elements of a row of each cache.
    pub caches: Vec<usize>,
    /// Positions of each cache.
    pub context: usize,
    /// Inputs of each node, for [`Stage::Row`] and [`Stage::Sample`].
    pub inputs: Vec<Vec<Input>>,
    /// The node that finds stop texts.
    pub find_stop: Option<usize>,
    /// The logits that the sampler reads.
    pub logits: Buffer,
    /// The place of the slot of tokens, among the program's.
    pub tokens: usize,
    /// Places of the slots of caches that no node outside the layers reads or writes.
    pub unseen: Vec<usize>,
}

impl Plan {
    /// The plan of a checked program; `None` if its layers don't have the form that batches need. Such a program is run node by node.
    pub fn new(program: &Program) -> Option<Plan> {
        let mut planner = Planner::new(program)?;
        let layers: Vec<usize> = (0..program.nodes.len())
            .filter(|k| program.nodes[*k].predicate & LAYERS != 0)
            .filter(|k| !matches!(program.nodes[*k].op, Op::Advance(_) | Op::FindStop(_)))
            .collect();
        let mut k = 0;
        while k < layers.len() {
            k += planner.next(&layers[k..])?;
        }
        planner.finish()
    }

    /// Bytes of the caches of a sequence with room for so many positions.
    pub fn cache_bytes(&self, positions: usize) -> usize {
        self.caches.iter().sum::<usize>() * cache_positions(positions) * 4
    }
}
