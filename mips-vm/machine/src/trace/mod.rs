//! The tree over every state of a run.

mod fault;
mod segment;
mod work_tree;

use crate::memory::Context;
use crate::run::Runner;
use crate::state::Machine;
use fault::Course;
pub use fault::{FaultyStore, run_faulty};
use gavel_hashing::constant_tail;
use gavel_primitives::{ConstantTail, Depth, Hash};
use rayon::prelude::*;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Depth of a segment: a snapshot of the machine is kept every 2^16 steps.
pub const SEGMENT_DEPTH: Depth = 16;
/// Segments whose nodes are kept after a question about them.
const KEPT_SEGMENTS: usize = 4;

/// The tree over a machine's states: leaf i is the state's hash after i + 1 instructions; after its exit a machine
/// steps to itself. Kept are snapshots and the roots of segments; what lies below is hashed again when asked for.
pub struct Trace<'a> {
    context: Context<'a>,
    depth: Depth,
    segment_depth: Depth,
    /// States after 0, 1, 2, ... segments.
    snapshots: Vec<Machine>,
    last: Machine,
    steps: u64,
    fault: Option<FaultyStore>,
    upper: ConstantTail,
    tail: Hash,
    kept: Mutex<VecDeque<(u64, Arc<ConstantTail>)>>,
}

impl<'a> Trace<'a> {
    /// Runs from `first` for up to 2^depth steps and hashes every state, segments in parallel.
    pub fn new(context: Context<'a>, first: &Machine, depth: Depth) -> Self {
        Trace::along(context, first, depth, None)
    }

    /// The same with one wrong store: the trace of a machine that lies.
    pub fn with_fault(
        context: Context<'a>,
        first: &Machine,
        depth: Depth,
        fault: FaultyStore,
    ) -> Self {
        Trace::along(context, first, depth, Some(fault))
    }

    fn along(
        context: Context<'a>,
        first: &Machine,
        depth: Depth,
        fault: Option<FaultyStore>,
    ) -> Self {
        let segment_depth = depth.min(SEGMENT_DEPTH);
        let mut course = Course::new(Runner::new(&context, first), fault);
        let mut snapshots = Vec::new();
        while course.made() >> depth == 0 && !course.runner().registers().exited() {
            snapshots.push(course.snapshot());
            course.advance(1 << segment_depth);
        }
        let last = course.snapshot();
        let tail = last.hash();
        let mut trace = Trace {
            context,
            depth,
            segment_depth,
            snapshots,
            last,
            steps: course.made(),
            fault: course.struck(),
            upper: ConstantTail::new(Vec::new(), tail, 0),
            tail,
            kept: Mutex::default(),
        };
        let segments = 0..trace.snapshots.len() as u64;
        let roots = segments
            .into_par_iter()
            .map(|segment| trace.hash_segment(segment).root())
            .collect();
        trace.upper = constant_tail(roots, tail, segment_depth, depth);
        trace
    }

    /// Depth of the tree.
    pub fn depth(&self) -> Depth {
        self.depth
    }

    /// The root.
    pub fn root(&self) -> Hash {
        self.upper.root()
    }

    /// Steps until the machine exited, the exit being one; 2^depth if it never did.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The last state.
    pub fn last(&self) -> &Machine {
        &self.last
    }

    /// The wrong store as it happened: the number of the step that made it. None if the run has no such store.
    pub fn fault(&self) -> Option<FaultyStore> {
        self.fault
    }

    /// Node `index` at `height`, 0 being the leaves.
    ///
    /// # Panics
    /// If the tree has no such node.
    pub fn node(&self, height: Depth, index: u64) -> Hash {
        assert!(
            height <= self.depth && index >> (self.depth - height) == 0,
            "a tree of depth {} has no node {index} at height {height}",
            self.depth
        );
        if height >= self.segment_depth {
            return self.upper.node(height - self.segment_depth, index);
        }
        let below = self.segment_depth - height;
        self.segment(index >> below)
            .node(height, index & ((1 << below) - 1))
    }

    /// The hash of the state after `index + 1` steps.
    ///
    /// # Panics
    /// If the tree has no such leaf.
    pub fn leaf(&self, index: u64) -> Hash {
        self.node(0, index)
    }

    /// The state after `steps` steps; the first state for 0.
    pub fn state_at(&self, steps: u64) -> Machine {
        if steps >= self.steps {
            return self.last.clone();
        }
        let segment = steps >> self.segment_depth;
        let mut course = self.course_from(segment);
        course.advance(steps - (segment << self.segment_depth));
        course.snapshot()
    }

    fn course_from(&self, segment: u64) -> Course<'a> {
        let start = &self.snapshots[segment as usize];
        Course::later(
            Runner::new(&self.context, start),
            segment << self.segment_depth,
            self.fault,
        )
    }

    fn hash_segment(&self, segment: u64) -> ConstantTail {
        let start = &self.snapshots[segment as usize];
        let left = self.steps - (segment << self.segment_depth);
        let count = left.min(1 << self.segment_depth);
        let states = segment::state_hashes(self.course_from(segment), &start.work, count);
        constant_tail(states, self.tail, 0, self.segment_depth)
    }

    /// A segment's nodes, from those kept or hashed now.
    fn segment(&self, segment: u64) -> Arc<ConstantTail> {
        if segment >= self.snapshots.len() as u64 {
            return Arc::new(constant_tail(Vec::new(), self.tail, 0, self.segment_depth));
        }
        // A panic elsewhere leaves the queue whole, so a poisoned lock is as good as any.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, levels)) = kept.iter().find(|(place, _)| *place == segment) {
            return Arc::clone(levels);
        }
        let levels = Arc::new(self.hash_segment(segment));
        kept.push_front((segment, Arc::clone(&levels)));
        kept.truncate(KEPT_SEGMENTS);
        levels
    }
}
