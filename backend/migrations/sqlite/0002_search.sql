-- What messages are found by. An index of keys alone: texts are read from the logs, by the ids
-- here, which rise with time over all rooms.
CREATE VIRTUAL TABLE search_words USING fts5 (
    keys,
    content = '',
    contentless_delete = 1,
    detail = none,
    tokenize = "ascii tokenchars '_'"
);

-- Merging is done in steps of its own, so that no commit waits for a large one.
INSERT INTO search_words (search_words, rank) VALUES ('automerge', 0);

-- Rooms by a short number.
CREATE TABLE search_room (
    number INTEGER PRIMARY KEY,
    room   BLOB    NOT NULL UNIQUE REFERENCES room (id)
) STRICT;

-- The messages that have been taken into the index.
CREATE TABLE search_message (
    id   INTEGER PRIMARY KEY,
    room INTEGER NOT NULL REFERENCES search_room (number),
    seq  INTEGER NOT NULL,
    UNIQUE (room, seq)
) STRICT;

-- Those that have been written or changed since and not been taken in yet: they are looked
-- through one by one.
CREATE TABLE search_waiting (
    id   INTEGER PRIMARY KEY,
    room BLOB    NOT NULL,
    seq  INTEGER NOT NULL
) STRICT;

-- Messages of before there was an index are taken in backwards: `earlier` is the id for the next
-- one, `next` the message. Absent when all have been.
CREATE TABLE search_state (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    first    INTEGER NOT NULL,
    earlier  INTEGER NOT NULL,
    next     BLOB
) STRICT;

INSERT INTO search_state (only_row, first, earlier, next)
SELECT 1, count(*), count(*), (SELECT max(id) FROM message) FROM message;
