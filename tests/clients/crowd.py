"""Many clients at once, through every door and as several people.

Every answer is compared with what that person may see.

Makes a home of its own in a temporary folder, serves it, and ends with 1 where an answer shows another thing than it
should, where anything fails that is no limit, or where the server's memory grows. Prints what came of it as one JSON
object.

    crowd.py --outport BINARY [--clients 200] [--seconds 120] [--seed 1]
"""

import argparse
import asyncio
import collections
import concurrent.futures
import csv
import io
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import adbc_driver_flightsql.dbapi
import adbc_driver_manager
import asyncpg
import httpx2
import mcp_client
import pyarrow as pa
import pyarrow.parquet as pq
import requests
import sharing_client

ROWS = 2_000
REGIONS = ["EU", "US", "APAC", "LATAM"]
# Rows of a page.
PAGE = 20
# What HTTP says where a limit is reached.
LIMITS = (422, 429, 503)
# How much larger the server may be in the end than after its first answers, as a part and in bytes beside it.
GROWTH, ROOM = 0.10, 64 << 20

DESCRIPTOR = """\
apiVersion: v1.0.0
kind: DataProduct
id: crowd
name: crowd
version: 1.0.0
status: active
description: {purpose: To be asked for often., limitations: None., usage: For tests.}
inputPorts:
  - {name: people, version: 1.0.0, contractId: crowd.input}
outputPorts:
  - {name: people, version: 1.0.0, type: tables, contractId: crowd.people}
team: {name: crowd, members: [{username: owner@example.com, role: owner}]}
"""
COLUMNS = """\
schema:
  - name: people
    properties:
      - {name: id, logicalType: integer, required: true, primaryKey: true}
      - {name: region, logicalType: string, required: true}
      - {name: email, logicalType: string, required: true, classification: pii}
      - {name: cost, logicalType: integer}
      - {name: note, logicalType: string, classification: secret}
"""
POLICIES = """\
permit(principal, action in [Action::"discover", Action::"request"], resource);
permit(principal in Group::"staff", action in Action::"read", resource);
@mask("last(4)")
forbid(principal, action == Action::"readColumn", resource)
when { resource has classification && resource.classification == "pii" }
unless { principal in Group::"privacy" };
forbid(principal, action in [Action::"readColumn", Action::"readMasked"], resource)
when { resource has classification && resource.classification == "secret" };
forbid(principal, action == Action::"readRow", resource is crowd::people)
when { principal has region && resource.region != principal.region };
"""


def contract(name, server=""):
    return f"apiVersion: v3.1.0\nkind: DataContract\nid: {name}\nversion: 1.0.0\nstatus: active\n{server}{COLUMNS}"


@dataclass
class Person:
    """Someone, and the rows that exist for them; none for whoever may not read."""

    name: str
    groups: list[str]
    region: str | None = None
    token: str = ""
    rows: list[dict] = field(default_factory=list)

    def see(self, rows):
        if "staff" not in self.groups:
            return
        clear = "privacy" in self.groups
        for row in rows:
            if self.region in (None, row["region"]):
                email = row["email"] if clear else "*" * (len(row["email"]) - 4) + row["email"][-4:]
                self.rows.append({"id": row["id"], "region": row["region"], "email": email, "cost": row["cost"]})


def people():
    staff = [Person(f"staff-{region.lower()}", ["staff"], region) for region in REGIONS]
    return [*staff, Person("privacy", ["staff", "privacy"]), Person("all", ["staff"]), Person("outsider", [])]


class Home:
    """A home with one product, and the server in front of it."""

    def __init__(self, outport, folder):
        self.outport, self.folder = outport, Path(folder)
        self.people = people()

    def run(self, *arguments):
        command, environment = [self.outport, *arguments], self.environment()
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"error: outport {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def environment(self):
        return {"PATH": os.environ["PATH"], "OUTPORT_HOME": str(self.folder / "home")}

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def make(self):
        self.write("crowd/product.odps.yaml", DESCRIPTOR)
        self.write("crowd/outport.yaml", "apiVersion: outport/v1\ninputs:\n  people: {server: files}\n")
        server = "servers:\n  - {server: files, type: local, path: ../data/people.csv, format: csv}\n"
        self.write("crowd/contracts/input.odcs.yaml", contract("crowd.input", server))
        self.write("crowd/contracts/people.odcs.yaml", contract("crowd.people"))
        self.write("crowd/models/people.sql", "SELECT id, region, email, cost, note FROM input.people\n")
        chance = random.Random(5)
        rows = []
        for number in range(1, ROWS + 1):
            cost = None if chance.random() < 0.1 else chance.randrange(1_000)
            region = chance.choice(REGIONS)
            email = f"person-{number}@{region.lower()}.example"
            rows.append({"id": number, "region": region, "email": email, "cost": cost})
        lines = [",".join([*row.values(), f"hidden-{row['id']}"]) for row in as_text(rows)]
        self.write("data/people.csv", "\n".join(["id,region,email,cost,note", *lines]) + "\n")
        self.run("apply", "crowd", "--yes", "--quiet")
        self.write("crowd.cedar", POLICIES)
        self.run("access", "policy", "set", "crowd.cedar")
        for person in self.people:
            groups = [word for group in person.groups for word in ("--group", group)]
            region = ["--region", person.region] if person.region else []
            self.run("user", "set", person.name, *groups, *region)
            made = json.loads(self.run("token", "create", "--user", person.name, "--output", "json"))
            person.token = made["secret"]
            person.see(rows)

    def serve(self):
        free = "127.0.0.1:0"
        doors = ["--http", free, "--postgres", free, "--flight", free]
        command = [self.outport, "serve", "--output", "json", *doors]
        environment = self.environment()
        self.process = subprocess.Popen(command, cwd=self.folder, env=environment, stdout=subprocess.PIPE, text=True)
        addresses = json.loads(self.process.stdout.readline())
        self.http, self.postgres, self.flight = (addresses[door] for door in ("http", "postgres", "flight"))

    def resident(self):
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) << 10
        raise SystemExit("error: the server is gone")

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)


class Limited(Exception):
    """A limit was reached, which many clients at once may do."""


class Refused(Exception):
    """Whoever asked may not read."""


class Leak(Exception):
    """An answer is not what this person may see."""


# Questions: how each is asked, and what whoever asks is to see.


def page_of(person, after):
    return [row for row in person.rows if row["id"] > after][:PAGE]


def figures_of(person):
    figures = collections.defaultdict(lambda: [0, None])
    for row in person.rows:
        figure = figures[row["region"]]
        figure[0] += 1
        if row["cost"] is not None:
            figure[1] = (figure[1] or 0) + row["cost"]
    return [{"region": region, "n": n, "cost": cost} for region, (n, cost) in sorted(figures.items())]


FIGURES = "SELECT region, count(*) AS n, sum(cost) AS cost FROM crowd.people GROUP BY region ORDER BY region"


def page_sql(after):
    return f"SELECT id, region, email, cost FROM crowd.people WHERE id > {after} ORDER BY id LIMIT {PAGE}"


def question(chance, person):
    """A statement and its answer."""
    if chance.random() < 0.4:
        return FIGURES, figures_of(person)
    after = chance.randrange(ROWS)
    return page_sql(after), page_of(person, after)


def as_text(rows):
    return [{name: "" if value is None else str(value) for name, value in row.items()} for row in rows]


class Client:
    """One client: a person at a door, asking again and again."""

    def __init__(self, home, person, chance):
        self.home, self.person, self.chance = home, person, chance

    async def open(self):
        pass

    async def ask(self):
        """What came, and what should have come."""
        raise NotImplementedError

    async def close(self):
        pass


class Http(Client):
    async def open(self):
        headers = {"Authorization": f"Bearer {self.person.token}"}
        self.client = httpx2.AsyncClient(base_url=self.home.http, headers=headers, timeout=120)

    async def close(self):
        await self.client.aclose()

    def good(self, response):
        if response.status_code == 200:
            return response
        text = response.text
        if response.status_code in LIMITS:
            raise Limited(text)
        if response.status_code in (403, 404):
            raise Refused(text)
        raise RuntimeError(f"{response.status_code} {text}")

    async def sql(self, form):
        sql, expected = question(self.chance, self.person)
        return self.good(await self.client.post("/v1/sql", params={"format": form}, json={"sql": sql})), expected


class SqlJson(Http):
    async def ask(self):
        answer, expected = await self.sql("json")
        return answer.json()["rows"], expected


class SqlNdjson(Http):
    async def ask(self):
        answer, expected = await self.sql("ndjson")
        rows = [json.loads(line) for line in answer.text.splitlines()]
        if rows and "error" in rows[-1]:
            raise Limited(str(rows[-1])) if "limit" in str(rows[-1]) else RuntimeError(str(rows[-1]))
        return rows, expected


class SqlCsv(Http):
    async def ask(self):
        answer, expected = await self.sql("csv")
        return list(csv.DictReader(io.StringIO(answer.text))), as_text(expected)


class SqlArrow(Http):
    async def ask(self):
        answer, expected = await self.sql("arrow")
        return pa.ipc.open_stream(answer.content).read_all().to_pylist(), expected


class Rest(Http):
    async def ask(self):
        after = self.chance.randrange(ROWS)
        asked = {"id": f"gt.{after}", "order": "id", "limit": PAGE, "select": "id,region,email,cost"}
        answer = self.good(await self.client.get("/v1/data/crowd/people", params=asked))
        return answer.json()["rows"], page_of(self.person, after)


class Graphql(Http):
    async def ask(self):
        after = self.chance.randrange(ROWS)
        asked = f"(where: {{id: {{gt: {after}}}}}, orderBy: [id_ASC], first: {PAGE})"
        document = f"{{ crowd_people{asked} {{ nodes {{ id region email cost }} }} }}"
        answer = self.good(await self.client.post("/graphql", json={"query": document})).json()
        if answer.get("errors"):
            said = json.dumps(answer["errors"])
            statuses = [error.get("extensions", {}).get("status") for error in answer["errors"]]
            raise Limited(said) if any(status in LIMITS for status in statuses) else Refused(said)
        return answer["data"]["crowd_people"]["nodes"], page_of(self.person, after)


class Download(Http):
    async def ask(self):
        form = self.chance.choice(["csv", "parquet", "arrow"])
        answer = self.good(await self.client.get(f"/v1/download/crowd/people.{form}"))
        rows = sorted(self.person.rows, key=lambda row: row["id"])
        if form == "csv":
            found = list(csv.DictReader(io.StringIO(answer.text)))
            return sorted(found, key=lambda row: int(row["id"])), as_text(rows)
        if form == "parquet":
            found = pq.read_table(io.BytesIO(answer.content)).to_pylist()
        else:
            found = pa.ipc.open_stream(answer.content).read_all().to_pylist()
        return sorted(found, key=lambda row: row["id"]), rows


class Changes(Http):
    async def ask(self):
        async with self.client.stream("GET", "/v1/changes/crowd") as response:
            if response.status_code != 200:
                await response.aread()
                self.good(response)
            event = ""
            async for line in response.aiter_lines():
                if line.startswith("event:"):
                    event = line.removeprefix("event:").strip()
                if line.startswith("data:"):
                    data = json.loads(line.removeprefix("data:"))
                    found = [{"event": event, "release": data.get("release"), "tables": data.get("tables")}]
                    return found, [{"event": "release", "release": 1, "tables": ["people"]}] if self.person.rows else []
        raise RuntimeError("the stream of changes ended")


class Mcp(Client):
    async def open(self):
        self.connection = mcp_client.connected(self.home.http, self.person.token)
        self.client = await self.connection.__aenter__()

    async def close(self):
        await self.connection.__aexit__(None, None, None)

    async def ask(self):
        sql, expected = question(self.chance, self.person)
        answer = await self.client.call_tool("query", {"sql": sql, "purpose": "load", "limit": 100})
        if answer.is_error:
            said = answer.content[0].text
            status = (answer.structured_content or {}).get("status")
            raise Limited(said) if status in LIMITS else Refused(said)
        return answer.structured_content["rows"], expected


class Postgres(Client):
    async def open(self):
        host, port = self.home.postgres.rsplit(":", 1)
        self.connection = await asyncpg.connect(
            host=host, port=int(port), user=self.person.name, password=self.person.token, database="dev", timeout=60
        )

    async def close(self):
        await self.connection.close()

    async def ask(self):
        sql, expected = question(self.chance, self.person)
        try:
            return [dict(row) for row in await self.connection.fetch(sql)], expected
        except asyncpg.PostgresError as error:
            if error.sqlstate in ("53000", "53300", "53400", "57014"):
                raise Limited(str(error)) from None
            if error.sqlstate in ("42501", "42P01"):
                raise Refused(str(error)) from None
            raise


class Threaded(Client):
    """A client that waits with its whole thread."""

    threads = None

    async def ask(self):
        return await asyncio.get_running_loop().run_in_executor(self.threads, self.ask_here)


class Flight(Threaded):
    async def open(self):
        options = {"username": self.person.name, "password": self.person.token}
        connect = adbc_driver_flightsql.dbapi.connect
        self.connection = await asyncio.get_running_loop().run_in_executor(
            self.threads, lambda: connect(f"grpc://{self.home.flight}", db_kwargs=options, autocommit=True)
        )

    async def close(self):
        await asyncio.get_running_loop().run_in_executor(self.threads, self.connection.close)

    def ask_here(self):
        sql, expected = question(self.chance, self.person)
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetch_arrow_table().to_pylist(), expected
        except adbc_driver_manager.Error as error:
            said = str(error)
            if any(code in said for code in ("ResourceExhausted", "RESOURCE_EXHAUSTED", "DeadlineExceeded")):
                raise Limited(said) from None
            refusals = ("PermissionDenied", "PERMISSION_DENIED", "UNAUTHORIZED", "there is no table")
            if any(refusal in said for refusal in refusals):
                raise Refused(said) from None
            raise


class Sharing(Threaded):
    def ask_here(self):
        try:
            found = sharing_client.read(self.home.http, self.person.token, "crowd.ports.people", "parquet")
        except sharing_client.Refused as refusal:
            said = str(refusal)
            if any(str(status) in said for status in LIMITS):
                raise Limited(said) from None
            raise Refused(said) from None
        except requests.exceptions.HTTPError as error:
            raise Refused(str(error)) from None
        return sorted(found, key=lambda row: row["id"]), sorted(self.person.rows, key=lambda row: row["id"])


DOORS = {
    "sql json": SqlJson,
    "sql ndjson": SqlNdjson,
    "sql csv": SqlCsv,
    "sql arrow": SqlArrow,
    "rest": Rest,
    "graphql": Graphql,
    "download": Download,
    "changes": Changes,
    "mcp": Mcp,
    "postgres": Postgres,
    "flight": Flight,
    "sharing": Sharing,
}


@dataclass
class Tally:
    answers: int = 0
    refusals: int = 0
    limits: int = 0
    seconds: list[float] = field(default_factory=list)


class Crowd:
    def __init__(self, home, clients, seconds, seed):
        self.home, self.seconds = home, seconds
        self.tallies = {door: Tally() for door in DOORS}
        self.wrong = []
        self.memory = []
        doors = list(DOORS.items())
        self.clients = []
        for number in range(clients):
            door, kind = doors[number % len(doors)]
            # Every door with every person, in time.
            person = home.people[(number + number // len(doors)) % len(home.people)]
            self.clients.append((door, kind(home, person, random.Random(seed * 1_000 + number))))
        waiting = sum(isinstance(client, Threaded) for _, client in self.clients)
        Threaded.threads = concurrent.futures.ThreadPoolExecutor(max(1, waiting))

    async def run(self):
        self.ends = time.monotonic() + self.seconds
        # Not one of the tasks: however busy they are, memory is looked at.
        watching = asyncio.create_task(asyncio.to_thread(self.watch))
        await asyncio.gather(*(self.live(door, client) for door, client in self.clients))
        await watching

    def watch(self):
        while time.monotonic() < self.ends:
            self.memory.append(self.home.resident())
            time.sleep(0.1)

    async def live(self, door, client):
        if not await self.opened(door, client):
            return
        while time.monotonic() < self.ends:
            try:
                await self.once(door, client)
            except Limited:
                self.tallies[door].limits += 1
                await asyncio.sleep(0.2)
            except Exception as error:
                self.wrong.append(f"{door}, {client.person.name}: {error!r}")
                await asyncio.sleep(0.2)
        await client.close()

    async def opened(self, door, client):
        """Whether there is a connection, in the end. Who takes too long to sign in is sent away, and comes again."""
        while time.monotonic() < self.ends:
            try:
                await client.open()
                return True
            except (ConnectionError, asyncpg.ConnectionDoesNotExistError, asyncpg.QueryCanceledError):
                self.tallies[door].limits += 1
                await asyncio.sleep(0.5)
            except Exception as error:
                self.wrong.append(f"{door}, {client.person.name}: no connection: {error!r}")
                return False
        return False

    async def once(self, door, client):
        tally, began = self.tallies[door], time.monotonic()
        try:
            found, expected = await client.ask()
        except Refused as refusal:
            if client.person.rows:
                raise RuntimeError(f"refused: {refusal}") from None
            tally.refusals += 1
            return
        if not client.person.rows:
            raise Leak(f"who may not read was answered: {str(found)[:300]}")
        if found != expected:
            raise Leak(f"{str(found)[:300]} and not {str(expected)[:300]}")
        tally.answers += 1
        tally.seconds.append(time.monotonic() - began)

    def growth(self):
        """The server's memory after its first answers, in the end, and at its highest."""
        count = len(self.memory)
        warm = self.memory[count // 4 : count // 4 + max(1, count // 8)]
        end = self.memory[-max(1, count // 8) :]
        return sum(warm) / len(warm), sum(end) / len(end), max(self.memory)


def milliseconds(seconds, part):
    ordered = sorted(seconds)
    return round(ordered[min(len(ordered) - 1, int(part * len(ordered)))] * 1_000, 1) if ordered else None


def report(crowd, clients):
    warm, end, peak = crowd.growth()
    doors = {
        door: {
            "answers": tally.answers,
            "refusals": tally.refusals,
            "limits": tally.limits,
            "p50_ms": milliseconds(tally.seconds, 0.5),
            "p95_ms": milliseconds(tally.seconds, 0.95),
        }
        for door, tally in crowd.tallies.items()
    }
    grown = end > warm * (1 + GROWTH) + ROOM
    silent = [door for door, tally in crowd.tallies.items() if not tally.answers]
    wrong = [*crowd.wrong, *(f"{door}: nothing was answered" for door in silent)]
    if grown:
        wrong.append(f"the server's memory grows: {warm / 2**20:.0f} MiB, and {end / 2**20:.0f} MiB in the end")
    return {
        "clients": clients,
        "seconds": crowd.seconds,
        "answers": sum(tally.answers for tally in crowd.tallies.values()),
        "refusals": sum(tally.refusals for tally in crowd.tallies.values()),
        "limits": sum(tally.limits for tally in crowd.tallies.values()),
        "memory_mib": {"warm": round(warm / 2**20), "end": round(end / 2**20), "peak": round(peak / 2**20)},
        "doors": doors,
        "wrong": len(wrong),
        "first_wrong": wrong[:10],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outport", required=True, help="the binary")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="outport-crowd-") as folder:
        home = Home(str(Path(asked.outport).resolve()), folder)
        home.make()
        home.serve()
        try:
            crowd = Crowd(home, asked.clients, asked.seconds, asked.seed)
            asyncio.run(crowd.run())
            found = report(crowd, asked.clients)
        finally:
            home.stop()
    print(json.dumps(found, indent=2))
    sys.exit(1 if found["wrong"] else 0)


if __name__ == "__main__":
    main()
