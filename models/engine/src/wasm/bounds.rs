//! What holds a module in, shown with modules of a few bytes that misbehave.

use super::{WasmError, engine, sandbox::Sandbox};
use crate::Call;
use gavel_program::op::Elementwise;
use gavel_program::{Control, Node, Op, Operand, control::CONTROL_WORDS};
use wasmtime::{Module, Trap};

/// A section: its number, its length, its bytes.
fn section(number: u8, bytes: &[u8]) -> Vec<u8> {
    [&[number, bytes.len() as u8], bytes].concat()
}

/// An export: the name with its length, the kind, index 0.
fn export(name: &str, kind: u8) -> Vec<u8> {
    [&[name.len() as u8], name.as_bytes(), &[kind, 0]].concat()
}

/// A module with one page of memory, whose `run_range` has this body, and whose memory goes by this name.
fn module(memory: &str, body: &[u8]) -> Module {
    const I32: u8 = 0x7f;
    let exports = [
        export(memory, 2),
        export("__heap_base", 3),
        export("run_range", 0),
    ];
    let code = [&[1, body.len() as u8 + 2, 0], body, &[0x0b]].concat();
    let bytes = [
        b"\0asm\x01\0\0\0".to_vec(),
        section(1, &[&[1, 0x60, 8], &[I32; 8][..], &[1, I32]].concat()),
        section(3, &[1, 0]),
        section(5, &[1, 0, 1]),
        section(6, &[1, I32, 0, 0x41, 0x80, 0x08, 0x0b]),
        section(7, &[&[3][..], &exports.concat()].concat()),
        section(10, &code),
    ];
    Module::new(&engine(None).unwrap(), bytes.concat()).expect("the bytes are a module")
}

/// How a call into such a module ends.
fn trap(body: &[u8]) -> Option<Trap> {
    let mut sandbox = Sandbox::new(&module("memory", body)).unwrap();
    let node = Node::new(
        Op::Add(Elementwise { len: 64 }),
        31,
        &[Operand::Slot(0), Operand::Weight(1)],
        2,
    );
    let call = Call {
        index: 0,
        node: &node,
        control: &Control::decode(&[0; CONTROL_WORDS]),
        inputs: &[&[0; 64], &[0; 64]],
        range: 0..64,
    };
    let ended = sandbox.run(&call, &mut [0; 64]);
    ended
        .err()
        .map(|error| *error.downcast_ref::<Trap>().expect("a trap ended it"))
}

#[test]
fn a_module_that_never_ends_is_stopped() {
    // loop, br 0, end, unreachable
    assert_eq!(trap(&[0x03, 0x40, 0x0c, 0, 0x0b, 0]), Some(Trap::OutOfFuel));
}

#[test]
fn a_store_past_the_memory_is_stopped() {
    // i32.const -16, i32.const 1, i32.store, i32.const 0
    let body = [0x41, 0x70, 0x41, 1, 0x36, 2, 0, 0x41, 0];
    assert_eq!(trap(&body), Some(Trap::MemoryOutOfBounds));
}

#[test]
fn a_module_that_behaves_returns() {
    // i32.const 0
    assert_eq!(trap(&[0x41, 0]), None);
}

#[test]
fn a_missing_export_is_named() {
    let refused = Sandbox::new(&module("room", &[0x41, 0])).err();
    assert!(matches!(
        refused,
        Some(WasmError::Export { name: "memory" })
    ));
}
