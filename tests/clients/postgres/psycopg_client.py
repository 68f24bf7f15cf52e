"""Asks a PostgreSQL door with psycopg 3, and prints what it saw as one line of JSON.

Configured by the environment: PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, and OUTPORT_TABLE (`schema.table`), a table
as `crates/outport/tests/it/doors_postgres.rs` makes it. Needs the package `psycopg[binary]`.
"""

import datetime
import decimal
import json
import os
import threading

import psycopg

TABLE = os.environ["OUTPORT_TABLE"]
SCHEMA, NAME = TABLE.split(".")
SLOW = "SELECT count(*) FROM generate_series(1, 100000000000)"
TYPES = "int8 text numeric float8 bool date timestamptz timestamp text[] bytea int4".split()
AT = datetime.datetime(2023, 11, 14, 22, 13, 20, 123456, datetime.timezone.utc)


def state(connection, sql):
    """The SQLSTATE that a statement fails with."""
    try:
        connection.execute(sql)
    except psycopg.Error as error:
        return error.sqlstate
    return None


def cancelled(connection):
    timer = threading.Timer(0.5, connection.cancel)
    timer.start()
    try:
        return state(connection, SLOW)
    finally:
        timer.cancel()


def plain(value):
    """A value as text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).isoformat() if value.tzinfo else value.isoformat()
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def main():
    seen = {"client": f"psycopg {psycopg.__version__}"}
    with psycopg.connect(autocommit=True, application_name="psycopg client") as connection:
        seen["server"] = connection.info.server_version
        tables = connection.execute(
            "SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_class c"
            " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
        )
        seen["tables"] = [row[0] for row in tables.fetchall()]
        columns = connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s"
            " ORDER BY ordinal_position",
            (SCHEMA, NAME),
        )
        seen["columns"] = [row[0] for row in columns.fetchall()]
        for name, binary in (("text", False), ("binary", True)):
            with connection.cursor(binary=binary) as cursor:
                cursor.execute(f"SELECT * FROM {TABLE} ORDER BY id")
                seen[name] = [plain(value) for value in cursor.fetchone()]

        def count(condition, value, prepare=None):
            try:
                sql = f"SELECT count(*) FROM {TABLE} WHERE {condition}"
                return connection.execute(sql, (value,), prepare=prepare).fetchone()[0]
            except psycopg.Error as error:
                return f"{error.sqlstate} {error}"

        asked = {
            "number": ("id = %s", 1),
            "decimal": ("amount = %s", decimal.Decimal("12.50")),
            "float": ("weight = %s", 0.5),
            "boolean": ("paid = %s", True),
            "text": ("customer = %s", "Ånn"),
            "day": ("day = %s", datetime.date(2023, 11, 14)),
            "moment": ("at = %s", AT),
            "local moment": ("local = %s", AT.replace(tzinfo=None, microsecond=0)),
            "bytes": ("code = %s", b"ab"),
            "list": ("id = ANY(%s)", [1, 2]),
            "list of texts": ("customer = ANY(%s)", ["Ånn", None]),
            "no list": ("id <> ALL(%s::int8[])", []),
            "null": ("customer IS NOT NULL OR %s::text IS NULL", None),
            "limit": (f"id IN (SELECT id FROM {TABLE} ORDER BY id LIMIT %s)", 2),
            "binary number": ("id = %b", 1),
            "binary text": ("customer = %b", "Ånn"),
            "binary list": ("id = ANY(%b)", [1, 2]),
        }
        seen["parameters"] = {name: count(condition, value) for name, (condition, value) in asked.items()}
        selected = connection.execute("SELECT %s, %s::int[], %s", (1, [7, 8], "x"))
        seen["selected"] = [plain(value) for value in selected.fetchone()]
        seen["prepared"] = [count("id = %s", number, prepare=True) for number in (1, 2, 9)]
        seen["errors"] = {
            "column": state(connection, f"SELECT no_such_column FROM {TABLE}"),
            "table": state(connection, "SELECT * FROM no_such.table_at_all"),
            "write": state(connection, f"DELETE FROM {TABLE}"),
        }
        seen["cancel"] = cancelled(connection)
        connection.execute("SET outport.purpose = 'a test of clients'")
        seen["purpose"] = connection.execute("SHOW outport.purpose").fetchone()[0]
        copying = f"COPY (SELECT * FROM {TABLE}) TO STDOUT (FORMAT binary)"
        with connection.cursor() as cursor, cursor.copy(copying) as copy:
            copy.set_types(TYPES)
            seen["copy"] = [plain(value) for value in next(copy.rows())]
            seen["copied"] = 1 + sum(1 for _ in copy.rows())
    with psycopg.connect(application_name="psycopg client") as connection:
        with connection.cursor(name="steps") as cursor:
            cursor.itersize = 2
            cursor.execute(f"SELECT a.id FROM {TABLE} AS a CROSS JOIN {TABLE} AS b LIMIT %s", (9,))
            seen["steps"] = sum(1 for _ in cursor)
    print(json.dumps(seen, ensure_ascii=False))


if __name__ == "__main__":
    main()
