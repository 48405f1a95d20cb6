//! A model of what the control planes make of the manifests: a gateway's Envoy configuration with one HTTP listener,
//! to which the patches are applied as istiod and Envoy Gateway apply them. It models only the operations that our
//! manifests use and panics on any other, so that a new operation cannot go untested.

use serde_json::{Value, json};
use weir_tests::envoy::wasm;
use weir_tests::process::Scratch;

use super::documents::{Document, text};

const WASM: &str = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm";
const BUFFER: &str = "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer";
const ROUTER: &str = "envoy.filters.http.router";
const FILTERS: &str = "/listeners/0/filter_chains/0/filters/0/typed_config/http_filters";

/// Ports of the gateway; all zero when it is only validated.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gateway {
    /// Where requests come in.
    pub listener: u16,
    /// Envoy's admin port.
    pub admin: u16,
    /// Where they go, on 127.0.0.1.
    pub upstream: u16,
}

/// A gateway's configuration with the manifests applied.
#[derive(Debug)]
pub struct Applied {
    admin: u16,
    resources: Value,
    extensions: Vec<Value>,
}

impl Gateway {
    /// Applies `documents` in order, as their control plane does: what has a higher priority in Envoy Gateway comes later.
    pub fn with(self, documents: &[Document]) -> Applied {
        let mut applied = Applied { admin: self.admin, resources: self.resources(), extensions: Vec::new() };
        let mut documents: Vec<&Document> = documents.iter().collect();
        documents.sort_by_key(|document| match document.value["kind"].as_str() {
            Some("EnvoyPatchPolicy") => document.value["spec"]["priority"].as_i64().unwrap_or_default(),
            _ => 0,
        });
        for Document { file, value } in documents {
            let spec = &value["spec"];
            match text(&value["kind"]) {
                "WasmPlugin" => applied.insert_last(plugin(spec, &spec["pluginConfig"], "failStrategy")),
                "TrafficExtension" => {
                    applied.insert_last(plugin(&spec["wasm"], &spec["wasm"]["pluginConfig"], "failStrategy"));
                }
                "EnvoyExtensionPolicy" => {
                    let wasm = &spec["wasm"][0];
                    applied.insert_last(plugin(wasm, &wasm["config"], "none"));
                }
                "EnvoyFilter" => each(&spec["configPatches"], |patch| applied.envoy_filter(patch)),
                "EnvoyPatchPolicy" => each(&spec["jsonPatches"], |patch| applied.json_patch(patch)),
                "BackendTrafficPolicy" => applied.request_buffer(),
                "EnvoyProxy" => applied.order_filters(&spec["filterOrder"]),
                "Service" => applied.service(value),
                "ConfigMap" | "Deployment" | "StatefulSet" | "DestinationRule" | "AuthorizationPolicy" => {}
                other => panic!("`{file}`: no model of {other}"),
            }
        }
        applied
    }

    fn resources(self) -> Value {
        let endpoint = json!({ "address": { "socket_address": { "address": "127.0.0.1", "port_value": self.upstream } } });
        json!({
            "listeners": [{
                "name": "ai-gateway/llm-gateway/http",
                "address": { "socket_address": { "address": "127.0.0.1", "port_value": self.listener } },
                "filter_chains": [{ "filters": [{
                    "name": "envoy.filters.network.http_connection_manager",
                    "typed_config": {
                        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                        "stat_prefix": "gateway",
                        "http_filters": [{
                            "name": ROUTER,
                            "typed_config": { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
                        }],
                        "route_config": { "virtual_hosts": [{
                            "name": "all",
                            "domains": ["*"],
                            "routes": [{ "match": { "prefix": "/" }, "route": { "cluster": "upstream" } }],
                        }] },
                    },
                }] }],
            }],
            "clusters": [{
                "name": "upstream",
                "type": "STATIC",
                "load_assignment": { "cluster_name": "upstream", "endpoints": [{ "lb_endpoints": [{ "endpoint": endpoint }] }] },
            }],
        })
    }
}

impl Applied {
    /// The configuration with every discovered extension in its place, which is what `--mode validate` can see.
    pub fn resolved(mut self) -> Value {
        let extensions = std::mem::take(&mut self.extensions);
        for filter in self.filters() {
            if filter.get("config_discovery").is_some() {
                let extension = extensions.iter().find(|e| e["name"] == filter["name"]).unwrap();
                *filter = extension.clone();
            }
        }
        self.bootstrap()
    }

    /// The configuration as it would be served: discovered extensions arrive through discovery, from a file here.
    pub fn served(mut self, scratch: &Scratch) -> Value {
        let resources: Vec<Value> = std::mem::take(&mut self.extensions)
            .into_iter()
            .map(|mut extension| {
                install_code(&mut extension);
                extension["@type"] = json!("type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig");
                extension
            })
            .collect();
        let path = scratch.write("extensions.json", json!({ "resources": resources }).to_string()).unwrap();
        for filter in self.filters() {
            if let Some(source) = filter.pointer_mut("/config_discovery/config_source") {
                // The control plane's stream, which is not here, gives way to a file; the rest stays.
                source.as_object_mut().unwrap().remove("ads").unwrap();
                source["path_config_source"] = json!({ "path": path });
            }
        }
        self.bootstrap()
    }

    fn bootstrap(mut self) -> Value {
        for filter in self.filters() {
            install_code(filter);
        }
        json!({
            "node": { "id": "test", "cluster": "test" },
            "admin": { "address": { "socket_address": { "address": "127.0.0.1", "port_value": self.admin } } },
            "static_resources": self.resources,
        })
    }

    fn filters(&mut self) -> &mut Vec<Value> {
        self.resources.pointer_mut(FILTERS).unwrap().as_array_mut().unwrap()
    }

    fn insert_last(&mut self, filter: Value) {
        let filters = self.filters();
        let router = filters.iter().position(|f| f["name"] == ROUTER).unwrap();
        filters.insert(router, filter);
    }

    fn envoy_filter(&mut self, patch: &Value) {
        assert_eq!(patch["match"]["context"], "GATEWAY");
        let value = &patch["patch"]["value"];
        match (text(&patch["applyTo"]), text(&patch["patch"]["operation"])) {
            ("EXTENSION_CONFIG", "ADD") => self.extensions.push(value.clone()),
            ("CLUSTER", "ADD") => self.cluster(value.clone()),
            ("HTTP_FILTER", "INSERT_BEFORE") => {
                assert_eq!(patch["match"]["listener"]["filterChain"]["filter"]["subFilter"]["name"], ROUTER);
                self.insert_last(value.clone());
            }
            ("HTTP_FILTER", "INSERT_FIRST") => self.filters().insert(0, value.clone()),
            ("NETWORK_FILTER", "MERGE") => {
                let manager = self.resources.pointer_mut("/listeners/0/filter_chains/0/filters/0").unwrap();
                merge(manager, value);
            }
            other => panic!("no model of {other:?}"),
        }
    }

    fn json_patch(&mut self, patch: &Value) {
        let operation = &patch["operation"];
        assert_eq!(operation["op"], "add");
        let kind = text(&patch["type"]).rsplit('.').next().unwrap().to_owned();
        match (kind.as_str(), text(&operation["path"])) {
            ("Cluster", "") => self.cluster(operation["value"].clone()),
            ("Listener", "/default_filter_chain/filters/0/typed_config/http_filters/0") => {
                assert_eq!(patch["name"], self.resources["listeners"][0]["name"]);
                self.filters().insert(0, operation["value"].clone());
            }
            other => panic!("no model of {other:?}"),
        }
    }

    /// Envoy Gateway's default order has the buffer filter before wasm.
    fn request_buffer(&mut self) {
        let buffer = json!({ "@type": BUFFER, "max_request_bytes": 1 << 20 });
        self.filters().insert(0, json!({ "name": "envoy.filters.http.buffer", "typed_config": buffer }));
    }

    fn order_filters(&mut self, order: &Value) {
        each(order, |position| {
            let (name, after) = (text(&position["name"]), text(&position["after"]));
            let filters = self.filters();
            let Some(from) = filters.iter().position(|f| f["name"] == name) else { return };
            let filter = filters.remove(from);
            let to = filters.iter().position(|f| f["name"] == after).unwrap();
            filters.insert(to + 1, filter);
        });
    }

    fn service(&mut self, service: &Value) {
        for name in super::documents::clusters(&[Document { file: String::new(), value: service.clone() }]) {
            self.cluster(json!({ "name": name, "type": "STATIC" }));
        }
    }

    fn cluster(&mut self, cluster: Value) {
        self.resources["clusters"].as_array_mut().unwrap().push(cluster);
    }
}

/// The filter that a plugin API makes: the flag for holding headers is one that none of them sets.
fn plugin(spec: &Value, config: &Value, strategy: &str) -> Value {
    let policy = match spec.get(strategy).map(text) {
        None => "FAIL_CLOSED",
        Some("FAIL_RELOAD") => "FAIL_RELOAD",
        Some(other) => panic!("no model of {other}"),
    };
    json!({
        "name": "envoy.filters.http.wasm",
        "typed_config": { "@type": WASM, "config": {
            "name": "ai-gateway.weir",
            "root_id": spec.get("pluginName").or(spec.get("rootID")),
            "failure_policy": policy,
            "vm_config": { "runtime": "envoy.wasm.runtime.v8", "code": {} },
            "configuration": { "@type": "type.googleapis.com/google.protobuf.StringValue", "value": config.to_string() },
        } },
    })
}

/// Puts the built filter where the manifest names an image, as the agents do once they have downloaded it.
fn install_code(filter: &mut Value) {
    if let Some(code) = filter.pointer_mut("/typed_config/config/vm_config/code") {
        *code = json!({ "local": { "filename": wasm().unwrap() } });
    }
}

fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

fn each(list: &Value, visit: impl FnMut(&Value)) {
    list.as_array().unwrap_or_else(|| panic!("not a list: {list}")).iter().for_each(visit);
}
