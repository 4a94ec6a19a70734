-- When the member last said from where on the room is unread to them: what was read before that and
-- is told later does not undo it.
ALTER TABLE membership ADD COLUMN marked_unread_at INTEGER;
