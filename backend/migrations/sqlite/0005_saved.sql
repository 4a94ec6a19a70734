CREATE TABLE saved (
    user    BLOB    NOT NULL REFERENCES user (id),
    -- The version of the person's own stream with which it was saved: rises, and is never reused.
    place   INTEGER NOT NULL,
    room    BLOB    NOT NULL,
    message INTEGER NOT NULL,
    PRIMARY KEY (user, place),
    UNIQUE (user, room, message)
) STRICT, WITHOUT ROWID;
