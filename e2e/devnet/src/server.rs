//! JSON-RPC over HTTP: POST a request or a batch to any path.

use std::net::TcpListener;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use tokio::sync::watch;

use crate::rpc;
use crate::worker::ChainHandle;

/// The largest request body, as in go-ethereum's HTTP server (5 MiB).
const MAX_BODY_BYTES: usize = 5 * 1024 * 1024;

/// How long open requests may take when the server stops.
const GRACE: Duration = Duration::from_secs(2);

/// The routes of a node.
pub(crate) fn router(chain: ChainHandle) -> Router {
    Router::new()
        .route("/", post(respond))
        .fallback(post(respond))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(chain)
}

/// Serves until `stop` turns true or its sender is gone. Blocks the thread.
pub(crate) fn serve(
    listener: TcpListener,
    router: Router,
    stop: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let server = axum::serve(listener, router).with_graceful_shutdown(stopped(stop.clone()));
        let too_late = async {
            stopped(stop).await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            served = server => served,
            () = too_late => Ok(()),
        }
    })
}

async fn stopped(mut stop: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a stop too.
    if stop.wait_for(|stop| *stop).await.is_err() {
        tracing::debug!(target: "devnet", "stopping: the owner is gone");
    }
}

async fn respond(State(chain): State<ChainHandle>, body: Bytes) -> Response {
    match chain
        .run(move |chain, now| rpc::respond(chain, now, &body))
        .await
    {
        Ok(Some(response)) => json(StatusCode::OK, response),
        Ok(None) => StatusCode::NO_CONTENT.into_response(),
        Err(stopped) => json(
            StatusCode::INTERNAL_SERVER_ERROR,
            rpc::internal_failure(&stopped.to_string()),
        ),
    }
}

fn json(status: StatusCode, body: Vec<u8>) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
