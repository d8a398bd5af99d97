//! Whether a program's disputes can be trusted to end right: run at import and by every player.

use crate::assemble::ImageInfo;
use gavel_kernels::{Shape, in_domain, shape};
use gavel_primitives::{Depth, Hash};
use gavel_program::boot::{TILE_DEPTH, WINDOW_DEPTH};
use gavel_program::control::CONTROL_WORDS;
use gavel_program::header::ABI_VERSION;
use gavel_program::table::depth_of;
use gavel_program::{DType, Header, Node, Op, Operand, Phase, Program, ProgramTrees, Slot};
use thiserror::Error;

/// Depths that bonds and clocks were computed for; the registry refuses a header above them.
pub const MAX_DEPTHS: Depths = Depths {
    image: 16,
    slot: 10,
    weight: 16,
    node: 14,
    step: 18,
    trace: 36,
    text: 12,
};

/// A limit for each depth of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depths {
    /// Of the guest image.
    pub image: Depth,
    /// Of P and X.
    pub slot: Depth,
    /// Of the weight table.
    pub weight: Depth,
    /// Of a step.
    pub node: Depth,
    /// Of the steps.
    pub step: Depth,
    /// Of a machine trace.
    pub trace: Depth,
    /// Of prompt and output slots.
    pub text: Depth,
}

/// All phases of a request under way: a node must not run once it is done.
const PHASES: u32 =
    Phase::Tokenize.bit() | Phase::Prefill.bit() | Phase::Generate.bit() | Phase::Detokenize.bit();

/// Why a program is not trusted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CheckError {
    /// Layouts of another version.
    #[error("the program has ABI version {got}, expected {expected}")]
    AbiVersion {
        /// The header's.
        got: u32,
        /// The one that is known.
        expected: u32,
    },
    /// The id isn't the header's hash.
    #[error("the program's id is {got}, its header has {expected}")]
    Id {
        /// The program's.
        got: Hash,
        /// The header's.
        expected: Hash,
    },
    /// A guest image that isn't known.
    #[error("the program runs under image {got}, known is {expected}")]
    Image {
        /// The header's root.
        got: Hash,
        /// The known one's root.
        expected: Hash,
    },
    /// The tables' trees don't have the header's roots.
    #[error("the program's tables don't have the roots of its header")]
    Tables,
    /// A field of the header outside its range.
    #[error("the header's {field} is {got}, expected {low} to {high}")]
    Field {
        /// The field.
        field: &'static str,
        /// Its value.
        got: u64,
        /// The least.
        low: u64,
        /// The most.
        high: u64,
    },
    /// A slot that isn't as the header or the tables say.
    #[error("slot {index} has {what} {got}, expected {expected}")]
    Slot {
        /// Its index in the env tree.
        index: u32,
        /// Which property.
        what: &'static str,
        /// The slot's.
        got: String,
        /// What it must be.
        expected: String,
    },
    /// A weight that isn't as its table entry says.
    #[error("weight {index} ({name:?}) has {got} bytes, its depth {depth} holds {low} to {high}")]
    Weight {
        /// Its index.
        index: usize,
        /// Its name.
        name: String,
        /// Its bytes.
        got: u64,
        /// Its depth.
        depth: Depth,
        /// The fewest bytes of that depth.
        low: u64,
        /// The most.
        high: u64,
    },
    /// A node that isn't as its operator wants it.
    #[error("node {node} ({op}) has {what} {got}, expected {expected}")]
    Node {
        /// Its index.
        node: usize,
        /// Its operator.
        op: &'static str,
        /// Which property.
        what: &'static str,
        /// The node's.
        got: String,
        /// What it must be.
        expected: String,
    },
}

/// Checks a program. It passes only if every leaf rule and every tile of any request has a decidable outcome within the header's
/// depths; a player calls a program that fails "can't tell".
///
/// # Errors
/// [`CheckError`], the first that is found.
pub fn check(program: &Program, known: &ImageInfo) -> Result<(), CheckError> {
    check_identity(program, known)?;
    check_header(&program.header)?;
    check_slots(program)?;
    check_weights(program)?;
    if !ProgramTrees::new(program).match_header(&program.header) {
        return Err(CheckError::Tables);
    }
    let nodes = program.nodes.iter().enumerate();
    nodes
        .map(|(k, node)| check_node(program, k, node))
        .collect::<Result<(), _>>()?;
    check_last_node(program)
}

fn check_identity(program: &Program, known: &ImageInfo) -> Result<(), CheckError> {
    let header = &program.header;
    if header.abi_version != ABI_VERSION {
        return Err(CheckError::AbiVersion {
            got: header.abi_version,
            expected: ABI_VERSION,
        });
    }
    if header.id() != program.id {
        return Err(CheckError::Id {
            got: program.id,
            expected: header.id(),
        });
    }
    let image = ImageInfo {
        root: header.image_root,
        entry: header.entry,
        depth: header.image_depth,
    };
    if image != *known {
        return Err(CheckError::Image {
            got: image.root,
            expected: known.root,
        });
    }
    check_counts(program)
}

/// The counts of the header are those of the tables.
fn check_counts(program: &Program) -> Result<(), CheckError> {
    let header = &program.header;
    let half = 1u32 << header.slot_depth.min(31);
    let persistent = program.slots.partition_point(|slot| slot.index < half);
    let counts = [
        ("node count", header.node_count, program.nodes.len()),
        ("weight count", header.weight_count, program.weights.len()),
        ("persistent count", header.persistent_count, persistent),
        (
            "scratch count",
            header.scratch_count,
            program.slots.len() - persistent,
        ),
    ];
    counts
        .into_iter()
        .try_for_each(|(field, got, actual)| between(field, got, actual as u64, actual as u64))
}

fn check_header(header: &Header) -> Result<(), CheckError> {
    let depth = |field, got: Depth, most: Depth| between(field, got.into(), 0, most.into());
    depth("image depth", header.image_depth, MAX_DEPTHS.image)?;
    depth("slot depth", header.slot_depth, MAX_DEPTHS.slot)?;
    depth("weight depth", header.weight_depth, MAX_DEPTHS.weight)?;
    depth("node depth", header.node_depth, MAX_DEPTHS.node)?;
    depth("step depth", header.step_depth, MAX_DEPTHS.step)?;
    depth("trace depth", header.trace_depth, MAX_DEPTHS.trace)?;
    depth("prompt depth", header.prompt_depth, MAX_DEPTHS.text)?;
    depth("output depth", header.output_depth, MAX_DEPTHS.text)?;
    // The last leaf of a step is its end, so it is no node.
    between(
        "node count",
        header.node_count,
        1,
        (1 << header.node_depth) - 1,
    )?;
    between(
        "weight count",
        header.weight_count,
        0,
        1 << header.weight_depth,
    )?;
    between(
        "persistent count",
        header.persistent_count,
        1,
        1 << header.slot_depth,
    )?;
    between(
        "scratch count",
        header.scratch_count,
        0,
        1 << header.slot_depth,
    )?;
    // Tokenize, a step for each position, detokenize.
    between(
        "context",
        header.context,
        1,
        (1u64 << header.step_depth).saturating_sub(2),
    )
}

fn between(field: &'static str, got: u32, low: u64, high: u64) -> Result<(), CheckError> {
    let got = u64::from(got);
    if (low..=high).contains(&got) {
        return Ok(());
    }
    Err(CheckError::Field {
        field,
        got,
        low,
        high,
    })
}

fn check_slots(program: &Program) -> Result<(), CheckError> {
    let header = &program.header;
    let half = 1u32 << header.slot_depth;
    let indexes = (0..header.persistent_count).chain(half..half + header.scratch_count);
    for (slot, index) in program.slots.iter().zip(indexes) {
        slot_is(slot, "index", slot.index, index)?;
        slot_is(
            slot,
            "depth",
            slot.depth,
            depth_of(slot.dtype.bytes(slot.len)),
        )?;
        if slot.depth > WINDOW_DEPTH {
            return Err(slot_error(
                slot,
                "depth",
                slot.depth,
                format!("at most {WINDOW_DEPTH}"),
            ));
        }
    }
    check_special(
        program,
        header.control_slot,
        DType::I32,
        TILE_DEPTH,
        CONTROL_WORDS as u32,
    )?;
    let (prompt, output) = (header.max_prompt_bytes, header.max_output_bytes);
    check_special(
        program,
        header.prompt_slot,
        DType::U8,
        header.prompt_depth,
        prompt,
    )?;
    check_special(
        program,
        header.output_slot,
        DType::U8,
        header.output_depth,
        output,
    )
}

/// A slot that the chain knows: persistent, of the type and depth that it expects, and at least as long.
fn check_special(
    program: &Program,
    index: u32,
    dtype: DType,
    depth: Depth,
    len: u32,
) -> Result<(), CheckError> {
    let last = program.header.persistent_count - 1;
    between("slot of prompt, control or output", index, 0, last.into())?;
    let slot = &program.slots[index as usize];
    slot_is(slot, "type", slot.dtype, dtype)?;
    slot_is(slot, "depth", slot.depth, depth)?;
    if slot.len < len as usize {
        return Err(slot_error(
            slot,
            "length",
            slot.len,
            format!("at least {len}"),
        ));
    }
    Ok(())
}

fn slot_is<T: PartialEq + std::fmt::Debug>(
    slot: &Slot,
    what: &'static str,
    got: T,
    expected: T,
) -> Result<(), CheckError> {
    if got == expected {
        return Ok(());
    }
    Err(slot_error(slot, what, got, format!("{expected:?}")))
}

fn slot_error(
    slot: &Slot,
    what: &'static str,
    got: impl std::fmt::Debug,
    expected: String,
) -> CheckError {
    CheckError::Slot {
        index: slot.index,
        what,
        got: format!("{got:?}"),
        expected,
    }
}

/// Every weight fills its depth: not more bytes than its leaves, and more than a smaller tree holds.
fn check_weights(program: &Program) -> Result<(), CheckError> {
    for (index, weight) in program.weights.iter().enumerate() {
        let bytes = (*weight.words).as_ref().len() as u64 * 4;
        let depth = weight.info.depth;
        if depth > WINDOW_DEPTH || depth_of(bytes as usize) != depth {
            let high = 32u64 << depth.min(WINDOW_DEPTH);
            return Err(CheckError::Weight {
                index,
                name: weight.name.clone(),
                got: bytes,
                depth,
                low: if depth > TILE_DEPTH { high / 2 + 1 } else { 0 },
                high,
            });
        }
    }
    Ok(())
}

/// A node within its operator's domain, with operands of the right types and lengths, and cheap enough to prove.
fn check_node(program: &Program, k: usize, node: &Node) -> Result<(), CheckError> {
    let error = |what, got: String, expected: String| CheckError::Node {
        node: k,
        op: node.op.name(),
        what,
        got,
        expected,
    };
    if !in_domain(node) {
        let expected = "parameters and inputs in the operator's domain";
        return Err(error("record", format!("{:?}", node.op), expected.into()));
    }
    if node.predicate & !PHASES != 0 {
        let expected = format!("no bit outside {PHASES:#b}");
        return Err(error(
            "predicate",
            format!("{:#b}", node.predicate),
            expected,
        ));
    }
    for (place, operand) in node.inputs().iter().enumerate() {
        let wanted = shape::input(&node.op, place).expect("in the domain every input has a shape");
        match operand_shape(program, *operand) {
            Some(got) if got.dtype == wanted.dtype && got.len >= wanted.len => {}
            got => {
                let expected = format!("{:?} of at least {}", wanted.dtype, wanted.len);
                return Err(error("input", format!("{operand:?} {got:?}"), expected));
            }
        }
    }
    let wanted = shape::output(&node.op);
    if operand_shape(program, Operand::Slot(node.output)) != Some(wanted) {
        return Err(error(
            "output",
            format!("slot {}", node.output),
            format!("{wanted:?}"),
        ));
    }
    let header = &program.header;
    let reserved = match &node.op {
        Op::Advance(_) => header.control_slot,
        Op::Detokenize(_) => header.output_slot,
        _ => node.output,
    };
    let special = [header.control_slot, header.output_slot, header.prompt_slot];
    if reserved != node.output || (special.contains(&node.output) && !writes_special(&node.op)) {
        return Err(error(
            "output",
            format!("slot {}", node.output),
            "the slot that is its operator's alone".into(),
        ));
    }
    let most = (1u64 << header.trace_depth) >> crate::cost::MARGIN;
    let cost = gavel_kernels::cost(node);
    if cost > most {
        return Err(error(
            "cost of a tile",
            cost.to_string(),
            format!("at most {most} instructions"),
        ));
    }
    Ok(())
}

/// Whether an operator may write the control or output slot; nothing writes the prompt.
fn writes_special(op: &Op) -> bool {
    matches!(op, Op::Advance(_) | Op::Detokenize(_))
}

/// Type and length of an operand; `None` if there is no such slot or weight.
fn operand_shape(program: &Program, operand: Operand) -> Option<Shape> {
    match operand {
        Operand::Slot(index) => program.slot(index).map(|slot| Shape {
            dtype: slot.dtype,
            len: slot.len as u64,
        }),
        Operand::Weight(index) => program.weights.get(index as usize).map(|weight| {
            let bits = (*weight.words).as_ref().len() as u64 * 32;
            Shape {
                dtype: weight.info.dtype,
                len: bits / weight.info.dtype.bits() as u64,
            }
        }),
    }
}

/// The last node, in every phase, and no other moves the request on.
fn check_last_node(program: &Program) -> Result<(), CheckError> {
    let last = program.nodes.len() - 1;
    for (k, node) in program.nodes.iter().enumerate() {
        let advances = matches!(node.op, Op::Advance(_)) && node.predicate == PHASES;
        if advances != (k == last) {
            return Err(CheckError::Node {
                node: k,
                op: node.op.name(),
                what: "place",
                got: format!("{k} of {}", program.nodes.len()),
                expected: "Advance, in all four phases, as the last node and nowhere else".into(),
            });
        }
    }
    Ok(())
}
