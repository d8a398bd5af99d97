-- Sampling parameters that came later; the four stop texts are their words, one after the other.
ALTER TABLE requests ADD COLUMN top_k BIGINT NOT NULL DEFAULT 0;
ALTER TABLE requests ADD COLUMN min_p BIGINT NOT NULL DEFAULT 0;
ALTER TABLE requests ADD COLUMN repetition_penalty BIGINT NOT NULL DEFAULT 1000;
ALTER TABLE requests ADD COLUMN frequency_penalty BIGINT NOT NULL DEFAULT 0;
ALTER TABLE requests ADD COLUMN presence_penalty BIGINT NOT NULL DEFAULT 0;
ALTER TABLE requests ADD COLUMN stop TEXT NOT NULL DEFAULT '';
