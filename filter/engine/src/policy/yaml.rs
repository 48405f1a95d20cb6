//! YAML -> JSON with marks that say where each key and value stood. It knows nothing of policies. A strict, bounded
//! part of YAML 1.2 over the events of `granit-parser`: `off` is a word, `<<` and tags are errors, aliases count as
//! what they stand for. Only for people's files: a proxy gives the filter JSON, and the filter is built without this.

use std::collections::BTreeMap;

use granit_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Tag};
use serde_json::{Number, Value};

use super::compile::PolicyError;
use super::source::{Position, Problem, oversize, shortened};
use crate::limits::{MAX_POLICY_DEPTH, MAX_POLICY_NODES};

/// Renders one document as JSON; an empty one is null. With it, sorted, for each byte of the JSON where a key or value
/// begins, its position in `text`.
pub(super) fn to_json(text: &str) -> Result<(String, Vec<(usize, Position)>), PolicyError> {
    let mut reader = Reader::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|e| syntax_error(&e))?;
        reader.on(event, position(span.start))?;
    }
    let root = reader.root.unwrap_or_else(|| Node::scalar(Value::Null, (1, 1)));
    let mut rendering = Rendering::default();
    rendering.node(&root);
    Ok((rendering.json, rendering.marks))
}

#[derive(Default)]
struct Rendering {
    json: String,
    marks: Vec<(usize, Position)>,
}

impl Rendering {
    fn node(&mut self, node: &Node) {
        self.marks.push((self.json.len(), node.at));
        match &node.value {
            Tree::Scalar(value) => self.json.push_str(&value.to_string()),
            Tree::List(items) => {
                self.json.push('[');
                for (i, item) in items.iter().enumerate() {
                    self.comma_before(i);
                    self.node(item);
                }
                self.json.push(']');
            }
            Tree::Map(entries) => {
                self.json.push('{');
                for (i, ((key, at), node)) in entries.iter().enumerate() {
                    self.comma_before(i);
                    self.marks.push((self.json.len(), *at));
                    self.json.push_str(&Value::from(key.as_str()).to_string());
                    self.json.push(':');
                    self.node(node);
                }
                self.json.push('}');
            }
        }
    }

    fn comma_before(&mut self, index: usize) {
        if index > 0 {
            self.json.push(',');
        }
    }
}

/// A key and where it stands.
type Key = (String, Position);

/// A value and where it stands.
#[derive(Clone, Debug)]
struct Node {
    value: Tree,
    at: Position,
    /// Values in it, itself too; long text counts as several. INVARIANT: `1 <= weight`.
    weight: usize,
    /// Levels of containers in it. INVARIANT: `height <= MAX_POLICY_DEPTH`.
    height: usize,
}

/// A YAML value.
#[derive(Clone, Debug)]
enum Tree {
    /// Null, a boolean, a number or text.
    Scalar(Value),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in order.
    Map(Vec<(Key, Node)>),
}

impl Node {
    fn scalar(value: Value, at: Position) -> Self {
        let weight = 1 + value.as_str().map_or(0, text_weight);
        Self { value: Tree::Scalar(value), at, weight, height: 0 }
    }

    fn container(value: Tree, at: Position) -> Self {
        let (weight, height) = match &value {
            Tree::Scalar(_) => (0, 0),
            Tree::List(items) => extent(items.iter()),
            Tree::Map(entries) => {
                let keys: usize = entries.iter().map(|((key, _), _)| text_weight(key)).sum();
                let (values, height) = extent(entries.iter().map(|(_, node)| node));
                (keys + values, height)
            }
        };
        Self { value, at, weight: weight + 1, height: height + 1 }
    }
}

fn extent<'n>(nodes: impl Iterator<Item = &'n Node>) -> (usize, usize) {
    nodes.fold((0, 0), |(weight, height), n| (weight + n.weight, height.max(n.height)))
}

/// What text adds to the weight of its value, so that aliases multiply no more bytes than values.
fn text_weight(text: &str) -> usize {
    text.len() / BYTES_OF_ONE_VALUE
}

/// The document as far as it has been read.
#[derive(Default)]
struct Reader {
    open: Vec<Open>,
    /// Finished nodes by anchor.
    anchors: BTreeMap<usize, Node>,
    documents: usize,
    /// Values so far, aliases expanded.
    nodes: usize,
    root: Option<Node>,
}

/// A container that has begun.
struct Open {
    at: Position,
    /// 0 is none.
    anchor: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map(Vec<(Key, Node)>, Option<Key>),
}

impl Reader {
    fn on(&mut self, event: Event<'_>, at: Position) -> Result<(), PolicyError> {
        match event {
            Event::DocumentStart(..) => self.begin_document(at),
            Event::Scalar(text, style, anchor, tag) => self.scalar(&text, style, anchor, tag.as_deref(), at),
            Event::SequenceStart(_, anchor, tag) => {
                self.begin(Open { at, anchor, content: Content::List(Vec::new()) }, tag.as_deref())
            }
            Event::MappingStart(_, anchor, tag) => {
                self.begin(Open { at, anchor, content: Content::Map(Vec::new(), None) }, tag.as_deref())
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(id) => self.alias(id, at),
            Event::UnresolvedAlias(name) => {
                Err(fault(at, format!("there is no anchor `{}` before this alias", shortened(&name)), ""))
            }
            _ => Ok(()),
        }
    }

    fn begin_document(&mut self, at: Position) -> Result<(), PolicyError> {
        self.documents += 1;
        if self.documents > 1 {
            return Err(fault(at, "a second document begins here", "one document is one policy"));
        }
        Ok(())
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        at: Position,
    ) -> Result<(), PolicyError> {
        let is_text = match tag {
            Some(tag) if tag.core_suffix() == Some("str") => true,
            Some(tag) => return Err(unread_tag(tag, at)),
            None => style != ScalarStyle::Plain,
        };
        if let Some(Open { content: Content::Map(_, key @ None), .. }) = self.open.last_mut() {
            if text == "<<" && !is_text {
                return Err(fault(
                    at,
                    "`<<` merges are not read",
                    "write the values out, or use an override",
                ));
            }
            *key = Some((text.to_owned(), at));
            return Ok(());
        }
        let value = if is_text { Value::from(text) } else { plain(text) };
        self.add(Node::scalar(value, at), anchor)
    }

    fn begin(&mut self, open: Open, tag: Option<&Tag>) -> Result<(), PolicyError> {
        if let Some(tag) = tag {
            return Err(unread_tag(tag, open.at));
        }
        if self.expects_key() {
            return Err(fault(open.at, "a key must be text", ""));
        }
        if self.open.len() >= MAX_POLICY_DEPTH {
            return Err(too_large(open.at));
        }
        self.open.push(open);
        Ok(())
    }

    fn end(&mut self) -> Result<(), PolicyError> {
        let Some(Open { at, anchor, content }) = self.open.pop() else { return Ok(()) };
        let tree = match content {
            Content::List(items) => Tree::List(items),
            Content::Map(entries, _) => Tree::Map(entries),
        };
        self.add(Node::container(tree, at), anchor)
    }

    fn alias(&mut self, id: usize, at: Position) -> Result<(), PolicyError> {
        if self.expects_key() {
            return Err(fault(at, "a key must be text", ""));
        }
        let Some(node) = self.anchors.get(&id) else {
            return Err(fault(
                at,
                "this alias has no value: it stands inside its own anchor, or names a key",
                "",
            ));
        };
        if self.open.len() + node.height > MAX_POLICY_DEPTH || self.nodes + node.weight > MAX_POLICY_NODES {
            return Err(too_large(at));
        }
        // The value counts where it is used, and errors in it are shown where it is used.
        self.nodes += node.weight - 1;
        let node = Node { at, ..node.clone() };
        self.add(node, 0)
    }

    fn expects_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { content: Content::Map(_, None), .. }))
    }

    /// Puts a finished node into the container it stands in.
    fn add(&mut self, node: Node, anchor: usize) -> Result<(), PolicyError> {
        self.nodes += 1;
        if self.nodes > MAX_POLICY_NODES {
            return Err(too_large(node.at));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(Content::List(items)) => items.push(node),
            Some(Content::Map(entries, key)) => match key.take() {
                Some(key) => entries.push((key, node)),
                None => return Err(fault(node.at, "a key must be text", "")),
            },
        }
        Ok(())
    }
}

/// A plain scalar by the rules of JSON, and `~` or nothing for null. Anything else is text, also what other YAML
/// readers take for a boolean (`off`, `yes`) or a number (`0x10`, `1_000`).
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" => return Value::Null,
        "true" => return Value::Bool(true),
        "false" => return Value::Bool(false),
        _ => {}
    }
    if !text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E')) {
        return text.into();
    }
    let whole = text.parse::<u64>().map(Number::from).or_else(|_| text.parse::<i64>().map(Number::from));
    let number = whole.ok().or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64));
    number.map_or_else(|| text.into(), Value::Number)
}

fn unread_tag(tag: &Tag, at: Position) -> PolicyError {
    fault(at, format!("the tag `{}` is not read", shortened(&tag.original())), "leave it out")
}

fn too_large(at: Position) -> PolicyError {
    oversize().at(at)
}

fn syntax_error(error: &ScanError) -> PolicyError {
    fault(position(*error.marker()), sentence(&error.kind().to_string()), "")
}

/// The parser's words on one line, with the first letter in lower case unless a name begins with it.
fn sentence(text: &str) -> String {
    let first = text.lines().next().unwrap_or_default();
    let mut chars = first.chars();
    let begin: String = chars.next().into_iter().flat_map(char::to_lowercase).collect();
    if chars.clone().next().is_some_and(char::is_uppercase) {
        return format!("not YAML: {}", shortened(first));
    }
    shortened(&(begin + chars.as_str()))
}

fn position(marker: Marker) -> Position {
    (marker.line(), marker.col() + 1)
}

fn fault(at: Position, message: impl Into<String>, help: impl Into<String>) -> PolicyError {
    Problem::of_the_whole(message, help).at(at)
}

/// More text than this counts as more than one value.
const BYTES_OF_ONE_VALUE: usize = 64;
