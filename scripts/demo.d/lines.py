"""Lines to paste, one for each client, and the files that some of them read."""

import json
from dataclasses import dataclass

from people import FOLDER, PEOPLE, shown, write

BY_REGION = "SELECT region, count(*), min(phone) FROM customer_360.customers GROUP BY region"
PYTHON = "$(scripts/python-env clients)"


@dataclass(frozen=True)
class Addresses:
    """Where the doors are: a URL, and twice host:port."""

    http: str
    postgres: str
    flight: str
    workspace: str


def profile(person):
    return FOLDER / f"{person.name}.share"


def agent(person):
    return FOLDER / f"{person.name}.mcp.json"


def write_files(at):
    """What the clients of Delta Sharing and agents read: where the server is, and a token."""
    for person in PEOPLE:
        token = person.token()
        share = {"shareCredentialsVersion": 1, "endpoint": f"{at.http}/delta-sharing", "bearerToken": token}
        write(profile(person), json.dumps(share, indent=2) + "\n")
        server = {"type": "http", "url": f"{at.http}/mcp", "headers": {"Authorization": f"Bearer {token}"}}
        write(agent(person), json.dumps({"mcpServers": {"outport": server}}, indent=2) + "\n")


def lines(person, at):
    """(door, client, line) for each client."""
    user, token = person.name, f"$(cat {shown(person.token_file)})"
    signed = f'-H "Authorization: Bearer {token}"'
    host, port = at.postgres.rsplit(":", 1)
    graphql = json.dumps({"query": "{ customer_360_customers(first: 3) { nodes { region name phone } } }"})
    adbc = (
        "from adbc_driver_flightsql.dbapi import connect; "
        f'options = {{"username": "{user}", "password": open("{shown(person.token_file)}").read()}}; '
        f'connection = connect("grpc://{at.flight}", db_kwargs=options, autocommit=True); '
        f'print(*connection.execute("{BY_REGION}").fetchall(), sep="\\n")'
    )
    sharing = (
        "import delta_sharing; "
        f'table = delta_sharing.load_as_pandas("{shown(profile(person))}#customer-360.ports.customers"); '
        'print(table[["region", "name", "phone"]])'
    )
    return [
        ("PostgreSQL", "psql",
         f'PGPASSWORD={token} psql "host={host} port={port} user={user} dbname={at.workspace}" -c "{BY_REGION}"'),
        ("SQL over HTTP", "curl",
         f'curl -s {at.http}/v1/sql {signed} -H "Content-Type: text/plain" -H "Accept: text/csv" -d "{BY_REGION}"'),
        ("REST", "curl",
         f'curl -s "{at.http}/v1/data/customer-360/customers?select=region,name,phone&limit=3" {signed}'),
        ("Download", "curl",
         f"curl -s {at.http}/v1/download/customer-360/customers.csv {signed} | tail -3"),
        ("Flight SQL", "ADBC in Python", f"{PYTHON} -c '{adbc}'"),
        ("Delta Sharing", "delta-sharing in Python", f"{PYTHON} -c '{sharing}'"),
        ("GraphQL", "curl",
         f"curl -s {at.http}/graphql {signed} -H \"Content-Type: application/json\" -d '{graphql}'"),
        ("MCP", "mcp in Python",
         f'OUTPORT_URL={at.http} OUTPORT_TOKEN={token} {PYTHON} tests/clients/mcp_client.py "{BY_REGION}"'),
        ("Changes", "curl", f"curl -sN {at.http}/v1/changes/customer-360 {signed}"),
    ]
