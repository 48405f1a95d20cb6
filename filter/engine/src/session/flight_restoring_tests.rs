//! Placeholders of a request that come back in a stream in flight: in pieces, in arguments, in several choices at once.

use serde_json::{Value, json};

use super::framing::{CONVERSE, GEMINI, INVOKE, converse, gemini, invoke, read, said};
use super::*;

const KEY_TEXT: &str = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\n-----END PRIVATE KEY-----";
const MAIL: &str = "jane@example.org";
const CARD: &str = "4111 1111 1111 1111";

fn tokenising(response: &str) -> [Arc<Engine>; 2] {
    both(json!({ "guardrails": {
        "pii": { "request": "tokenise", "response": response },
        "secrets": { "request": "tokenise", "response": response },
    }}))
}

fn says(path: &str, text: &str) -> String {
    let body = match path {
        GEMINI => json!({ "contents": [{ "role": "user", "parts": [{ "text": text }] }] }),
        CONVERSE => json!({ "messages": [{ "role": "user", "content": [{ "text": text }] }] }),
        INVOKE => {
            json!({ "anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": [{ "role": "user", "content": text }] })
        }
        _ => {
            json!({ "model": "m", "max_tokens": 9, "stream": true, "messages": [{ "role": "user", "content": text }] })
        }
    };
    body.to_string()
}

/// A request with three values, and what stands for them.
fn request(engine: &Arc<Engine>, path: &str) -> (String, [String; 3]) {
    let request = says(path, &format!("I am {MAIL}, my card is {CARD}, my key is\n{KEY_TEXT}\nthank you."));
    let (_, flow) = open(engine, path, &request);
    let Flow::Replace(sent) = flow else { panic!("{flow:?}") };
    let sent = String::from_utf8(sent).unwrap();
    let placeholder = |label: &str| {
        let start = sent.find(&format!("[{label}_")).unwrap_or_else(|| panic!("{label} {sent}"));
        sent.get(start..).unwrap().split_inclusive(']').next().unwrap().to_owned()
    };
    let all = ["EMAIL", "CARD", "PRIVATE_KEY"].map(placeholder);
    (request, all)
}

fn content(seen: &Seen) -> String {
    seen.fields().remove("/choices/0/delta/content").unwrap_or_default()
}

#[test]
fn values_come_back_in_text_as_in_a_stream_that_is_held() {
    for response in ["allow", "redact", "mask"] {
        let [flying, holding] = tokenising(response);
        let (asks, [mail, card, key]) = request(&flying, CHAT);
        let text = format!(
            "Well, {mail}. Not [EMAIL_1], not [EMAIL_bcdfghjkmnpq], not [mail](x), nor joe@example.org.\n{card}[{mail}]\n{key}{key} and [EMAIL_"
        );
        for size in [1, 2, 3, 7, 1000] {
            let stream = chat(&text, size);
            let [flown, held] = [&flying, &holding].map(|e| play_to(e, CHAT, &asks, &events(&stream)));
            assert_eq!(flown.decision(), held.decision(), "{response} {size}");
            assert_eq!(flown.text(), held.text(), "{response} {size}");
            let said = content(&flown);
            assert!(
                said.starts_with(&format!("Well, {MAIL}. Not [EMAIL_1], not [EMAIL_bcdfghjkmnpq], ")),
                "{said}"
            );
            assert!(said.ends_with(&format!("{CARD}[{MAIL}]\n{KEY_TEXT}{KEY_TEXT} and [EMAIL_")), "{said}");
            assert_eq!(said.contains("joe@example.org"), response == "allow", "{said}");
        }
        let stream = chat(&text, 9);
        let whole = play_to(&flying, CHAT, &asks, &[stream.as_bytes()]).text();
        for at in 1..stream.len() {
            let (first, second) = stream.as_bytes().split_at(at);
            assert_eq!(play_to(&flying, CHAT, &asks, &[first, second]).text(), whole, "{at}");
        }
    }
}

/// Only what may still become a placeholder of this exchange waits.
#[test]
fn a_stream_that_gives_values_back_flows() {
    let [flying, _] = tokenising("allow");
    let (asks, [mail, ..]) = request(&flying, CHAT);
    let text = format!(
        "See [the page](of it) and [EMAIL_bcdfghjkmnpq] or [x] but {mail} is who you are. Yes, you are."
    );
    let stream = chat(&text, 4);
    let pieces = events(&stream);
    let seen = play_to(&flying, CHAT, &asks, &pieces);
    let mut waited = Vec::new();
    for at in 0..pieces.len() {
        let left: Vec<u8> = seen.body[..seen.left[at]].to_vec();
        let left = String::from_utf8(left).unwrap().matches("data:").count();
        waited.push(at + 1 - left);
    }
    let longest = mail.len().div_ceil(4) + 2;
    assert!(waited.iter().all(|count| *count <= longest), "{waited:?}");
    let before = text.find(&mail).unwrap() / 4;
    assert!(waited[..before].iter().all(|count| *count <= 9), "{waited:?}");
    assert!(content(&seen).contains(&format!("but {MAIL} is who")));
}

#[test]
fn values_come_back_in_arguments_which_stay_json() {
    let [flying, holding] = tokenising("redact");
    let (asks, [mail, card, key]) = request(&flying, CHAT);
    let inner = json!({ "card": card, "key": key }).to_string();
    let json = json!({ "to": mail, "cc": ["x", format!("<{mail}>")], "key": key, "in": inner, (card.as_str()): 1, "n": 7, "link": format!("https://a.example/?q={mail}") });
    let json = json.to_string();
    for size in [1, 2, 5, 30, 1000] {
        let deltas: String =
            json.as_bytes().chunks(size).map(|c| arguments(0, std::str::from_utf8(c).unwrap())).collect();
        let stream = deltas + "data: [DONE]\n\n";
        let [flown, held] = [&flying, &holding].map(|e| play_to(e, CHAT, &asks, &events(&stream)));
        assert_eq!(flown.decision(), held.decision(), "{size}");
        let text = flown.fields().into_iter().find(|(path, _)| path.ends_with("/arguments")).unwrap().1;
        let read: Value = serde_json::from_str(&text).unwrap_or_else(|why| panic!("{why} {text}"));
        let inner: Value = serde_json::from_str(read["in"].as_str().unwrap()).unwrap();
        assert_eq!(inner, json!({ "card": CARD, "key": KEY_TEXT }), "{size}");
        assert_eq!((&read["to"], &read["cc"][1]), (&json!(MAIL), &json!(format!("<{MAIL}>"))), "{size}");
        assert_eq!(
            (&read["key"], &read[CARD], &read["n"]),
            (&json!(KEY_TEXT), &json!(1), &json!(7)),
            "{size}"
        );
        assert_eq!(flown.fields(), held.fields(), "{size}");
    }
}

#[test]
fn values_come_back_in_every_framing() {
    let [flying, holding] = tokenising("allow");
    let bytes = |all: Vec<Vec<u8>>| all.concat();
    for path in [GEMINI, CONVERSE, INVOKE, MESSAGES] {
        let (asks, [mail, card, key]) = request(&flying, path);
        let text = format!("You are {mail}, with {key} and more.");
        let arguments = json!({ "card": card, "key": key }).to_string();
        let deltas: Vec<(usize, Value)> = text
            .as_bytes()
            .chunks(5)
            .map(|c| (0, json!({ "type": "text_delta", "text": std::str::from_utf8(c).unwrap() })))
            .collect();
        let stream = match path {
            GEMINI => gemini(&text, 5).into_bytes(),
            CONVERSE => bytes(converse(&text, &arguments, 5)),
            INVOKE => bytes(invoke(&text, 5)),
            _ => messages(&deltas).into_bytes(),
        };
        for size in [1, 13, stream.len()] {
            let pieces: Vec<&[u8]> = stream.chunks(size).collect();
            let [flown, held] = [&flying, &holding].map(|e| play_to(e, path, &asks, &pieces));
            assert!(flown.body == held.body, "{path} {size}");
        }
        let pieces: Vec<&[u8]> = stream.chunks(64).collect();
        let flown = play_to(&flying, path, &asks, &pieces);
        let said = said(path, &flown.body);
        assert!(said.contains(&format!("You are {MAIL}, with {KEY_TEXT} and more.")), "{path} {said}");
        assert!(path != CONVERSE || said.contains(CARD), "{said}");
        assert!(flown.left[flown.left.len() / 2] > 0, "{path}");
        assert!(!read(path, &flown.body).is_empty());
    }
}

#[test]
fn choices_that_come_by_turns_get_their_own_values_back() {
    let [flying, holding] = tokenising("allow");
    let (asks, [mail, card, _]) = request(&flying, CHAT);
    let texts = [format!("first {mail} one"), format!("then {card} two")];
    let pieces = texts.each_ref().map(|text| text.as_bytes().chunks(3).collect::<Vec<_>>());
    let mut stream = String::new();
    for at in 0..pieces[0].len().max(pieces[1].len()) {
        for (choice, pieces) in pieces.iter().enumerate() {
            stream +=
                &pieces.get(at).map_or_else(String::new, |p| delta(choice, std::str::from_utf8(p).unwrap()));
        }
    }
    stream += "data: [DONE]\n\n";
    let [flown, held] = [&flying, &holding].map(|e| play_to(e, CHAT, &asks, &events(&stream)));
    assert_eq!(flown.text(), held.text());
    assert_eq!(content(&flown), format!("first {MAIL} one"));
    assert_eq!(flown.fields()["/choices/1/delta/content"], format!("then {CARD} two"));
}

/// A model that was told to put what it knows into a link never gets a value into one: however long the link, whatever
/// stands between its pieces, wherever the stream is cut.
#[test]
fn no_value_comes_back_in_an_address() {
    let [flying, holding] = tokenising("allow");
    let (asks, [mail, ..]) = request(&flying, CHAT);
    let long = "a".repeat(3000);
    let finish = r#"data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#.to_owned() + "\n\n";
    let others: String = (0..40).map(|_| delta(1, "and so on ")).collect();
    for link in [
        "https://evil.example/?d=",
        "//evil.example/",
        "https:\\\\evil.example/",
        &format!("https://evil.example/{long}/"),
    ] {
        for size in [1, 7, 500] {
            let text = format!("See ({link}{mail}{mail} and {mail}.");
            let stream = chat(&text, size);
            let [flown, held] = [&flying, &holding].map(|e| play_to(e, CHAT, &asks, &events(&stream)));
            assert_eq!(flown.text(), held.text(), "{size} {link}");
            assert_eq!(content(&flown), format!("See ({link}{mail}{mail} and {MAIL}."), "{size} {link}");
        }
        for between in [&finish, &others] {
            let head = chat(&format!("See {link}"), 300).replace("data: [DONE]\n\n", "");
            let stream = [head.as_str(), between, &delta(0, &format!("{mail} now "))].concat();
            let flown = play_to(&flying, CHAT, &asks, &events(&stream));
            assert!(!flown.text().contains(MAIL), "{}", flown.text());
        }
    }
    // A long text without blanks is no address.
    let text = format!("{}{mail}\u{3002}", "\u{4f60}\u{597d}".repeat(500));
    for size in [1, 400] {
        let seen = play_to(&flying, CHAT, &asks, &events(&chat(&text, size)));
        assert!(content(&seen).contains(MAIL), "{size}");
    }
}

/// An answer that is JSON itself stays JSON: what would have to be escaped for a depth nobody knows yet stays as it is.
#[test]
fn an_answer_that_is_json_stays_json() {
    let [flying, _] = tokenising("allow");
    let (asks, [mail, _, key]) = request(&flying, CHAT);
    let answer =
        json!({ "mail": mail, "long": "word ".repeat(500), "again": [mail], "key": key }).to_string();
    for size in [1, 5, 10_000] {
        let seen = play_to(&flying, CHAT, &asks, &events(&chat(&answer, size)));
        let read: Value = serde_json::from_str(&content(&seen)).unwrap();
        assert_eq!((&read["mail"], &read["again"][0]), (&json!(MAIL), &json!(MAIL)));
        assert_eq!(read["key"], json!(key));
    }
}

/// A placeholder of which the rest comes after everybody has given up on it stays as it was written.
#[test]
fn what_comes_too_late_stays_a_placeholder() {
    let [flying, _] = tokenising("allow");
    let (asks, [mail, ..]) = request(&flying, CHAT);
    let (first, second) = mail.split_at(9);
    let others: String = (0..40).map(|_| delta(1, "and so on ")).collect();
    let stream = [delta(0, first), others, delta(0, second), delta(0, " it is")].concat();
    let seen = play_to(&flying, CHAT, &asks, &events(&stream));
    assert_eq!(content(&seen), format!("{mail} it is"));
}

/// What the response itself has tokenised is the model's, and never given back.
#[test]
fn what_the_model_says_is_tokenised_and_not_given_back() {
    let [flying, holding] = tokenising("tokenise");
    let (asks, [mail, ..]) = request(&flying, CHAT);
    let text = format!("You are {mail}, I am joe@example.org, joe@example.org, {mail}. Bye.");
    for size in [1, 6, 1000] {
        let stream = chat(&text, size);
        let [flown, held] = [&flying, &holding].map(|e| play_to(e, CHAT, &asks, &events(&stream)));
        assert_eq!(flown.text(), held.text(), "{size}");
        let said = content(&flown);
        assert!(
            said.matches(MAIL).count() == 2 && !said.contains("joe@") && said.contains("[EMAIL_"),
            "{said}"
        );
    }
}
