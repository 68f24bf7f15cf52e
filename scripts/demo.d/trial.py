"""Tries every door with its real client, as both users, and compares what they see with what they should."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import hub
from lines import lines
from people import ANALYST, PEOPLE, outport

CLIENTS = Path("tests/clients/doors.py")
TABLE = "customer-360.customers"
COLUMNS = ("customer_id", "name", "phone", "region", "net_revenue")
ROWS = f"SELECT {', '.join(COLUMNS)} FROM customer_360.customers ORDER BY customer_id"

# What only the steward may read.
CLOSED = "orders.orders"

# Rows that the tool `query` of the MCP door gives at most.
MOST_MCP_ROWS = 1_000

# The ways in of `tests/clients/doors.py`: the door, the library, and how it is asked.
WAYS = {
    "psycopg": ("PostgreSQL", "psycopg", ""),
    "asyncpg": ("PostgreSQL", "asyncpg", ""),
    "adbc": ("Flight SQL", "adbc-driver-flightsql", ""),
    "sql json": ("SQL over HTTP", None, "JSON"),
    "sql ndjson": ("SQL over HTTP", None, "NDJSON"),
    "sql arrow": ("SQL over HTTP", "pyarrow", "Arrow"),
    "sql parquet": ("SQL over HTTP", "pyarrow", "Parquet"),
    "rest": ("REST", None, "pages"),
    "download csv": ("Download", None, "CSV"),
    "download parquet": ("Download", "pyarrow", "Parquet"),
    "download arrow": ("Download", "pyarrow", "Arrow"),
    "graphql": ("GraphQL", None, "pages"),
    "changes ndjson": ("Changes", None, "NDJSON"),
    "changes arrow": ("Changes", "pyarrow", "Arrow"),
    "delta sharing parquet": ("Delta Sharing", "delta-sharing", "Parquet"),
    "delta sharing delta": ("Delta Sharing", "delta-sharing", "Delta"),
    "mcp": ("MCP", "mcp", ""),
    "mcp 2025-11-25": ("MCP", "mcp", "revision 2025-11-25"),
}

IN_CLEAR = re.compile(r"Customer#\d{9}|\b\d\d-\d{3}-\d{3}-\d{4}\b")


@dataclass(frozen=True)
class Seen:
    """What came of one attempt."""

    text: str
    good: bool


def main(command, at):
    """Runs the server, tries every door of it, and gives the exit code."""
    truth = list(csv.DictReader(io.StringIO(outport("query", ROWS, "--format", "csv"))))
    server = subprocess.Popen([*command, "--quiet"], stdout=subprocess.DEVNULL)
    try:
        await_server(server, at)
        rows = by_door([*try_lines(at, truth), *try_clients(at, truth)])
        closed = try_closed(at)
        pages = try_hub(at)
    finally:
        stopped = stop(server)
    print_table(rows)
    checks = [closed, pages, stopped, record()]
    for check in checks:
        print(f"{mark(check)} {check.text}")
    attempts = [seen for *_, by_person in rows for seen in by_person]
    failed = [seen for seen in attempts + checks if not seen.good]
    if failed:
        print(f"\n{len(failed)} of {len(attempts + checks)} checks failed.")
        return 1
    print(f"\nAll doors are open: {len(rows)} ways in, {len(PEOPLE)} users, and everyone saw what they should.")
    return 0


def await_server(server, at):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{at.http}/ready", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("error: the server does not answer")


def stop(server):
    """Ends the server as Ctrl-C does."""
    server.send_signal(signal.SIGINT)
    try:
        status = server.wait(timeout=60)
    except subprocess.TimeoutExpired:
        server.kill()
        return Seen("the server did not stop", False)
    return Seen(f"the server stopped with exit code {status}", status == 0)


def record():
    """Whether the record of requests is whole."""
    found = subprocess.run(["outport", "audit", "verify"], capture_output=True, text=True)
    return Seen((found.stdout or found.stderr).strip(), found.returncode == 0)


# The lines that people paste.


def try_lines(at, truth):
    """(door, client, what each user saw) for each line."""
    lists = [[attempt_line(person, line, truth) for *_, line in lines(person, at)] for person in PEOPLE]
    names = [(door, program(client)) for door, client, _ in lines(ANALYST, at)]
    return [(door, client, seen) for (door, client), seen in zip(names, zip(*lists))]


def attempt_line(person, line, truth):
    output = paste(line)
    if "/v1/changes/" in line:
        told = "event: release" in output and '"product":"customer-360"' in output
        return Seen("told of the release" if told else output, told)
    if person is ANALYST:
        others = {row["region"] for row in truth} - {person.region}
        good = person.region in output and not IN_CLEAR.search(output) and not any(r in output for r in others)
        return Seen(f"{person.region} alone, masked" if good else output, good)
    good = bool(IN_CLEAR.search(output))
    return Seen("in clear" if good else output, good)


def paste(line):
    """What a line writes; of a stream that does not end, the first event."""
    endless = "/v1/changes/" in line
    shell = ["timeout", "20" if endless else "120", "bash", "-c", line]
    written = ""
    with subprocess.Popen(shell, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for text in process.stdout:
            written += text
            if endless and text.startswith("data:"):
                # `timeout` passes it on to all that it began.
                process.terminate()
    return written


def program(client):
    """A client with its version."""
    package, _, language = client.partition(" in ")
    if language:
        package = {"ADBC": "adbc-driver-flightsql"}.get(package, package)
        return f"{package} {version(package)}"
    said = subprocess.run([client, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
    number = re.search(r"\d+(\.\d+)+", said).group()
    return f"{client} {number}"


# All rows, through the libraries.


def try_clients(at, truth):
    answers = [ask(person, at, TABLE, ROWS) for person in PEOPLE]
    rows = []
    for way in answers[0]:
        door, package, form = WAYS[way]
        client = f"{package} {version(package)}" if package else f"Python {sys.version.split()[0]}"
        seen = [compare(person, way, found[way], truth) for person, found in zip(PEOPLE, answers)]
        rows.append((door, ", ".join(part for part in (client, form) if part), seen))
    return rows


def ask(person, at, table, sql):
    """What each door answers to someone: rows, or an error."""
    environment = {
        "OUTPORT_HTTP": at.http,
        "OUTPORT_POSTGRES": at.postgres,
        "OUTPORT_FLIGHT": at.flight,
        "OUTPORT_USER": person.name,
        "OUTPORT_TOKEN": person.token(),
        "OUTPORT_WORKSPACE": at.workspace,
        "OUTPORT_PAGE": "1000",
    }
    command = [sys.executable, CLIENTS, table, sql]
    done = subprocess.run(command, env={**os.environ, **environment}, stdout=subprocess.PIPE, check=True)
    found = json.loads(done.stdout)
    return {**found["queries"][0], **found["table"]}


def expected(person, truth):
    if person is not ANALYST:
        return truth
    mask = lambda text: text[:2] + "*" * (len(text) - 2)
    mine = [row for row in truth if row["region"] == person.region]
    return [{**row, "name": mask(row["name"]), "phone": mask(row["phone"])} for row in mine]


def compare(person, way, answer, truth):
    if "error" in answer:
        return Seen(answer["error"], False)
    wanted = expected(person, truth)
    if WAYS[way][0] == "MCP":
        wanted = wanted[:MOST_MCP_ROWS]
    plain = lambda rows: sorted(tuple(str(row[column]) for column in COLUMNS) for row in rows)
    if plain(answer) != plain(wanted):
        return Seen(f"{len(answer):,} rows, not the {len(wanted):,} expected", False)
    return Seen(f"{len(answer):,} rows, {'masked' if person is ANALYST else 'in clear'}", True)


def try_closed(at):
    """What is not for someone is refused at every door."""
    answers = ask(ANALYST, at, CLOSED, f"SELECT count(*) FROM {CLOSED}")
    let_in = [way for way, answer in answers.items() if "error" not in answer]
    if watches(ANALYST, at, CLOSED.split(".")[0]):
        let_in.append("changes")
    if let_in:
        return Seen(f"{ANALYST.name} may not read {CLOSED}, and does by: {', '.join(let_in)}", False)
    return Seen(f"{ANALYST.name} may not read {CLOSED}, and is refused at every door", True)


def try_hub(at):
    """The hub is there, and opens by the passwords that are shown."""
    if not hub.is_built(at):
        return Seen("the binary has no hub: `scripts/hub build`, and build it again", False)
    if refused := [person.name for person in PEOPLE if not hub.signs_in(person, at)]:
        files = ", ".join(str(person.password_file) for person in PEOPLE if person.name in refused)
        return Seen(f"the hub does not take the password of {files}; remove the file to set a new one", False)
    return Seen(f"the hub is there, and {' and '.join(person.name for person in PEOPLE)} can sign in", True)


def watches(person, at, product):
    """Whether someone is told of a product's releases."""
    headers = {"Authorization": f"Bearer {person.token()}"}
    request = urllib.request.Request(f"{at.http}/v1/changes/{product}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30):
            return True
    except urllib.error.HTTPError:
        return False


# What is printed.


def by_door(rows):
    """The ways in, those of a door together."""
    doors = list(dict.fromkeys(door for door, *_ in rows))
    return sorted(rows, key=lambda row: doors.index(row[0]))


def mark(seen):
    return "✓" if seen.good else "✗"


def print_table(rows):
    """A line for each way in; what went wrong below."""
    table = [("door", "client", *(person.name for person in PEOPLE))]
    for door, client, by_person in rows:
        first = door not in (line[0] for line in table)
        cells = [f"{mark(seen)} {seen.text if seen.good else 'see below'}" for seen in by_person]
        table.append((door if first else "", client, *cells))
    widths = [max(map(len, column)) for column in zip(*table)]
    for line in table:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip())
    print()
    for door, client, by_person in rows:
        for person, seen in zip(PEOPLE, by_person):
            if not seen.good:
                print(f"✗ {door}, {client}, {person.name}:\n{seen.text.strip()}\n")
