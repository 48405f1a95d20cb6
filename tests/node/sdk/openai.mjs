// The npm package `openai`: Chat Completions and Responses, streams with its own helpers.

import OpenAI from "openai";

import { play } from "./calls.mjs";

const base = process.argv[2];
const model = "mock-1";

function connection(tenant) {
  const defaultHeaders = { "x-tenant": tenant };
  return new OpenAI({ baseURL: `${base}/v1`, apiKey: "test", maxRetries: 0, timeout: 20_000, defaultHeaders });
}

async function chat({ prompt, tenant, streams, tools, result }) {
  const declared = tools.length ? { tools: tools.map((tool) => ({ type: "function", function: tool })) } : {};
  const completions = connection(tenant).chat.completions;
  const said = async (messages) => {
    const request = { model, messages, ...declared };
    const completion = streams
      ? await completions.stream(request).finalChatCompletion()
      : await completions.create(request);
    return completion.choices[0];
  };
  const turns = [{ role: "user", content: prompt }];
  let choice = await said(turns);
  if (result !== null) {
    const results = choice.message.tool_calls.map(({ id }) => ({ role: "tool", tool_call_id: id, content: result }));
    choice = await said([...turns, choice.message, ...results]);
  }
  const { message, finish_reason: reason } = choice;
  const calls = (message.tool_calls ?? []).map((call) => [call.function.name, JSON.parse(call.function.arguments)]);
  const refused = reason === "content_filter" && Boolean(message.refusal);
  const finished = reason === (refused ? "content_filter" : calls.length ? "tool_calls" : "stop");
  return { text: message.content || message.refusal || "", calls, refused, finished };
}

async function responses({ prompt, tenant, streams, tools, result }) {
  const declared = tools.length ? { tools: tools.map((tool) => ({ type: "function", strict: false, ...tool })) } : {};
  const api = connection(tenant).responses;
  const said = (input) => {
    const request = { model, input, ...declared };
    return streams ? api.stream(request).finalResponse() : api.create(request);
  };
  let response = await said(prompt);
  if (result !== null) {
    const called = response.output.filter((item) => item.type === "function_call");
    const results = called.map((item) => ({ type: "function_call_output", call_id: item.call_id, output: result }));
    response = await said([{ role: "user", content: prompt }, ...response.output, ...results]);
  }
  const calls = response.output
    .filter((item) => item.type === "function_call")
    .map((item) => [item.name, JSON.parse(item.arguments)]);
  const parts = response.output.flatMap((item) => item.content ?? []);
  const refused = parts.some((part) => part.type === "refusal") || response.status === "incomplete";
  return { text: response.output_text, calls, refused, finished: refused || response.status === "completed" };
}

await play((call) => ({ chat, responses })[call.api](call));
