//! Changes to opML's files: dimensions, and bytes wherever they fall.

use crate::mutate::{Draw, anywhere, number};

/// Bytes at the front of a file among which there are dimensions.
const FRONT: usize = 64;

/// Small networks.
pub(crate) fn whole() -> Vec<Vec<u8>> {
    let file = |tensors: &[&[i32]]| {
        let mut file = b"lmgg".to_vec();
        for dims in tensors {
            file.extend((dims.len() as i32).to_le_bytes());
            dims.iter().for_each(|dim| file.extend(dim.to_le_bytes()));
            let elements = dims.iter().product::<i32>() as usize;
            file.resize(file.len() + 4 * elements, 0x3f);
        }
        file
    };
    vec![
        file(&[&[1, 1], &[1]]),
        file(&[&[5, 3], &[3], &[3, 2], &[2]]),
        file(&[&[40, 9], &[9], &[9, 9], &[9], &[9, 70], &[70]]),
    ]
}

/// A changed file; `other` may follow it.
pub(crate) fn mutant(file: &[u8], other: &[u8], draw: &mut Draw) -> Vec<u8> {
    let mut changed = file.to_vec();
    for _ in 0..1 + draw.below(4) {
        let words = changed.len() / 4;
        match draw.below(6) {
            0 => anywhere(&mut changed, draw),
            1 => changed.extend(other.get(4..).unwrap_or_default()),
            place if words > 0 => {
                let near = if place < 5 {
                    words.min(FRONT / 4)
                } else {
                    words
                };
                let at = 4 * draw.below(near);
                number(&mut changed[at..at + 4], draw);
            }
            _ => {}
        }
    }
    changed
}
