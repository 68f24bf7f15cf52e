"""Asks a PostgreSQL door with asyncpg, and prints what it saw as one line of JSON.

Configured by the environment: PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, and OUTPORT_TABLE (`schema.table`), a table
as `crates/outport/tests/it/doors_postgres.rs` makes it. Needs the package `asyncpg`, which asks for every value in the
binary format.
"""

import asyncio
import datetime
import decimal
import json
import os

import asyncpg

TABLE = os.environ["OUTPORT_TABLE"]
SCHEMA, NAME = TABLE.split(".")
SLOW = "SELECT count(*) FROM generate_series(1, 100000000000)"
AT = datetime.datetime(2023, 11, 14, 22, 13, 20, 123456, datetime.timezone.utc)


async def state(work):
    """The SQLSTATE that something fails with."""
    try:
        await work
    except asyncpg.PostgresError as error:
        return error.sqlstate
    except asyncio.TimeoutError:
        return "timeout"
    return None


def plain(value):
    """A value as text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    return ",".join(value) if isinstance(value, list) else str(value)


async def main():
    seen = {"client": f"asyncpg {asyncpg.__version__}"}
    connection = await asyncpg.connect(server_settings={"application_name": "asyncpg client"})
    seen["server"] = connection.get_server_version().major
    tables = await connection.fetch(
        "SELECT table_schema || '.' || table_name AS name FROM information_schema.tables"
        " WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
    )
    seen["tables"] = [row["name"] for row in tables]
    columns = await connection.fetch(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2"
        " ORDER BY ordinal_position",
        SCHEMA,
        NAME,
    )
    seen["columns"] = [row["column_name"] for row in columns]
    row = await connection.fetchrow(f"SELECT * FROM {TABLE} ORDER BY id")
    seen["binary"] = [plain(value) for value in row.values()]

    async def count(condition, value):
        try:
            return await connection.fetchval(f"SELECT count(*) FROM {TABLE} WHERE {condition}", value)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, RecursionError) as error:
            return f"{type(error).__name__} {error}"

    asked = {
        "number": ("id = $1", 1),
        "decimal": ("amount = $1", decimal.Decimal("12.50")),
        "float": ("weight = $1", 0.5),
        "boolean": ("paid = $1", True),
        "text": ("customer = $1", "Ånn"),
        "day": ("day = $1", datetime.date(2023, 11, 14)),
        "moment": ("at = $1", AT),
        "local moment": ("local = $1", AT.replace(tzinfo=None, microsecond=0)),
        "bytes": ("code = $1", b"ab"),
        "list": ("id = ANY($1)", [1, 2]),
        "list that is cast": ("id = ANY($1::int[])", [1, 2]),
        "list of texts": ("customer = ANY($1)", ["Ånn", None]),
        "no list": ("id <> ALL($1)", []),
        "null": ("customer IS NOT NULL OR $1::text IS NULL", None),
        "cast": ("id = $1::int", 1),
        "limit": (f"id IN (SELECT id FROM {TABLE} ORDER BY id LIMIT $1)", 2),
    }
    seen["parameters"] = {name: await count(condition, value) for name, (condition, value) in asked.items()}
    described = f"SELECT $1::bigint AS a, $2::date AS b FROM {TABLE} WHERE code = $3 AND id = ANY($4)"
    statement = await connection.prepare(described)
    seen["described"] = [parameter.name for parameter in statement.get_parameters()]
    seen["lists"] = await connection.fetchval("SELECT $1::int[]", [3, None])
    async with connection.transaction():
        cursor = connection.cursor(f"SELECT a.id FROM {TABLE} AS a CROSS JOIN {TABLE} AS b", prefetch=2)
        seen["steps"] = len([row async for row in cursor])
    seen["errors"] = {
        "column": await state(connection.fetch(f"SELECT no_such_column FROM {TABLE}")),
        "table": await state(connection.fetch("SELECT * FROM no_such.table_at_all")),
        "write": await state(connection.execute(f"DELETE FROM {TABLE}")),
    }
    # A timeout makes asyncpg cancel the statement.
    seen["cancel"] = await state(connection.fetch(SLOW, timeout=0.5))
    await connection.execute("SET outport.purpose = 'a test of clients'")
    seen["purpose"] = await connection.fetchval("SHOW outport.purpose")
    await connection.close()
    async with asyncpg.create_pool(min_size=1, max_size=2) as pool:
        seen["pool"] = [await pool.fetchval("SELECT 1") for _ in range(2)]
    print(json.dumps(seen, ensure_ascii=False))


if __name__ == "__main__":
    asyncio.run(main())
