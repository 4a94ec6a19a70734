-- What becomes of messages after they were posted. Constants as defaults and no checks on them: so
-- no row of what may be a large table is touched.

-- Whether the event is an entry of the room's history, as opposed to a change of one.
ALTER TABLE event ADD COLUMN entry INTEGER NOT NULL DEFAULT 1;

-- The last event that changed the message; zero, when none has.
ALTER TABLE message ADD COLUMN revised INTEGER NOT NULL DEFAULT 0;
-- The event that gave it its present text; absent while that is the first one.
ALTER TABLE message ADD COLUMN edited INTEGER;
ALTER TABLE message ADD COLUMN deleted_by BLOB;
ALTER TABLE message ADD COLUMN deleted_at INTEGER;
-- How many reactions it has, so that most messages need no look for them.
ALTER TABLE message ADD COLUMN reactions INTEGER NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;

-- The events that changed a message's text.
CREATE TABLE edit (
    room    BLOB    NOT NULL,
    message INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    PRIMARY KEY (room, message, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE reaction (
    room    BLOB    NOT NULL,
    message INTEGER NOT NULL,
    emoji   TEXT    NOT NULL,
    user    BLOB    NOT NULL,
    -- The place of the first of those with this emoji, without a break in between.
    first   INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    PRIMARY KEY (room, message, emoji, user)
) STRICT, WITHOUT ROWID;

CREATE TABLE pin (
    room    BLOB    NOT NULL,
    message INTEGER NOT NULL,
    by      BLOB    NOT NULL,
    at      INTEGER NOT NULL,
    -- The event that pinned it.
    seq     INTEGER NOT NULL,
    PRIMARY KEY (room, message)
) STRICT, WITHOUT ROWID;
