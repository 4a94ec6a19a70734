//! What a process learns from the machine it runs on: randomness, and the time of the wall. Once
//! [`begin`] is called, randomness follows from the seed, and the time is what it is set to. The ids
//! that are made, the order of maps and the choices of the runtime follow from the two.
//!
//! On Linux alone; elsewhere a story is as good a test, but does not happen twice.
#![expect(unsafe_code, reason = "it stands in for two functions of the C library")]

use core::ffi::{c_int, c_uint, c_void};
use core::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

static SIMULATED: AtomicBool = AtomicBool::new(false);
static RANDOM: AtomicU64 = AtomicU64::new(0);
static WALL_NANOS: AtomicI64 = AtomicI64::new(0);

/// 2026-01-01T00:00:00Z.
const BEGIN_MILLIS: i64 = 1_767_225_600_000;

/// From now on nothing comes from the machine any more. Once a process, before all else: what has
/// taken its randomness already keeps it.
pub fn begin(seed: u64) {
    RANDOM.store(seed ^ 0x6875_6262_7562, Ordering::SeqCst);
    set_wall(0);
    SIMULATED.store(true, Ordering::SeqCst);
}

/// Sets the time of the wall, by milliseconds from the beginning of the story.
pub fn set_wall(millis: i64) {
    WALL_NANOS.store((BEGIN_MILLIS + millis) * 1_000_000, Ordering::SeqCst);
}

/// The next number of a sequence that never comes back on itself (splitmix64).
fn next_random() -> u64 {
    let state = RANDOM.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(target_os = "linux")]
#[unsafe(no_mangle)]
unsafe extern "C" fn getrandom(buffer: *mut c_void, length: usize, flags: c_uint) -> isize {
    if !SIMULATED.load(Ordering::SeqCst) {
        // SAFETY: handed on as it came.
        let got = unsafe { libc::syscall(libc::SYS_getrandom, buffer, length, flags) };
        return isize::try_from(got).unwrap_or(-1);
    }
    // SAFETY: the caller gives a buffer of this length to be written.
    let bytes = unsafe { core::slice::from_raw_parts_mut(buffer.cast::<u8>(), length) };
    for chunk in bytes.chunks_mut(8) {
        let random = next_random().to_le_bytes();
        chunk.copy_from_slice(&random[..chunk.len()]);
    }
    isize::try_from(length).unwrap_or(-1)
}

#[cfg(target_os = "linux")]
#[unsafe(no_mangle)]
unsafe extern "C" fn clock_gettime(clock: libc::clockid_t, time: *mut libc::timespec) -> c_int {
    // Others are not looked at by what is simulated: its timers are the runtime's.
    if clock != libc::CLOCK_REALTIME || !SIMULATED.load(Ordering::SeqCst) {
        // SAFETY: handed on as it came.
        let done = unsafe { libc::syscall(libc::SYS_clock_gettime, clock, time) };
        return c_int::try_from(done).unwrap_or(-1);
    }
    let nanos = WALL_NANOS.load(Ordering::SeqCst);
    let told = libc::timespec { tv_sec: nanos / 1_000_000_000, tv_nsec: nanos % 1_000_000_000 };
    // SAFETY: the caller gives a place to be written.
    unsafe { time.write(told) };
    0
}
