//! The filter in the real Envoy, end to end: what was reproduced as a bypass, a hang or a crash on the way to it
//! (reference: envoy.md, section 8) is a test here, on the newest and the oldest Envoy. What a body contains is the
//! corpus's business.

/// One test for each version of Envoy, from an `async fn name(version: &str)`.
macro_rules! on_both_envoys {
    ($($name:ident),+ $(,)?) => {
        mod newest {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name("1.40.0").await;
            })+
        }
        mod oldest {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name("1.36.4").await;
            })+
        }
    };
}

/// The same, and on the version between, which `make sdk-matrix` alone installs.
macro_rules! on_every_envoy {
    ($($name:ident),+ $(,)?) => {
        on_both_envoys!($($name),+);
        mod middle {
            $(#[ignore = "make sdk-matrix"]
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name("1.38.2").await;
            })+
        }
    };
}

mod agent_sdks;
mod encodings;
mod evidence;
mod framing;
mod grpc;
mod lifecycle;
mod limits;
mod refused;
mod rig;
mod sdks;
mod sidecar;
mod streams;
