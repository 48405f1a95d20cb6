//! Plays the corpus through the real filter in a real Envoy, as bytes over HTTP: one Envoy, one listener for each policy,
//! cases one after the other. What was decided is read from the events that the filter delivers, what the upstream and
//! the client got from their own sockets.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};
use weir_engine::event::Direction;
use weir_engine::wire::control::ControlSnapshot;

use super::case::{Case, Control, Decided, Events, Message};
use super::sidecar::{Manner, ScriptedSidecar, answer};
use super::{Located, Seen, wire};
use crate::envoy::{
    Chain, Envoy, EnvoyPorts, EnvoySettings, HeaderHold, Upstream, UpstreamProtocol, find_mut, render,
};
use crate::evidence::DECISIONS;
use crate::failure::{During, Result};
use crate::paced::{Paced, Protocol};
use crate::ports::Port;
use crate::process::{Scratch, until};
use crate::server::{Chunk, Reply, Server};

/// Events travel in batches on the filter's ticks; control state on its polls.
const DELIVERY_LIMIT: Duration = Duration::from_secs(20);
const DOWN_CLUSTER: &str = "weir-sidecar-without-control";

/// Plays every case that can travel: what was seen, in the order of `cases`.
///
/// # Errors
/// When something does not start, or a case gets no answer.
pub async fn play_all(version: &str, hold: HeaderHold, cases: &[&Located]) -> Result<Vec<Seen>> {
    let mut stage = Stage::start(version, hold, cases).await?;
    let mut order: Vec<usize> = (0..cases.len()).collect();
    // Cases with the same control state stand together: every change has to reach the filter first.
    order.sort_by_key(|i| cases.get(*i).map(|c| control_key(&c.case)));
    let mut played = BTreeMap::new();
    for index in order {
        if let Some(located) = cases.get(index) {
            let exchange = stage.play(&located.case).await.during(format!("`{}`", located.place))?;
            played.insert(index, exchange);
        }
    }
    stage.settle().await?;
    Ok(played.into_values().map(|exchange| stage.with_decisions(exchange)).collect())
}

/// Everything that runs while the corpus is played. Fields are dropped in order: Envoy first.
struct Stage {
    envoy: Envoy,
    _ports: Vec<Port>,
    sidecar: ScriptedSidecar,
    without_control: ScriptedSidecar,
    upstream: Server,
    listeners: BTreeMap<String, Listener>,
    current: Arc<Mutex<Option<Case>>>,
    control: Option<Value>,
    version: u64,
    _scratch: Scratch,
}

struct Listener {
    port: u16,
    authority: String,
}

/// What was seen of an exchange before its decisions are known.
struct Exchange {
    request_id: String,
    seen: Seen,
}

impl Stage {
    async fn start(version: &str, hold: HeaderHold, cases: &[&Located]) -> Result<Self> {
        let current: Arc<Mutex<Option<Case>>> = Arc::default();
        let answering = || {
            let current = current.clone();
            move |path: &str, call: &[u8]| match current_events(&current).and_then(|e| answer(&e, path, call))
            {
                Some(body) => Manner::Say(200, body),
                None => Manner::Say(503, Vec::new()),
            }
        };
        let sidecar = ScriptedSidecar::start(0, answering()).await?;
        let without_control = ScriptedSidecar::start(0, answering()).await?;
        without_control.set_control(None);
        let scripted = current.clone();
        let answer = move |_: &crate::server::Received| reply(lock(&scripted).as_ref());
        let upstream = Server::start(0, UpstreamProtocol::Http1, answer).await?;
        let settings = EnvoySettings {
            version: version.to_owned(),
            concurrency: 1,
            chain: Chain::Weir { hold, policy: json!({}), module: None },
            upstream: Upstream::Local(upstream.port(), UpstreamProtocol::Http1),
            sidecar_port: sidecar.port(),
        };
        let ports = EnvoyPorts::free()?;
        let mut config = render(&settings, ports.listener.number(), ports.admin.number())?;
        let mut groups: BTreeMap<String, Listener> = BTreeMap::new();
        let (mut own_ports, mut listeners) = (Vec::new(), Vec::new());
        let template = config.pointer("/static_resources/listeners/0").cloned().during("the listener")?;
        for located in cases {
            let key = group_key(&located.case);
            if groups.contains_key(&key) {
                continue;
            }
            let (port, authority) = (Port::free()?, format!("corpus-{}", groups.len()));
            listeners.push(listener(&template, &located.case, port.number(), &authority, hold)?);
            groups.insert(key, Listener { port: port.number(), authority });
            own_ports.push(port);
        }
        *config.pointer_mut("/static_resources/listeners").during("the listeners")? = Value::Array(listeners);
        add_cluster(&mut config, without_control.port())?;
        let scratch = Scratch::new()?;
        let envoy = Envoy::start_with(version, 1, &config, ports, &scratch).await?;
        Ok(Self {
            envoy,
            _ports: own_ports,
            sidecar,
            without_control,
            upstream,
            listeners: groups,
            current,
            control: None,
            version: 1_000,
            _scratch: scratch,
        })
    }

    async fn play(&mut self, case: &Case) -> Result<Exchange> {
        let (port, authority) = {
            let listener = self.listeners.get(&group_key(case)).during("the case's listener")?;
            (listener.port, listener.authority.clone())
        };
        if let Control::Snapshot(snapshot) = &case.events.control {
            self.set_control(snapshot, &authority).await?;
        }
        *lock(&self.current) = Some(case.clone());
        let before = self.upstream.total();
        let response = send(port, &case.events.request).await?;
        let received = (self.upstream.total() > before).then(|| self.upstream.received().pop()).flatten();
        let headers = response.headers.iter().map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        let headers: BTreeMap<String, String> = headers.collect();
        let by_upstream = received.as_ref().and_then(|r| r.headers.get("x-request-id")?.to_str().ok());
        let request_id = by_upstream.or(headers.get("x-weir-request-id").map(String::as_str));
        Ok(Exchange {
            request_id: request_id.unwrap_or_default().to_owned(),
            seen: Seen {
                upstream: received.as_ref().map(|r| r.body.to_vec()),
                status: response.status,
                body: response.body.to_vec(),
                headers,
                ..Seen::default()
            },
        })
    }

    /// Sets control state and waits until the filter behind `authority` has it: its next poll names the version.
    async fn set_control(&mut self, snapshot: &ControlSnapshot, authority: &str) -> Result<()> {
        let content = json!([snapshot.kill, snapshot.scopes]);
        if self.control.as_ref() != Some(&content) {
            self.version += 1;
            self.control = Some(content);
            self.sidecar.set_control(Some(ControlSnapshot { version: self.version, ..snapshot.clone() }));
        }
        let (sidecar, version) = (&self.sidecar, self.version);
        let confirmed = || async move { (sidecar.polls(authority).confirmed == version).then_some(()) };
        until(DELIVERY_LIMIT, "confirmation of the control state", confirmed).await
    }

    /// Waits until every decision that the filter has counted is here.
    async fn settle(&self) -> Result<()> {
        let all_here = || async {
            let counted = self.envoy.stat_sum(DECISIONS).await.ok()?;
            let here = self.sidecar.events().len() + self.without_control.events().len();
            (u64::try_from(here) == Ok(counted)).then_some(())
        };
        until(DELIVERY_LIMIT, "delivery of every counted decision", all_here).await
    }

    fn with_decisions(&self, exchange: Exchange) -> Seen {
        let mut events = self.sidecar.events_of(&exchange.request_id);
        events.extend(self.without_control.events_of(&exchange.request_id));
        let of =
            |direction| events.iter().filter(move |e| e.direction == direction).map(Decided::from).collect();
        Seen { request: of(Direction::Request), response: of(Direction::Response), ..exchange.seen }
    }
}

async fn send(port: u16, request: &Message) -> Result<crate::client::Response> {
    let protocol = if request.trailers.is_empty() { Protocol::Http1 } else { Protocol::Http2 };
    let method = request.method.as_deref().unwrap_or("POST").parse::<Method>().during("the method")?;
    let path = request.path.as_deref().unwrap_or("/v1/chat/completions");
    let mut paced = Paced::new(method, path);
    for (name, value) in wire::headers(request) {
        paced = paced.header(&name, &value);
    }
    if request.body.is_some() {
        paced = wire::pieces(request).into_iter().fold(paced, Paced::piece);
    }
    for (name, value) in &request.trailers {
        paced = paced.trailer(name, value);
    }
    paced.send(port, protocol).await
}

/// What the upstream answers to the current case.
fn reply(case: Option<&Case>) -> Reply {
    let Some(case) = case else { return Reply::whole(500, "text/plain", "no case is played") };
    let response = wire::response(case);
    let chunk = |bytes: Vec<u8>| Chunk { after: Duration::ZERO, bytes: bytes.into() };
    let chunks = match response.body {
        Some(_) => wire::pieces(&response).into_iter().map(chunk).collect(),
        None => std::collections::VecDeque::new(),
    };
    let headers = wire::headers(&response).into_iter().collect();
    Reply { status: response.status.unwrap_or(200), headers, chunks, trailers: None }
}

fn listener(template: &Value, case: &Case, port: u16, authority: &str, hold: HeaderHold) -> Result<Value> {
    let mut listener = template.clone();
    let never = matches!(case.events.control, Control::Word(_));
    let cluster = if never { DOWN_CLUSTER } else { "weir-sidecar" };
    let word = if hold == HeaderHold::StopIteration { "stop_iteration" } else { "continue" };
    let mut policy = case.policy.clone();
    let object = policy.as_object_mut().during("a policy that is a mapping")?;
    object.insert("sidecar".into(), json!({ "cluster": cluster, "authority": authority }));
    object.insert("header_hold".into(), json!(word));
    *find_mut(&mut listener, "port_value").during("the listener's port")? = json!(port);
    let configuration = find_mut(&mut listener, "configuration").during("the filter's configuration")?;
    *configuration.pointer_mut("/value").during("the policy")? = json!(policy.to_string());
    listener.as_object_mut().during("the listener")?.insert("name".into(), json!(authority));
    Ok(listener)
}

/// A second sidecar, which answers everything but polls.
fn add_cluster(config: &mut Value, port: u16) -> Result<()> {
    let clusters = config.pointer_mut("/static_resources/clusters").and_then(Value::as_array_mut);
    let clusters = clusters.during("the clusters")?;
    let sidecar = clusters.iter().find(|c| c.get("name") == Some(&json!("weir-sidecar")));
    let mut cluster = sidecar.during("the cluster of the sidecar")?.clone();
    *find_mut(&mut cluster, "port_value").during("the sidecar's port")? = json!(port);
    *find_mut(&mut cluster, "load_assignment")
        .and_then(|l| l.get_mut("cluster_name"))
        .during("its name")? = json!(DOWN_CLUSTER);
    cluster.as_object_mut().during("the cluster")?.insert("name".into(), json!(DOWN_CLUSTER));
    clusters.push(cluster);
    Ok(())
}

fn group_key(case: &Case) -> String {
    format!("{} {}", case.policy, matches!(case.events.control, Control::Word(_)))
}

fn control_key(case: &Case) -> String {
    match &case.events.control {
        Control::Word(_) => String::new(),
        Control::Snapshot(snapshot) => json!([snapshot.kill, snapshot.scopes]).to_string(),
    }
}

fn current_events(current: &Mutex<Option<Case>>) -> Option<Events> {
    lock(current).as_ref().map(|case| case.events.clone())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
