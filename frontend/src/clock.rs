//! What time it is at the server: by this device's clock, and by how far that is known to be off.

use shared::time::Timestamp;
use std::cell::Cell;

/// A clock that is off by less is right, as far as can be told: the server says seconds, and they take
/// their time to come.
const OFF_MILLIS: f64 = 3_000.0;
const JUMP_MILLIS: f64 = 10_000.0;

thread_local! {
    static OFF: Cell<f64> = const { Cell::new(0.0) };
    /// The device's clock beside the page's own, which only moves forward, when they were compared.
    static BESIDE: Cell<f64> = const { Cell::new(0.0) };
}

/// What is to happen at a time, happens at the server's: a device whose clock is wrong must not put it
/// off, nor take it for past.
#[expect(clippy::cast_possible_truncation, reason = "milliseconds until the year 287396 fit")]
pub fn server_time() -> Timestamp {
    Timestamp((js_sys::Date::now() + OFF.get()) as i64)
}

/// For how many milliseconds it has been later than `at`.
pub fn age_of(at: Timestamp) -> u64 {
    u64::try_from(server_time().millis_since(at)).unwrap_or(0)
}

/// Where this device is.
#[expect(clippy::cast_precision_loss, reason = "milliseconds until the year 287396 fit")]
pub fn date_of(at: Timestamp) -> js_sys::Date {
    js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(at.0 as f64))
}

/// The server has said when it answered, in the words of HTTP, to the second.
pub fn heard(date: &str) {
    // In the middle of the second that is said.
    let off = js_sys::Date::parse(date) + 500.0 - js_sys::Date::now();
    if !off.is_nan() {
        OFF.set(if off.abs() < OFF_MILLIS { 0.0 } else { off });
    }
}

/// Whether this device's clock was set since it was looked at, or the device was asleep: then the
/// server is to be asked.
pub fn has_jumped() -> bool {
    let own = web_sys::window().and_then(|window| window.performance());
    let beside = js_sys::Date::now() - own.map_or(0.0, |own| own.now());
    let before = BESIDE.replace(beside);
    before != 0.0 && (beside - before).abs() > JUMP_MILLIS
}
