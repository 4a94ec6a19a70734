-- JSON: how the person arranges their list of rooms.
ALTER TABLE user ADD COLUMN sidebar TEXT NOT NULL DEFAULT '{}';
