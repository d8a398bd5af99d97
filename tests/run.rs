//! `gavel run` as a user has it: the binary, its output, its exit status.

use serde_json::Value;
use std::process::{Command, Output};

fn gavel(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gavel"))
        .arg("run")
        .args(args)
        .output()
        .expect("the binary starts")
}

/// The object on the last line of standard output.
fn report(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().expect("there is a line");
    serde_json::from_str(last).expect("the last line is JSON")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_embedded_model_answers_in_text_and_json() {
    let prompt = gavel_zoo::prompt("Swap 250,000 USDC of the treasury into stETH.");
    let text = gavel(&["--prompt", &prompt, "--max-tokens", "64"]);
    assert!(text.status.success(), "{}", stderr(&text));
    let json = gavel(&["--prompt", &prompt, "--max-tokens", "64", "--json"]);
    assert!(json.status.success(), "{}", stderr(&json));
    let report = report(&json);
    let answer = report["text"].as_str().expect("text is a string");
    assert_eq!(
        format!("{answer}\n").as_bytes(),
        text.stdout,
        "streamed and whole"
    );
    assert_eq!(gavel_zoo::category(answer), Some("treasury"), "{answer:?}");
    assert_eq!(report["status"], "Stop");
    assert_eq!(report["prompt_tokens"][0], 1, "BOS");
    let tokens = report["tokens"]
        .as_array()
        .expect("tokens are a list")
        .len();
    assert!((1..64).contains(&tokens));
}

#[cfg(feature = "wasm")]
#[test]
fn the_sandbox_answers_as_native_code() {
    let prompt = gavel_zoo::prompt("Grant Kaven Labs 900 DAI.");
    let answer = |backend| {
        let output = gavel(&[
            "--prompt",
            &prompt,
            "--max-tokens",
            "8",
            "--backend",
            backend,
            "--json",
        ]);
        assert!(output.status.success(), "{}", stderr(&output));
        let report = report(&output);
        assert_eq!(report["tokens"].as_array().map(Vec::len), Some(8));
        (
            report["tokens"].clone(),
            report["text"].clone(),
            report["program_id"].clone(),
        )
    };
    assert_eq!(answer("wasm"), answer("native"));
}

#[test]
fn a_seed_fixes_a_drawn_answer() {
    let draw = |seed| {
        let args = [
            "--prompt",
            "Proposal:",
            "--max-tokens",
            "24",
            "--temperature",
            "1.5",
            "--seed",
            seed,
            "--json",
        ];
        report(&gavel(&args))["tokens"].clone()
    };
    assert_eq!(draw("1"), draw("1"));
    assert_ne!(draw("1"), draw("2"));
}

#[test]
fn any_bytes_of_a_file_are_a_prompt() {
    let path = std::env::temp_dir().join(format!("gavel-prompt-{}", std::process::id()));
    std::fs::write(&path, [0xff, 0x00, 0xe2, 0x96, b'a']).expect("a file can be written");
    let output = gavel(&[
        "--prompt-file",
        path.to_str().expect("a plain path"),
        "--max-tokens",
        "2",
        "--json",
    ]);
    std::fs::remove_file(&path).expect("it was written");
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn errors_end_with_1_and_name_what_is_wrong() {
    let missing = gavel(&["--model", "no-such-file.gguf", "--prompt", "a"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(
        stderr(&missing).contains("no-such-file.gguf"),
        "{}",
        stderr(&missing)
    );
    let no_model = gavel(&["--model", env!("CARGO_MANIFEST_PATH"), "--prompt", "a"]);
    assert_eq!(no_model.status.code(), Some(1));
    assert!(
        stderr(&no_model).contains("not a GGUF file"),
        "{}",
        stderr(&no_model)
    );
    let long = gavel(&["--prompt", &"a".repeat(5000)]);
    assert_eq!(long.status.code(), Some(1));
    assert!(stderr(&long).contains("5000 bytes"), "{}", stderr(&long));
    for output in [missing, no_model, long] {
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn wrong_usage_ends_with_2() {
    for args in [
        &[][..],
        &["--prompt", "a", "--prompt-file", "b"],
        &["--prompt", "a", "--temperature", "-1"],
        &["--prompt", "a", "--top-p", "0"],
        &["--prompt", "a", "--top-p", "1.001"],
        &["--prompt", "a", "--max-tokens", "many"],
        &["--prompt", "a", "--backend", "abacus"],
    ] {
        let output = gavel(args);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{args:?}: {}",
            stderr(&output)
        );
        assert!(output.stdout.is_empty());
    }
}
