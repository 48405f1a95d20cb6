//! Compressed bodies through the shipped decompressors, from clients of HTTP/1.1 (chunked) and HTTP/2: what Envoy decodes
//! is inspected, what it does not decode is refused, and an answer that is compressed although nobody asked for it is
//! never let through unread.

use weir_tests::encoded::{CLEAN, DECODED, DEFLATED, Encoded, bytes};
use weir_tests::envoy::UpstreamProtocol;
use weir_tests::paced::{Paced, Protocol};
use weir_tests::server::{Reply, Server};

use crate::rig::{CHAT, HOLDS, Plan, Rig, model};

/// 64 MiB of spaces in Brotli.
const BOMB: &str = "cbffff3ff82540e2b14020f7fe8fffff7ff04b00c4611180eefd1fffffffe0970088c30200ddfb3f\
                    feffffc12f0110870500baf77ffcffff835f02200e0b0074effff8ffff07bf04401c1600e8defff1\
                    ffff0f7e0980382c00d0bdffcbffff3ffc1200715800a07bff07";
const PROTOCOLS: [Protocol; 2] = [Protocol::Http1, Protocol::Http2];

/// In two pieces, so that HTTP/1.1 sends it in chunks.
async fn send(port: u16, protocol: Protocol, encoding: &str, body: &[u8]) -> (u16, String) {
    let (first, second) = body.split_at(body.len() / 2);
    let paced =
        Paced::post(CHAT).header("content-encoding", encoding).header("accept-encoding", "gzip, br, zstd");
    let paced = paced.piece(first.to_vec()).piece(second.to_vec());
    let response = paced.send(port, protocol).await.unwrap();
    let text = response.text().to_owned();
    response.json().unwrap();
    (response.status, text)
}

async fn what_envoy_decodes_is_inspected(version: &str) {
    let model = model().await;
    let rig = Rig::start(Plan { holds: &HOLDS, ..Plan::new(version, model.port()) }).await;
    for (hold, protocol) in HOLDS.into_iter().flat_map(|hold| PROTOCOLS.map(|protocol| (hold, protocol))) {
        for body in DECODED {
            let encoding = body.encoding;
            let (status, text) = send(rig.at(hold), protocol, encoding, &body.clean()).await;
            assert_eq!(status, 200, "{hold:?} {encoding} {text}");
            let received = model.received().pop().unwrap();
            assert_eq!(received.body, CLEAN, "{encoding}");
            for header in ["content-encoding", "accept-encoding"] {
                assert!(!received.headers.contains_key(header), "{hold:?} {encoding} {header}");
            }
            let (status, text) = send(rig.at(hold), protocol, encoding, &body.attack()).await;
            assert_eq!(status, 403, "{hold:?} {encoding} {text}");
        }
    }
    let seen = model.received();
    assert!(seen.iter().all(|received| received.body.is_empty() || received.body == CLEAN));
    rig.end().await;
}

async fn what_cannot_be_decoded_is_refused(version: &str) {
    let model = model().await;
    let rig = Rig::start(Plan { holds: &HOLDS, ..Plan::new(version, model.port()) }).await;
    let before_kib = rig.envoy.resident_kib().unwrap();
    let [gzipped, br, zstd] = DECODED.map(Encoded::clean);
    for (hold, protocol) in HOLDS.into_iter().flat_map(|hold| PROTOCOLS.map(|protocol| (hold, protocol))) {
        for (encoding, body) in [
            ("deflate", DEFLATED.clean()),
            ("deflate", DEFLATED.attack()),
            // Named as what it is not.
            ("br", zstd.clone()),
            ("zstd", gzipped.clone()),
            // Cut off.
            ("br", br[..br.len() / 2].to_vec()),
            ("zstd", zstd[..zstd.len() / 2].to_vec()),
            // Small, and enormous once it is decoded.
            ("br", bytes(BOMB)),
        ] {
            let (status, text) = send(rig.at(hold), protocol, encoding, &body).await;
            assert!(matches!(status, 400 | 413 | 415), "{hold:?} {encoding} {status} {text}");
        }
    }
    assert!(model.received().iter().all(|received| received.body.is_empty()));
    let grown_kib = rig.envoy.resident_kib().unwrap().saturating_sub(before_kib);
    assert!(grown_kib < 48 * 1024, "{grown_kib} KiB");
    rig.end().await;
}

async fn an_answer_in_any_encoding_is_never_let_through_unread(version: &str) {
    let all = || DECODED.into_iter().chain([DEFLATED]);
    let server = Server::start(0, UpstreamProtocol::Http1, move |received| {
        let encoding = received.headers.get(ASKED).map_or("", |value| value.to_str().unwrap()).to_owned();
        let body = all().find(|body| body.encoding == encoding).unwrap().leak();
        let mut reply = Reply::whole(200, "application/json", body);
        reply.headers.push(("content-encoding".into(), encoding));
        reply
    });
    let server = server.await.unwrap();
    let rig = Rig::start(Plan { holds: &HOLDS, ..Plan::new(version, server.port()) }).await;
    for (hold, protocol) in HOLDS.into_iter().flat_map(|hold| PROTOCOLS.map(|protocol| (hold, protocol))) {
        for Encoded { encoding, .. } in all() {
            let paced = Paced::post(CHAT).header("accept-encoding", encoding).header(ASKED, encoding);
            let response = paced.piece(CLEAN).send(rig.at(hold), protocol).await.unwrap();
            assert_eq!(response.status, 502, "{hold:?} {encoding} {}", response.text());
            response.json().unwrap();
        }
    }
    assert!(server.received().iter().all(|received| !received.headers.contains_key("accept-encoding")));
    rig.end().await;
}

/// Names the encoding in which the upstream answers, asked or not.
const ASKED: &str = "x-encoding";

on_both_envoys!(
    what_envoy_decodes_is_inspected,
    what_cannot_be_decoded_is_refused,
    an_answer_in_any_encoding_is_never_let_through_unread,
);
