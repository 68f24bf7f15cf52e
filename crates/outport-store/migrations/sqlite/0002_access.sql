-- Who there is and what they may read: users, their tokens, workspace-wide policies, agreements.

PRAGMA user_version = 2;

-- Users are those of the home, the same in all its workspaces.
CREATE TABLE user (
    id            TEXT    NOT NULL PRIMARY KEY,
    principal     TEXT    NOT NULL,
    password_hash TEXT,
    disabled      INTEGER NOT NULL CHECK (disabled IN (0, 1)),
    created_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Tokens outlive their owner, revoked; so there is no reference to `user`. `sequence` and not `created_at` says which
-- one is newer.
CREATE TABLE token (
    sequence     INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT    NOT NULL UNIQUE,
    owner        TEXT    NOT NULL,
    label        TEXT    NOT NULL,
    digest       BLOB    NOT NULL CHECK (length(digest) = 32),
    scope        TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    revoked_at   INTEGER,
    last_used_at INTEGER
) STRICT;
CREATE INDEX token_owner ON token (owner, sequence);

CREATE TABLE policy (
    workspace  TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    text       TEXT    NOT NULL,
    changed_at INTEGER NOT NULL,
    changed_by TEXT    NOT NULL,
    PRIMARY KEY (workspace, name)
) STRICT, WITHOUT ROWID;

-- Everything that an agreement ever was; the row with the greatest number is what it is.
CREATE TABLE agreement (
    sequence  INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace TEXT    NOT NULL,
    id        TEXT    NOT NULL,
    number    INTEGER NOT NULL,
    agreement TEXT    NOT NULL,
    UNIQUE (workspace, id, number)
) STRICT;
CREATE TRIGGER agreement_stays BEFORE UPDATE ON agreement BEGIN
    SELECT raise(ABORT, 'what an agreement was is never changed');
END;
CREATE TRIGGER agreement_is_kept BEFORE DELETE ON agreement BEGIN
    SELECT raise(ABORT, 'what an agreement was is never removed');
END;

-- The one number that says whether anything changed that decides what someone sees.
CREATE TABLE change (
    one    INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    number INTEGER NOT NULL
) STRICT;
INSERT INTO change (one, number) VALUES (1, 1);

CREATE TRIGGER change_user_added AFTER INSERT ON user BEGIN UPDATE change SET number = number + 1; END;
CREATE TRIGGER change_user_changed AFTER UPDATE ON user BEGIN UPDATE change SET number = number + 1; END;
CREATE TRIGGER change_user_removed AFTER DELETE ON user BEGIN UPDATE change SET number = number + 1; END;

-- Not `last_used_at`: it decides nothing, and is written with requests.
CREATE TRIGGER change_token_added AFTER INSERT ON token BEGIN UPDATE change SET number = number + 1; END;
CREATE TRIGGER change_token_changed AFTER UPDATE OF id, owner, digest, scope, expires_at, revoked_at ON token BEGIN
    UPDATE change SET number = number + 1;
END;
CREATE TRIGGER change_token_removed AFTER DELETE ON token BEGIN UPDATE change SET number = number + 1; END;

CREATE TRIGGER change_policy_added AFTER INSERT ON policy BEGIN UPDATE change SET number = number + 1; END;
CREATE TRIGGER change_policy_changed AFTER UPDATE ON policy BEGIN UPDATE change SET number = number + 1; END;
CREATE TRIGGER change_policy_removed AFTER DELETE ON policy BEGIN UPDATE change SET number = number + 1; END;

CREATE TRIGGER change_agreement_added AFTER INSERT ON agreement BEGIN UPDATE change SET number = number + 1; END;

-- A row comes with the first run already, before anyone can see anything of the product.
CREATE TRIGGER change_product_added AFTER INSERT ON product
WHEN new.intent IS NOT NULL OR new.current_release IS NOT NULL BEGIN
    UPDATE change SET number = number + 1;
END;
CREATE TRIGGER change_product_changed AFTER UPDATE OF intent, current_release ON product
WHEN new.intent IS NOT old.intent OR new.current_release IS NOT old.current_release BEGIN
    UPDATE change SET number = number + 1;
END;
CREATE TRIGGER change_product_removed AFTER DELETE ON product BEGIN UPDATE change SET number = number + 1; END;
