-- What is asked stands in the message's event.
CREATE TABLE poll (
    room      BLOB    NOT NULL,
    message   INTEGER NOT NULL,
    author    BLOB    NOT NULL,
    anonymous INTEGER NOT NULL CHECK (anonymous IN (0, 1)),
    closes_at INTEGER,
    open      INTEGER NOT NULL CHECK (open IN (0, 1)),
    closed_by BLOB,
    closed_at INTEGER,
    PRIMARY KEY (room, message)
) STRICT, WITHOUT ROWID;

CREATE INDEX poll_due ON poll (closes_at) WHERE open AND closes_at IS NOT NULL;

CREATE TABLE vote (
    room    BLOB    NOT NULL,
    message INTEGER NOT NULL,
    user    BLOB    NOT NULL,
    choice  INTEGER NOT NULL,
    -- The event with which it was cast.
    seq     INTEGER NOT NULL,
    PRIMARY KEY (room, message, user, choice)
) STRICT, WITHOUT ROWID;

CREATE INDEX vote_by_user ON vote (user);
