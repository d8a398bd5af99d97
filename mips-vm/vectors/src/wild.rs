//! Drawn cases of the operators on numbers: odd shapes, and now and then tiny and huge numbers, zeros of both signs, infinities and NaN.
//! What they must write is what the scalar definition writes, natively; every other target and every fast path is held against that.

mod chance;
mod draws;

use crate::{RECORD_WORDS, Vector};
use chance::Chance;
use gavel_kernels::{run_range, shape};
use gavel_primitives::{STOP_TEXTS, StopText, StopTexts};
use gavel_program::boot::{SCRATCH_WORDS, TILE_BYTES};
use gavel_program::{Control, DType, Node, Op, Operand, Phase};

/// Words of a tile.
const TILE_WORDS: usize = TILE_BYTES / 4;
/// All phases.
const ALWAYS: u32 = 0xf;

/// Some cases of each operator on numbers; the same for the same seed.
pub fn small(seed: u64, of_each: usize) -> Vec<Vector> {
    cases(seed, of_each, 1, draws::ALL)
}

/// Cases of the operators that are split over threads, large enough to be.
pub fn large(seed: u64, of_each: usize) -> Vec<Vector> {
    cases(seed, of_each, 24, draws::SPLIT)
}

fn cases(seed: u64, of_each: usize, scale: u32, draws: &[fn(&mut Chance) -> Op]) -> Vec<Vector> {
    let mut chance = Chance::new(seed, scale);
    let mut cases = Vec::new();
    for draw in draws {
        for case in 0..of_each {
            let op = draw(&mut chance);
            chance.draw_wildness();
            cases.push(vector(op, case, &mut chance));
        }
    }
    cases
}

/// An operator with drawn inputs, an old output, and what the definition makes of them.
fn vector(op: Op, case: usize, chance: &mut Chance) -> Vector {
    let mut inputs: Vec<Vec<u32>> = (0..)
        .map_while(|index| shape::input(&op, index))
        .map(|shape| words(shape.dtype, shape.len as usize, chance))
        .collect();
    if let Op::FindStop(p) = op {
        spell(p.vocab as usize, &mut inputs, chance);
    }
    let operands: Vec<Operand> = (0..inputs.len() as u32).map(Operand::Slot).collect();
    let node = Node::new(op, ALWAYS, &operands, 99);
    let control = control(chance);
    let output = shape::output(&op);
    let old = words(output.dtype, output.len as usize, chance);
    let views: Vec<&[u32]> = inputs.iter().map(Vec::as_slice).collect();
    let (mut expected, mut scratch) = (old.clone(), vec![0; SCRATCH_WORDS]);
    let range = 0..old.len() * 32 / output.dtype.bits();
    run_range(&node, &control, &views, range, &mut expected, &mut scratch);
    Vector {
        name: format!("{} {case}: {op:?}", op.name()),
        record: node.encode(),
        control: control.encode(),
        inputs,
        old,
        expected,
    }
}

/// Makes texts of two letters and mostly orders their offsets, so that stop texts are found.
fn spell(vocab: usize, inputs: &mut [Vec<u32>], chance: &mut Chance) {
    let [_, texts, offsets] = inputs else {
        return;
    };
    for word in texts {
        *word = u32::from_le_bytes([0; 4].map(|_: u8| letter(chance)));
    }
    if chance.below(4) > 0 {
        offsets[..=vocab].sort_unstable();
    }
}

fn letter(chance: &mut Chance) -> u8 {
    [b'a', b'b'][chance.below(2) as usize]
}

/// One stop text at least, of up to four letters.
fn stops(chance: &mut Chance) -> StopTexts {
    let mut stops = [StopText::NONE; STOP_TEXTS];
    for stop in &mut stops[..chance.few(STOP_TEXTS as u32) as usize] {
        let text: Vec<u8> = (0..chance.few(4)).map(|_| letter(chance)).collect();
        *stop = StopText::new(&text).expect("a few letters");
    }
    stops
}

/// A penalty of either sign, in thousandths.
fn penalty(chance: &mut Chance) -> i32 {
    chance.below(4_000) as i32 - 2_000
}

/// A request under way; sometimes past every row.
fn control(chance: &mut Chance) -> Control {
    let mut words = [0; RECORD_WORDS];
    words.fill_with(|| chance.below(40));
    Control {
        phase: Phase::Generate as u32,
        position: chance.position(),
        temperature: [0, 1, 800, 1_000, u32::MAX][chance.below(5) as usize],
        top_p: chance.below(1_100),
        repetition_penalty: 1 + chance.below(2_500),
        frequency_penalty: penalty(chance),
        presence_penalty: penalty(chance),
        stop: stops(chance),
        seed: u64::from(chance.word()) << 32 | u64::from(chance.word()),
        ..Control::decode(&words)
    }
}

/// Whole tiles of elements, drawn also where a tensor has ended.
fn words(dtype: DType, elements: usize, chance: &mut Chance) -> Vec<u32> {
    let words = dtype.bytes(elements).div_ceil(4);
    let words = words.next_multiple_of(TILE_WORDS).max(TILE_WORDS);
    let half = |chance: &mut Chance| u32::from(chance.half());
    let mut word = || match dtype {
        DType::F32 => chance.number(),
        DType::I32 => chance.index(),
        DType::F16 => half(chance) | half(chance) << 16,
        DType::BF16 => chance.number() >> 16 | chance.number() & 0xffff_0000,
        DType::I8 | DType::U8 | DType::U4 | DType::U2 | DType::U1 => chance.word(),
    };
    (0..words).map(|_| word()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_of_the_drawn_stop_texts_are_found() {
        let cases = small(1, 100);
        let of_op = cases
            .iter()
            .filter(|case| case.name.starts_with("FindStop"));
        let found = of_op.filter(|case| case.expected[0] > 0).count();
        assert!((10..90).contains(&found), "{found} of a hundred");
    }
}
