-- What people typed and have not sent.
CREATE TABLE draft (
    user     BLOB    NOT NULL REFERENCES user (id),
    room     BLOB    NOT NULL,
    -- The root of the thread it is for; zero for the room itself.
    thread   INTEGER NOT NULL,
    -- Empty: sent, or taken back.
    text     TEXT    NOT NULL,
    reply_to INTEGER,
    at       INTEGER NOT NULL,
    PRIMARY KEY (user, room, thread)
) STRICT, WITHOUT ROWID;
