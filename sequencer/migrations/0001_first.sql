-- Types that SQLite and PostgreSQL both know; hashes are lower-case hex with 0x.

-- The one deployment, lane and program that this file is about.
CREATE TABLE identity (
    one INTEGER PRIMARY KEY,
    identity TEXT NOT NULL
);

-- Requests of the lane as last read: a place may be taken over when the chain takes blocks back.
CREATE TABLE requests (
    place BIGINT PRIMARY KEY,
    id TEXT NOT NULL,
    requester TEXT NOT NULL,
    prompt BYTEA NOT NULL,
    max_tokens BIGINT NOT NULL,
    temperature BIGINT NOT NULL,
    top_p BIGINT NOT NULL,
    seed TEXT NOT NULL,
    callback_gas BIGINT NOT NULL
);

CREATE INDEX requests_by_id ON requests (id);

-- Answers by request id, which commits to everything that an answer is a function of.
CREATE TABLE answers (
    id TEXT PRIMARY KEY,
    status BIGINT NOT NULL,
    tokens_out BIGINT NOT NULL,
    output_root TEXT NOT NULL,
    answer BYTEA NOT NULL
);

-- Transactions, written down before they are sent.
CREATE TABLE sent (
    hash TEXT PRIMARY KEY,
    nonce BIGINT NOT NULL,
    purpose TEXT NOT NULL,
    raw BYTEA NOT NULL,
    max_fee TEXT NOT NULL,
    priority_fee TEXT NOT NULL,
    sent_at BIGINT NOT NULL,
    fate TEXT NOT NULL
);

CREATE INDEX sent_by_purpose ON sent (purpose);
CREATE INDEX sent_by_fate ON sent (fate);
