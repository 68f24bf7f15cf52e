"""Generators of load with little overhead: wrk for HTTP, pgbench and a bare socket for PostgreSQL's protocol."""

import json
import os
import socket
import statistics
import struct
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from places import HERE, POSTGRES

# Numbers of TPC-H's orders, and the key of the nth: eight of every 32 are taken.
ORDERS = 1_500_000


def key_of(number: int) -> int:
    return number // 8 * 32 + number % 8


@dataclass
class Load:
    """What clients saw, who ask again as soon as they have an answer."""

    per_second: float
    median_milliseconds: float
    late_milliseconds: float


def http(
    url: str, path: str, *, connections: int, seconds: float, headers: dict[str, str], body: str | None = None
) -> Load:
    """Every request gets an answer of status 200. `{key}` in the path or body is the key of a random row."""
    threads = 1 if connections == 1 else 2
    command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s"]
    command += ["--script", str(HERE / "doors" / "request.lua"), url]
    asked = {"PATH_": path, "BODY_": body or "", "ORDERS_": str(ORDERS)}
    asked["HEADERS_"] = "\n".join(f"{name}: {value}" for name, value in headers.items())
    done = subprocess.run(command, env=os.environ | asked, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.strip().splitlines()[-1])
    if found["errors"] or not found["requests"]:
        raise SystemExit(f"error: {url}{path}: {found['errors']} of {found['requests']} requests failed")
    return Load(found["requests"] / found["microseconds"] * 1e6, found["p50"] / 1000, found["p99"] / 1000)


def postgres(
    address: str,
    sql: str,
    *,
    user: str,
    password: str,
    database: str,
    clients: int,
    seconds: float,
    folder: Path,
) -> Load:
    """Prepared statements. `:key` in the query is the key of a random row."""
    host, port = address.rsplit(":", 1)
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    script = folder / "script.sql"
    number = f"\\set number random(1, {ORDERS})\n\\set key (:number / 8) * 32 + :number % 8\n"
    script.write_text((number if ":key" in sql else "") + sql + ";\n")
    command = [f"{POSTGRES}/pgbench", "--no-vacuum", "--protocol=prepared", "--file", str(script)]
    command += [f"--client={clients}", f"--jobs={min(clients, 2)}", f"--time={max(1, round(seconds))}"]
    command += ["--log", "--log-prefix", str(folder / "log")]
    command += ["-h", host, "-p", port, "-U", user, database]
    done = subprocess.run(command, env=os.environ | {"PGPASSWORD": password}, capture_output=True, text=True)
    if done.returncode != 0 or "number of failed transactions: 0 " not in done.stdout:
        raise SystemExit(f"error: {' '.join(command)}\n{done.stdout}{done.stderr}")
    lines = [line.split() for log in folder.glob("log*") for line in log.read_text().splitlines()]
    milliseconds = sorted(int(fields[2]) / 1000 for fields in lines)
    rate = next(line.split()[2] for line in done.stdout.splitlines() if line.startswith("tps"))
    return Load(float(rate), statistics.median(milliseconds), milliseconds[len(milliseconds) * 99 // 100])


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body


def first_row(address: str, sql: str, *, user: str, password: str, database: str) -> float:
    """Milliseconds from the attempt to connect to the first row of a query."""
    host, port = address.rsplit(":", 1)
    hello = struct.pack("!I", 196608) + b"".join(
        part.encode() + b"\0" for part in ("user", user, "database", database, "")
    )
    began = time.perf_counter()
    with socket.create_connection((host, int(port))) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = connection.makefile("rb")
        connection.sendall(message(b"", hello))
        while True:
            kind, length = struct.unpack("!cI", stream.read(5))
            body = stream.read(length - 4)
            if kind == b"R" and body[:4] == b"\0\0\0\3":
                connection.sendall(message(b"p", password.encode() + b"\0"))
            elif kind == b"Z":
                connection.sendall(message(b"Q", sql.encode() + b"\0"))
            elif kind == b"D":
                took = (time.perf_counter() - began) * 1000
                connection.sendall(message(b"X", b""))
                return took
            elif kind in (b"E", b"C"):
                raise SystemExit(f"error: {sql}: {body!r}")
