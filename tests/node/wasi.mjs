// Runs a program built for wasm32-wasip1 in V8, with its arguments and nothing else: no files, no environment.
// usage: node wasi.mjs MODULE.wasm [ARGUMENT...]

import { readFile } from "node:fs/promises";
import { WASI } from "node:wasi";

const [module, ...words] = process.argv.slice(2);
const wasi = new WASI({ version: "preview1", args: [module, ...words], env: {} });
const { instance } = await WebAssembly.instantiate(await readFile(module), wasi.getImportObject());
process.exitCode = wasi.start(instance);
