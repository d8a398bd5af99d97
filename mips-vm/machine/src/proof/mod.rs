//! The proof of one step: made, encoded, and executed again from its bytes alone.

mod encoding;
mod prove;
mod refused;
mod touch;
mod verify;

pub use encoding::{Opening, StepProof};
pub use prove::prove;
pub use refused::{Part, ProofRefused};
pub use verify::step_proof;
