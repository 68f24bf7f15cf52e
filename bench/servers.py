"""Servers under load: how they are started, and what they cost."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from places import DATA, DOORS_PYTHON, OUTPORT, POSTGRES, ROAPI

TICKS = os.sysconf("SC_CLK_TCK")
WORKSPACE = "dev"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(what: str, ready: Callable[[], bool], process: subprocess.Popen, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None:
            raise SystemExit(f"error: {what} ended with {process.returncode} before it was ready")
        if time.monotonic() > end:
            raise SystemExit(f"error: {what} is not ready after {seconds} s")
        time.sleep(0.005)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status == 200
    except OSError:
        return False


class Server:
    """A process and its children."""

    def __init__(self, name: str, process: subprocess.Popen) -> None:
        self.name, self.process = name, process

    def tree(self) -> list[int]:
        parents = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                except OSError:
                    continue
        found = [self.process.pid]
        for pid in found:
            found.extend(child for child, parent in parents.items() if parent == pid)
        return found

    def cpu_seconds(self) -> float:
        """User and system, also of children that have ended."""
        ticks = 0
        for pid in self.tree():
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            ticks += sum(int(field) for field in fields[11:15])
        return ticks / TICKS

    def mebibytes(self) -> float:
        """Memory in use now; what processes share counts once."""
        kibibytes = 0
        for pid in self.tree():
            try:
                lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            except OSError:
                continue
            kibibytes += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        return kibibytes / 1024

    def peak_mebibytes(self) -> float:
        """The most that one of its processes had at once."""
        peaks = [0]
        for pid in self.tree():
            try:
                lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            except OSError:
                continue
            peaks.extend(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
        return max(peaks) / 1024

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Outport(Server):
    """`outport serve` of a home."""

    def __init__(self, home: Path) -> None:
        began = time.perf_counter()
        process = subprocess.Popen(
            [OUTPORT, "--output", "json", "--home", str(home), "serve"]
            + ["--http", "127.0.0.1:0", "--postgres", "127.0.0.1:0"],
            stdout=subprocess.PIPE,
            stderr=(home.parent / "serve.log").open("wb"),
        )
        super().__init__("Outport", process)
        line = process.stdout.readline()
        if not line:
            raise SystemExit(f"error: `outport serve` ended: {(home.parent / 'serve.log').read_text()}")
        addresses = json.loads(line)
        self.url, self.postgres = addresses["http"], addresses["postgres"]
        wait_for(self.name, lambda: answers(f"{self.url}/ready"), process)
        self.ready_seconds = time.perf_counter() - began


class Roapi(Server):
    """ROAPI with a table in memory, its default."""

    def __init__(self, folder: Path) -> None:
        address = f"127.0.0.1:{free_port()}"
        began = time.perf_counter()
        process = subprocess.Popen(
            [ROAPI, "--table", f"orders={DATA / 'orders.parquet'}", "--addr-http", address]
            + ["--addr-postgres", f"127.0.0.1:{free_port()}", "--addr-flight-sql", f"127.0.0.1:{free_port()}"],
            cwd=folder,
            stdout=(folder / "roapi.log").open("wb"),
            stderr=subprocess.STDOUT,
        )
        super().__init__("ROAPI", process)
        self.url = f"http://{address}"
        wait_for(self.name, lambda: answers(f"{self.url}/api/schema"), process)
        self.ready_seconds = time.perf_counter() - began


class Postgres(Server):
    """PostgreSQL with the table, its key, and room for all of it in memory."""

    def __init__(self) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="outport-bench-postgres-"))
        # It does not run as root.
        self.prefix = []
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
            self.prefix = ["runuser", "-u", "postgres", "--"]
        data = self.folder / "data"
        options = ["--auth=trust", "--username=bench", "--encoding=UTF8", "--locale=C", "--pgdata", str(data)]
        subprocess.run([*self.prefix, f"{POSTGRES}/initdb", *options], check=True, stdout=subprocess.DEVNULL, cwd="/")
        settings = {"shared_buffers": "1GB", "listen_addresses": "127.0.0.1", "jit": "off"}
        command = [f"{POSTGRES}/postgres", "-D", str(data), "-p", str(self.port), "-k", str(self.folder)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        log = (self.folder / "log").open("wb")
        process = subprocess.Popen([*self.prefix, *command], stdout=log, stderr=log, cwd="/")
        super().__init__("PostgreSQL", process)
        ready = [f"{POSTGRES}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        try:
            wait_for(self.name, lambda: subprocess.run(ready).returncode == 0, process)
            self.load()
        except BaseException:
            self.stop()
            raise

    def load(self) -> None:
        self.psql(
            "CREATE TABLE orders (o_orderkey bigint PRIMARY KEY, o_custkey bigint, o_orderstatus text,"
            " o_totalprice decimal(15,2), o_orderdate date, o_orderpriority text, o_clerk text,"
            " o_shippriority integer, o_comment text)"
        )
        # After some seconds a bar of progress would be among the rows.
        copy = f"COPY (FROM '{DATA / 'orders.parquet'}') TO '/dev/stdout' (FORMAT csv, HEADER false)"
        script = f"import duckdb; duckdb.execute({f'SET enable_progress_bar = false; {copy}'!r})"
        export = subprocess.Popen([DOORS_PYTHON, "-c", script], stdout=subprocess.PIPE)
        self.psql("COPY orders FROM STDIN (FORMAT csv)", stdin=export.stdout)
        if export.wait() != 0:
            raise SystemExit("error: DuckDB could not write the rows for PostgreSQL")
        self.psql("VACUUM (ANALYZE, FREEZE) orders")

    def psql(self, sql: str, stdin: object = subprocess.DEVNULL) -> str:
        command = ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1"]
        target = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "bench", "-d", "postgres", "-c", sql]
        done = subprocess.run([*command, *target], stdin=stdin, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"error: {sql}\n{done.stderr}")
        return done.stdout

    def stop(self) -> None:
        # `runuser` does not pass on the signal by which PostgreSQL ends at once.
        command = [f"{POSTGRES}/pg_ctl", "stop", "-m", "fast", "-s", "-D", str(self.folder / "data")]
        subprocess.run([*self.prefix, *command], check=True, cwd="/")
        self.process.wait()
        shutil.rmtree(self.folder)


def outport(home: Path, *arguments: str, text: str | None = None) -> str:
    """Runs a command of Outport."""
    command = [OUTPORT, "--home", str(home), *arguments]
    environment = os.environ | {"BENCH_DATA": str(DATA)}
    done = subprocess.run(command, env=environment, input=text, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"error: {' '.join(command)}\n{done.stderr}")
    return done.stdout.strip()
