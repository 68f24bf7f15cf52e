"""The doors of `outport serve` over 1.5 million rows, beside ROAPI, PostgreSQL and DuckDB in process: rows by their
key, 10,000 rows at once, what policies cost, and how long a connection takes where there are 1,000 ports."""

import http.client
import json
import statistics
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import load
import products
from places import DATA, DOORS_PYTHON, HERE
from servers import WORKSPACE, Outport, Postgres, Roapi, Server, outport

# Seconds of load for one figure, of which there is one in each round.
SECONDS = 5
PORTS = 1000
CONNECTIONS = 200

RANGE = "o_orderkey <= 40000"
GROUPED = """SELECT o_orderpriority, count(*) AS orders, sum(o_totalprice) AS price, min(o_clerk) AS clerk,
    max(o_orderdate) AS day FROM {orders} GROUP BY o_orderpriority ORDER BY o_orderpriority"""
# What the policies of a user in the groups `part` and `half` say, in SQL.
BY_HAND = """(SELECT o_orderpriority, o_totalprice, CAST(date_trunc('month', o_orderdate) AS DATE) AS o_orderdate,
    CASE WHEN character_length(o_clerk) > 6 THEN rpad(left(o_clerk, 6), character_length(o_clerk), '*')
    ELSE repeat('*', character_length(o_clerk)) END AS o_clerk
    FROM orders.orders WHERE o_orderstatus <> 'F')"""


@dataclass
class Figures:
    """What one contender was seen to do, once in each round."""

    name: str
    measure: Callable[[], load.Load]
    server: Server
    loads: list[load.Load] = field(default_factory=list)
    cpu_milliseconds: list[float] = field(default_factory=list)
    mebibytes: list[float] = field(default_factory=list)

    def run(self, seconds: float) -> None:
        before = self.server.cpu_seconds()
        seen = self.measure()
        self.loads.append(seen)
        self.cpu_milliseconds.append((self.server.cpu_seconds() - before) / (seen.per_second * seconds) * 1000)
        self.mebibytes.append(self.server.mebibytes())

    def row(self, base: "Figures | None") -> str:
        def median(what: str, figures: "Figures" = self) -> float:
            return statistics.median(getattr(seen, what) for seen in figures.loads)

        rate, milliseconds = median("per_second"), median("median_milliseconds")
        ratio = f"{milliseconds / median('median_milliseconds', base):.2f}" if base else ""
        late, cpu = median("late_milliseconds"), statistics.median(self.cpu_milliseconds)
        memory = statistics.median(self.mebibytes) if any(self.mebibytes) else 0
        return (
            f"| {self.name} | {milliseconds:.3f} | {ratio} | {late:.2f} | {rate:,.0f} | {cpu:.3f} | {memory:.0f} |"
        )

    def raw(self) -> list[dict]:
        columns = zip(self.loads, self.cpu_milliseconds, self.mebibytes, strict=True)
        return [vars(seen) | {"cpu_milliseconds": cpu, "mebibytes": memory} for seen, cpu, memory in columns]


class InProcess(Server):
    """DuckDB in a process of its own, which tells its own figures."""

    def __init__(self, seconds: int) -> None:
        self.seconds, self.found = seconds, {}

    def measure(self, work: str) -> load.Load:
        script, data = HERE / "doors/duckdb_in_process.py", DATA / "orders.parquet"
        command = [DOORS_PYTHON, str(script), str(data), str(self.seconds)]
        if work not in self.found:
            self.found |= json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        self.last = self.found.pop(work)
        return load.Load(*(self.last[each] for each in ("per_second", "median_milliseconds", "late_milliseconds")))

    def cpu_seconds(self) -> float:
        return 0.0

    def mebibytes(self) -> float:
        return self.last["peak_mebibytes"]


class InProcessFigures(Figures):
    def run(self, seconds: float) -> None:
        super().run(seconds)
        self.cpu_milliseconds[-1] = self.server.last["cpu_milliseconds"]


def rounds_of(title: str, contenders: list[Figures], rounds: int, seconds: float) -> tuple[str, str, dict]:
    """One round to warm up, then `rounds` of everyone in turn. The first is what the others are compared with."""
    for turn in range(rounds + 1):
        for contender in contenders:
            contender.run(seconds)
            if turn == 0:
                for seen in (contender.loads, contender.cpu_milliseconds, contender.mebibytes):
                    seen.clear()
    first = contenders[0]
    lines = [
        f"### {title}",
        "",
        f"| | p50 ms | p50 / {first.name} | p99 ms | per second | CPU ms each | MiB |",
        "|---|---:|---:|---:|---:|---:|---:|",
        *(each.row(first) for each in contenders),
    ]
    return title, "\n".join(lines) + "\n", {each.name: each.raw() for each in contenders}


def fetch(url: str, headers: dict[str, str], body: str | None = None) -> bytes:
    request = urllib.request.Request(url, data=body.encode() if body else None, headers=headers)
    with urllib.request.urlopen(request, timeout=300) as answer:
        return answer.read()


@dataclass
class Home:
    """A home with what is served, and the tokens of those who ask."""

    folder: Path
    tokens: dict[str, str]

    @classmethod
    def make(cls, folder: Path, bundles: list[Path], users: dict[str, list[str]]) -> "Home":
        home = folder / "home"
        folder.mkdir(parents=True, exist_ok=True)
        outport(home, "apply", "--yes", "--quiet", *(str(bundle) for bundle in bundles))
        outport(home, "init", "--administrator", "root", "--password-stdin", "--quiet", text="correct horse battery\n")
        outport(home, "access", "policy", "set", str(HERE / "doors/policies.cedar"))
        for user, groups in users.items():
            outport(home, "user", "set", user, *(word for group in groups for word in ("--group", group)))
        command = ["token", "create", "--label", "bench", "--user"]
        return cls(home, {user: outport(home, *command, user) for user in [*users, "root"]})

    def headers(self, user: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[user]}"}


def sql(text: str) -> str:
    return json.dumps({"sql": " ".join(text.split())})


def ask(server: Outport, home: Home, user: str, query: str, accept: str = "application/json") -> bytes:
    headers = home.headers(user) | {"Content-Type": "application/json", "Accept": accept}
    return fetch(f"{server.url}/v1/sql", headers, sql(query))


def look_ups(
    ours: Outport, home: Home, roapi: Roapi, pg: Postgres, folder: Path, rounds: int, seconds: int
) -> Iterator:
    key = load.key_of(1_234_567)
    path = "/v1/data/orders/orders/{key}"
    theirs = "/api/tables/orders?filter[o_orderkey]={key}&limit=1"
    one = json.loads(fetch(ours.url + path.format(key=key), home.headers("ann")))
    other = json.loads(fetch(roapi.url + theirs.format(key=key), {}))[0]
    third = pg.psql(f"SELECT o_comment FROM orders WHERE o_orderkey = {key}").removesuffix("\n")
    assert one["o_comment"] == other["o_comment"] == third, (one, other, third)
    assert one["o_clerk"].endswith("*****"), f"the policies are on: {one}"

    def at(connections: int) -> list[Figures]:
        def outport_http(user: str) -> Callable[[], load.Load]:
            return lambda: load.http(
                ours.url, path, connections=connections, seconds=seconds, headers=home.headers(user)
            )

        def postgres(address: str, table: str, user: str, password: str, database: str) -> Callable[[], load.Load]:
            query = f"SELECT * FROM {table} WHERE o_orderkey = :key"
            where = {"user": user, "password": password, "database": database}
            return lambda: load.postgres(
                address, query, clients=connections, seconds=seconds, folder=folder / "pgbench", **where
            )

        found = [
            Figures("Outport, REST, row rule and two masks", outport_http("ann"), ours),
            Figures("Outport, REST, all of it", outport_http("eve"), ours),
            Figures(
                "Outport, PostgreSQL wire",
                postgres(ours.postgres, "orders.orders", "ann", home.tokens["ann"], WORKSPACE),
                ours,
            ),
            Figures(
                "ROAPI, REST",
                lambda: load.http(roapi.url, theirs, connections=connections, seconds=seconds, headers={}),
                roapi,
            ),
            Figures("PostgreSQL, prepared", postgres(f"127.0.0.1:{pg.port}", "orders", "bench", "", "postgres"), pg),
        ]
        if connections == 1:
            duckdb = InProcess(seconds)
            found.append(InProcessFigures("DuckDB in process, Parquet", lambda: duckdb.measure("look_up"), duckdb))
        return found

    yield rounds_of("a row by its key, one connection", at(1), rounds, seconds)
    yield rounds_of("a row by its key, eight connections", at(8), rounds, seconds)


def ten_thousand(
    ours: Outport, home: Home, roapi: Roapi, pg: Postgres, folder: Path, rounds: int, seconds: int
) -> Iterator:
    query = f"SELECT * FROM orders.orders WHERE {RANGE}"
    theirs = f"SELECT * FROM orders WHERE {RANGE}"
    rows = json.loads(ask(ours, home, "eve", query))["rows"]
    others = json.loads(fetch(f"{roapi.url}/api/sql", {}, theirs))
    count = int(pg.psql(f"SELECT count(*) FROM orders WHERE {RANGE}"))
    assert len(rows) == len(others) == count == 10_000, (len(rows), len(others), count)
    assert {row["o_orderkey"] for row in rows} == {row["o_orderkey"] for row in others}

    def outport_http(accept: str) -> Callable[[], load.Load]:
        headers = home.headers("eve") | {"Content-Type": "application/json", "Accept": accept}
        return lambda: load.http(
            ours.url, "/v1/sql", connections=1, seconds=seconds, headers=headers, body=sql(query)
        )

    def roapi_http(accept: str) -> Callable[[], load.Load]:
        headers = {"Accept": accept}
        return lambda: load.http(
            roapi.url, "/api/sql", connections=1, seconds=seconds, headers=headers, body=theirs
        )

    def postgres(address: str, text: str, user: str, password: str, database: str) -> Callable[[], load.Load]:
        where = {"user": user, "password": password, "database": database}
        return lambda: load.postgres(address, text, clients=1, seconds=seconds, folder=folder / "pgbench", **where)

    duckdb = InProcess(seconds)
    arrow = "application/vnd.apache.arrow.stream"
    yield rounds_of(
        "10,000 rows, Arrow",
        [
            InProcessFigures("DuckDB in process, Parquet", lambda: duckdb.measure("arrow"), duckdb),
            Figures("Outport", outport_http(arrow), ours),
            Figures("ROAPI", roapi_http("application/vnd.apache.arrow.stream"), roapi),
        ],
        rounds,
        seconds,
    )
    yield rounds_of(
        "10,000 rows, JSON",
        [
            Figures("Outport", outport_http("application/json"), ours),
            Figures("ROAPI", roapi_http("application/json"), roapi),
        ],
        rounds,
        seconds,
    )
    yield rounds_of(
        "10,000 rows, PostgreSQL's protocol",
        [
            Figures("Outport", postgres(ours.postgres, query, "eve", home.tokens["eve"], WORKSPACE), ours),
            Figures("PostgreSQL", postgres(f"127.0.0.1:{pg.port}", theirs, "bench", "", "postgres"), pg),
        ],
        rounds,
        seconds,
    )


def policies(ours: Outport, home: Home, rounds: int) -> Iterator:
    """Wall seconds of the same groups, asked in turn by those to whom policies leave a part, and everything."""
    all_of_it = GROUPED.format(orders="orders.orders")
    asked = {
        "row rule and two masks, by policy": ("bob", all_of_it),
        "the same by hand": ("root", GROUPED.format(orders=BY_HAND)),
        "all of it, by policy": ("eve", all_of_it),
        "all of it, administrator": ("root", all_of_it),
    }
    answers = {name: json.loads(ask(ours, home, *who))["rows"] for name, who in asked.items()}
    by_policy, by_hand, permitted, whole = answers.values()
    assert by_policy == by_hand and permitted == whole and by_policy != whole, answers
    seconds = {name: [] for name in asked}
    host = ours.url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=300)
    for turn in range(20 * (rounds + 1)):
        for name, (user, query) in asked.items():
            headers = home.headers(user) | {"Content-Type": "application/json"}
            began = time.perf_counter()
            connection.request("POST", "/v1/sql", sql(query), headers)
            connection.getresponse().read()
            if turn >= 20:
                seconds[name].append(time.perf_counter() - began)
    connection.close()
    title = "what policies cost"
    lines = [f"### {title}", "", "| | p50 ms | / by hand |", "|---|---:|---:|"]
    bases = {
        "row rule and two masks, by policy": "the same by hand",
        "all of it, by policy": "all of it, administrator",
    }
    for name, times in seconds.items():
        median = statistics.median(times)
        ratio = f"{median / statistics.median(seconds[bases[name]]):.3f}" if name in bases else ""
        lines.append(f"| {name} | {median * 1000:.2f} | {ratio} |")
    yield title, "\n".join(lines) + "\n", seconds


def connections(folder: Path, rounds: int) -> Iterator:
    """A home of 1,000 products with one port each: memory at rest, and connections."""
    products.write(folder, PORTS)
    home = Home.make(folder, [folder / "bundles"], {"eve": ["whole"]})
    server = Outport(home.folder)
    try:
        time.sleep(2)
        idle = server.mebibytes()
        table = f"product_{PORTS // 2:04}"
        query = f"SELECT * FROM {table}.{table} LIMIT 1"
        who = {"user": "eve", "password": home.tokens["eve"], "database": WORKSPACE}
        first = load.first_row(server.postgres, query, **who)
        took = [load.first_row(server.postgres, query, **who) for _ in range(CONNECTIONS * rounds)]
        used = server.mebibytes()
    finally:
        server.stop()
    title = f"PostgreSQL connection to first row, {PORTS:,} ports"
    took.sort()
    lines = [
        f"### {title}",
        "",
        "| the first ms | p50 ms | p99 ms | ready after s | MiB at rest | MiB after |",
        "|---:|---:|---:|---:|---:|---:|",
        f"| {first:.1f} | {statistics.median(took):.2f} | {took[len(took) * 99 // 100]:.2f} "
        f"| {server.ready_seconds:.2f} | {idle:.0f} | {used:.0f} |",
    ]
    figures = {"first": first, "milliseconds": took, "idle": idle, "after": used, "ready": server.ready_seconds}
    yield title, "\n".join(lines) + "\n", figures


def at_rest(servers: list[tuple[str, Server, float]]) -> Iterator:
    title = "at rest"
    lines = [f"### {title}", "", "| | ready after s | MiB |", "|---|---:|---:|"]
    lines += [f"| {name} | {server.ready_seconds:.2f} | {idle:.0f} |" for name, server, idle in servers]
    yield title, "\n".join(lines) + "\n", {name: [server.ready_seconds, idle] for name, server, idle in servers}


def measure(folder: Path, rounds: int, seconds: int = SECONDS) -> Iterator[tuple[str, str, dict]]:
    """Title, table and figures of each measurement."""
    folder.mkdir(parents=True)
    groups = {"ann": ["part", "all-rows"], "bob": ["part", "half"], "eve": ["whole"]}
    home = Home.make(folder / "orders", [HERE / "doors/bundle"], groups)
    running: list[Server] = []
    try:
        ours = Outport(home.folder)
        running.append(ours)
        time.sleep(2)
        idle = ours.mebibytes()
        roapi = Roapi(folder)
        running.append(roapi)
        time.sleep(2)
        yield from at_rest([("Outport", ours, idle), ("ROAPI, rows in memory", roapi, roapi.mebibytes())])
        pg = Postgres()
        running.append(pg)
        warm(ours, home)
        yield from look_ups(ours, home, roapi, pg, folder, rounds, seconds)
        yield from ten_thousand(ours, home, roapi, pg, folder, rounds, seconds)
        yield from policies(ours, home, rounds)
    finally:
        for server in reversed(running):
            server.stop()
    yield from connections(folder / "ports", rounds)


def warm(ours: Outport, home: Home) -> None:
    """Asks until the rows are in memory, where a look-up takes no longer than some milliseconds."""
    end = time.monotonic() + 120
    took = 1.0
    while took > 0.1:
        began = time.monotonic()
        fetch(f"{ours.url}/v1/data/orders/orders/{load.key_of(7)}", home.headers("ann"))
        took = time.monotonic() - began
        if began > end:
            raise SystemExit("error: the table does not come into memory")
        time.sleep(0.1)
