//! The REST API over a live sequencer.

use crate::town::{ENGINE, PROVIDER, Town, WINDOW, expected, rest};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use gavel_engine::printed;
use gavel_primitives::{Hash, Params, Proof, Status, StopText};
use gavel_sequencer::{
    ApiConfig, ApiKey, Sequencer, SqliteStore,
    api::{ApiState, router},
};
use serde_json::{Value, json};
use tower::ServiceExt;

const KEY: &str = "secret-key-of-ann";

fn with_keys() -> ApiConfig {
    ApiConfig {
        model: "clerk".to_owned(),
        keys: vec![ApiKey {
            name: "ann".to_owned(),
            key: KEY.to_owned(),
        }],
        max_body_bytes: 8 * 1024,
        ..ApiConfig::default()
    }
}

fn without_keys() -> ApiConfig {
    ApiConfig {
        keys: Vec::new(),
        ..with_keys()
    }
}

async fn sequencer(town: &Town) -> Sequencer {
    let store = SqliteStore::in_memory().await.expect("a database");
    town.sequencer(store).await
}

struct Answered {
    status: StatusCode,
    retry_after: Option<String>,
    body: Value,
}

async fn ask(router: &Router, request: Request<Body>) -> Answered {
    let response = router.clone().oneshot(request).await.expect("an answer");
    let status = response.status();
    let retry_after = response.headers().get(header::RETRY_AFTER);
    let retry_after = retry_after.map(|value| value.to_str().expect("text").to_owned());
    let bytes = to_bytes(response.into_body(), 1 << 20)
        .await
        .expect("a body");
    let text = || Value::String(String::from_utf8_lossy(&bytes).into_owned());
    Answered {
        status,
        retry_after,
        body: serde_json::from_slice(&bytes).unwrap_or_else(|_| text()),
    }
}

async fn get(router: &Router, path: &str) -> Answered {
    let request = Request::get(path).body(Body::empty()).expect("a request");
    ask(router, request).await
}

async fn post(router: &Router, key: Option<&str>, body: impl Into<Body>) -> Answered {
    let mut request = Request::post("/v1/completions").header("content-type", "application/json");
    if let Some(key) = key {
        request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
    }
    ask(router, request.body(body.into()).expect("a request")).await
}

/// A completion asked for with these headers, in bytes.
async fn post_raw(router: &Router, headers: &[(&str, &str)], body: &[u8]) -> Answered {
    let request = headers.iter().fold(
        Request::post("/v1/completions"),
        |request, (name, value)| request.header(*name, *value),
    );
    let body = Body::from(body.to_vec());
    ask(router, request.body(body).expect("a request")).await
}

fn question() -> Value {
    json!({"model": "clerk", "prompt": "Question", "max_tokens": 2, "temperature": 0, "seed": 7})
}

fn with(field: &str, value: Value) -> String {
    let mut body = question();
    body[field] = value;
    body.to_string()
}

#[track_caller]
fn refused(answer: &Answered, status: StatusCode, param: Option<&str>) {
    assert_eq!(answer.status, status, "{}", answer.body);
    let error = &answer.body["error"];
    assert!(error["message"].is_string(), "{}", answer.body);
    assert!(error["type"].is_string() && error.get("code").is_some());
    assert_eq!(error["param"].as_str(), param);
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_models() {
    let town = Town::start().await;
    let router = router(ApiState::new(with_keys(), &sequencer(&town).await));
    assert_eq!(get(&router, "/healthz").await.status, StatusCode::OK);
    assert_eq!(get(&router, "/readyz").await.status, StatusCode::OK);
    let models = get(&router, "/v1/models").await;
    assert_eq!(models.body["data"][0]["id"], "clerk");
    let program = ENGINE.program().id.to_string();
    assert_eq!(models.body["data"][0]["gavel"]["program_id"], program);
    refused(&get(&router, "/nothing").await, StatusCode::NOT_FOUND, None);
    let wrong = get(&router, "/v1/completions").await;
    refused(&wrong, StatusCode::METHOD_NOT_ALLOWED, None);
    town.node.stop();
    assert_eq!(get(&router, "/healthz").await.status, StatusCode::OK);
    let unready = get(&router, "/readyz").await;
    refused(&unready, StatusCode::SERVICE_UNAVAILABLE, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_wrongly_is_refused_and_nothing_is_sent() {
    let town = Town::start().await;
    let router = router(ApiState::new(with_keys(), &sequencer(&town).await));
    for key in [None, Some("secret-key-of-bob")] {
        let answer = post(&router, key, question().to_string()).await;
        refused(&answer, StatusCode::UNAUTHORIZED, None);
    }
    let key = Some(KEY);
    let bad = StatusCode::BAD_REQUEST;
    refused(&post(&router, key, "{").await, bad, None);
    refused(&post(&router, key, "{}").await, bad, None);
    let context = ENGINE.program().header.context;
    for (field, value) in [
        ("prompt", json!("")),
        ("prompt", json!("x".repeat(2049))),
        ("prompt", json!(["one", "two"])),
        ("max_tokens", json!(0)),
        ("max_tokens", json!(context + 1)),
        ("temperature", json!(-0.1)),
        ("temperature", json!(100.5)),
        ("top_p", json!(0)),
        ("top_p", json!(1.5)),
        ("n", json!(2)),
        ("stream", json!(true)),
        ("logprobs", json!(21)),
        ("stop", json!("")),
        ("stop", json!("x".repeat(32))),
        ("stop", json!(["a", "b", "c", "d", "e"])),
        ("min_p", json!(1.1)),
        ("repetition_penalty", json!(0)),
        ("repetition_penalty", json!(10.5)),
        ("frequency_penalty", json!(-2.5)),
        ("presence_penalty", json!(3)),
    ] {
        let answer = post(&router, key, with(field, value)).await;
        refused(&answer, bad, Some(field));
    }
    let model = post(&router, key, with("model", json!("other"))).await;
    refused(&model, StatusCode::NOT_FOUND, None);
    let text = with("prompt", json!(["\u{fffd}"])).into_bytes();
    let broken = [&text[..20], &[0xff, 0xfe], &text[20..]].concat();
    let bearer = format!("Bearer {KEY}");
    let (authorized, is_json) = (
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    );
    refused(
        &post_raw(&router, &[authorized, is_json], &broken).await,
        bad,
        None,
    );
    let whole = question().to_string();
    let no_type = post_raw(&router, &[authorized], whole.as_bytes()).await;
    refused(&no_type, bad, None);
    for header in [format!("Basic {KEY}"), KEY.to_owned(), "Bearer ".to_owned()] {
        let headers = [("authorization", header.as_str()), is_json];
        let answer = post_raw(&router, &headers, whole.as_bytes()).await;
        refused(&answer, StatusCode::UNAUTHORIZED, None);
    }
    let large = post(&router, key, with("prompt", json!("x".repeat(10_000)))).await;
    refused(&large, StatusCode::PAYLOAD_TOO_LARGE, None);
    assert_eq!(town.sent_by(PROVIDER).await, 1, "the bond alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_completion_goes_on_chain_and_ends_with_a_proof() {
    let town = Town::start().await;
    let mut sequencer = sequencer(&town).await;
    let router = router(ApiState::new(with_keys(), &sequencer));
    town.ask("Somebody else", 2).await;
    let answer = post(&router, Some(KEY), question().to_string()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.body["choices"][0]["text"], expected("Question", 2));
    assert_eq!(answer.body["choices"][0]["finish_reason"], "length");
    assert_eq!(answer.body["usage"]["completion_tokens"], 2);
    assert_eq!(answer.body["gavel"]["final"], false);
    let id = answer.body["gavel"]["request_id"].as_str().expect("an id");

    let path = format!("/v1/requests/{id}");
    let pending = get(&router, &path).await.body;
    assert_eq!(
        (&pending["state"], &pending["proof"]),
        (&json!("pending"), &Value::Null)
    );
    rest(&mut sequencer).await;
    let proposed = get(&router, &path).await.body;
    assert_eq!(
        (&proposed["state"], &proposed["final"]),
        (&json!("proposed"), &json!(false))
    );
    assert_eq!(proposed["result"]["text"], expected("Question", 2));
    let tokens = proposed["result"]["tokens"].as_array().expect("tokens");
    assert_eq!(tokens.len(), 2);
    assert_eq!(proposed["index"], 1);
    leads_to_the_root(&proposed);
    town.wait(WINDOW + 1).await;
    rest(&mut sequencer).await;
    let delivered = get(&router, &path).await.body;
    assert_eq!(
        (&delivered["state"], &delivered["final"]),
        (&json!("delivered"), &json!(true))
    );
    leads_to_the_root(&delivered);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sampling_parameter_goes_on_chain() {
    let town = Town::start().await;
    let mut sequencer = sequencer(&town).await;
    let router = router(ApiState::new(with_keys(), &sequencer));
    let mut params = Params {
        temperature: 800,
        top_k: 30,
        top_p: 900,
        min_p: 20,
        repetition_penalty: 1200,
        frequency_penalty: 300,
        presence_penalty: -100,
        seed: 9,
        ..Params::greedy(8)
    };
    let answer = |params: &Params| {
        let outcome = ENGINE.answer(b"Question", params, |_| {});
        outcome.expect("the prompt is short")
    };
    let whole = String::from_utf8_lossy(&answer(&params).output).into_owned();
    let stop = whole.chars().nth(3).expect("a text").to_string();
    params.stop = StopText::all([stop.as_bytes()]).expect("a stop text");
    let expected = answer(&params);
    assert_eq!(expected.status, Status::Stop);
    let body = json!({
        "model": "clerk", "prompt": "Question", "max_tokens": 8, "temperature": 0.8, "top_k": 30, "top_p": 0.9,
        "min_p": 0.02, "repetition_penalty": 1.2, "frequency_penalty": 0.3, "presence_penalty": -0.1, "seed": 9,
        "stop": stop,
    });
    let answer = post(&router, Some(KEY), body.to_string()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let text = String::from_utf8_lossy(&expected.output).into_owned();
    assert_eq!(whole.split(&stop).next(), Some(&*text));
    assert_eq!(answer.body["choices"][0]["text"], text);
    assert_eq!(answer.body["choices"][0]["finish_reason"], "stop");
    let id = answer.body["gavel"]["request_id"].as_str().expect("an id");
    rest(&mut sequencer).await;
    let proposed = get(&router, &format!("/v1/requests/{id}")).await.body;
    assert_eq!(proposed["result"]["text"], text);
    leads_to_the_root(&proposed);
}

#[tokio::test(flavor = "multi_thread")]
async fn log_probabilities_stand_beside_the_tokens() {
    let town = Town::start().await;
    let router = router(ApiState::new(with_keys(), &sequencer(&town).await));
    let body = json!({
        "model": "clerk", "prompt": "Question", "max_tokens": 4, "temperature": 1.5, "seed": 3, "presence_penalty": 1.0,
        "logprobs": 3,
    });
    let params = Params {
        temperature: 1500,
        presence_penalty: 1000,
        seed: 3,
        ..Params::greedy(4)
    };
    let mut expected = Vec::new();
    let outcome = ENGINE.answer_scored(b"Question", &params, 3, |piece| expected.push(piece));
    assert_eq!(outcome.expect("the prompt is short").tokens.len(), 4);
    let answer = post(&router, Some(KEY), body.to_string()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let told = &answer.body["choices"][0]["logprobs"];
    let number = |value: &Value| value.as_f64().expect("a number") as f32;
    let text = |token| String::from_utf8_lossy(printed(ENGINE.program(), token).expect("a text"));
    let mut offset = 0;
    for (k, piece) in expected.iter().enumerate() {
        let (token, scores) = (&piece.token, piece.scores.as_ref());
        let scores = scores.expect("they were asked for");
        assert_eq!(told["tokens"][k], *text(*token));
        assert_eq!(number(&told["token_logprobs"][k]), scores.chosen);
        assert!(scores.chosen < 0.0);
        let top = told["top_logprobs"][k].as_object().expect("an object");
        for (token, score) in &scores.top {
            assert_eq!(number(&top[&*text(*token)]), *score);
        }
        assert_eq!(told["text_offset"][k], offset);
        offset += printed(ENGINE.program(), *token).expect("a text").len();
    }
    let without = post(&router, Some(KEY), question().to_string()).await;
    assert!(without.body["choices"][0]["logprobs"].is_null());
}

fn leads_to_the_root(request: &Value) {
    let siblings = request["proof"]["siblings"].as_array().expect("a proof");
    let proof = Proof {
        siblings: siblings.iter().map(hash).collect(),
    };
    let place = request["index"].as_u64().expect("a place")
        - request["batch"]["first"].as_u64().expect("a place");
    let (leaf, root) = (
        hash(&request["result"]["leaf"]),
        hash(&request["batch"]["root"]),
    );
    assert_eq!(proof.root(place, leaf), root);
    // It proves this leaf at this place alone.
    assert_ne!(proof.root(place, Hash([1; 32])), root);
    assert_ne!(proof.root(place ^ 1, leaf), root);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_key_has_an_allowance_of_its_own() {
    let town = Town::start().await;
    let bob = ApiKey {
        name: "bob".to_owned(),
        key: "secret-key-of-bob".to_owned(),
    };
    let mut config = with_keys();
    config.keys.push(bob);
    config.per_minute = 1;
    let router = router(ApiState::new(config, &sequencer(&town).await));
    let asked = question().to_string();
    let first = post(&router, Some(KEY), asked.clone()).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.body);
    let limited = post(&router, Some(KEY), asked.clone()).await;
    refused(&limited, StatusCode::TOO_MANY_REQUESTS, None);
    let other = post(&router, Some("secret-key-of-bob"), asked).await;
    assert_eq!(other.status, StatusCode::OK, "{}", other.body);
    assert_eq!(town.sent_by(PROVIDER).await, 3, "the bond and two requests");
}

fn hash(value: &Value) -> Hash {
    let text = value.as_str().expect("a hash");
    Hash(alloy::primitives::hex::decode_to_array(text).expect("32 bytes"))
}

#[tokio::test(flavor = "multi_thread")]
async fn without_keys_answers_come_at_once_and_stay_off_the_chain() {
    let town = Town::start().await;
    let config = ApiConfig {
        per_minute: 2,
        ..without_keys()
    };
    let router = router(ApiState::new(config, &sequencer(&town).await));
    for _ in 0..2 {
        let answer = post(&router, None, question().to_string()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!(answer.body["gavel"]["transaction"], Value::Null);
    }
    let limited = post(&router, None, question().to_string()).await;
    refused(&limited, StatusCode::TOO_MANY_REQUESTS, None);
    let wait: u64 = limited
        .retry_after
        .expect("a header")
        .parse()
        .expect("seconds");
    assert!((1..=30).contains(&wait), "{wait}");
    assert_eq!(town.sent_by(PROVIDER).await, 1, "the bond alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_there_are_not() {
    let town = Town::start().await;
    let router = router(ApiState::new(without_keys(), &sequencer(&town).await));
    let unknown = get(&router, &format!("/v1/requests/{}", Hash([1; 32]))).await;
    refused(&unknown, StatusCode::NOT_FOUND, None);
    let malformed = get(&router, "/v1/requests/0x12").await;
    refused(&malformed, StatusCode::BAD_REQUEST, Some("id"));
}
