//! JSON as serde_json reads it, with members in order and keys that stand twice kept: the second opinion that readers of JSON
//! are held to.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// `null`, `true` or `false`.
    Word,
    /// A number.
    Number(Number),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Tree>),
    /// An object.
    Members(Vec<(String, Tree)>),
}

/// What stands at a place of a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Leaf<'t> {
    /// The name of a member.
    Key(&'t str),
    /// A string.
    Text(&'t str),
    /// A number.
    Number(&'t Number),
}

impl Tree {
    /// Reads a text.
    ///
    /// # Errors
    /// serde_json's.
    pub fn read(text: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(text)
    }

    /// Levels of containers.
    pub fn depth(&self) -> usize {
        1 + match self {
            Self::List(all) => all.iter().map(Self::depth).max().unwrap_or(0),
            Self::Members(all) => all.iter().map(|(_, value)| value.depth()).max().unwrap_or(0),
            _ => return 0,
        }
    }

    /// Whether an object in it names a key twice.
    pub fn repeats_a_key(&self) -> bool {
        match self {
            Self::List(all) => all.iter().any(Self::repeats_a_key),
            Self::Members(all) => {
                let names: std::collections::BTreeSet<&str> =
                    all.iter().map(|(name, _)| name.as_str()).collect();
                names.len() < all.len() || all.iter().any(|(_, value)| value.repeats_a_key())
            }
            _ => false,
        }
    }

    /// Every key, string and number with its JSON pointer, in order.
    pub fn leaves(&self) -> Vec<(String, Leaf<'_>)> {
        let mut all = Vec::new();
        self.collect("", &mut all);
        all
    }

    fn collect<'t>(&'t self, path: &str, all: &mut Vec<(String, Leaf<'t>)>) {
        match self {
            Self::Word => {}
            Self::Number(number) => all.push((path.to_owned(), Leaf::Number(number))),
            Self::Text(text) => all.push((path.to_owned(), Leaf::Text(text))),
            Self::List(list) => {
                list.iter().enumerate().for_each(|(at, value)| value.collect(&format!("{path}/{at}"), all));
            }
            Self::Members(members) => {
                for (name, value) in members {
                    let path = format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
                    all.push((path.clone(), Leaf::Key(name)));
                    value.collect(&path, all);
                }
            }
        }
    }

    /// Whether `other` is built as this one is. An edit may write text where a number stood, and other names.
    pub fn is_built_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Word, Self::Word) | (Self::Number(_) | Self::Text(_), Self::Number(_) | Self::Text(_)) => {
                true
            }
            (Self::List(a), Self::List(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_built_as(b))
            }
            (Self::Members(a), Self::Members(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|((_, a), (_, b))| a.is_built_as(b))
            }
            _ => false,
        }
    }

    /// Whether a key or string in it has `part`.
    pub fn says(&self, part: &str) -> bool {
        self.leaves().iter().any(|(_, leaf)| match leaf {
            Leaf::Key(text) | Leaf::Text(text) => text.contains(part),
            Leaf::Number(_) => false,
        })
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Word)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Tree, E> {
        Ok(Tree::Word)
    }

    fn visit_u64<E>(self, number: u64) -> Result<Tree, E> {
        Ok(Tree::Number(number.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Tree, E> {
        Ok(Tree::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Tree, E> {
        Ok(Number::from_f64(number).map_or(Tree::Word, Tree::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Tree, E> {
        Ok(Tree::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Tree, A::Error> {
        let mut all = Vec::new();
        while let Some(one) = list.next_element()? {
            all.push(one);
        }
        Ok(Tree::List(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Tree, A::Error> {
        let mut all = Vec::new();
        while let Some(one) = members.next_entry()? {
            all.push(one);
        }
        Ok(Tree::Members(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_stand_twice_are_kept_and_noticed() {
        let tree = Tree::read(br#"{"a":1,"b":[{"c":"x","\u0063":null}]}"#).unwrap();
        assert!(tree.repeats_a_key());
        assert_eq!(tree.depth(), 3);
        let paths: Vec<String> = tree.leaves().into_iter().map(|(path, _)| path).collect();
        assert_eq!(paths, ["/a", "/a", "/b", "/b/0/c", "/b/0/c", "/b/0/c"]);
        assert!(!Tree::read(br#"{"a":{"a":1},"b":2}"#).unwrap().repeats_a_key());
    }

    #[test]
    fn text_may_stand_where_a_number_stood_and_nothing_else_may_change() {
        let check = |a: &str, b: &str| {
            Tree::read(a.as_bytes()).unwrap().is_built_as(&Tree::read(b.as_bytes()).unwrap())
        };
        assert!(check(r#"{"a":[1,"x",null]}"#, r#"{"b":["[CARD_1]","",true]}"#));
        assert!(!check(r#"{"a":[1]}"#, r#"{"a":[1,2]}"#));
        assert!(!check(r#"{"a":null}"#, r#"{"a":"x"}"#));
    }
}
