-- The tokens of an answer, four bytes each, little-endian: what a watcher re-checks it along.
ALTER TABLE answers ADD COLUMN tokens BYTEA NOT NULL DEFAULT '';
