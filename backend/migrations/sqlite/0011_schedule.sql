-- Messages that are sent when their time has come, under their own ids.
CREATE TABLE scheduled (
    author            BLOB    NOT NULL REFERENCES user (id),
    client_message_id BLOB    NOT NULL CHECK (length(client_message_id) = 16),
    room              BLOB    NOT NULL,
    thread            INTEGER,
    body              TEXT    NOT NULL,
    at                INTEGER NOT NULL,
    -- JSON: why it was refused when it was due.
    failed            TEXT,
    PRIMARY KEY (author, client_message_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX scheduled_due ON scheduled (at) WHERE failed IS NULL;

CREATE TABLE reminder (
    user    BLOB    NOT NULL REFERENCES user (id),
    id      BLOB    NOT NULL CHECK (length(id) = 16),
    room    BLOB,
    message INTEGER,
    text    TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    due     INTEGER NOT NULL CHECK (due IN (0, 1)),
    PRIMARY KEY (user, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX reminder_due ON reminder (at) WHERE NOT due;
