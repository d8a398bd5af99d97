// Compiles the contracts with the pinned solc and writes artifacts/NAME.json: ABI, creation and deployed bytecode.
//   node build.js            writes them
//   node build.js --check    fails if a committed one differs from its source
"use strict";
const fs = require("fs");
const path = require("path");
const solc = require("solc");

const root = __dirname;
const artifacts = path.join(root, "artifacts");

// What is deployed, or called by its ABI; everything else is compiled into these.
const contracts = {
  "src/machine/MipsStep.sol": ["MipsStep"],
  "src/dispute/Tournament.sol": ["Tournament"],
  "src/dispute/Referee.sol": ["Referee"],
  "src/rollup/ModelRegistry.sol": ["ModelRegistry"],
  "src/rollup/Hub.sol": ["Hub"],
  "src/rollup/Rollup.sol": ["Rollup"],
  "src/examples/ProposalTriage.sol": ["ProposalTriage"],
};

function compile() {
  const entries = Object.keys(contracts).filter((file) => fs.existsSync(path.join(root, file)));
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(entries.map((file) => [file, { content: read(file) }])),
    settings: {
      evmVersion: "osaka",
      viaIR: true,
      optimizer: { enabled: true, runs: 200 },
      metadata: { bytecodeHash: "none", appendCBOR: false },
      outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"] } },
    },
  };
  const find = (file) => ({ contents: read(file) });
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: find }));
  const errors = (output.errors ?? []).filter((e) => e.severity === "error");
  if (errors.length > 0) {
    fail(errors.map((e) => e.formattedMessage).join("\n"));
  }
  return output.contracts;
}

function read(file) {
  return fs.readFileSync(path.join(root, file), "utf8");
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

function render(name, compiled) {
  const deployed = compiled.evm.deployedBytecode.object;
  const limit = 24576; // EIP-170
  if (deployed.length / 2 > limit) {
    fail(`${name}: ${deployed.length / 2} bytes of code exceed the limit of ${limit} (EIP-170)`);
  }
  const artifact = {
    contractName: name,
    compiler: solc.version(),
    abi: compiled.abi,
    bytecode: "0x" + compiled.evm.bytecode.object,
    deployedBytecode: "0x" + deployed,
  };
  return JSON.stringify(artifact, null, 1) + "\n";
}

function main() {
  const check = process.argv.includes("--check");
  const compiled = compile();
  for (const [file, names] of Object.entries(contracts)) {
    for (const name of names) {
      if (!compiled[file]) continue;
      const target = path.join(artifacts, `${name}.json`);
      const text = render(name, compiled[file][name]);
      if (!check) {
        fs.mkdirSync(artifacts, { recursive: true });
        fs.writeFileSync(target, text);
      } else if (!fs.existsSync(target) || fs.readFileSync(target, "utf8") !== text) {
        fail(`artifacts/${name}.json differs from its source: run \`node build.js\` in contracts/ and commit`);
      }
      console.log(`${check ? "same" : "built"} ${name} (${(text.match(/"deployedBytecode": "0x([0-9a-f]*)"/)[1].length / 2)} bytes)`);
    }
  }
}

main();
