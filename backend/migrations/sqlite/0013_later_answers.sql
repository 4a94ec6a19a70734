-- What a message that waits for its time answers.
ALTER TABLE scheduled ADD COLUMN reply_to INTEGER;
