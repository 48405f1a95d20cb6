// Every manifest below envoy/istio and envoy/envoy-gateway against the projects' own CRD types.
//
// The packages hold two halves of each CRD, and a manifest must satisfy both: the validator (values, patterns,
// required fields), which lets unknown fields pass as a cluster does, and the TypeScript declaration, in which the
// compiler finds the unknown ones. Neither package has TrafficExtension yet (Istio 1.30); its `wasm` is WasmPlugin's
// specification without the targeting fields, so its type and its values are checked as exactly that.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import ts from "typescript";
import { parseAllDocuments } from "yaml";

const HERE = dirname(fileURLToPath(import.meta.url));
const ENVOY = join(HERE, "../../envoy");
const FOLDERS = ["istio", "envoy-gateway"];

const ISTIO = "@kubernetes-models/istio";
const GATEWAY = "@kubernetes-models/envoy-gateway/gateway.envoyproxy.io/v1alpha1";
const TYPES = {
  "extensions.istio.io/v1alpha1/WasmPlugin": `${ISTIO}/extensions.istio.io/v1alpha1/WasmPlugin`,
  "extensions.istio.io/v1alpha1/TrafficExtension": `${ISTIO}/extensions.istio.io/v1alpha1/WasmPlugin`,
  "networking.istio.io/v1alpha3/EnvoyFilter": `${ISTIO}/networking.istio.io/v1alpha3/EnvoyFilter`,
  "networking.istio.io/v1/DestinationRule": `${ISTIO}/networking.istio.io/v1/DestinationRule`,
  "security.istio.io/v1/AuthorizationPolicy": `${ISTIO}/security.istio.io/v1/AuthorizationPolicy`,
  "gateway.envoyproxy.io/v1alpha1/EnvoyExtensionPolicy": `${GATEWAY}/EnvoyExtensionPolicy`,
  "gateway.envoyproxy.io/v1alpha1/EnvoyPatchPolicy": `${GATEWAY}/EnvoyPatchPolicy`,
  "gateway.envoyproxy.io/v1alpha1/BackendTrafficPolicy": `${GATEWAY}/BackendTrafficPolicy`,
  "gateway.envoyproxy.io/v1alpha1/EnvoyProxy": `${GATEWAY}/EnvoyProxy`,
  "v1/ConfigMap": "kubernetes-models/v1/ConfigMap",
  "v1/Service": "kubernetes-models/v1/Service",
  "apps/v1/Deployment": "kubernetes-models/apps/v1/Deployment",
  "apps/v1/StatefulSet": "kubernetes-models/apps/v1/StatefulSet",
};
// Where a TrafficExtension says what a WasmPlugin says beside its code.
const TARGETING = ["selector", "targetRefs", "phase", "priority", "match"];

const typeName = (doc) => `${doc.apiVersion}/${doc.kind}`;
const modelName = (path) => path.slice(path.lastIndexOf("/") + 1);

function manifests() {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(ENVOY, folder), { recursive: true })
      .filter((file) => /\.ya?ml$/.test(file))
      .sort()
      .flatMap((file) => {
        const path = join(ENVOY, folder, file);
        const documents = parseAllDocuments(readFileSync(path, "utf8"), { strict: true, uniqueKeys: true });
        return documents.map((document, index) => {
          assert.deepEqual(document.errors, [], path);
          return { name: `${relative(ENVOY, path)}#${index}`, doc: document.toJS() };
        });
      }),
  );
}

// The problems of each document, as lists of messages.
async function problems(docs) {
  const names = nameProblems(docs);
  const values = await Promise.all(docs.map(valueProblems));
  return docs.map((_, index) => [...values[index], ...names[index]]);
}

async function valueProblems(doc) {
  const path = TYPES[typeName(doc)];
  if (!path) return [`no type is known for ${typeName(doc)}`];
  const Model = (await import(path))[modelName(path)];
  const { apiVersion, kind, ...rest } = doc.kind === "TrafficExtension" ? asWasmPlugin(doc) : doc;
  try {
    new Model(rest).validate();
    return [];
  } catch (error) {
    return [error.message];
  }
}

function asWasmPlugin({ metadata, spec: { wasm, ...spec } }) {
  return { metadata, spec: { ...wasm, ...spec } };
}

// The compiler's complaints about each document, written down as an object literal of its declared type.
function nameProblems(docs) {
  const sources = new Map(docs.map((doc, index) => [join(HERE, `manifest-${index}.ts`), source(doc)]));
  const options = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
  };
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  host.readFile = (path) => sources.get(path) ?? readFile(path);
  host.fileExists = (path) => sources.has(path) || fileExists(path);
  const { getSourceFile } = host;
  host.getSourceFile = (path, languageVersion, ...rest) =>
    sources.has(path)
      ? ts.createSourceFile(path, sources.get(path), languageVersion)
      : getSourceFile(path, languageVersion, ...rest);
  const program = ts.createProgram([...sources.keys()], options, host);
  return [...sources.keys()].map((path) => {
    const file = program.getSourceFile(path);
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    return found.map((diagnostic) => ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n"));
  });
}

function source(doc) {
  const path = TYPES[typeName(doc)];
  if (!path) return "";
  const declared = `import type { I${modelName(path)} as Declared } from ${JSON.stringify(path)};`;
  const extension = `type Targeting = ${TARGETING.map((key) => JSON.stringify(key)).join(" | ")};
type Typed = Omit<Declared, "kind" | "spec"> & {
  spec: Pick<Declared["spec"], Targeting> & { wasm: Omit<Declared["spec"], Targeting> } };`;
  const typed = doc.kind === "TrafficExtension" ? extension : "type Typed = Declared;";
  return `${declared}
${typed}
export const manifest: Typed & { apiVersion: string; kind: string } = ${JSON.stringify(doc, null, 2)};
`;
}

const all = manifests();

test("every manifest satisfies its CRD", async () => {
  assert.ok(all.length >= 12, `only ${all.length} manifests found`);
  const found = await problems(all.map(({ doc }) => doc));
  all.forEach(({ name }, index) => assert.deepEqual(found[index], [], name));
});

// Each spoils a shipped manifest in one place; without the spoiling the test above accepts it.
const SPOILED = [
  ["istio/wasmplugin.yaml#0", "an unknown field", (d) => (d.spec.failStategy = "FAIL_RELOAD"), /failStategy/],
  ["istio/wasmplugin.yaml#0", "an unknown value", (d) => (d.spec.failStrategy = "FAIL_CLOSED"), /failStrategy/],
  ["istio/wasmplugin.yaml#0", "no code", (d) => delete d.spec.url, /url/],
  ["istio/wasmplugin.yaml#0", "a bad digest", (d) => (d.spec.sha256 = "latest"), /sha256/],
  ["istio/trafficextension.yaml#0", "code in WasmPlugin's place", (d) => (d.spec.url = "oci://x"), /url/],
  ["istio/trafficextension.yaml#0", "a target in the code", (d) => (d.spec.wasm.phase = "AUTHN"), /phase/],
  ["istio/trafficextension.yaml#0", "an unknown phase", (d) => (d.spec.phase = "LAST"), /phase/],
  ["istio/trafficextension.yaml#0", "no code", (d) => delete d.spec.wasm.url, /url/],
  ["istio/envoyfilter.yaml#0", "an unknown patch", (d) => (d.spec.configPatches[0].applyTo = "WASM"), /applyTo/],
  ["istio/envoyfilter.yaml#0", "a misspelt field", (d) => (d.spec.configPatches[0].pach = {}), /pach/],
  ["istio/sidecar-same-pod.yaml#2", "a misspelt field", (d) => (d.spec.template.spec.container = []), /container/],
  ["istio/sidecar-service.yaml#3", "a misspelt field", (d) => (d.spec.trafficPolicy.conectionPool = {}), /conection/],
  ["envoy-gateway/envoyextensionpolicy.yaml#0", "an unknown field", (d) => (d.spec.wasm[0].failStrategy = "x"), /failStr/],
  ["envoy-gateway/envoyextensionpolicy.yaml#0", "an unknown source", (d) => (d.spec.wasm[0].code.type = "File"), /type/],
  ["envoy-gateway/envoyextensionpolicy.yaml#1", "a misspelt field", (d) => (d.spec.requestBufer = {}), /requestBufer/],
  ["envoy-gateway/sidecar.yaml#0", "an unknown operation", (d) => (d.spec.jsonPatches[0].operation.op = "put"), /op/],
  ["envoy-gateway/sidecar.yaml#1", "an unknown filter", (d) => (d.spec.filterOrder[0].after = "weir"), /after|weir/],
];

test("a spoiled manifest is refused", async () => {
  const docs = SPOILED.map(([name, , spoil]) => {
    const manifest = all.find((candidate) => candidate.name === name);
    assert.ok(manifest, `${name} is gone`);
    const doc = structuredClone(manifest.doc);
    spoil(doc);
    return doc;
  });
  const found = await problems(docs);
  SPOILED.forEach(([name, what, , expected], index) => assert.match(found[index].join("\n"), expected, `${name}: ${what}`));
});

test("a manifest of a kind without a type is refused", async () => {
  const [found] = await problems([{ apiVersion: "v1", kind: "Pod", metadata: { name: "weir" } }]);
  assert.deepEqual(found, ["no type is known for v1/Pod"]);
});
