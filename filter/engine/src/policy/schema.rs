//! The JSON Schema of the policy document, generated from its types, so that editors and the parser cannot disagree
//! on names and shapes. It never reaches the filter. What a schema cannot say (a day that exists, an override that
//! can match) `Policy::parse` checks.

use serde_json::Value;

use super::document::PolicyDocument;

/// JSON Schema (2020-12) of a policy, pretty-printed, the same for the same types.
pub fn json_schema() -> String {
    let schema = schemars::schema_for!(PolicyDocument);
    let mut schema = schema.to_value();
    strict(&mut schema);
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

/// Takes out `null`, which the parser refuses: a key is absent or has a value. Defaults go too: what is absent comes
/// from the tier, which a schema cannot say.
fn strict(schema: &mut Value) {
    if let Some(map) = schema.as_object_mut() {
        if map.get("default").is_some_and(|d| !d.is_string()) {
            map.remove("default");
        }
        if let Some(Value::Array(types)) = map.get_mut("type") {
            types.retain(|t| t != "null");
        }
        if let Some([one]) = map.get("type").and_then(Value::as_array).map(Vec::as_slice) {
            let one = one.clone();
            map.insert("type".into(), one);
        }
        if let Some(Value::Array(choices)) = map.get_mut("anyOf") {
            choices.retain(|c| c.get("type") != Some(&Value::from("null")));
            if let [Value::Object(one)] = choices.as_mut_slice() {
                let one = std::mem::take(one);
                map.remove("anyOf");
                map.extend(one);
            }
        }
    }
    match schema {
        Value::Object(map) => map.iter_mut().for_each(|(key, value)| strict_below(key, value)),
        Value::Array(list) => list.iter_mut().for_each(strict),
        _ => {}
    }
}

/// The keys under `properties` and `$defs` are names of ours, one of them `default`.
fn strict_below(key: &str, value: &mut Value) {
    match value {
        Value::Object(named) if matches!(key, "properties" | "$defs") => named.values_mut().for_each(strict),
        other => strict(other),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::policy::Policy;

    #[test]
    fn the_committed_schema_is_the_generated_one() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/policy.schema.json");
        if std::env::var_os("WEIR_BLESS").is_some() {
            std::fs::write(&path, json_schema()).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == json_schema(), "{} is out of date: run with WEIR_BLESS=1", path.display());
    }

    #[test]
    fn every_field_and_choice_is_described_and_nothing_unknown_is_allowed() {
        let mut fields = 0;
        walk(&serde_json::from_str(&json_schema()).unwrap(), &mut fields);
        assert!(fields > 60, "{fields}");
        // The only `null` is the word for a kind of value in schemas of answers.
        let text = json_schema();
        assert!(!text.contains(": null") && !text.contains("\"type\": \"null\""));
    }

    #[test]
    fn every_field_of_the_document_is_in_the_schema() {
        let document = serde_json::to_value(PolicyDocument::default()).unwrap();
        let schema: Value = serde_json::from_str(&json_schema()).unwrap();
        assert_eq!(missing(&document, &schema, &schema), Vec::<String>::new());
    }

    #[test]
    fn the_parser_knows_the_fields_of_the_schema_and_no_others() {
        let schema: Value = serde_json::from_str(&json_schema()).unwrap();
        let mut seen = Vec::new();
        same_fields(&schema, &schema, &|document| document, &mut seen);
        assert!(seen.len() > 20, "{seen:?}");
    }

    /// Asks the parser, with a field that nothing has, which fields the mapping at a place has.
    fn same_fields(schema: &Value, root: &Value, at: &dyn Fn(Value) -> Value, seen: &mut Vec<String>) {
        let target =
            schema.get("$ref").and_then(Value::as_str).and_then(|r| root.pointer(r.trim_start_matches('#')));
        let schema = target.unwrap_or(schema);
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            if let Some(item) = schema.get("items") {
                same_fields(item, root, &|one| at(serde_json::json!([one])), seen);
            }
            return;
        };
        let text = at(serde_json::json!({"no_such_field": 1})).to_string();
        if seen.iter().any(|one| properties.keys().map(String::as_str).eq(one.split(' '))) {
            return;
        }
        seen.push(properties.keys().cloned().collect::<Vec<_>>().join(" "));
        let error = Policy::parse(&text).unwrap_err();
        let mut known: Vec<&str> = error.help.split('`').skip(1).step_by(2).collect();
        known.sort_unstable();
        assert_eq!(known, properties.keys().map(String::as_str).collect::<Vec<_>>(), "{text}: {error}");
        for (name, field) in properties {
            same_fields(field, root, &|value| at(serde_json::json!({name: value})), seen);
        }
    }

    /// Fields of `document` that `schema` does not name.
    fn missing(document: &Value, schema: &Value, root: &Value) -> Vec<String> {
        let target =
            schema.get("$ref").and_then(Value::as_str).and_then(|r| root.pointer(r.trim_start_matches('#')));
        let schema = target.unwrap_or(schema);
        let fields = document.as_object().into_iter().flatten();
        fields
            .flat_map(|(name, value)| match schema.get("properties").and_then(|p| p.get(name)) {
                Some(field) => missing(value, field, root),
                None => vec![name.clone()],
            })
            .collect()
    }

    fn walk(schema: &Value, fields: &mut usize) {
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            assert_eq!(schema.get("additionalProperties"), Some(&Value::Bool(false)), "{schema}");
            for (name, field) in properties {
                *fields += 1;
                // The one field of a choice is described by the choice.
                let described =
                    field.get("description").or(schema.get("description").filter(|_| properties.len() == 1));
                assert!(described.is_some(), "`{name}` is not described");
                let kind = field.get("type").and_then(Value::as_str).unwrap_or_default();
                // What bounds others may be any number.
                let is_bound = matches!(name.as_str(), "minimum" | "maximum");
                if matches!(kind, "number" | "integer") && !is_bound {
                    assert!(
                        field.get("minimum").is_some() && field.get("maximum").is_some(),
                        "`{name}` has no bounds"
                    );
                }
            }
        }
        if let Some(choices) = schema.get("oneOf").and_then(Value::as_array) {
            assert!(choices.iter().all(|c| c.get("description").is_some()), "{schema}");
        }
        match schema {
            Value::Object(map) => map.iter().for_each(|(key, value)| walk_below(key, value, fields)),
            Value::Array(list) => list.iter().for_each(|v| walk(v, fields)),
            _ => {}
        }
    }

    /// The keys under `properties` and `$defs` are names of ours, one of them `properties`.
    fn walk_below(key: &str, value: &Value, fields: &mut usize) {
        match value {
            Value::Object(named) if matches!(key, "properties" | "$defs") => {
                named.values().for_each(|value| walk(value, fields));
            }
            other => walk(other, fields),
        }
    }
}
