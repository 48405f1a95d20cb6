// The npm package `ai` with its provider `@ai-sdk/openai`: generateText and streamText over Chat Completions and Responses.

import assert from "node:assert/strict";

import { createOpenAI } from "@ai-sdk/openai";
import { generateText, jsonSchema, stepCountIs, streamText, tool } from "ai";

import { play } from "./calls.mjs";

const base = process.argv[2];

// A tool with a result runs in the library's own loop, and the answer is that of its second step.
async function ask({ api, prompt, tenant, streams, tools, result: given }) {
  const provider = createOpenAI({ baseURL: `${base}/v1`, apiKey: "test", headers: { "x-tenant": tenant } });
  const declared = tools.map((one) => [
    one.name,
    tool({
      description: one.description,
      inputSchema: jsonSchema(one.parameters),
      ...(given === null ? {} : { execute: async () => given }),
    }),
  ]);
  const declarations = { tools: Object.fromEntries(declared), stopWhen: stepCountIs(2) };
  const request = { model: provider[api]("mock-1"), prompt, maxRetries: 0, ...declarations };
  const steps = streams ? await streamed(request) : (await generateText(request)).steps;
  const result = steps.at(-1);
  const calls = result.toolCalls.map((call) => [call.toolName, call.input]);
  const refused = result.finishReason === "content-filter";
  const finished = refused || result.finishReason === (calls.length ? "tool-calls" : "stop");
  return { text: result.text, calls, refused, finished };
}

async function streamed(request) {
  let failure;
  const result = streamText({ ...request, onError: ({ error }) => (failure = error) });
  let text = "";
  for await (const piece of result.textStream) text += piece;
  if (failure) throw failure;
  const steps = await result.steps;
  assert.equal(text, steps.map((step) => step.text).join(""));
  return steps;
}

await play(ask);
