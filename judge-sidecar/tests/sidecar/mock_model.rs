//! A judge model that answers what a test wants: a well-formed verdict, or anything a hostile or broken one might.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::post;
use serde_json::{Value, json};

/// A mock model; `{nonce}` in `content` becomes the nonce of the question.
#[derive(Clone, Debug)]
pub enum Behaviour {
    /// A chat completion with this content.
    Content(String),
    /// This body with this status.
    Raw(u16, String),
    /// A verdict, after a while.
    Slow(Duration),
    /// So many bytes.
    Endless(usize),
}

pub struct MockModel {
    pub base_url: String,
    /// Questions asked.
    pub asked: Arc<AtomicUsize>,
    /// Most questions at the same time.
    pub most: Arc<AtomicUsize>,
}

pub const PASS: &str = r#"{"nonce":"{nonce}","verdict":"pass","score":0.1,"reason":"none"}"#;
pub const ESCALATE: &str = r#"{"nonce":"{nonce}","verdict":"escalate","score":0.9,"reason":"harm"}"#;

impl MockModel {
    pub async fn start(behaviour: Behaviour) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let (asked, most, now) = <(Arc<AtomicUsize>, Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
        let (a, m) = (asked.clone(), most.clone());
        let answer = move |body: String| {
            let (behaviour, a, m, now) = (behaviour.clone(), a.clone(), m.clone(), now.clone());
            async move {
                a.fetch_add(1, Ordering::SeqCst);
                m.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                let response = answer(&behaviour, &body).await;
                now.fetch_sub(1, Ordering::SeqCst);
                response
            }
        };
        let router = Router::new().route("/v1/chat/completions", post(answer));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { base_url, asked, most }
    }

    /// The same behind TLS, with a certificate of its own authority, which is returned as PEM.
    pub async fn start_with_tls(behaviour: Behaviour) -> (Self, String) {
        let plain = Self::start(behaviour).await;
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let config = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certified.cert.der().clone()], key)
            .unwrap();
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let upstream = plain.base_url.trim_start_matches("http://").trim_end_matches("/v1").to_owned();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, upstream) = (acceptor.clone(), upstream.clone());
                tokio::spawn(async move {
                    let mut inner = tokio::net::TcpStream::connect(upstream).await?;
                    let mut outer = acceptor.accept(stream).await?;
                    tokio::io::copy_bidirectional(&mut outer, &mut inner).await
                });
            }
        });
        let base_url = format!("https://localhost:{port}/v1");
        (Self { base_url, ..plain }, certified.cert.pem())
    }

    pub fn config(&self) -> Value {
        json!({ "judge": { "openai_compatible": { "base_url": self.base_url, "model": "mock" } } })
    }

    pub fn config_with(&self, more: &Value) -> Value {
        let mut config = self.config();
        let model = config["judge"]["openai_compatible"].as_object_mut().unwrap();
        model.extend(more.as_object().unwrap().clone());
        config
    }
}

async fn answer(behaviour: &Behaviour, question: &str) -> axum::response::Response {
    let status = |code: u16| axum::http::StatusCode::from_u16(code).unwrap();
    match behaviour {
        Behaviour::Content(content) => completion(content, question).into_response(),
        Behaviour::Raw(code, body) => (status(*code), body.clone()).into_response(),
        Behaviour::Slow(time) => {
            tokio::time::sleep(*time).await;
            completion(PASS, question).into_response()
        }
        Behaviour::Endless(bytes) => "x".repeat(*bytes).into_response(),
    }
}

fn completion(content: &str, question: &str) -> String {
    let question: Value = serde_json::from_str(question).unwrap();
    let user = question["messages"][1]["content"].as_str().unwrap();
    let nonce = user.lines().next().unwrap().strip_prefix("BEGIN-").unwrap();
    let content = content.replace("{nonce}", nonce);
    json!({ "choices": [{ "index": 0, "finish_reason": "stop", "message": { "role": "assistant",
            "content": content } }] })
    .to_string()
}
