//! The built module, before any proxy loads it: its size, and that it imports nothing an Envoy of the supported range
//! lacks. One call of `std::fs` is enough to make Envoy 1.38 and older refuse the module.

use std::path::PathBuf;

use wasmparser::{ExternalKind, Parser, Payload};

/// The bar for the module with all its tables. One of 1 MB starts in about 0.2 s per process; each update blocks the main
/// thread as long.
const MAX_MODULE_BYTES: usize = 1_500_000;

/// WASI functions that every supported Envoy has (measured on 1.36.4 to 1.40.0; 1.39 has more).
const WASI: [&str; 18] = [
    "args_get",
    "args_sizes_get",
    "clock_time_get",
    "environ_get",
    "environ_sizes_get",
    "fd_close",
    "fd_fdstat_get",
    "fd_fdstat_set_flags",
    "fd_prestat_dir_name",
    "fd_prestat_get",
    "fd_read",
    "fd_seek",
    "fd_write",
    "path_open",
    "poll_oneoff",
    "proc_exit",
    "random_get",
    "sched_yield",
];

fn module() -> Vec<u8> {
    let path =
        PathBuf::from(std::env::var_os("WEIR_WASM").expect("WEIR_WASM names the module (`make wasm`)"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error} (`make wasm`)", path.display()))
}

/// Why an import is not allowed.
fn objection(namespace: &str, name: &str) -> Option<String> {
    let known = match namespace {
        "env" => name.starts_with("proxy_"),
        "wasi_snapshot_preview1" => WASI.contains(&name),
        _ => false,
    };
    (!known).then(|| format!("{namespace}.{name}"))
}

#[test]
fn the_module_imports_only_what_every_supported_envoy_has() {
    let module = module();
    let mut seen = 0;
    let mut objections = Vec::new();
    for payload in Parser::new(0).parse_all(&module) {
        if let Payload::ImportSection(imports) = payload.unwrap() {
            for import in imports.into_imports() {
                let import = import.unwrap();
                seen += 1;
                objections.extend(objection(import.module, import.name));
            }
        }
    }
    assert!(seen > 0, "a filter without imports cannot do anything");
    assert_eq!(objections, Vec::<String>::new());
}

#[test]
fn the_import_check_knows_what_old_envoys_lack() {
    for (namespace, name) in [
        ("wasi_snapshot_preview1", "fd_filestat_get"),
        ("wasi_snapshot_preview1", "clock_res_get"),
        ("env", "memory"),
        ("wasi_unstable", "random_get"),
    ] {
        assert!(objection(namespace, name).is_some(), "{namespace}.{name}");
    }
}

#[test]
fn the_module_is_small_enough_to_load_quickly() {
    let bytes = module().len();
    assert!(bytes < MAX_MODULE_BYTES, "{bytes} bytes");
}

#[test]
fn the_module_exports_what_the_host_calls() {
    let module = module();
    let mut exports = Vec::new();
    for payload in Parser::new(0).parse_all(&module) {
        if let Payload::ExportSection(section) = payload.unwrap() {
            exports.extend(section.into_iter().map(|export| export.unwrap()));
        }
    }
    for wanted in [
        "_initialize",
        "proxy_abi_version_0_2_1",
        "proxy_on_memory_allocate",
        "proxy_on_configure",
        "proxy_on_tick",
        "proxy_on_request_headers",
        "proxy_on_request_body",
        "proxy_on_request_trailers",
        "proxy_on_response_headers",
        "proxy_on_response_body",
        "proxy_on_response_trailers",
        "proxy_on_http_call_response",
        "proxy_on_log",
    ] {
        let found = exports.iter().any(|e| e.name == wanted && e.kind == ExternalKind::Func);
        assert!(found, "{wanted}");
    }
}
