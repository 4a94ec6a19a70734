-- Threads: replies to a message of a room, beside the room's own talk.

-- Whether the message stands in the room itself. The ordinal counts those alone.
ALTER TABLE message ADD COLUMN entry INTEGER NOT NULL DEFAULT 1;

CREATE TABLE reply (
    room    BLOB    NOT NULL,
    root    INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    author  BLOB    NOT NULL,
    -- How many replies the thread has up to this one.
    ordinal INTEGER NOT NULL,
    -- Whether it stands in the room as well.
    entry   INTEGER NOT NULL CHECK (entry IN (0, 1)),
    PRIMARY KEY (room, root, seq)
) STRICT, WITHOUT ROWID;

-- What the room itself does not show, to find what is new of it.
CREATE INDEX reply_aside ON reply (room, seq, author) WHERE entry = 0;

CREATE TABLE thread (
    room    BLOB    NOT NULL,
    root    INTEGER NOT NULL,
    replies INTEGER NOT NULL CHECK (replies > 0),
    last    INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    -- JSON: who replied last, the latest first.
    people  TEXT    NOT NULL,
    PRIMARY KEY (room, root)
) STRICT, WITHOUT ROWID;

CREATE TABLE thread_follow (
    user      BLOB    NOT NULL REFERENCES user (id),
    room      BLOB    NOT NULL,
    root      INTEGER NOT NULL,
    -- No: the member does not want to, until they reply or are mentioned.
    following INTEGER NOT NULL CHECK (following IN (0, 1)),
    -- The marker, how many replies there are up to it, and how many above it are the member's
    -- own: with the thread's it gives the number of unread ones without counting them.
    read      INTEGER NOT NULL,
    ordinal   INTEGER NOT NULL,
    own_above INTEGER NOT NULL CHECK (own_above >= 0),
    PRIMARY KEY (user, room, root)
) STRICT, WITHOUT ROWID;
