//! `gavel run` as a user has it: the binary, its output, its exit status.

use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Output, Stdio};

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

#[test]
fn log_probabilities_are_told_beside_the_tokens() {
    let prompt = gavel_zoo::prompt("Grant Kaven Labs 900 DAI.");
    let asked = ["--prompt", &prompt, "--max-tokens", "6"];
    let told = gavel(&[&asked[..], &["--logprobs", "3", "--json"]].concat());
    assert!(told.status.success(), "{}", stderr(&told));
    let told = report(&told);
    let places = told["logprobs"].as_array().expect("a list");
    assert_eq!(places.len(), 6);
    for (place, token) in places
        .iter()
        .zip(told["tokens"].as_array().expect("a list"))
    {
        assert_eq!(place["token"], *token);
        let top = place["top"].as_array().expect("a list");
        // A greedy answer takes the most probable token.
        assert_eq!((&top[0][0], &top[0][1]), (token, &place["logprob"]));
        let scores: Vec<f64> = top.iter().filter_map(|pair| pair[1].as_f64()).collect();
        assert!(scores.len() == 3 && scores.is_sorted_by(|a, b| a >= b));
        let sum: f64 = scores.iter().map(|score| score.exp()).sum();
        assert!((0.0..1.000_01).contains(&sum), "{sum}");
    }
    let plain = report(&gavel(&[&asked[..], &["--json"]].concat()));
    assert_eq!(plain["tokens"], told["tokens"]);
    assert!(plain.get("logprobs").is_none());
    let alone = gavel(&[&asked[..], &["--logprobs", "3"]].concat());
    assert_eq!(alone.status.code(), Some(2), "they are told in JSON alone");
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

/// A file with a chat template.
fn template(name: &str, source: &str) -> std::path::PathBuf {
    let path = std::env::temp_dir().join(format!("gavel-{name}-{}", std::process::id()));
    std::fs::write(&path, source).expect("the folder can be written");
    path
}

#[test]
fn a_conversation_is_a_prompt_by_the_template() {
    let prompt = gavel_zoo::prompt("Swap 250,000 USDC of the treasury into stETH.");
    let last = template("last", "{{ bos_token }}{{ messages[-1]['content'] }}");
    let last = last.to_str().expect("a name of text");
    let plain = report(&gavel(&["-p", &prompt, "--json"]));
    let chat = ["--chat", "--chat-template", last, "-p", &prompt, "--json"];
    let chat = report(&gavel(&chat));
    assert_eq!(chat["prompt_tokens"], plain["prompt_tokens"], "one BOS");
    assert_eq!(chat["text"], plain["text"]);
}

#[test]
fn each_line_is_a_turn_and_the_end_of_the_input_ends_it() {
    let all = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant:";
    let path = template("all", all);
    let mut child = chat(&path);
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(b"One\n\nTwo\n").expect("it listens");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", stderr(&output));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let turns: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("each line is JSON"))
        .collect();
    assert_eq!(turns.len(), 2, "an empty line is no turn");
    let first = turns[0]["text"].as_str().expect("text is a string");
    let second = format!("system: Be brief.\nuser: One\nassistant: {first}\nuser: Two\nassistant:");
    let expected = report(&gavel(&["-p", &second, "-n", "4", "--json"]));
    assert_eq!(turns[1]["prompt_tokens"], expected["prompt_tokens"]);
    assert_eq!(turns[1]["tokens"], expected["tokens"]);
}

#[test]
fn an_interrupt_between_answers_ends_the_conversation() {
    let path = template("interrupted", "{{ messages[-1].content }}");
    let mut child = chat(&path);
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(b"One\n").expect("it listens");
    let mut line = String::new();
    let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
    output.read_line(&mut line).expect("an answer");
    // The answer's end is told just after its line.
    for _ in 0..100 {
        let process = child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &process]).status();
        assert!(sent.expect("there is such a command").success());
        if let Some(status) = child.try_wait().expect("it is our child") {
            assert_eq!(status.code(), Some(130));
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("it goes on");
}

/// A conversation that reads its turns from a pipe.
fn chat(template: &std::path::Path) -> std::process::Child {
    Command::new(env!("CARGO_BIN_EXE_gavel"))
        .args([
            "run",
            "--chat",
            "--system",
            "Be brief.",
            "-n",
            "4",
            "--json",
        ])
        .arg("--chat-template")
        .arg(template)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts")
}

#[test]
fn a_conversation_without_a_usable_template_is_refused() {
    let none = gavel(&["--chat", "-p", "a"]);
    assert_eq!(none.status.code(), Some(2));
    assert!(
        stderr(&none).contains("has no chat template"),
        "{}",
        stderr(&none)
    );
    for (source, expected) in [
        ("{% for %}", "the chat template can't be read"),
        ("{{ raise_exception('only owls') }}", "only owls"),
    ] {
        let path = template("bad", source);
        let path = path.to_str().expect("a name of text");
        let refused = gavel(&["--chat", "--chat-template", path, "-p", "a"]);
        assert_eq!(refused.status.code(), Some(1));
        assert!(stderr(&refused).contains(expected), "{}", stderr(&refused));
    }
}
