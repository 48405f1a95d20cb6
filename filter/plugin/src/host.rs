//! The proxy-wasm ABI: the only module of Weir with `unsafe`. It declares the host calls itself because the SDK's
//! wrappers panic on every status they do not expect and on text that is not UTF-8, and a panic ends every stream
//! of the worker. Here a status is an `Err` and a value is bytes. The one wrapper of the SDK that is used is
//! `dispatch_http_call`: the SDK's dispatcher must know the token, or it panics when the answer comes.
#![expect(unsafe_code, reason = "the ABI is raw pointers; this module turns it into owned bytes and results")]

use std::ptr::{null_mut, slice_from_raw_parts_mut};
use std::time::Duration;

use proxy_wasm::hostcalls::dispatch_http_call;
use weir_engine::event::{Direction, Refusal, UnixMillis};

use crate::headers::{HeaderMap, encode};
use crate::limits::MAX_LOG_BYTES;
use crate::proxy::{Buffer, Cas, HttpCall, LogLevel, Map, Method, MetricKind, Proxy, Shared, Status, Token};

/// The proxy this module is loaded into.
#[derive(Debug)]
pub struct Abi;

impl Proxy for Abi {
    fn now(&self) -> UnixMillis {
        let mut nanoseconds = 0;
        // SAFETY: the pointer is to a live `u64`.
        let status = unsafe { proxy_get_current_time_nanoseconds(&raw mut nanoseconds) };
        // Without a clock everything counts as late: snapshots are stale and exceptions have expired.
        done(status).map_or(END_OF_TIME, |()| UnixMillis(nanoseconds / 1_000_000))
    }

    fn log(&self, level: LogLevel, line: &str) {
        let level = match level {
            LogLevel::Info => 2,
            LogLevel::Warn => 3,
            LogLevel::Error => 4,
        };
        let bytes = line.as_bytes();
        let bytes = bytes.get(..MAX_LOG_BYTES).unwrap_or(bytes);
        // SAFETY: pointer and length are of one live slice. A lost log line is nobody's verdict.
        let _ = unsafe { proxy_log(level, bytes.as_ptr(), bytes.len()) };
    }

    fn set_tick_period(&self, period_ms: u32) -> Result<(), Status> {
        // SAFETY: no pointers.
        done(unsafe { proxy_set_tick_period_milliseconds(period_ms) })
    }

    fn headers(&self, map: Map) -> Result<HeaderMap, Status> {
        // SAFETY: both pointers are to live variables, as `owned` promises.
        let bytes = owned(|data, size| unsafe { proxy_get_header_map_pairs(map_number(map), data, size) })?;
        HeaderMap::decode(bytes).ok_or(Status::UNREADABLE)
    }

    fn set_header(&self, direction: Direction, name: &str, value: &str) -> Result<(), Status> {
        let map = map_number(Map::Stream(direction));
        // SAFETY: each pointer and length are of one live slice.
        done(unsafe {
            proxy_replace_header_map_value(map, name.as_ptr(), name.len(), value.as_ptr(), value.len())
        })
    }

    fn remove_header(&self, direction: Direction, name: &str) -> Result<(), Status> {
        let map = map_number(Map::Stream(direction));
        // SAFETY: pointer and length are of one live slice.
        done(unsafe { proxy_remove_header_map_value(map, name.as_ptr(), name.len()) })
    }

    fn buffer(&self, buffer: Buffer, max: usize) -> Result<Vec<u8>, Status> {
        let number = match buffer {
            Buffer::Body(direction) => body_number(direction),
            Buffer::Answer => 4,
            Buffer::Configuration => 7,
        };
        // SAFETY: both pointers are to live variables, as `owned` promises.
        match owned(|data, size| unsafe { proxy_get_buffer_bytes(number, 0, max, data, size) }) {
            // Envoy says either when there is no such buffer, depending on the phase and the version.
            Err(NOT_FOUND | BAD_ARGUMENT) => Ok(Vec::new()),
            other => other,
        }
    }

    fn replace_body(&self, direction: Direction, body: &[u8]) -> Result<(), Status> {
        // Only replacing all of it works on every version; replacing a part in the middle is refused.
        // SAFETY: pointer and length are of one live slice.
        done(unsafe { proxy_set_buffer_bytes(body_number(direction), 0, WHOLE, body.as_ptr(), body.len()) })
    }

    fn resume(&self, direction: Direction) -> Result<(), Status> {
        // SAFETY: no pointers.
        done(unsafe { proxy_continue_stream(stream_number(direction)) })
    }

    fn reset(&self, direction: Direction) -> Result<(), Status> {
        // SAFETY: no pointers.
        done(unsafe { proxy_close_stream(stream_number(direction)) })
    }

    fn reply(&self, refusal: &Refusal, details: &str) -> Result<(), Status> {
        let pairs: Vec<(&str, &str)> =
            refusal.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let headers = encode(&pairs);
        let (body, status) = (&refusal.body, u32::from(refusal.status));
        // SAFETY: each pointer and length are of one live slice.
        done(unsafe {
            proxy_send_local_response(
                status,
                details.as_ptr(),
                details.len(),
                body.as_ptr(),
                body.len(),
                headers.as_ptr(),
                headers.len(),
                grpc_status(refusal.status),
            )
        })
    }

    fn call(&self, call: &HttpCall<'_>) -> Result<Token, Status> {
        let method = match call.method {
            Method::Get => "GET",
            Method::Post => "POST",
        };
        let headers = vec![
            (":method", method),
            (":path", call.path),
            (":authority", call.authority),
            ("content-type", "application/json"),
        ];
        let body = (!call.body.is_empty()).then_some(call.body);
        let timeout = Duration::from_millis(u64::from(call.timeout_ms.max(1)));
        dispatch_http_call(call.cluster, headers, body, vec![], timeout)
            .map(Token)
            .map_err(|status| Status(status as u32))
    }

    fn property(&self, path: &[&str]) -> Option<Vec<u8>> {
        let path = path.join("\0");
        // SAFETY: pointer and length are of one live slice; the others are as `owned` promises.
        owned(|data, size| unsafe { proxy_get_property(path.as_ptr(), path.len(), data, size) }).ok()
    }

    fn set_property(&self, name: &str, value: &str) -> Result<(), Status> {
        // SAFETY: each pointer and length are of one live slice.
        done(unsafe { proxy_set_property(name.as_ptr(), name.len(), value.as_ptr(), value.len()) })
    }

    fn shared(&self, key: &str) -> Result<Option<Shared>, Status> {
        let mut cas = 0;
        // SAFETY: key is a live slice, `cas` a live `u32`, the others are as `owned` promises.
        let value = owned(|data, size| unsafe {
            proxy_get_shared_data(key.as_ptr(), key.len(), data, size, &raw mut cas)
        });
        match value {
            Ok(value) => Ok(Some(Shared { value, cas })),
            Err(NOT_FOUND) => Ok(None),
            Err(status) => Err(status),
        }
    }

    fn set_shared(&self, key: &str, value: &[u8], cas: Cas) -> Result<(), Status> {
        let cas = match cas {
            Cas::Overwrite => 0,
            Cas::Unchanged(token) => token,
        };
        // SAFETY: each pointer and length are of one live slice.
        done(unsafe { proxy_set_shared_data(key.as_ptr(), key.len(), value.as_ptr(), value.len(), cas) })
    }

    fn define_metric(&self, kind: MetricKind, name: &str) -> Result<u32, Status> {
        let kind = match kind {
            MetricKind::Counter => 0,
            MetricKind::Gauge => 1,
        };
        let mut id = 0;
        // SAFETY: name is a live slice, `id` a live `u32`.
        let status = unsafe { proxy_define_metric(kind, name.as_ptr(), name.len(), &raw mut id) };
        done(status).map(|()| id)
    }

    fn add_to_metric(&self, id: u32, delta: u32) -> Result<(), Status> {
        // SAFETY: no pointers.
        done(unsafe { proxy_increment_metric(id, i64::from(delta)) })
    }

    fn set_metric(&self, id: u32, value: u64) -> Result<(), Status> {
        // SAFETY: no pointers.
        done(unsafe { proxy_record_metric(id, value) })
    }
}

/// Says where a panic happened and nothing else: the text of a panic may quote the bytes it failed on.
pub fn log_only_where_a_panic_happened() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or(String::new(), ToString::to_string);
        Abi.log(LogLevel::Error, &format!("weir: panic at {place}"));
    }));
}

fn done(status: u32) -> Result<(), Status> {
    if status == 0 { Ok(()) } else { Err(Status(status)) }
}

/// Runs a host call that returns bytes, and takes them over. The call may keep neither pointer.
fn owned(call: impl FnOnce(*mut *mut u8, *mut usize) -> u32) -> Result<Vec<u8>, Status> {
    let (mut data, mut size) = (null_mut(), 0);
    done(call(&raw mut data, &raw mut size))?;
    if data.is_null() {
        return Ok(Vec::new());
    }
    // SAFETY: the host got `data` from `proxy_on_memory_allocate` of the SDK, which leaks a boxed slice of exactly
    // `size` bytes from this allocator, filled it, and gave it to us alone.
    let boxed = unsafe { Box::from_raw(slice_from_raw_parts_mut(data, size)) };
    Ok(boxed.into_vec())
}

fn map_number(map: Map) -> u32 {
    match map {
        Map::Stream(Direction::Request) => 0,
        Map::Stream(Direction::Response) => 2,
        Map::Answer => 6,
    }
}

fn body_number(direction: Direction) -> u32 {
    match direction {
        Direction::Request => 0,
        Direction::Response => 1,
    }
}

/// The status of a gRPC call that is answered with an HTTP status; -1 leaves it to Envoy, which also ignores it for every
/// other request. What cannot be read is not offered, and asking again changes nothing.
fn grpc_status(status: u16) -> i32 {
    const UNIMPLEMENTED: i32 = 12;
    const INTERNAL: i32 = 13;
    match status {
        415 => UNIMPLEMENTED,
        502 => INTERNAL,
        _ => -1,
    }
}

fn stream_number(direction: Direction) -> u32 {
    body_number(direction)
}

const NOT_FOUND: Status = Status(1);
const BAD_ARGUMENT: Status = Status(2);
const WHOLE: usize = usize::MAX;
/// The last millisecond that nanoseconds in an `i64` can name.
const END_OF_TIME: UnixMillis = UnixMillis(9_223_372_036_854);

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    fn proxy_log(level: u32, text: *const u8, text_size: usize) -> u32;
    fn proxy_get_current_time_nanoseconds(time: *mut u64) -> u32;
    fn proxy_set_tick_period_milliseconds(period: u32) -> u32;
    fn proxy_get_header_map_pairs(map: u32, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_replace_header_map_value(
        map: u32,
        name: *const u8,
        name_size: usize,
        value: *const u8,
        value_size: usize,
    ) -> u32;
    fn proxy_remove_header_map_value(map: u32, name: *const u8, name_size: usize) -> u32;
    fn proxy_get_buffer_bytes(
        buffer: u32,
        start: usize,
        max: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_set_buffer_bytes(
        buffer: u32,
        start: usize,
        size: usize,
        data: *const u8,
        data_size: usize,
    ) -> u32;
    fn proxy_continue_stream(stream: u32) -> u32;
    fn proxy_close_stream(stream: u32) -> u32;
    fn proxy_send_local_response(
        status: u32,
        details: *const u8,
        details_size: usize,
        body: *const u8,
        body_size: usize,
        headers: *const u8,
        headers_size: usize,
        grpc_status: i32,
    ) -> u32;
    fn proxy_get_property(path: *const u8, path_size: usize, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_set_property(path: *const u8, path_size: usize, value: *const u8, value_size: usize) -> u32;
    fn proxy_get_shared_data(
        key: *const u8,
        key_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
        cas: *mut u32,
    ) -> u32;
    fn proxy_set_shared_data(
        key: *const u8,
        key_size: usize,
        value: *const u8,
        value_size: usize,
        cas: u32,
    ) -> u32;
    fn proxy_define_metric(kind: u32, name: *const u8, name_size: usize, id: *mut u32) -> u32;
    fn proxy_increment_metric(id: u32, delta: i64) -> u32;
    fn proxy_record_metric(id: u32, value: u64) -> u32;
}
