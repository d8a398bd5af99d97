//! Hashes, roots and first values against `encodings.json`, which a third implementation made; the contracts' tests
//! read the same file.

use gavel_machine::{Machine, memory::CHUNK_BYTES};
use gavel_primitives::{
    Hash, Params, Request, ResultCommitment, STOP_TEXTS, Status, StatusCode, StopText, Tree, node,
    root_of_bytes, zero_root,
};
use gavel_program::{Control, Header, WINDOW_DEPTH, boot};
use serde_json::Value;

fn vectors() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/encodings.json");
    let text = std::fs::read_to_string(path).expect("the vectors are there");
    serde_json::from_str(&text).expect("the vectors are JSON")
}

fn bytes(value: &Value) -> Vec<u8> {
    let digits = value.as_str().and_then(|text| text.strip_prefix("0x"));
    let digits = digits.unwrap_or_else(|| panic!("{value} is no hex"));
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hex digits"))
        .collect()
}

fn hash(value: &Value) -> Hash {
    Hash(bytes(value).try_into().expect("32 bytes"))
}

fn number<T: TryFrom<u64>>(value: &Value) -> T {
    let whole = value
        .as_u64()
        .unwrap_or_else(|| panic!("{value} is no number"));
    T::try_from(whole).unwrap_or_else(|_| panic!("{value} is too large"))
}

fn cases<'a>(of: &'a Value, name: &str, expected: usize) -> &'a [Value] {
    let list = of[name].as_array().expect("a list");
    assert_eq!(list.len(), expected, "{name}");
    list
}

fn params(of: &Value) -> Params {
    Params {
        max_tokens: number(&of["maxTokens"]),
        temperature: number(&of["temperature"]),
        top_k: number(&of["topK"]),
        top_p: number(&of["topP"]),
        min_p: number(&of["minP"]),
        repetition_penalty: number(&of["repetitionPenalty"]),
        frequency_penalty: signed(&of["frequencyPenalty"]),
        presence_penalty: signed(&of["presencePenalty"]),
        seed: number(&of["seed"]),
        stop: stop_texts(of),
    }
}

fn signed(value: &Value) -> i32 {
    let whole = value.as_i64().and_then(|whole| i32::try_from(whole).ok());
    whole.unwrap_or_else(|| panic!("{value} is no signed number"))
}

/// The stop texts' words, each made again from its own bytes.
fn stop_texts(of: &Value) -> [StopText; STOP_TEXTS] {
    let words = cases(of, "stop", STOP_TEXTS);
    std::array::from_fn(|at| {
        let word: [u8; 32] = bytes(&words[at]).try_into().expect("32 bytes");
        let read = StopText::from_word(word);
        match read.is_none() {
            true => assert_eq!(read, StopText::NONE),
            false => assert_eq!(StopText::new(read.bytes()), Ok(read)),
        }
        read
    })
}

fn request(of: &Value) -> Request {
    Request {
        chain_id: number(&of["chainId"]),
        hub: bytes(&of["hub"]).try_into().expect("20 bytes"),
        lane: number(&of["lane"]),
        index: number(&of["index"]),
        program_id: hash(&of["programId"]),
        requester: bytes(&of["requester"]).try_into().expect("20 bytes"),
        prompt_root: hash(&of["promptRoot"]),
        prompt_len: number(&of["promptLength"]),
        params: params(&of["params"]),
    }
}

fn header(of: &Value) -> Header {
    Header {
        weights_root: hash(&of["weightsRoot"]),
        graph_root: hash(&of["graphRoot"]),
        slots_root: hash(&of["slotsRoot"]),
        template_root: hash(&of["templateRoot"]),
        scratch_root: hash(&of["scratchRoot"]),
        image_root: hash(&of["imageRoot"]),
        entry: number(&of["entry"]),
        image_depth: number(&of["imageDepth"]),
        node_count: number(&of["nodeCount"]),
        weight_count: number(&of["weightCount"]),
        persistent_count: number(&of["persistentCount"]),
        scratch_count: number(&of["scratchCount"]),
        prompt_slot: number(&of["promptSlot"]),
        control_slot: number(&of["controlSlot"]),
        output_slot: number(&of["outputSlot"]),
        prompt_depth: number(&of["promptDepth"]),
        output_depth: number(&of["outputDepth"]),
        weight_depth: number(&of["weightDepth"]),
        slot_depth: number(&of["slotDepth"]),
        node_depth: number(&of["nodeDepth"]),
        step_depth: number(&of["stepDepth"]),
        trace_depth: number(&of["traceDepth"]),
        max_prompt_bytes: number(&of["maxPromptBytes"]),
        context: number(&of["context"]),
        max_output_bytes: number(&of["maxOutputBytes"]),
        abi_version: number(&of["abiVersion"]),
    }
}

#[test]
fn roots_of_bytes() {
    for case in cases(&vectors(), "roots", 12) {
        let root = root_of_bytes(&bytes(&case["data"]), number(&case["depth"]));
        assert_eq!(root, hash(&case["root"]), "{case}");
    }
}

#[test]
fn request_ids() {
    for case in cases(&vectors(), "requests", 3) {
        let read = request(case);
        assert_eq!(read.params.hash(), hash(&case["paramsHash"]), "{case}");
        assert_eq!(read.id(), hash(&case["id"]), "{case}");
    }
}

#[test]
fn result_hashes() {
    for case in cases(&vectors(), "results", Status::ALL.len()) {
        let result = ResultCommitment {
            request_id: hash(&case["requestId"]),
            status: StatusCode::from(number::<u32>(&case["status"])),
            tokens_out: number(&case["tokensOut"]),
            output_len: number(&case["outputLength"]),
            output_root: hash(&case["outputRoot"]),
        };
        assert_eq!(result.hash(), hash(&case["hash"]), "{case}");
    }
}

#[test]
fn program_ids() {
    for case in cases(&vectors(), "headers", 2) {
        assert_eq!(header(case).id(), hash(&case["id"]));
    }
}

#[test]
fn the_first_env() {
    let first = &vectors()["first"];
    let (header, request) = (header(&first["header"]), request(&first["request"]));
    let template = first["template"]
        .as_array()
        .expect("a list")
        .iter()
        .map(hash);
    let mut persistent = Tree::new(template.collect(), header.slot_depth);
    assert_eq!(persistent.root(), header.template_root);
    let words = Control::first(request.prompt_len, &request.params).encode();
    let control: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let control = root_of_bytes(&control, 3);
    assert_eq!(control, hash(&first["controlRoot"]));
    persistent.set(header.prompt_slot.into(), request.prompt_root);
    persistent.set(header.control_slot.into(), control);
    let env = node(&persistent.root(), &header.scratch_root);
    assert_eq!(env, hash(&first["env"]));
}

#[test]
fn the_first_machine_state() {
    let first = &vectors()["first"];
    let header = header(&first["header"]);
    let old: [u8; CHUNK_BYTES] = bytes(&first["oldChunkBytes"])
        .try_into()
        .expect("a chunk's bytes");
    assert_eq!(root_of_bytes(&old, 3), hash(&first["oldChunk"]));
    assert_eq!(
        Machine::first(header.entry, &old).hash(),
        hash(&first["start"])
    );

    let raise = |root: Hash, depth| gavel_primitives::raise(root, depth, WINDOW_DEPTH);
    let weight = &first["inputs"][1];
    let mut windows = [zero_root(WINDOW_DEPTH); boot::WINDOWS - 2];
    windows[0] = boot::boot_window_root(&hash(&first["recordRoot"]), number(&first["tile"]));
    windows[1] = raise(hash(&first["controlRoot"]), 3);
    windows[2] = raise(hash(&first["slotRoot"]), header.prompt_depth);
    windows[3] = raise(hash(&weight["root"]), number(&weight["depth"]));
    assert_eq!(boot::inputs_root(&windows), hash(&first["inputsRoot"]));
}
