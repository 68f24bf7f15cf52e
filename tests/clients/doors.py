"""Asks the same questions through every door and prints what each answered, as one JSON object.

Configured by the environment: OUTPORT_HTTP (URL), OUTPORT_POSTGRES and OUTPORT_FLIGHT (host:port), OUTPORT_USER,
OUTPORT_TOKEN, OUTPORT_WORKSPACE, OUTPORT_PAGE (rows of a page). Arguments: a table as `product.table`, then SQL queries.

{"table": {door: rows or error}, "queries": [{door: rows or error}, …]}; rows are lists of objects, sorted.
"""

import asyncio
import csv
import io
import json
import os
import sys
import urllib.error
import urllib.request

HTTP = os.environ["OUTPORT_HTTP"]
POSTGRES = os.environ["OUTPORT_POSTGRES"]
FLIGHT = os.environ["OUTPORT_FLIGHT"]
USER = os.environ["OUTPORT_USER"]
TOKEN = os.environ["OUTPORT_TOKEN"]
WORKSPACE = os.environ.get("OUTPORT_WORKSPACE", "dev")
PAGE = int(os.environ.get("OUTPORT_PAGE", "2"))


def plain(value):
    """A value as JSON has it, whatever the client makes of it."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return None if value != value else value
    return str(value)


def normal(rows):
    rows = [{key: plain(value) for key, value in row.items()} for row in rows]
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


class Refused(Exception):
    """The door said no."""


def fetch(path, accept, body=None, headers=None):
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": accept, **(headers or {})}
    if body is not None:
        headers["Content-Type"] = "application/json"
        body = json.dumps(body).encode()
    request = urllib.request.Request(HTTP + path, data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        raise Refused(f"{error.code} {error.read().decode()}") from None


def arrow_rows(data):
    import pyarrow as pa

    return pa.ipc.open_stream(data).read_all().to_pylist()


def parquet_rows(data):
    import pyarrow.parquet as pq

    return pq.read_table(io.BytesIO(data)).to_pylist()


# Queries.


def sql_json(sql):
    answer = json.loads(fetch("/v1/sql", "application/json", {"sql": sql}))
    return answer["rows"] if isinstance(answer, dict) else answer


def sql_ndjson(sql):
    lines = fetch("/v1/sql", "application/x-ndjson", {"sql": sql}).decode().splitlines()
    return [json.loads(line) for line in lines if line]


def sql_arrow(sql):
    return arrow_rows(fetch("/v1/sql", "application/vnd.apache.arrow.stream", {"sql": sql}))


def sql_parquet(sql):
    return parquet_rows(fetch("/v1/sql", "application/vnd.apache.parquet", {"sql": sql}))


def psycopg_rows(sql):
    import psycopg

    host, port = POSTGRES.rsplit(":", 1)
    try:
        with psycopg.connect(
            host=host, port=port, user=USER, password=TOKEN, dbname=WORKSPACE, autocommit=True
        ) as connection:
            cursor = connection.execute(sql)
            names = [column.name for column in cursor.description]
            return [dict(zip(names, row)) for row in cursor.fetchall()]
    except psycopg.Error as error:
        raise Refused(str(error)) from None


def asyncpg_rows(sql):
    import asyncpg

    async def ask():
        host, port = POSTGRES.rsplit(":", 1)
        connection = await asyncpg.connect(host=host, port=int(port), user=USER, password=TOKEN, database=WORKSPACE)
        try:
            return [dict(row) for row in await connection.fetch(sql)]
        finally:
            await connection.close()

    try:
        return asyncio.run(ask())
    except asyncpg.PostgresError as error:
        raise Refused(str(error)) from None


def adbc_rows(sql):
    import adbc_driver_flightsql.dbapi
    import adbc_driver_manager

    options = {"username": USER, "password": TOKEN}
    try:
        with adbc_driver_flightsql.dbapi.connect(f"grpc://{FLIGHT}", db_kwargs=options, autocommit=True) as connection:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetch_arrow_table().to_pylist()
    except adbc_driver_manager.Error as error:
        raise Refused(str(error)) from None


def mcp_rows(sql, mode="auto"):
    import mcp_client

    try:
        return mcp_client.run(lambda client: mcp_client.ask(client, sql), HTTP, TOKEN, mode)["rows"]
    except mcp_client.Refused as error:
        raise Refused(str(error)) from None


QUERIES = {
    "sql json": sql_json,
    "sql ndjson": sql_ndjson,
    "sql arrow": sql_arrow,
    "sql parquet": sql_parquet,
    "psycopg": psycopg_rows,
    "asyncpg": asyncpg_rows,
    "adbc": adbc_rows,
    "mcp": mcp_rows,
    # The revision before, which begins with `initialize`.
    "mcp 2025-11-25": lambda sql: mcp_rows(sql, "legacy"),
}


# Whole tables.


def rest(product, table):
    rows, path = [], f"/v1/data/{product}/{table}?limit={PAGE}"
    while path:
        page = json.loads(fetch(path, "application/json"))
        rows += page["rows"]
        path = page.get("next")
        if path and path.startswith("http"):
            path = path.removeprefix(HTTP)
    return rows


def download_csv(product, table):
    text = fetch(f"/v1/download/{product}/{table}.csv", "*/*").decode()
    return list(csv.DictReader(io.StringIO(text)))


def download_parquet(product, table):
    return parquet_rows(fetch(f"/v1/download/{product}/{table}.parquet", "*/*"))


def download_arrow(product, table):
    return arrow_rows(fetch(f"/v1/download/{product}/{table}.arrow", "*/*"))


def graphql_answer(query, variables):
    answer = json.loads(fetch("/graphql", "application/json", {"query": query, "variables": variables}))
    if answer.get("errors"):
        raise Refused(answer["errors"][0]["message"])
    return answer["data"]


def graphql(product, table):
    name = f"{product}_{table}".replace("-", "_")
    kinds = "{ __type(name: $name) { fields { name type { kind ofType { kind } } } } }"
    kind = graphql_answer(f"query ($name: String!) {kinds}", {"name": name})["__type"]
    if kind is None:
        raise Refused(f"there is no type {name}")
    relations = [field["name"] for field in kind["fields"] if field["type"]["kind"] == "OBJECT"]
    columns = " ".join(field["name"] for field in kind["fields"] if field["name"] not in relations)
    page = f"{name}(first: $first, after: $after) {{ nodes {{ {columns} }} pageInfo {{ endCursor }} }}"
    rows, after = [], None
    while True:
        found = graphql_answer(f"query ($first: Int, $after: String) {{ {page} }}", {"first": PAGE, "after": after})
        rows += found[name]["nodes"]
        after = found[name]["pageInfo"]["endCursor"]
        if after is None:
            return rows


def changes_ndjson(product, table):
    lines = fetch(f"/v1/changes/{product}/{table}?since=0", "application/x-ndjson").decode().splitlines()
    return inserted(json.loads(line) for line in lines if line)


def changes_arrow(product, table):
    return inserted(arrow_rows(fetch(f"/v1/changes/{product}/{table}?since=0&format=arrow", "*/*")))


def inserted(rows):
    """Since the beginning, every row was put in."""
    rows = list(rows)
    kinds = {row.pop("_change_type") for row in rows}
    assert kinds <= {"insert"}, kinds
    return rows


def sharing(form):
    def rows(product, table):
        import sharing_client

        try:
            return sharing_client.read(HTTP, TOKEN, f"{product}.ports.{table}", form)
        except sharing_client.Refused as error:
            raise Refused(str(error)) from None

    return rows


TABLES = {
    "rest": rest,
    "download csv": download_csv,
    "download parquet": download_parquet,
    "download arrow": download_arrow,
    "graphql": graphql,
    "changes ndjson": changes_ndjson,
    "changes arrow": changes_arrow,
    "delta sharing parquet": sharing("parquet"),
    "delta sharing delta": sharing("delta"),
}


def attempt(ask, *arguments):
    try:
        return normal(ask(*arguments))
    except Refused as refusal:
        return {"error": str(refusal)}


def main():
    table, *queries = sys.argv[1:]
    product, name = table.split(".")
    found = {
        "table": {door: attempt(ask, product, name) for door, ask in TABLES.items()},
        "queries": [{door: attempt(ask, sql) for door, ask in QUERIES.items()} for sql in queries],
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
