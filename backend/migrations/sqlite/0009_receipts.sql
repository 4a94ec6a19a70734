-- Whether it is told how far people have read: anywhere here, and of this person, to whom it is
-- told of others only then. A person's is part of their settings as well.
ALTER TABLE site ADD COLUMN receipts INTEGER NOT NULL DEFAULT 1;
ALTER TABLE user ADD COLUMN receipts INTEGER NOT NULL DEFAULT 1;
