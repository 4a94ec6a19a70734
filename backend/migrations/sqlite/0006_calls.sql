-- Whether the message calls everybody, the person being one of many.
ALTER TABLE mention ADD COLUMN call INTEGER NOT NULL DEFAULT 0;
