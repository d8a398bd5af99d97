//! Which word of memory an instruction reaches, found by executing it over a memory that only notes addresses.

use crate::Exit;
use crate::memory::{Memory, Place, map};
use crate::state::Registers;
use crate::step::step_registers;
use gavel_primitives::Depth;

/// The place of the word that a step reaches, if it reaches memory.
pub(super) fn touched(
    registers: &Registers,
    word: Option<u32>,
    image_depth: Depth,
) -> Option<Touch> {
    let mut probe = Probe {
        image_depth,
        touch: None,
    };
    step_registers(&mut registers.clone(), word, &mut probe);
    probe.touch
}

/// A word that a step reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Touch {
    pub(super) place: Place,
    /// Byte offset of the word in its leaf.
    pub(super) offset: usize,
}

struct Probe {
    image_depth: Depth,
    touch: Option<Touch>,
}

impl Probe {
    fn note(&mut self, place: Place, address: u32) {
        let offset = (address & 31) as usize;
        self.touch = Some(Touch { place, offset });
    }
}

impl Memory for Probe {
    fn load(&mut self, address: u32) -> Result<u32, Exit> {
        let place = map(address, self.image_depth).ok_or(Exit::Load)?;
        self.note(place, address);
        Ok(0)
    }

    fn store(&mut self, address: u32, _mask: u32, _value: u32) -> Result<(), Exit> {
        match map(address, self.image_depth) {
            Some(place @ Place::Work(_)) => {
                self.note(place, address);
                Ok(())
            }
            _ => Err(Exit::Store),
        }
    }
}
