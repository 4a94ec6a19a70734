//! Quiet hours: whether it is one, and when that changes.

use super::{Chat, Error};
use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp as Instant, ToSpan, Zoned};
use shared::error::ErrorCode;
use shared::id::UserId;
use shared::time::Timestamp;
use shared::user::{Availability, QuietHours, Settings};

const DAY: u16 = 24 * 60;

impl Chat {
    /// What a person is to be shown as by their settings at this moment.
    pub fn availability(&self, settings: &Settings) -> Availability {
        match &settings.quiet {
            Some(quiet) if is_quiet(quiet, self.clock.now()) => Availability::DoNotDisturb,
            Some(_) | None => settings.availability,
        }
    }

    /// Quiet hours begin or end for somebody.
    pub(super) async fn pass_quiet_edge(&self, user: UserId) -> Result<(), Error> {
        let settings = self.store.user_state(user).await?.settings;
        let next = settings.quiet.as_ref().and_then(|quiet| {
            // A zone that is not known any more makes no quiet hours.
            next_edge(quiet, self.clock.now()).ok()
        });
        self.store.set_quiet_edge(user, next).await?;
        self.set_availability(user, self.availability(&settings)).await
    }
}

fn is_quiet(quiet: &QuietHours, now: Timestamp) -> bool {
    let Ok(now) = zoned(quiet, now) else { return false };
    let minute = u16::try_from(i32::from(now.hour()) * 60 + i32::from(now.minute())).unwrap_or(0);
    if quiet.from < quiet.until {
        (quiet.from..quiet.until).contains(&minute)
    } else {
        minute >= quiet.from || minute < quiet.until
    }
}

/// When quiet hours begin or end next.
///
/// # Errors
/// [`ErrorCode::TimeInvalid`] where they are no hours, or the zone is not known.
pub(super) fn next_edge(quiet: &QuietHours, now: Timestamp) -> Result<Timestamp, ErrorCode> {
    if quiet.from >= DAY || quiet.until >= DAY || quiet.from == quiet.until {
        return Err(ErrorCode::TimeInvalid);
    }
    let here = zoned(quiet, now)?;
    let mut next: Option<Timestamp> = None;
    for day in 0..=2 {
        for minute in [quiet.from, quiet.until] {
            let edge = edge(&here, day, minute)?;
            if edge > now && next.is_none_or(|next| edge < next) {
                next = Some(edge);
            }
        }
    }
    next.ok_or(ErrorCode::TimeInvalid)
}

/// The moment of a time of day, so many days on; where clocks are put forward over it, just after.
fn edge(here: &Zoned, days: i32, minute: u16) -> Result<Timestamp, ErrorCode> {
    let (hour, minute) = (minute / 60, minute % 60);
    let (hour, minute) = (i8::try_from(hour), i8::try_from(minute));
    let (Ok(hour), Ok(minute)) = (hour, minute) else { return Err(ErrorCode::TimeInvalid) };
    let edge = Time::new(hour, minute, 0, 0).and_then(|time| {
        let date = here.date().checked_add(days.days())?;
        date.to_datetime(time).to_zoned(here.time_zone().clone())
    });
    let edge = edge.map_err(|_| ErrorCode::TimeInvalid)?;
    Ok(Timestamp(edge.timestamp().as_millisecond()))
}

fn zoned(quiet: &QuietHours, at: Timestamp) -> Result<Zoned, ErrorCode> {
    let zone = TimeZone::get(&quiet.zone).map_err(|_| ErrorCode::TimeInvalid)?;
    let at = Instant::from_millisecond(at.0).map_err(|_| ErrorCode::TimeInvalid)?;
    Ok(at.to_zoned(zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-21, 12:00 in Greenwich and 20:00 in Shanghai.
    const NOON: Timestamp = Timestamp(1_795_262_400_000);
    const HOUR: i64 = 3_600_000;

    fn hours(from: u16, until: u16, zone: &str) -> QuietHours {
        QuietHours { from: from * 60, until: until * 60, zone: zone.to_owned() }
    }

    #[test]
    fn quiet_hours_go_over_midnight_in_ones_own_zone() {
        let night = hours(22, 7, "Asia/Shanghai");
        assert!(!is_quiet(&night, NOON));
        assert_eq!(next_edge(&night, NOON), Ok(NOON.plus_millis(2 * HOUR)));
        let begun = NOON.plus_millis(2 * HOUR);
        assert!(is_quiet(&night, begun));
        assert_eq!(next_edge(&night, begun), Ok(NOON.plus_millis(11 * HOUR)));
        assert!(!is_quiet(&night, NOON.plus_millis(11 * HOUR)));
        let siesta = hours(11, 13, "Europe/London");
        assert!(is_quiet(&siesta, NOON));
        assert_eq!(next_edge(&siesta, NOON), Ok(NOON.plus_millis(HOUR)));
    }

    #[test]
    fn what_are_no_hours_is_refused() {
        for bad in [
            hours(9, 9, "UTC"),
            hours(24, 7, "UTC"),
            hours(9, 30, "UTC"),
            hours(22, 7, "Nowhere/Land"),
            hours(22, 7, "../../etc/passwd"),
        ] {
            assert_eq!(next_edge(&bad, NOON), Err(ErrorCode::TimeInvalid), "{bad:?}");
            assert!(bad.from < DAY || !is_quiet(&bad, NOON));
        }
    }
}
