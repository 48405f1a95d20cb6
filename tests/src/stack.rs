//! Everything together: an upstream of the caller's, the sidecar, and Envoy with the filter between them. One value owns
//! all of it; dropping it ends it.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use crate::client;
use crate::envoy::{
    Chain, DEFAULT_VERSION, Envoy, EnvoyPorts, EnvoySettings, HeaderHold, Upstream, UpstreamProtocol,
    without_sampling,
};
use crate::failure::{Failure, Result};
use crate::ports::Port;
use crate::process::{Scratch, until};
use crate::sidecar::{Sidecar, SidecarSettings};

/// The filter's workers must have seen the control state before a test begins.
const SNAPSHOT_LIMIT: Duration = Duration::from_secs(15);

/// How a stack is to be built. `Stack::builder(upstream_port)` and then what differs.
#[derive(Debug)]
pub struct Builder {
    version: String,
    concurrency: u32,
    hold: HeaderHold,
    policy: Option<Value>,
    sampling: Sampling,
    module: Option<PathBuf>,
    upstream: Upstream,
    sidecar_extra: Value,
    ports: Option<Ports>,
}

/// Whether the judge is asked by chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sampling {
    /// Not unless the policy says how often: a test must not differ from run to run.
    Off,
    AsThePolicySays,
}

/// The ports of a stack.
#[derive(Debug)]
pub struct Ports {
    /// Envoy's.
    pub envoy: EnvoyPorts,
    /// The sidecar's data port.
    pub data: Port,
    /// The sidecar's admin port.
    pub admin: Port,
}

/// A running stack. Fields are dropped in order: Envoy first.
#[derive(Debug)]
pub struct Stack {
    /// Envoy with the filter.
    pub envoy: Envoy,
    /// The sidecar.
    pub sidecar: Sidecar,
    /// Its files.
    pub scratch: Scratch,
}

impl Stack {
    /// A stack in front of a local upstream.
    pub fn builder(upstream_port: u16) -> Builder {
        Builder {
            version: DEFAULT_VERSION.into(),
            concurrency: 1,
            hold: HeaderHold::default(),
            policy: None,
            sampling: Sampling::Off,
            module: None,
            upstream: Upstream::Local(upstream_port, UpstreamProtocol::Http1),
            sidecar_extra: Value::Null,
            ports: None,
        }
    }

    /// Where requests go in.
    pub fn port(&self) -> u16 {
        self.envoy.port()
    }
}

impl Builder {
    /// Another Envoy.
    pub fn version(mut self, version: &str) -> Self {
        self.version = version.into();
        self
    }

    /// Worker threads of Envoy.
    pub fn concurrency(mut self, workers: u32) -> Self {
        self.concurrency = workers;
        self
    }

    /// Another deployment mode.
    pub fn hold(mut self, hold: HeaderHold) -> Self {
        self.hold = hold;
        self
    }

    /// Another policy than the shipped one.
    pub fn policy(mut self, policy: Value) -> Self {
        self.policy = Some(policy);
        self
    }

    /// With the judge asked about as large a share of exchanges as the policy says.
    pub fn sampled(mut self) -> Self {
        self.sampling = Sampling::AsThePolicySays;
        self
    }

    /// Another build of the filter.
    pub fn module(mut self, module: PathBuf) -> Self {
        self.module = Some(module);
        self
    }

    /// Another upstream.
    pub fn upstream(mut self, upstream: Upstream) -> Self {
        self.upstream = upstream;
        self
    }

    /// Merged over the sidecar's configuration.
    pub fn sidecar(mut self, extra: Value) -> Self {
        self.sidecar_extra = extra;
        self
    }

    /// These ports instead of free ones.
    pub fn ports(mut self, ports: Ports) -> Self {
        self.ports = Some(ports);
        self
    }

    /// Starts sidecar and Envoy, and waits until both are ready.
    ///
    /// # Errors
    /// What did not start, with the end of its log.
    pub async fn start(self) -> Result<Stack> {
        let scratch = Scratch::new()?;
        let ports = match self.ports {
            Some(ports) => ports,
            None => Ports { envoy: EnvoyPorts::free()?, data: Port::free()?, admin: Port::free()? },
        };
        let directory = scratch.path().join("store");
        std::fs::create_dir_all(&directory)
            .map_err(|error| Failure::new(format!("making the store: {error}")))?;
        let sidecar_port = ports.data.number();
        let sidecar =
            SidecarSettings { data: ports.data, admin: ports.admin, directory, extra: self.sidecar_extra };
        let sidecar = Sidecar::start(sidecar, &scratch).await?;
        let mut policy = match self.policy {
            Some(policy) => policy,
            None => crate::envoy::shipped_policy()?,
        };
        if self.sampling == Sampling::Off {
            without_sampling(&mut policy);
        }
        let settings = EnvoySettings {
            version: self.version,
            concurrency: self.concurrency,
            chain: Chain::Weir { hold: self.hold, policy, module: self.module },
            upstream: self.upstream,
            sidecar_port,
        };
        let envoy = Envoy::start(&settings, ports.envoy, &scratch).await?;
        let listener = envoy.port();
        let open = || async move { client::Connection::open(listener).await.ok().map(drop) };
        until(SNAPSHOT_LIMIT, "listener of Envoy", open).await?;
        Ok(Stack { envoy, sidecar, scratch })
    }
}
