-- Questions that people keep to ask them again. Their answers are not kept.

PRAGMA user_version = 4;

-- Ids sort by the time at which they were given. `shared` says whether a question is for anyone but its owner.
CREATE TABLE question (
    workspace TEXT    NOT NULL,
    id        TEXT    NOT NULL,
    owner     TEXT    NOT NULL,
    shared    INTEGER NOT NULL CHECK (shared IN (0, 1)),
    question  TEXT    NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX question_owner ON question (workspace, owner, id);
