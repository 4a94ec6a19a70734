-- CRC-32 of room, seq, at, actor and body. Absent: written before there were any.
ALTER TABLE event ADD COLUMN checksum INTEGER;
