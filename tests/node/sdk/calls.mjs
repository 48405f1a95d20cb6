// The loop of a program that plays calls for `tests/sdk/clients/node.py`: a call is a line of JSON on the standard input, its
// answer, or the class of the exception, a line on the standard output.

import { createInterface } from "node:readline";

export async function play(ask) {
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await ask(JSON.parse(line)).catch(failure)));
  }
}

function failure(error) {
  const status = error.status ?? error.statusCode;
  return { failure: error.constructor.name, status, message: String(error.message) };
}
