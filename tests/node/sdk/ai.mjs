// The npm package `ai` with its provider `@ai-sdk/openai`: generateText and streamText over Chat Completions and Responses.

import { createOpenAI } from "@ai-sdk/openai";
import { generateText, jsonSchema, streamText, tool } from "ai";

import { play } from "./calls.mjs";

const base = process.argv[2];

async function ask({ api, prompt, tenant, streams, tools }) {
  const provider = createOpenAI({ baseURL: `${base}/v1`, apiKey: "test", headers: { "x-tenant": tenant } });
  const declared = tools.map((one) => [
    one.name,
    tool({ description: one.description, inputSchema: jsonSchema(one.parameters) }),
  ]);
  const request = { model: provider[api]("mock-1"), prompt, maxRetries: 0, tools: Object.fromEntries(declared) };
  const result = streams ? await streamed(request) : await generateText(request);
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
  return { text, toolCalls: await result.toolCalls, finishReason: await result.finishReason };
}

await play(ask);
