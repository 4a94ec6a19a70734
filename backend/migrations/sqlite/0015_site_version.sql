-- Grows by one with every change of what the place is and is called.
ALTER TABLE site ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
