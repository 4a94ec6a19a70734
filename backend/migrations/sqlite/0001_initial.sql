-- Ids are UUIDs as 16 bytes. Times are milliseconds since 1970 in UTC. Roles are 0 member,
-- 1 moderator, 2 owner.

CREATE TABLE site (
    only_row      INTEGER PRIMARY KEY CHECK (only_row = 1),
    name          TEXT    NOT NULL,
    registration  TEXT    NOT NULL,
    -- The version of the directory: grows by one with every change of what all may know of people.
    directory     INTEGER NOT NULL,
    -- Absent until somebody has registered.
    announcements BLOB REFERENCES room (id),
    first_room    BLOB REFERENCES room (id)
) STRICT;

CREATE TABLE user (
    id            BLOB    PRIMARY KEY CHECK (length(id) = 16),
    nick          TEXT    NOT NULL UNIQUE,
    nick_key      TEXT    NOT NULL UNIQUE,
    -- Lower case, to sort by.
    nick_folded   TEXT    NOT NULL,
    -- The lower-case nick and name from each of their words' beginnings on, each after a line end.
    beginnings    TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    administrator INTEGER NOT NULL CHECK (administrator IN (0, 1)),
    status        TEXT    NOT NULL,
    disabled      INTEGER NOT NULL CHECK (disabled IN (0, 1)),
    password_hash TEXT    NOT NULL,
    settings      TEXT    NOT NULL,
    -- Of the person's own stream.
    version       INTEGER NOT NULL,
    -- The directory's version at the last change of what all may know.
    directory     INTEGER NOT NULL UNIQUE,
    created_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX user_by_nick ON user (nick_folded, nick);

CREATE TABLE session (
    id           BLOB    PRIMARY KEY CHECK (length(id) = 16),
    user         BLOB    NOT NULL REFERENCES user (id),
    -- SHA-256 of the token.
    token_hash   BLOB    NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    agent        TEXT    NOT NULL,
    address      TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX session_by_user ON session (user);

CREATE TABLE invitation (
    id          BLOB    PRIMARY KEY CHECK (length(id) = 16),
    secret_hash BLOB    NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
    created_by  BLOB    NOT NULL REFERENCES user (id),
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    -- Absent: without limit.
    uses_left   INTEGER CHECK (uses_left >= 0),
    used        INTEGER NOT NULL,
    revoked     INTEGER NOT NULL CHECK (revoked IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE reset (
    user        BLOB    PRIMARY KEY REFERENCES user (id),
    secret_hash BLOB    NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
    created_by  BLOB    NOT NULL REFERENCES user (id),
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE block (
    user  BLOB NOT NULL REFERENCES user (id),
    other BLOB NOT NULL REFERENCES user (id),
    PRIMARY KEY (user, other)
) STRICT, WITHOUT ROWID;

CREATE TABLE room (
    id         BLOB    PRIMARY KEY CHECK (length(id) = 16),
    kind       TEXT    NOT NULL,
    purpose    TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    topic      TEXT    NOT NULL,
    archived   INTEGER NOT NULL CHECK (archived IN (0, 1)),
    created_at INTEGER NOT NULL,
    epoch      BLOB    NOT NULL CHECK (length(epoch) = 16),
    -- The last event's place and time.
    head       INTEGER NOT NULL,
    last_at    INTEGER NOT NULL,
    messages   INTEGER NOT NULL CHECK (messages >= 0),
    members    INTEGER NOT NULL CHECK (members >= 0),
    owners     INTEGER NOT NULL CHECK (owners >= 0),
    -- Of a direct room: its people's ids in rising order, one after the other.
    direct_key BLOB    UNIQUE
) STRICT, WITHOUT ROWID;

CREATE INDEX room_open ON room (id) WHERE kind = 'open';

CREATE TABLE membership (
    user        BLOB    NOT NULL REFERENCES user (id),
    room        BLOB    NOT NULL REFERENCES room (id),
    role        INTEGER NOT NULL CHECK (role BETWEEN 0 AND 2),
    involvement TEXT    NOT NULL,
    -- The read marker, and how many messages above it are the member's own: with the room's
    -- and the messages' ordinals it gives the number of unread ones without counting them.
    read        INTEGER NOT NULL,
    own_above   INTEGER NOT NULL CHECK (own_above >= 0),
    PRIMARY KEY (user, room)
) STRICT, WITHOUT ROWID;

CREATE INDEX membership_by_room ON membership (room, role);

-- The logs. All other tables on rooms follow from them.
CREATE TABLE event (
    room  BLOB    NOT NULL REFERENCES room (id),
    seq   INTEGER NOT NULL CHECK (seq > 0),
    at    INTEGER NOT NULL,
    actor BLOB    NOT NULL,
    -- JSON of the event.
    body  TEXT    NOT NULL,
    PRIMARY KEY (room, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE message (
    room              BLOB    NOT NULL,
    seq               INTEGER NOT NULL,
    id                BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    author            BLOB    NOT NULL,
    client_message_id BLOB    NOT NULL CHECK (length(client_message_id) = 16),
    -- Of room and text as first sent.
    hash              BLOB,
    -- How many messages the room has up to this one.
    ordinal           INTEGER NOT NULL,
    PRIMARY KEY (room, seq),
    -- In this order: ids made at about the same time lie side by side, whoever made them, so that
    -- a commit touches few pages.
    UNIQUE (client_message_id, author)
) STRICT, WITHOUT ROWID;

-- Whom messages mention, their authors and direct rooms left out.
CREATE TABLE mention (
    user BLOB    NOT NULL,
    room BLOB    NOT NULL,
    seq  INTEGER NOT NULL,
    PRIMARY KEY (user, room, seq)
) STRICT, WITHOUT ROWID;

-- What another process than the server has changed, until the server has told its clients.
CREATE TABLE outside (
    id     INTEGER PRIMARY KEY,
    -- JSON.
    change TEXT    NOT NULL
) STRICT;

INSERT INTO site (only_row, name, registration, directory) VALUES (1, 'Hubbub', 'open', 0);
