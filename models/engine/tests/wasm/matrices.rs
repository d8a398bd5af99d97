//! The committed module's packed matrices against native plain code, and what of relaxed SIMD the module uses.

use gavel_program::WeightFormat;
use gavel_simd::linear::Outputs;
use gavel_simd::{Activations, GROUP, Layout, Level, Packed, linear};
use wasmparser::{Parser, Payload};
use wasmtime::{Config, Engine, Instance, Memory, Module, Store};

const MODULE: &[u8] = include_bytes!("../../../wasm/artifact/kernels.wasm");
const ALIGN: usize = 64;

/// An instance of the module, and where the memory begins that is the host's to lay out.
struct Sandbox {
    store: Store<()>,
    instance: Instance,
    memory: Memory,
    heap: usize,
}

impl Sandbox {
    /// `deterministic` gives relaxed instructions the results that the specification names for a deterministic profile.
    fn new(deterministic: bool) -> Self {
        let mut config = Config::new();
        config.wasm_relaxed_simd(true);
        config.relaxed_simd_deterministic(deterministic);
        let engine = Engine::new(&config).unwrap();
        let module = Module::new(&engine, MODULE).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        let base = instance.get_global(&mut store, "__heap_base").unwrap();
        let heap = base.get(&mut store).unwrap_i32() as usize;
        Sandbox {
            store,
            instance,
            memory,
            heap: heap.next_multiple_of(ALIGN),
        }
    }

    /// The products of all groups with all vectors, as the module has them.
    fn products(&mut self, case: &Case) -> Vec<Outputs> {
        let layout = case.layout().short();
        let matrix = case.packed(layout);
        let vectors = case.vectors();
        let x = (self.heap + matrix.len()).next_multiple_of(ALIGN);
        let quantized = (x + 4 * case.x.len()).next_multiple_of(ALIGN);
        let words = Activations::short_words(vectors, case.cols);
        let out = (quantized + 4 * words).next_multiple_of(ALIGN);
        let end = out + layout.groups() * vectors * size_of::<Outputs>();
        let missing = end.saturating_sub(self.memory.data_size(&self.store));
        let pages = missing.div_ceil(1 << 16) as u64;
        self.memory.grow(&mut self.store, pages).unwrap();
        let data = self.memory.data_mut(&mut self.store);
        data[self.heap..][..matrix.len()].copy_from_slice(&matrix);
        data[x..][..4 * case.x.len()].copy_from_slice(bytemuck::cast_slice(&case.x));
        let [heap, x, quantized, at] = [self.heap, x, quantized, out].map(|at| at as u32);
        let (rows, cols, count) = (case.rows as u32, case.cols as u32, vectors as u32);
        self.instance
            .get_typed_func::<(u32, u32, u32, u32), ()>(&mut self.store, "quantize")
            .unwrap()
            .call(&mut self.store, (x, count, cols, quantized))
            .unwrap();
        self.instance
            .get_typed_func::<(u32, u32, u32, u32, u32, u32, u32), ()>(&mut self.store, "packed")
            .unwrap()
            .call(
                &mut self.store,
                (case.format as u32, rows, cols, heap, quantized, count, at),
            )
            .unwrap();
        let mut products = vec![[0.0; GROUP]; layout.groups() * vectors];
        let bytes = &self.memory.data(&self.store)[out..end];
        bytemuck::cast_slice_mut::<Outputs, u8>(&mut products).copy_from_slice(bytes);
        products
    }
}

/// A matrix and vectors.
struct Case {
    format: WeightFormat,
    rows: usize,
    cols: usize,
    planes: Vec<Vec<u8>>,
    x: Vec<f32>,
}

impl Case {
    /// Bytes of planes and numbers of vectors from `next`; scales are small binary16 numbers.
    fn new(
        format: WeightFormat,
        [rows, cols, vectors]: [usize; 3],
        mut weight: impl FnMut() -> u8,
        x: impl FnMut() -> f32,
    ) -> Self {
        let plane = |layout: &gavel_program::PlaneLayout| {
            let bits = layout.dtype.bits();
            let bytes = rows * cols / layout.columns as usize * bits / 8;
            let scale = |at: usize, byte: u8| match (bits, at % 2) {
                (16, 1) => byte & 0x0f | 0x20,
                _ => byte,
            };
            (0..bytes).map(|at| scale(at, weight())).collect()
        };
        Case {
            format,
            rows,
            cols,
            planes: format.planes().iter().map(plane).collect(),
            x: core::iter::repeat_with(x).take(vectors * cols).collect(),
        }
    }

    fn layout(&self) -> Layout {
        Layout::new(self.format, self.rows, self.cols).unwrap()
    }

    fn vectors(&self) -> usize {
        self.x.len() / self.cols
    }

    fn packed(&self, layout: Layout) -> Vec<u8> {
        let planes: Vec<&[u8]> = self.planes.iter().map(Vec::as_slice).collect();
        let mut bytes = vec![0; layout.bytes()];
        for (group, out) in bytes.chunks_exact_mut(layout.group_bytes()).enumerate() {
            layout.pack_group(group, &planes, out);
        }
        bytes
    }

    /// The same products by plain native code, of a matrix as native code has it.
    fn expected(&self) -> Vec<Outputs> {
        let layout = self.layout();
        let mut memory = vec![0; Activations::words(self.vectors(), self.cols)];
        let x = Activations::quantize(Level::PORTABLE, &self.x, self.cols, &mut memory);
        let mut out = vec![[0.0; GROUP]; layout.groups() * self.vectors()];
        let bytes = self.packed(layout);
        let matrix = Packed::new(layout, &bytes);
        linear(Level::PORTABLE, &matrix, 0..layout.groups(), &x, &mut out);
        out
    }
}

/// Numbers that look random (Marsaglia, "Xorshift RNGs", 2003).
fn random(seed: u32) -> impl FnMut() -> u32 {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state
    }
}

/// Matrices of a format: some at random, and those whose sums are the largest and the smallest.
fn cases(format: WeightFormat) -> impl Iterator<Item = Case> {
    let block = format.block() as usize;
    let shapes = [[1, 1, 1], [16, 2, 2], [33, 1, 3], [17, 3, 8], [48, 2, 33]];
    let ordinary = shapes.into_iter().map(move |[rows, blocks, vectors]| {
        let (mut weights, mut numbers) = (random(rows as u32), random(vectors as u32 + 99));
        let x = move || match numbers() {
            number if number % 251 == 0 => f32::from_bits(number.rotate_left(9)),
            number => number as i32 as f32 / 1e9,
        };
        let shape = [rows, blocks * block, vectors];
        Case::new(format, shape, move || (weights() >> 11) as u8, x)
    });
    let signs = [[1.0; 2], [-1.0; 2], [1.0, -1.0]];
    let extreme = [0x00, 0x7f, 0x80, 0xff]
        .into_iter()
        .flat_map(move |byte| signs.map(|signs| (byte, signs)))
        .map(move |(byte, signs)| {
            let mut at = 0;
            let x = move || {
                at += 1;
                signs[at % 2]
            };
            Case::new(format, [16, 2 * block, 3], move || byte, x)
        });
    ordinary.chain(extreme)
}

/// Bits, with all NaN alike.
fn bits(outputs: &[Outputs]) -> Vec<u32> {
    let bits = |x: &f32| if x.is_nan() { u32::MAX } else { x.to_bits() };
    outputs.as_flattened().iter().map(bits).collect()
}

#[test]
fn packed_matrices_of_every_format_equal_plain_code() {
    for deterministic in [false, true] {
        let mut sandbox = Sandbox::new(deterministic);
        let formats = WeightFormat::ALL.into_iter();
        for format in formats.filter(|format| format.quantized()) {
            for case in cases(format) {
                assert_eq!(
                    bits(&sandbox.products(&case)),
                    bits(&case.expected()),
                    "{format:?} [{}, {}], {} vectors, deterministic: {deterministic}",
                    case.rows,
                    case.cols,
                    case.vectors(),
                );
            }
        }
    }
}

/// Names of the relaxed operators in the module.
fn relaxed() -> Vec<String> {
    let mut names = Vec::new();
    for payload in Parser::new(0).parse_all(MODULE) {
        let Payload::CodeSectionEntry(body) = payload.unwrap() else {
            continue;
        };
        let mut operators = body.get_operators_reader().unwrap();
        while !operators.eof() {
            let operator = format!("{:?}", operators.read().unwrap());
            if operator.contains("Relaxed") {
                names.push(operator);
            }
        }
    }
    names.sort();
    names.dedup();
    names
}

#[test]
fn of_relaxed_simd_the_module_uses_a_dot_product_that_has_one_result_there() {
    assert_eq!(relaxed(), ["I16x8RelaxedDotI8x16I7x16S"]);
}
