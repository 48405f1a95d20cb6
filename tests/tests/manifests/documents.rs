//! Reads the manifests and finds in them what a test must look at: policies, clusters, buffers. It changes nothing.

use std::path::{Path, PathBuf};

use serde_json::Value;

const FOLDERS: &[&str] = &["istio", "envoy-gateway"];

/// One YAML document of a manifest.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its file, relative to `envoy/`.
    pub file: String,
    /// Its content.
    pub value: Value,
}

/// A policy inside a manifest.
#[derive(Debug)]
pub struct Embedded {
    /// The file it stands in.
    pub file: String,
    /// Whether the deployment around it can hold headers.
    pub holds_headers: bool,
    /// The policy, as the filter will receive it.
    pub text: String,
}

/// Every document of every manifest.
pub fn all() -> Vec<Document> {
    let mut files: Vec<String> = FOLDERS.iter().flat_map(|folder| files_of(folder)).collect();
    files.sort();
    assert!(files.len() >= 8, "only {} manifests found", files.len());
    files.iter().flat_map(|file| read(file)).collect()
}

/// The documents of some files.
pub fn named(files: &[&str]) -> Vec<Document> {
    files.iter().flat_map(|file| read(file)).collect()
}

/// The policies in `documents`: plugin configurations of the three APIs, and strings in Envoy's own configuration.
pub fn embedded_policies(documents: &[Document]) -> Vec<Embedded> {
    let mut found = Vec::new();
    for document in documents {
        each_object(&document.value, &mut |object| {
            let plugin = object.get("pluginConfig");
            let extension = object.get("rootID").and_then(|_| object.get("config"));
            // Structures reach the filter as JSON.
            let text = plugin
                .or(extension)
                .map(Value::to_string)
                .or_else(|| object.get("configuration")?.get("value")?.as_str().map(str::to_owned));
            let holds_headers = object.get("allow_on_headers_stop_iteration") == Some(&Value::Bool(true));
            if let Some(text) = text {
                found.push(Embedded { file: document.file.clone(), holds_headers, text });
            }
        });
    }
    found
}

/// Names of the clusters that `documents` bring: patched in, or made by Istio for a service's ports.
pub fn clusters(documents: &[Document]) -> Vec<String> {
    let mut names = Vec::new();
    for Document { value, .. } in documents {
        each_object(value, &mut |object| {
            let patched =
                object.get("load_assignment").and_then(|_| object.get("name")).and_then(Value::as_str);
            names.extend(patched.map(str::to_owned));
        });
        if value["kind"] == "Service" {
            let (name, namespace) = (&value["metadata"]["name"], &value["metadata"]["namespace"]);
            let host = format!("{}.{}.svc.cluster.local", text(name), text(namespace));
            let ports = value["spec"]["ports"].as_array().unwrap();
            names.extend(ports.iter().map(|port| format!("outbound|{}||{host}", port["port"])));
        }
    }
    names
}

/// How much the buffer filter of an install holds, in bytes.
pub fn buffer_bytes(documents: &[Document]) -> Option<usize> {
    let mut bytes = None;
    for document in documents {
        each_object(&document.value, &mut |object| {
            if let Some(Value::Number(max)) = object.get("max_request_bytes") {
                bytes = max.as_u64();
            }
            if let Some(limit) = object.get("requestBuffer").and_then(|b| b["limit"].as_str()) {
                let mebi: u64 = limit.strip_suffix("Mi").unwrap().parse().unwrap();
                bytes = Some(mebi << 20);
            }
        });
    }
    bytes.map(|bytes| usize::try_from(bytes).unwrap())
}

/// The sidecar's configurations that `documents` carry.
pub fn sidecar_configurations(documents: &[Document]) -> Vec<String> {
    let maps = documents.iter().filter(|document| document.value["kind"] == "ConfigMap");
    maps.map(|document| text(&document.value["data"]["sidecar.yaml"]).to_owned()).collect()
}

/// A file below `envoy/`, as it is.
pub fn file(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap()
}

/// Calls `visit` with every object below `value`.
pub fn each_object(value: &Value, visit: &mut dyn FnMut(&serde_json::Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            visit(object);
            object.values().for_each(|inner| each_object(inner, visit));
        }
        Value::Array(items) => items.iter().for_each(|inner| each_object(inner, visit)),
        _ => {}
    }
}

/// A string of a manifest.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a string: {value}"))
}

fn files_of(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".yaml")).map(|name| format!("{folder}/{name}")).collect()
}

fn read(file: &str) -> Vec<Document> {
    let content = std::fs::read_to_string(root().join(file)).unwrap();
    let values: Vec<Value> =
        serde_saphyr::from_multiple(&content).unwrap_or_else(|error| panic!("`{file}`: {error}"));
    values.into_iter().map(|value| Document { file: file.to_owned(), value }).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../envoy")
}
