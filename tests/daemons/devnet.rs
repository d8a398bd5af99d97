//! `gavel devnet`, and the commands that it prints.

use crate::children::{Daemon, Office, json, printed};
use alloy::signers::local::PrivateKeySigner;
use serde_json::Value;
use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

/// The devnet's own description of itself, and the devnet.
fn start(office: &Office) -> (Value, Daemon) {
    let args = [
        "devnet",
        "--listen",
        "127.0.0.1:0",
        "--api",
        "127.0.0.1:0",
        "--window",
        "1",
        "--json",
    ];
    let mut command = office.gavel(&args);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts");
    let mut line = String::new();
    let stdout = child.stdout.take().expect("a pipe");
    BufReader::new(stdout)
        .read_line(&mut line)
        .expect("it says where it is");
    let here = serde_json::from_str(&line).expect("one JSON object");
    (here, Daemon::of(child, office.path("devnet.log")))
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().expect(field)
}

#[test]
fn the_printed_commands_work() {
    let folder = Office::new("http://127.0.0.1:1");
    let (here, devnet) = start(&folder);
    let office = folder.at(text(&here, "rpc"));
    let user = here["accounts"].as_array().expect("accounts").last();
    let user = user.expect("a user");
    assert_eq!(user["role"], "user");
    let user: PrivateKeySigner = text(user, "key").parse().expect("a key");
    let run = |args: &[&str]| office.as_account(&user, args);

    let triage = text(&here, "triage");
    let proposal = "We should pause the bridge, there was an exploit.";
    let asked = printed(run(&["example", "ask", triage, proposal]));
    // By the next answer's end this one is final, too.
    let request = [
        "request",
        "Proposal:",
        "--max-tokens",
        "4",
        "--wait",
        "--json",
    ];
    let second = json(run(&request));
    assert_eq!(second["answer"]["final"], true);
    let answer = printed(run(&["example", "answer", triage, &asked]));
    assert_eq!(gavel_zoo::category(&answer), Some("security"), "{answer}");
    let status = json(run(&["status", &asked, "--json"]));
    assert_eq!(status["state"], "delivered");
    assert_eq!(text(&status["answers"][0], "text").trim(), answer);

    let mine = printed(run(&["example", "deploy"]));
    let asked = printed(run(&[
        "example",
        "ask",
        &mine,
        proposal,
        "--max-tokens",
        "8",
    ]));
    let optimistic = [
        "request",
        "Proposal:",
        "--max-tokens",
        "2",
        "--wait=optimistic",
    ];
    assert!(!printed(run(&optimistic)).is_empty());
    assert_eq!(json(run(&["status", &asked, "--json"]))["index"], 2);
    let overview = json(run(&["status", "--json"]));
    assert_eq!(overview["lanes"][0]["requests"], 4);
    assert_eq!(overview["lanes"][0]["open"], true);
    assert!(devnet.stop().success());
}
