//! Contract bindings, generated from the committed artifacts (`build.rs` prepares their ABIs).
//!
//! Each contract has a module of its own: a shared type such as `Context` exists once in each.
#![allow(
    missing_docs,
    reason = "the interfaces in contracts/src hold the documentation"
)]
#![allow(clippy::too_many_arguments, reason = "generated")]

/// All tournaments.
pub mod tournament {
    alloy::sol!(
        #[sol(rpc)]
        #[derive(Debug)]
        Tournament,
        concat!(env!("OUT_DIR"), "/Tournament.json")
    );
}

/// Ends, first values and leaf rules.
pub mod referee {
    alloy::sol!(
        #[sol(rpc)]
        #[derive(Debug)]
        Referee,
        concat!(env!("OUT_DIR"), "/Referee.json")
    );
}

/// One instruction of the machine.
pub mod mips_step {
    alloy::sol!(
        #[sol(rpc)]
        #[derive(Debug)]
        MipsStep,
        concat!(env!("OUT_DIR"), "/MipsStep.json")
    );
}

/// Batches and bonds.
pub mod rollup {
    alloy::sol!(
        #[sol(rpc)]
        #[derive(Debug)]
        Rollup,
        concat!(env!("OUT_DIR"), "/Rollup.json")
    );
}

/// Requests and answers.
pub mod hub {
    alloy::sol!(
        #[sol(rpc)]
        #[derive(Debug)]
        Hub,
        concat!(env!("OUT_DIR"), "/Hub.json")
    );
}

/// Programs.
pub mod registry {
    alloy::sol!(
        #[sol(rpc)]
        #[derive(Debug)]
        ModelRegistry,
        concat!(env!("OUT_DIR"), "/ModelRegistry.json")
    );
}

/// The example dApp.
pub mod triage {
    alloy::sol!(
        #[sol(rpc)]
        #[derive(Debug)]
        ProposalTriage,
        concat!(env!("OUT_DIR"), "/ProposalTriage.json")
    );
}
