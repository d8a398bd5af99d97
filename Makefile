# Two commands: `make demo` and `make test`. Each sets up what it needs on a fresh machine.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.PHONY: demo test setup lint clean help

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 12

setup: ## Check that cargo and a C compiler are there
	@command -v cargo >/dev/null || { echo "gavel needs Rust: install rustup (https://rustup.rs), then run this again" >&2; exit 1; }
	@command -v cc >/dev/null || { echo "gavel needs a C compiler (Debian: apt-get install gcc), then run this again" >&2; exit 1; }

demo: setup ## One honest request, then a liar that loses on one instruction
	cargo run --quiet --package gavel -- demo

test: setup ## Everything that CI checks
	cargo xtask test

lint: setup ## Format, lints and documentation
	cargo xtask lint

clean: ## Remove what was built
	cargo clean
