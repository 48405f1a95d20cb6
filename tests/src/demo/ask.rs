//! A request of the demo, and the curl line that does the same.

use serde_json::{Value, json};

const CHAT: &str = "/v1/chat/completions";

/// A request of the demo.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Path.
    pub path: String,
    /// Headers besides content-type.
    pub headers: Vec<(&'static str, String)>,
    /// Body.
    pub body: Value,
}

impl Ask {
    /// A chat request with one user message.
    pub fn chat(text: &str) -> Self {
        Self::messages(json!([{ "role": "user", "content": text }]))
    }

    /// A chat request with these messages.
    pub fn messages(messages: Value) -> Self {
        let mut body = json!({ "model": "mock-1" });
        if let Some(object) = body.as_object_mut() {
            object.insert("messages".into(), messages);
        }
        Self { path: CHAT.into(), headers: Vec::new(), body }
    }

    /// The same, streamed.
    pub fn streamed(mut self) -> Self {
        if let Some(object) = self.body.as_object_mut() {
            object.insert("stream".into(), json!(true));
        }
        self
    }

    /// The same, below a path prefix.
    pub fn below(mut self, prefix: &str) -> Self {
        self.path.insert_str(0, prefix);
        self
    }

    /// The same, with a header.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Headers as the client takes them.
    pub fn header_refs(&self) -> Vec<(&str, &str)> {
        self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }

    /// The same request as a line for a shell.
    pub fn curl(&self, port: u16) -> String {
        let headers: String =
            self.headers.iter().map(|(name, value)| format!(" -H '{name}: {value}'")).collect();
        let body = self.body.to_string().replace('\'', r"'\''");
        let path = &self.path;
        format!(
            "curl -sN http://127.0.0.1:{port}{path} -H 'content-type: application/json'{headers} -d '{body}'"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_survive_the_shell() {
        let line = Ask::chat("it's").with("x-weir-tier", "high").curl(1);
        assert!(line.contains(r"it'\''s"), "{line}");
        assert!(line.contains("-H 'x-weir-tier: high'"), "{line}");
    }
}
