ALTER TABLE user ADD COLUMN status_emoji TEXT;
ALTER TABLE user ADD COLUMN status_until INTEGER;
-- When quiet hours begin or end next: they stand in the settings, in the person's own time zone.
ALTER TABLE user ADD COLUMN quiet_edge INTEGER;

CREATE INDEX user_status_until ON user (status_until) WHERE status_until IS NOT NULL;
CREATE INDEX user_quiet_edge ON user (quiet_edge) WHERE quiet_edge IS NOT NULL;
