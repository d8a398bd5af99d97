//! The env along an execution: its value after every node, with only what changed hashed.

use crate::changes::Changes;
use crate::{Engine, State};
use gavel_hashing::GrowingTree;
use gavel_primitives::Hash;
use rayon::prelude::*;
use std::mem::take;
use std::ops::Range;

/// The slots' trees and the tree over their roots, as they are after a step.
pub(crate) struct RunningEnv {
    /// In the order of the program's slots, with the slot's index.
    slots: Vec<(usize, GrowingTree)>,
    roots: GrowingTree,
}

impl RunningEnv {
    /// The env of a state.
    pub(crate) fn of(engine: &Engine, state: &State) -> Self {
        let program = engine.program();
        let slots = program.slots.iter().enumerate().map(|(place, slot)| {
            let mut tree = GrowingTree::new(slot.depth);
            tree.set([(0, state.leaves(place))]);
            (slot.index as usize, tree)
        });
        let slots: Vec<(usize, GrowingTree)> = slots.collect();
        let mut roots = GrowingTree::new(program.header.slot_depth + 1);
        let leaves: Vec<(usize, Hash)> = slots
            .iter()
            .map(|(index, tree)| (*index, tree.root()))
            .collect();
        roots.set_in_turn(&leaves);
        RunningEnv { slots, roots }
    }

    /// The env now.
    pub(crate) fn root(&self) -> Hash {
        self.roots.root()
    }

    /// Takes a step's changes over and then ends the step, which makes the scratch slots at `scratch` zero; gives the env after each
    /// change. Slots are hashed side by side, each along its changes; then the nodes over them.
    pub(crate) fn step(&mut self, changes: &Changes, scratch: Range<usize>) -> Vec<Hash> {
        let mut of_slot = vec![Vec::new(); self.slots.len()];
        for change in 0..changes.len() {
            of_slot[changes.place(change)].push(change);
        }
        let hashed = self.slots.par_iter_mut().zip(&mut of_slot).enumerate();
        let roots = hashed.map(|(place, ((index, tree), own))| {
            let along = take(own).into_iter().map(|change| {
                tree.set(changes.leaves(change));
                (change, *index, tree.root())
            });
            let mut roots: Vec<(usize, usize, Hash)> = along.collect();
            if scratch.contains(&place) && !roots.is_empty() {
                tree.clear();
                roots.push((usize::MAX, *index, tree.root()));
            }
            roots
        });
        let mut roots: Vec<(usize, usize, Hash)> = roots.collect::<Vec<_>>().concat();
        roots.sort_by_key(|(change, ..)| *change);
        let leaves: Vec<(usize, Hash)> = roots
            .iter()
            .map(|(_, index, root)| (*index, *root))
            .collect();
        let mut envs = self.roots.set_in_turn(&leaves);
        envs.truncate(changes.len());
        envs
    }
}
