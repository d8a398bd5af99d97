//! `check` refuses what the protocol's guarantees don't hold for. Each case bends a good program in one place; tables and id are made to
//! agree again, so that the bend itself is found.

use crate::builder::{Builder, image};
use crate::onnx_file::Onnx;
use gavel_formats::{CheckError, check};
use gavel_primitives::keccak;
use gavel_program::op::Measure;
use gavel_program::{DType, Op, Operand, Program, ProgramTrees};

fn good() -> Program {
    Builder::llama().import().expect("it is supported")
}

/// Makes roots and id those of the tables.
fn seal(program: &mut Program) {
    let trees = ProgramTrees::new(program);
    let p = program.header.slot_depth;
    program.header.weights_root = trees.weights.root();
    program.header.graph_root = trees.graph.root();
    program.header.slots_root = trees.slots.root();
    program.header.template_root = trees.template.node(p, 0);
    program.header.scratch_root = trees.template.node(p, 1);
    program.id = program.header.id();
}

/// What the check says of a bent program.
fn bent(bend: impl FnOnce(&mut Program)) -> CheckError {
    let mut program = good();
    bend(&mut program);
    seal(&mut program);
    check(&program, &image()).expect_err("the bend is found")
}

/// The node with an operator.
fn node(program: &Program, name: &str) -> usize {
    let named = |node: &gavel_program::Node| node.op.name() == name;
    program
        .nodes
        .iter()
        .position(named)
        .expect("a Llama has it")
}

#[track_caller]
fn is_field(error: CheckError, expected: &str) {
    assert!(
        matches!(error, CheckError::Field { field, .. } if field == expected),
        "{error}"
    );
}

#[track_caller]
fn is_node(error: CheckError, place: usize, expected: &str) {
    assert!(
        matches!(error, CheckError::Node { node, what, .. } if node == place && what == expected),
        "{error}"
    );
}

#[test]
fn a_good_program_passes() {
    assert_eq!(check(&good(), &image()), Ok(()));
}

#[test]
fn identity_is_checked() {
    let mut program = good();
    program.id = keccak(b"another");
    assert!(matches!(
        check(&program, &image()),
        Err(CheckError::Id { .. })
    ));
    let mut program = good();
    program.header.graph_root = keccak(b"another");
    program.id = program.header.id();
    assert_eq!(check(&program, &image()), Err(CheckError::Tables));
    let mut other = image();
    other.root = keccak(b"another image");
    assert!(matches!(
        check(&good(), &other),
        Err(CheckError::Image { .. })
    ));
    other = image();
    other.entry = 4;
    assert!(matches!(
        check(&good(), &other),
        Err(CheckError::Image { .. })
    ));
    let error = bent(|program| program.header.abi_version += 1);
    assert!(matches!(error, CheckError::AbiVersion { .. }));
}

#[test]
fn depths_and_counts_are_checked() {
    is_field(bent(|program| program.header.step_depth = 4), "context");
    is_field(bent(|program| program.header.step_depth = 19), "step depth");
    is_field(
        bent(|program| program.header.trace_depth = 37),
        "trace depth",
    );
    is_field(
        bent(|program| program.header.weight_depth = 17),
        "weight depth",
    );
    is_field(bent(|program| program.header.node_count -= 1), "node count");
    is_field(
        bent(|program| program.header.scratch_count += 1),
        "scratch count",
    );
    is_field(
        bent(|program| program.header.prompt_slot = 6),
        "slot of prompt, control or output",
    );
    // 31 nodes fill 2^5 - 1 places; with one more the end of the step would be a node.
    let error = bent(|program| {
        let last = program.nodes.len() - 1;
        let filler = program.nodes[2];
        program.nodes.insert(last, filler);
        program.header.node_count += 1;
    });
    is_field(error, "node count");
}

#[test]
fn prompt_and_output_fit_their_slots() {
    for bend in [
        (|program: &mut Program| program.header.max_prompt_bytes += 1) as fn(&mut Program),
        |program| program.header.max_output_bytes += 1,
        |program| program.header.prompt_depth += 1,
        |program| program.header.output_depth -= 1,
        |program| program.header.control_slot = 2,
    ] {
        let error = bent(bend);
        assert!(matches!(error, CheckError::Slot { .. }), "{error}");
    }
}

#[test]
fn a_weight_fills_its_depth() {
    for change in [1i8, -1] {
        let error = bent(|program| {
            let depth = &mut program.weights[0].info.depth;
            *depth = depth.wrapping_add_signed(change);
        });
        assert!(
            matches!(error, CheckError::Weight { index: 0, .. }),
            "{error}"
        );
    }
}

#[test]
fn operands_have_the_operators_shapes() {
    let linear = node(&good(), "Linear");
    let error = bent(|program| program.nodes[linear].inputs[0] = Operand::Slot(2));
    is_node(error, linear, "input");
    let error = bent(|program| program.nodes[linear].inputs[1] = Operand::Weight(10_000));
    is_node(error, linear, "input");
    let error = bent(|program| program.nodes[linear].inputs[0] = Operand::Slot(10_000));
    is_node(error, linear, "input");
    let error = bent(|program| program.nodes[linear].output = 1);
    is_node(error, linear, "output");
    let error = bent(|program| program.nodes[linear].input_count -= 1);
    is_node(error, linear, "record");
    let error = bent(|program| {
        if let Op::Linear(linear) = &mut program.nodes[linear].op {
            linear.cols += 32;
        }
    });
    is_node(error, linear, "input");
    // A shard begins on a tile, and its output has the whole matrix's rows.
    for (before, what) in [(32, "record"), (64, "output"), (u32::MAX, "record")] {
        let error = bent(|program| {
            if let Op::Linear(linear) = &mut program.nodes[linear].op {
                linear.before = before;
            }
        });
        is_node(error, linear, what);
    }
    let error = bent(|program| {
        let x = program.slots.iter_mut().find(|slot| slot.name == "normed");
        x.expect("a Llama has it").dtype = DType::I32;
    });
    assert!(matches!(error, CheckError::Node { .. }), "{error}");
}

#[test]
fn a_tile_that_is_too_dear_is_refused() {
    let error = bent(|program| program.header.trace_depth -= 1);
    let CheckError::Node { what, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(what, "cost of a tile");
}

#[test]
fn only_the_last_node_advances() {
    let last = good().nodes.len() - 1;
    let error = bent(|program| program.nodes.swap(last, last - 1));
    is_node(error, last - 1, "place");
    let error = bent(|program| program.nodes[last].predicate = 1);
    is_node(error, last, "place");
    let error = bent(|program| program.nodes[last].predicate |= 1 << 4);
    is_node(error, last, "predicate");
}

#[test]
fn slots_lie_at_their_indexes() {
    let error = bent(|program| program.slots[5].depth += 1);
    assert!(
        matches!(
            error,
            CheckError::Slot {
                index: 5,
                what: "depth",
                ..
            }
        ),
        "{error}"
    );
    let error = bent(|program| program.slots.last_mut().expect("there is one").index += 1);
    assert!(
        matches!(error, CheckError::Slot { what: "index", .. }),
        "{error}"
    );
}

#[test]
fn a_program_of_one_step_passes_and_its_ends_are_its_own() {
    let one_step = || Onnx::dense().import().expect("it is supported");
    let refused = |bend: &dyn Fn(&mut Program)| {
        let mut program = one_step();
        bend(&mut program);
        seal(&mut program);
        check(&program, &image()).expect_err("the bend is found")
    };
    assert_eq!(check(&one_step(), &image()), Ok(()));
    let last = one_step().nodes.len() - 1;
    let reply = last - 1;
    is_node(
        refused(&|program| program.nodes[last].predicate = 1),
        last,
        "place",
    );
    is_node(
        refused(&|program| program.nodes.swap(last, reply)),
        reply,
        "place",
    );
    is_node(
        refused(&|program| program.nodes[reply].output = 1),
        reply,
        "output",
    );
    is_node(
        refused(&|program| program.nodes[last].output = 1),
        last,
        "output",
    );
    let error = refused(&|program| {
        if let Op::Reply(p) = &mut program.nodes[reply].op {
            p.measure = Measure::Count;
        }
    });
    is_node(error, reply, "record");
}
