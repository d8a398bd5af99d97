//! The native executor on drawn cases of every operator on numbers: the definition's bits, whatever the shape, the numbers and the threads.

use gavel_engine::{Call, Executor, Native};
use gavel_kernels::shape;
use gavel_program::{Control, Node};
use gavel_vectors::{Vector, wild};
use rayon::ThreadPoolBuilder;

/// The whole output, in the pool in which it is called.
fn run(vector: &Vector) -> Vec<u32> {
    let node = Node::decode(&vector.record).expect("a drawn node is one");
    let control = Control::decode(&vector.control);
    let inputs: Vec<&[u32]> = vector.inputs.iter().map(Vec::as_slice).collect();
    let mut out = vector.old.clone();
    let call = Call {
        index: 0,
        node: &node,
        control: &control,
        inputs: &inputs,
        range: 0..out.len() * 32 / shape::output(&node.op).dtype.bits(),
    };
    Native.run(&call, &mut out);
    out
}

#[test]
fn every_operator_has_the_defined_bits() {
    let cases = wild::small(33, 150);
    let changed = cases.iter().filter(|case| case.old != case.expected);
    assert!(changed.count() * 10 > cases.len() * 8, "most do something");
    for case in &cases {
        assert_eq!(run(case), case.expected, "{}", case.name);
    }
}

#[test]
fn one_to_eight_threads_give_the_defined_bits() {
    let cases = wild::large(34, 3);
    for threads in 1..=8 {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("threads can be had").install(|| {
            for case in &cases {
                assert_eq!(run(case), case.expected, "{threads} threads: {}", case.name);
            }
        });
    }
}
