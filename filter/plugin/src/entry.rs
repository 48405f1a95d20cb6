//! The callbacks Envoy calls, by way of the SDK's dispatcher. Every one is a line: it names the event and hands it
//! on. The SDK's traits carry methods that panic; none of them is called here.

use std::rc::Rc;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType};
use weir_engine::event::Direction;

use crate::exchange::{Exchange, Step, unavailable};
use crate::host::{Abi, log_only_where_a_panic_happened};
use crate::proxy::{Proxy, Token};
use crate::root::Root;

proxy_wasm::main! {{
    log_only_where_a_panic_happened();
    proxy_wasm::set_root_context(|_| Box::new(RootCallbacks(Root::new(Rc::new(Abi)))));
}}

struct RootCallbacks(Root);

struct HttpCallbacks(Exchange);

/// An exchange of a configuration that was refused. Envoy sends it no traffic; if it does, nothing passes.
struct WithoutPolicy;

impl Context for RootCallbacks {
    fn on_http_call_response(&mut self, token: u32, num_headers: usize, body_bytes: usize, _: usize) {
        self.0.answer(Token(token), num_headers, body_bytes);
    }

    fn on_done(&mut self) -> bool {
        self.0.done();
        true
    }
}

impl RootContext for RootCallbacks {
    fn on_configure(&mut self, size: usize) -> bool {
        self.0.configure(size)
    }

    fn on_tick(&mut self) {
        self.0.tick();
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, _: u32) -> Option<Box<dyn HttpContext>> {
        Some(match self.0.exchange() {
            Some(exchange) => Box::new(HttpCallbacks(exchange)),
            None => Box::new(WithoutPolicy),
        })
    }
}

impl Context for HttpCallbacks {
    fn on_http_call_response(&mut self, token: u32, num_headers: usize, body_bytes: usize, _: usize) {
        self.0.on_answer(Token(token), num_headers, body_bytes);
    }
}

impl HttpContext for HttpCallbacks {
    fn on_http_request_headers(&mut self, _: usize, end_of_stream: bool) -> Action {
        action(self.0.on_request_head(end_of_stream))
    }

    fn on_http_request_body(&mut self, bytes: usize, end_of_stream: bool) -> Action {
        action(self.0.on_body(Direction::Request, bytes, end_of_stream))
    }

    fn on_http_request_trailers(&mut self, _: usize) -> Action {
        action(self.0.on_trailers(Direction::Request))
    }

    fn on_http_response_headers(&mut self, _: usize, end_of_stream: bool) -> Action {
        action(self.0.on_response_head(end_of_stream))
    }

    fn on_http_response_body(&mut self, bytes: usize, end_of_stream: bool) -> Action {
        action(self.0.on_body(Direction::Response, bytes, end_of_stream))
    }

    fn on_http_response_trailers(&mut self, _: usize) -> Action {
        action(self.0.on_trailers(Direction::Response))
    }

    fn on_log(&mut self) {
        self.0.on_end();
    }
}

impl Context for WithoutPolicy {}

impl HttpContext for WithoutPolicy {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        // When even this fails the request waits until Envoy's idle timeout ends it.
        let _ = Abi.reply(&unavailable("", 0), "weir_no_policy");
        Action::Pause
    }
}

fn action(step: Step) -> Action {
    match step {
        Step::Continue => Action::Continue,
        Step::Pause => Action::Pause,
    }
}
