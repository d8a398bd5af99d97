//! Transactions before they have a nonce and fees.

use crate::{
    Deployment, JoinBonds,
    bindings::{rollup::Rollup, tournament::Tournament as t},
    convert::{
        self, address, b256, execution_end, first_slots, header, kind_code, machine_end,
        node_opening, proof, request, tile_opening, words,
    },
};
use alloy::{
    primitives::{Address, B256, Bytes, U256},
    sol_types::{Error, SolCall},
};
use gavel_dispute::{
    Action, Kind, MatchId,
    payload::{BatchOpening, HEADER_WORDS, HeaderWords},
};
use gavel_primitives::{CompactProof, Hash, Params};

/// A transaction to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Its name in reports and logs: the contract's function.
    pub name: &'static str,
    /// The contract.
    pub to: Address,
    /// Function and arguments.
    pub input: Bytes,
    /// Wei sent along.
    pub value: U256,
}

impl Call {
    /// A call without value.
    pub fn new<C: SolCall>(name: &'static str, to: Address, call: &C) -> Self {
        Call {
            name,
            to,
            input: call.abi_encode().into(),
            value: U256::ZERO,
        }
    }

    /// The same with `value` wei.
    pub fn with_value(self, value: U256) -> Self {
        Call { value, ..self }
    }
}

/// Turns a player's actions into contract calls.
#[derive(Clone, Debug)]
pub struct Caller {
    deployment: Deployment,
    bonds: JoinBonds,
}

impl Caller {
    /// For one deployment and its bonds.
    pub fn new(deployment: Deployment, bonds: JoinBonds) -> Self {
        Caller { deployment, bonds }
    }

    /// The call that an action is.
    ///
    /// # Errors
    /// When a payload's header is none that a program has.
    pub fn call(&self, action: &Action) -> Result<Call, Error> {
        Ok(match action {
            Action::Challenge { lane, batch, root } => self.challenge(*lane, *batch, *root),
            Action::JoinBatch { tournament, root } => {
                let join = t::joinBatchCall {
                    id: b256(tournament.0),
                    root: b256(*root),
                };
                self.join("joinBatch", Kind::Batch, &join)
            }
            Action::JoinExecution {
                tournament,
                root,
                end,
            } => {
                let join = t::joinExecutionCall {
                    id: b256(tournament.0),
                    root: b256(*root),
                    _2: execution_end(end)?,
                };
                self.join("joinExecution", Kind::Execution, &join)
            }
            Action::JoinMachine {
                tournament,
                root,
                end,
            } => {
                let join = t::joinMachineCall {
                    id: b256(tournament.0),
                    root: b256(*root),
                    _2: machine_end(end),
                };
                self.join("joinMachine", Kind::Machine, &join)
            }
            Action::Conclude { tournament } => self.play(
                "conclude",
                &t::concludeCall {
                    id: b256(tournament.0),
                },
            ),
            Action::NotifyHost { tournament } => self.play(
                "notifyHost",
                &t::notifyHostCall {
                    id: b256(tournament.0),
                },
            ),
            Action::Withdraw { account } => self.play(
                "withdraw",
                &t::withdrawCall {
                    account: address(*account),
                },
            ),
            _ => self.in_match(action)?,
        })
    }

    fn in_match(&self, action: &Action) -> Result<Call, Error> {
        Ok(match action {
            Action::Advance {
                id,
                other_tail,
                own,
                next,
                ..
            } => self.play(
                "advance",
                &t::advanceCall {
                    matchId: b256(id.0),
                    otherTail: words(other_tail),
                    own: words(own),
                    next: words(next),
                },
            ),
            Action::Seal {
                id, agreed, path, ..
            } => self.seal(*id, *agreed, path),
            Action::OpenPadding { id } => self.open_batch(*id, None)?,
            Action::OpenBatch { id, opening } => self.open_batch(*id, Some(opening))?,
            Action::OpenNode { id, opening } => self.play(
                "openNode",
                &t::openNodeCall {
                    matchId: b256(id.0),
                    _1: header(&opening.header)?,
                    _2: node_opening(opening),
                },
            ),
            Action::Reveal { id, reveal, .. } => {
                let path = proof(&reveal.path);
                self.play(
                    "reveal",
                    &t::revealCall {
                        matchId: b256(id.0),
                        tensorOld: b256(reveal.tensor_old),
                        tensorSide: b256(reveal.tensor),
                        _3: path.mask,
                        _4: path.siblings,
                    },
                )
            }
            Action::OpenTile { id, opening } => self.play(
                "openTile",
                &t::openTileCall {
                    matchId: b256(id.0),
                    _1: header(&opening.header)?,
                    _2: tile_opening(opening),
                },
            ),
            Action::Step { id, proof } => self.play(
                "step",
                &t::stepCall {
                    matchId: b256(id.0),
                    proof: Bytes::copy_from_slice(&proof.0),
                },
            ),
            Action::Settle { id } => self.play(
                "settle",
                &t::settleCall {
                    matchId: b256(id.0),
                },
            ),
            Action::Timeout { id } => self.play(
                "timeout",
                &t::timeoutCall {
                    matchId: b256(id.0),
                },
            ),
            Action::Claim { id, maker } => self.play(
                "claim",
                &t::claimCall {
                    matchId: b256(id.0),
                    maker: address(*maker),
                },
            ),
            Action::Challenge { .. }
            | Action::JoinBatch { .. }
            | Action::JoinExecution { .. }
            | Action::JoinMachine { .. }
            | Action::Conclude { .. }
            | Action::NotifyHost { .. }
            | Action::Withdraw { .. } => unreachable!("these are in no match"),
        })
    }

    fn play<C: SolCall>(&self, name: &'static str, call: &C) -> Call {
        Call::new(name, self.deployment.tournament, call)
    }

    fn join<C: SolCall>(&self, name: &'static str, kind: Kind, call: &C) -> Call {
        let bond = self.bonds.0[usize::from(kind_code(kind))];
        self.play(name, call).with_value(bond)
    }

    /// The rival's bond goes to the tournament through the rollup.
    fn challenge(&self, lane: u64, batch: u64, root: Hash) -> Call {
        let call = Rollup::challengeCall {
            lane,
            batch,
            root: b256(root),
        };
        let [bond, ..] = self.bonds.0;
        Call::new("challenge", self.deployment.rollup, &call).with_value(bond)
    }

    fn seal(&self, id: MatchId, agreed: Hash, path: &CompactProof) -> Call {
        let path = proof(path);
        self.play(
            "seal",
            &t::sealCall {
                matchId: b256(id.0),
                agreed: b256(agreed),
                _2: path.mask,
                _3: path.siblings,
            },
        )
    }

    /// Past the count nothing but the match is looked at.
    fn open_batch(&self, id: MatchId, opening: Option<&BatchOpening>) -> Result<Call, Error> {
        let call = match opening {
            Some(opening) => t::openBatchMatchCall {
                matchId: b256(id.0),
                header: header(&opening.header)?,
                request: request(&opening.request),
                _3: first_slots(&opening.slots),
            },
            None => t::openBatchMatchCall {
                matchId: b256(id.0),
                ..blank()?
            },
        };
        Ok(self.play("openBatchMatch", &call))
    }
}

/// An opening of nothing: every word zero, every list empty.
fn blank() -> Result<t::openBatchMatchCall, Error> {
    let proof = || t::Proof {
        mask: U256::ZERO,
        siblings: Vec::new(),
    };
    Ok(t::openBatchMatchCall {
        matchId: B256::ZERO,
        header: header(&HeaderWords([[0; 32]; HEADER_WORDS]))?,
        request: t::RequestPreimage {
            lane: 0,
            index: 0,
            programId: B256::ZERO,
            requester: Address::ZERO,
            promptRoot: B256::ZERO,
            promptLength: 0,
            params: convert::tournament_params(&Params::greedy(0)),
        },
        _3: t::FirstSlots {
            promptOld: B256::ZERO,
            prompt: proof(),
            controlOld: B256::ZERO,
            control: proof(),
        },
    })
}
