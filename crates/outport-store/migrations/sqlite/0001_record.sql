-- The record of intent, leases, runs, releases and builds.
--
-- Times are microseconds since 1970-01-01 UTC. Columns named for a value and typed TEXT hold either a name or JSON of
-- the form {"format": n, "value": …}. The names of workspaces and products are what the address of a product has.

PRAGMA application_id = 1333097584; -- "Outp"
PRAGMA user_version = 1;

-- Every state in which a product ever was on record, so that history can show it.
CREATE TABLE intent_generation (
    workspace  TEXT    NOT NULL,
    product    TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    applied_at INTEGER NOT NULL,
    compiled   TEXT    NOT NULL,
    PRIMARY KEY (workspace, product, generation)
) STRICT;

-- One row for each product that ever had an intent or a run; everything that moves is a pointer or counter here.
CREATE TABLE product (
    workspace       TEXT    NOT NULL,
    product         TEXT    NOT NULL,
    intent          INTEGER,            -- the generation on record; NULL where the product is not
    recorded_since  INTEGER,            -- the generation with which it last came on record
    last_generation INTEGER NOT NULL DEFAULT 0,
    current_release INTEGER,            -- what consumers see
    last_release    INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace, product),
    FOREIGN KEY (workspace, product, intent) REFERENCES intent_generation (workspace, product, generation),
    FOREIGN KEY (workspace, product, current_release) REFERENCES release (workspace, product, number),
    CHECK (current_release IS NULL OR intent IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE TABLE history (
    sequence  INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace TEXT    NOT NULL,
    product   TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    kind      TEXT    NOT NULL
) STRICT;
CREATE INDEX history_newest ON history (workspace, product, sequence);

-- A row stays when its lease is given back, so that the fence only ever grows.
CREATE TABLE lease (
    workspace  TEXT    NOT NULL,
    product    TEXT    NOT NULL,
    holder     TEXT,
    fence      INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, product)
) STRICT, WITHOUT ROWID;

-- `sequence` and not `started_at` says which run is newer: clocks go back, the lease lets runs begin one by one.
CREATE TABLE run (
    sequence   INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT    NOT NULL UNIQUE,
    workspace  TEXT    NOT NULL,
    product    TEXT    NOT NULL,
    fence      INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('running', 'published', 'unchanged', 'failed', 'cancelled')),
    started_at INTEGER NOT NULL,
    ended_at   INTEGER,
    inputs     TEXT    NOT NULL,
    release    INTEGER,
    error      TEXT
) STRICT;
CREATE INDEX run_newest ON run (workspace, product, sequence);
CREATE INDEX run_running ON run (workspace, product, fence) WHERE state = 'running';

CREATE TABLE run_results (
    run     TEXT NOT NULL PRIMARY KEY REFERENCES run (id),
    results TEXT NOT NULL
) STRICT;

CREATE TABLE release (
    workspace    TEXT    NOT NULL,
    product      TEXT    NOT NULL,
    number       INTEGER NOT NULL,
    run          TEXT    NOT NULL REFERENCES run (id),
    published_at INTEGER NOT NULL,
    tables       TEXT    NOT NULL,
    PRIMARY KEY (workspace, product, number)
) STRICT;

-- Which releases need a stored table.
CREATE TABLE release_table (
    path      TEXT    NOT NULL,
    workspace TEXT    NOT NULL,
    product   TEXT    NOT NULL,
    number    INTEGER NOT NULL,
    PRIMARY KEY (path, workspace, product, number),
    FOREIGN KEY (workspace, product, number) REFERENCES release (workspace, product, number) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX release_table_release ON release_table (workspace, product, number);

CREATE TABLE build (
    fingerprint TEXT NOT NULL,
    inputs      TEXT NOT NULL,
    path        TEXT NOT NULL,
    built       TEXT NOT NULL,
    PRIMARY KEY (fingerprint, inputs)
) STRICT, WITHOUT ROWID;
CREATE INDEX build_path ON build (path);

-- A stored table that was forgotten while a run was under way: the run may have found it as built and relied on it.
CREATE TABLE forgotten_table (
    run  TEXT NOT NULL REFERENCES run (id),
    path TEXT NOT NULL,
    PRIMARY KEY (run, path)
) STRICT, WITHOUT ROWID;
