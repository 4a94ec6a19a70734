//! The place itself.

use super::row::{NOT_FOUND, Query as _, Sql, broken};
use super::writer::Write;
use crate::store::{Change, SitePatch, StoreError, WriteError};
use rusqlite::Connection;
use shared::PROTOCOL_VERSION;
use shared::id::RoomId;
use shared::site::{Registration, Site};
use shared::user::Receipts;

pub(super) struct SiteRow {
    pub(super) name: String,
    pub(super) registration: Registration,
    pub(super) receipts: Receipts,
    /// Absent before the first run.
    pub(super) announcements: Option<RoomId>,
    pub(super) first_room: Option<RoomId>,
    version: u64,
}

impl SiteRow {
    pub(super) fn read(connection: &Connection) -> Result<Self, StoreError> {
        connection
            .first(
                "SELECT name, registration, announcements, first_room, receipts, version FROM site",
                (),
                |row| {
                    Ok(Self {
                        name: row.get(0)?,
                        registration: row.get::<_, Sql<_>>(1)?.0,
                        announcements: row.get::<_, Option<Sql<_>>>(2)?.map(|Sql(room)| room),
                        first_room: row.get::<_, Option<Sql<_>>>(3)?.map(|Sql(room)| room),
                        receipts: row.get::<_, Sql<_>>(4)?.0,
                        version: row.get::<_, Sql<u64>>(5)?.0,
                    })
                },
            )?
            .ok_or_else(|| broken("the site's row"))
    }
}

pub(super) fn read(connection: &Connection) -> Result<Site, StoreError> {
    let SiteRow { name, registration, receipts, announcements, first_room: _, version } =
        SiteRow::read(connection)?;
    let (first_run, protocol) = (announcements.is_none(), PROTOCOL_VERSION);
    Ok(Site { name, registration, first_run, protocol, version, receipts, announcements })
}

pub(super) fn update(write: &mut Write<'_>, patch: SitePatch) -> Result<Site, WriteError> {
    let before = read(write.connection)?;
    if before.first_run {
        return Err(NOT_FOUND);
    }
    let name = patch.name.unwrap_or_else(|| before.name.clone());
    let registration = patch.registration.unwrap_or(before.registration);
    let receipts = patch.receipts.unwrap_or(before.receipts);
    let after = Site { name, registration, receipts, ..before.clone() };
    if after == before {
        return Ok(before);
    }
    write.connection.change(
        "UPDATE site SET name = ?1, registration = ?2, receipts = ?3",
        (&after.name, Sql(registration), Sql(receipts)),
    )?;
    Ok(tell(write)?)
}

/// Gives the site as it stands now the next version, and announces it.
pub(super) fn tell(write: &mut Write<'_>) -> Result<Site, StoreError> {
    write.connection.change("UPDATE site SET version = version + 1", ())?;
    let site = read(write.connection)?;
    write.changes.push(Change::Site(site.clone()));
    Ok(site)
}

/// The version of the directory that the change about to be made has.
pub(super) fn next_directory(write: &mut Write<'_>) -> Result<u64, StoreError> {
    write
        .connection
        .first("UPDATE site SET directory = directory + 1 RETURNING directory", (), |row| {
            row.get::<_, Sql<u64>>(0)
        })?
        .map(|Sql(version)| version)
        .ok_or_else(|| broken("the site's row"))
}

/// The versions of the directory and of the site.
pub(super) fn versions(connection: &Connection) -> Result<(u64, u64), StoreError> {
    connection
        .first("SELECT directory, version FROM site", (), |row| {
            Ok((row.get::<_, Sql<u64>>(0)?.0, row.get::<_, Sql<u64>>(1)?.0))
        })?
        .ok_or_else(|| broken("the site's row"))
}
