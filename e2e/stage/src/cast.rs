//! Who plays.

use crate::{
    Ask, Scene,
    actors::{Player, Provider},
    guest_image,
};
use anyhow::Result;
use gavel_adversaries::Liar;
use gavel_traces::{Honest, Library};
use std::sync::Arc;

/// The players of one request.
pub(crate) struct Cast {
    pub(crate) proposer: Provider,
    /// Delivers what the proposer doesn't.
    pub(crate) deliverer: Option<Provider>,
    pub(crate) honest: Player,
    pub(crate) liar: Option<Player>,
}

impl Cast {
    /// Those of a question, which is the lane's `index`-th.
    pub(crate) async fn new(scene: &Scene, ask: &Ask, index: u64) -> Result<Self> {
        let accounts = &scene.accounts;
        let library = || Arc::new(Library::new(guest_image(), Arc::new(Honest)));
        let honest = Player::new(scene, &accounts.watcher, library(), None).await?;
        let Some(lie) = ask.lie else {
            let proposer = Provider::honest(scene, &accounts.provider).await?;
            return Ok(Cast {
                proposer,
                deliverer: None,
                honest,
                liar: None,
            });
        };
        let liar = Arc::new(Liar::new(lie, index, guest_image()));
        let player = Player::new(scene, &accounts.liar, liar.clone(), liar.silent_from()).await?;
        if ask.challenger_lies {
            let proposer = Provider::honest(scene, &accounts.provider).await?;
            return Ok(Cast {
                proposer,
                deliverer: None,
                honest,
                liar: Some(player),
            });
        }
        let proposer = Provider::lying(scene, &accounts.liar, liar).await?;
        let deliverer = Some(Provider::honest(scene, &accounts.provider).await?);
        Ok(Cast {
            proposer,
            deliverer,
            honest,
            liar: Some(player),
        })
    }
}
