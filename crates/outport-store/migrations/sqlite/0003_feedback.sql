-- What people say about products: questions, problems and requests with replies and votes, and ratings.

PRAGMA user_version = 3;

-- `sequence` and not `created_at` says which one is newer.
CREATE TABLE feedback (
    sequence         INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace        TEXT    NOT NULL,
    id               TEXT    NOT NULL,
    product          TEXT    NOT NULL,
    of_table         TEXT,
    of_column        TEXT,
    kind             TEXT    NOT NULL,
    title            TEXT    NOT NULL,
    text             TEXT    NOT NULL,
    author           TEXT    NOT NULL,
    created_at       INTEGER NOT NULL,
    edited_at        INTEGER,
    state            TEXT    NOT NULL,
    state_changed_by TEXT,
    state_changed_at INTEGER,
    assignee         TEXT,
    UNIQUE (workspace, id),
    CHECK (of_column IS NULL OR of_table IS NOT NULL)
) STRICT;
CREATE INDEX feedback_product ON feedback (workspace, product, sequence);
CREATE INDEX feedback_author ON feedback (workspace, author, created_at);

CREATE TABLE feedback_reply (
    sequence   INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace  TEXT    NOT NULL,
    feedback   TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    author     TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    text       TEXT    NOT NULL,
    operator   INTEGER NOT NULL CHECK (operator IN (0, 1)),
    UNIQUE (workspace, id),
    FOREIGN KEY (workspace, feedback) REFERENCES feedback (workspace, id)
) STRICT;
CREATE INDEX feedback_reply_to ON feedback_reply (workspace, feedback, sequence);
CREATE INDEX feedback_reply_author ON feedback_reply (workspace, author, created_at);

CREATE TABLE feedback_vote (
    workspace TEXT NOT NULL,
    feedback  TEXT NOT NULL,
    voter     TEXT NOT NULL,
    PRIMARY KEY (workspace, feedback, voter),
    FOREIGN KEY (workspace, feedback) REFERENCES feedback (workspace, id)
) STRICT, WITHOUT ROWID;

CREATE VIEW feedback_entry AS SELECT feedback.*,
    (SELECT count(*) FROM feedback_vote AS vote
        WHERE vote.workspace = feedback.workspace AND vote.feedback = feedback.id) AS votes,
    (SELECT count(*) FROM feedback_reply AS reply
        WHERE reply.workspace = feedback.workspace AND reply.feedback = feedback.id) AS replies
FROM feedback;

-- One of each author for each product.
CREATE TABLE rating (
    workspace TEXT    NOT NULL,
    product   TEXT    NOT NULL,
    author    TEXT    NOT NULL,
    rated_at  INTEGER NOT NULL,
    csat      INTEGER NOT NULL CHECK (csat BETWEEN 1 AND 5),
    nps       INTEGER CHECK (nps BETWEEN 0 AND 10),
    text      TEXT,
    PRIMARY KEY (workspace, product, author)
) STRICT, WITHOUT ROWID;
