//! `MipsStep`'s committed bytecode under revm, hardfork Osaka.

use gavel_machine::{Part, ProofRefused};
use gavel_primitives::{Hash, keccak};
use revm::bytecode::Bytecode;
use revm::context::result::{ExecutionResult, Output};
use revm::context::{BlockEnv, CfgEnv, Journal, TxEnv};
use revm::database::{CacheDB, EmptyDB};
use revm::handler::MainnetContext;
use revm::primitives::hardfork::SpecId;
use revm::primitives::{Address, TxKind};
use revm::state::AccountInfo;
use revm::{Context, ExecuteEvm, MainBuilder, MainnetEvm};

type Db = CacheDB<EmptyDB>;

const CONTRACT: Address = Address::repeat_byte(0x55);

/// The contract, deployed.
pub(crate) struct StepContract {
    evm: MainnetEvm<MainnetContext<Db>>,
}

/// What a call gave, and the gas of its transaction.
pub(crate) struct Answer {
    pub(crate) states: Result<(Hash, Hash), ProofRefused>,
    /// As a receipt's gasUsed: with the calldata floor of EIP-7623.
    pub(crate) gas_used: u64,
    /// Without the floor.
    pub(crate) gas_spent: u64,
}

impl StepContract {
    /// From `contracts/artifacts/MipsStep.json`.
    pub(crate) fn new() -> Self {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../contracts/artifacts/MipsStep.json"
        );
        let text = std::fs::read_to_string(path).expect("the artifact is committed");
        let artifact: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let code = artifact["deployedBytecode"]
            .as_str()
            .expect("code in hexadecimal");
        let code = hex::decode(code.trim_start_matches("0x")).expect("code in hexadecimal");
        let mut db = Db::default();
        let info = AccountInfo::from_bytecode(Bytecode::new_raw(code.into()));
        db.insert_account_info(CONTRACT, info);
        let cfg = CfgEnv::new_with_spec(SpecId::OSAKA);
        let context: Context<BlockEnv, TxEnv, CfgEnv, Db, Journal<Db>, ()> =
            Context::new(db, SpecId::OSAKA).with_cfg(cfg);
        StepContract {
            evm: context.build_mainnet(),
        }
    }

    /// Calls `step` in a transaction of its own.
    pub(crate) fn step(&mut self, image: (Hash, u8), inputs_root: Hash, proof: &[u8]) -> Answer {
        let tx = TxEnv::builder()
            .kind(TxKind::Call(CONTRACT))
            .data(call(image, inputs_root, proof).into())
            .gas_limit(2_000_000)
            .gas_price(0)
            .build()
            .expect("a valid transaction");
        let result = self
            .evm
            .transact(tx)
            .expect("the transaction is accepted")
            .result;
        let gas = *result.gas();
        let states = match result {
            ExecutionResult::Success {
                output: Output::Call(words),
                ..
            } => Ok((word(&words, 0), word(&words, 1))),
            ExecutionResult::Revert { output, .. } => Err(refusal(&output)),
            other => panic!("neither an answer nor a refusal: {other:?}"),
        };
        Answer {
            states,
            gas_used: gas.tx_gas_used(),
            gas_spent: gas.total_gas_spent(),
        }
    }
}

fn selector(signature: &str) -> [u8; 4] {
    *keccak(signature.as_bytes())
        .0
        .first_chunk()
        .expect("a hash is longer")
}

/// ABI encoding of the call, written out: three words, the offset of the bytes, their length, the bytes padded.
fn call((image_root, image_depth): (Hash, u8), inputs_root: Hash, proof: &[u8]) -> Vec<u8> {
    let number = gavel_primitives::word;
    let head = [
        image_root.0,
        number(image_depth.into()),
        inputs_root.0,
        number(128),
        number(proof.len() as u64),
    ];
    let mut data = selector("step(bytes32,uint8,bytes32,bytes)").to_vec();
    head.iter().for_each(|word| data.extend(word));
    data.extend(proof);
    data.resize(
        data.len() + proof.len().next_multiple_of(32) - proof.len(),
        0,
    );
    data
}

fn word(words: &[u8], index: usize) -> Hash {
    Hash(*words[32 * index..].first_chunk().expect("as many words"))
}

/// The custom error of a revert, as the Rust twin names it.
fn refusal(output: &[u8]) -> ProofRefused {
    let (id, operands) = output.split_first_chunk::<4>().expect("a custom error");
    let is = |signature: &str| *id == selector(signature);
    let number = |index: usize| {
        usize::from_be_bytes(*word(operands, index).0.last_chunk().expect("8 bytes"))
    };
    let depth = |index: usize| u8::try_from(number(index)).expect("a depth");
    let wrong_root = |part| ProofRefused::WrongRoot {
        part,
        got: word(operands, 0),
        expected: word(operands, 1),
    };
    let (got, expected) = match operands.len() {
        64 => (number(0), number(1)),
        _ => (0, 0),
    };
    if is("ImageTooDeep(uint256,uint256)") {
        ProofRefused::ImageTooDeep {
            got: depth(0),
            most: depth(1),
        }
    } else if is("ProofTooShort(uint256,uint256)") {
        ProofRefused::TooShort { got, expected }
    } else if is("ProofTooLong(uint256,uint256)") {
        ProofRefused::TooLong { got, expected }
    } else if is("ProofNotCanonical(uint256)") {
        ProofRefused::NotCanonical { level: depth(0) }
    } else if is("WrongImageRoot(bytes32,bytes32)") {
        wrong_root(Part::Image)
    } else if is("WrongInputsRoot(bytes32,bytes32)") {
        wrong_root(Part::Inputs)
    } else if is("WrongWorkRoot(bytes32,bytes32)") {
        wrong_root(Part::Work)
    } else {
        panic!("an unknown error: {}", hex::encode(output))
    }
}
