// The corpus (tests/corpus/README.md) as questions for the playground, and its `want` held against the answers. What the
// playground cannot play is named with the reason; nothing is skipped silently.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

import { parse } from "yaml";

const CORPUS = join(import.meta.dirname, "../corpus");
const DEFAULT_RESPONSE = { status: 200, body: { text: '{"ok":true}' } };

export function cases() {
  if (!existsSync(CORPUS)) return [];
  const files = readdirSync(CORPUS, { recursive: true }).filter((file) => file.endsWith(".yaml"));
  return files.sort().flatMap((file) => {
    const path = join(CORPUS, file);
    return parse(readFileSync(path, "utf8")).map((it) => ({ ...it, file: relative(CORPUS, path) }));
  });
}

// Why the playground cannot play a case; undefined when it can.
export function unplayable({ events }) {
  const { request = {}, response, control, judge } = events;
  if (control === "never") return "the playground always has a snapshot";
  if (["garbage", "wrong_nonce"].includes(judge)) return "the playground's judge answers well or not at all";
  for (const message of [request, response ?? {}]) {
    if (message.headers?.["content-type"] === null) return "the playground always sends a content type";
    if (bytes(message.body) !== null && !isUtf8(bytes(message.body))) return "the playground's bodies are text";
  }
  return undefined;
}

export function question({ policy, events }) {
  const { request = {}, response = DEFAULT_RESPONSE, judge, review, control } = events;
  return {
    policy: JSON.stringify({ ...policy, header_hold: "stop_iteration" }),
    request: {
      path: request.path ?? "/v1/chat/completions",
      method: request.method ?? "POST",
      host: request.headers?.host ?? "api.example",
      route: "default",
      headers: headers(request).filter(([name]) => name !== "host"),
      body: text(request.body),
    },
    response: { status: response.status ?? 200, headers: headers(response), body: text(response.body) },
    sidecar: { judge, review },
    ...(control ? { control } : {}),
    now_ms: 1_800_000_000_000,
  };
}

export function hold({ want, events }, answer) {
  assert.equal(answer.result, "decided", JSON.stringify(answer));
  const { request, response } = answer;
  if (want.request) assert.deepEqual(request.events.map(decision), want.request, "decisions about the request");
  if (want.response) assert.deepEqual((response?.events ?? []).map(decision), want.response, "decisions about the response");
  if (want.upstream !== undefined) holdUpstream(want.upstream, request.outcome);
  if (want.client) holdClient(want.client, client(answer, events.response ?? DEFAULT_RESPONSE));
}

function decision(event) {
  const would = event.would ? ` would=${event.would}` : "";
  return `${event.decision} ${event.layer} ${event.reason}${would}`;
}

function holdUpstream(want, outcome) {
  if (want === "nothing") return assert.equal(outcome.is, "refused", "the upstream receives nothing");
  if (want === "untouched") return assert.equal(outcome.is, "passed", "the upstream receives the request untouched");
  assert.equal(outcome.is, "edited", "the upstream receives an edited request");
  if (want.text !== undefined) assert.equal(outcome.body, want.text);
  if (want.json !== undefined) assert.deepEqual(JSON.parse(outcome.body), want.json);
}

// What the client gets: our refusal of either message, or the response as it was sent or edited.
function client({ request, response }, sent) {
  const original = text(sent.body);
  const outcome = response?.outcome ?? request.outcome;
  if (outcome.is === "refused") return { ...outcome, original };
  const edits = new Map((response?.headers ?? []).map(({ name, value }) => [name, value]));
  const kept = headers(sent).filter(([name]) => !edits.has(name));
  const set = [...edits].filter(([, value]) => value !== null);
  return { status: sent.status ?? 200, headers: [...kept, ...set], body: outcome.body ?? original, original };
}

function holdClient(want, got) {
  if (want.status !== undefined) assert.equal(got.status, want.status, got.body);
  for (const [name, value] of Object.entries(want.headers ?? {})) {
    assert.equal(new Map(got.headers).get(name), value, name);
  }
  if (want.body === "untouched") assert.equal(got.body, got.original);
  if (want.text !== undefined) assert.equal(got.body, want.text);
  if (want.sse !== undefined) assert.equal(got.body, want.sse.map(sseEvent).join(""));
  if (want.json !== undefined) assert.partialDeepStrictEqual(JSON.parse(got.body), want.json);
  for (const part of [want.contains ?? []].flat()) assert.ok(got.body.includes(part), `${part} is not in ${got.body}`);
  for (const part of [want.lacks ?? []].flat()) assert.ok(!got.body.includes(part), `${part} is in ${got.body}`);
}

function headers({ headers: given = {}, body }) {
  const list = Object.entries(given).flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
  const type = body?.sse ? "text/event-stream" : "application/json";
  if (body && !("content-type" in given)) list.push(["content-type", type]);
  return list.filter(([, value]) => value !== null).map(([name, value]) => [name, String(value)]);
}

const text = (body) => bytes(body)?.toString("utf8") ?? "";
const isUtf8 = (buffer) => Buffer.from(buffer.toString("utf8")).equals(buffer);

function bytes(body) {
  if (body === undefined || body === null) return null;
  if ("json" in body) return Buffer.from(JSON.stringify(body.json));
  if ("text" in body) return Buffer.from(body.text);
  if ("base64" in body) return Buffer.from(body.base64, "base64");
  if ("sse" in body) return Buffer.from(body.sse.map(sseEvent).join(""));
  const { before = "", text: repeated = "", times, after = "" } = body.repeat;
  return Buffer.from(before + repeated.repeat(times) + after);
}

function sseEvent(event) {
  if (typeof event === "string") return `data: ${event}\n\n`;
  const data = typeof event.data === "string" ? event.data : JSON.stringify(event.data);
  return `${event.event ? `event: ${event.event}\n` : ""}data: ${data}\n\n`;
}
