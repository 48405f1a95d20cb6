//! The corpus, held against the native engine in every manner in which bodies can arrive, and as bytes over HTTP against
//! the real filter in the real Envoy. One corpus, one `want`.

use weir_tests::corpus::case::{Case, Client, Decided, Only};
use weir_tests::corpus::envoy::play_all;
use weir_tests::corpus::native::{ARRIVALS, Arrival, Player};
use weir_tests::corpus::{Located, disagreements, load};
use weir_tests::envoy::HeaderHold;

#[test]
fn every_case_holds_however_its_bodies_arrive() {
    let cases = load().unwrap();
    let mut player = Player::default();
    let mut failed = Vec::new();
    for Located { place, case } in &cases {
        let whole = player.play(case, Arrival::Whole);
        for arrival in ARRIVALS {
            let complaints = match (player.play(case, arrival), &whole) {
                (Ok(seen), Ok(whole)) if seen != *whole => {
                    vec!["not as when the body comes at once".to_owned()]
                }
                (Ok(seen), _) => disagreements(case, &seen),
                (Err(error), _) => vec![error.to_string()],
            };
            if !complaints.is_empty() {
                failed.push(format!(
                    "{place} ({arrival:?}) {}\n    {}",
                    case.note,
                    complaints.join("\n    ")
                ));
            }
        }
    }
    let played = cases.len() * ARRIVALS.len();
    assert!(failed.is_empty(), "{} of {played} failed:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn the_corpus_is_as_large_as_it_is_said_to_be() {
    let cases = load().unwrap();
    assert!(cases.len() >= 60, "{} cases", cases.len());
    let mut notes: Vec<&str> = cases.iter().map(|c| c.case.note.as_str()).collect();
    notes.sort_unstable();
    notes.dedup();
    assert_eq!(notes.len(), cases.len(), "two cases have the same note");
}

async fn holds(version: &str, hold: HeaderHold, adapt: fn(&mut Case)) {
    let mut all = load().unwrap();
    all.iter_mut().for_each(|located| adapt(&mut located.case));
    let cases: Vec<&Located> = all.iter().filter(|c| c.case.only != Some(Only::Native)).collect();
    let seen = play_all(version, hold, &cases).await.unwrap();
    assert_eq!(seen.len(), cases.len());
    let mut failed = Vec::new();
    for (located, seen) in cases.iter().zip(&seen) {
        let complaints = disagreements(&located.case, seen);
        if !complaints.is_empty() {
            failed.push(format!(
                "{} {}\n    {}",
                located.place,
                located.case.note,
                complaints.join("\n    ")
            ));
        }
    }
    assert!(
        failed.is_empty(),
        "{} of {} failed in Envoy {version}:\n{}",
        failed.len(),
        cases.len(),
        failed.join("\n")
    );
}

fn as_written(_: &mut Case) {}

/// Where headers cannot be held, a refused response has the upstream's status; everything else is the same.
fn without_refused_responses(case: &mut Case) {
    let is_refused =
        |decided: &Decided| decided.decision >= weir_engine::wire::decision::Action::RequireApproval;
    if case.want.response.as_ref().is_some_and(|decisions| decisions.iter().any(is_refused)) {
        let lacks = std::mem::take(&mut case.want.client.lacks);
        case.want.client = Client { lacks, ..Default::default() };
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_case_holds_in_the_newest_envoy() {
    holds("1.40.0", HeaderHold::StopIteration, as_written).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_case_holds_in_the_oldest_envoy() {
    holds("1.36.4", HeaderHold::StopIteration, as_written).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_case_holds_behind_the_buffer_filter_in_the_newest_envoy() {
    holds("1.40.0", HeaderHold::ContinueWithBuffer, without_refused_responses).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_case_holds_behind_the_buffer_filter_in_the_oldest_envoy() {
    holds("1.36.4", HeaderHold::ContinueWithBuffer, without_refused_responses).await;
}
