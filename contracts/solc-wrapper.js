#!/usr/bin/env node
// The compiler of package.json in the clothes of a native solc: `--version` and `--standard-json`, as forge calls it.
// forge build --use ./solc-wrapper.js
'use strict';

const { readFileSync } = require('fs');

if (process.argv.includes('--version')) {
  // Every forge command asks, and loading the compiler takes longer than most of them.
  const { version } = require('solc/package.json');
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${version}\n`);
} else if (process.argv.includes('--standard-json')) {
  process.stdout.write(require('solc').compile(readFileSync(0, 'utf8')));
} else {
  process.stderr.write('solc-wrapper: only --version and --standard-json\n');
  process.exitCode = 2;
}
