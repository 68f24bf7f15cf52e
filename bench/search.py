"""How long a search of the catalog takes, over HTTP, with 10,000 products: for an administrator and for a reader from whom
a domain and every restricted column is hidden. Usage: search.py [NUMBER [HOME]] (with $OUTPORT); a home that is there is used.
"""

import http.client
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import catalog

NUMBER = 10_000
SEARCHES = 400

POLICIES = """
permit(principal, action in [Action::"discover", Action::"read"], resource);
forbid(principal in Group::"readers", action, resource in Domain::"people");
forbid(principal in Group::"readers", action in [Action::"readColumn", Action::"readMasked"], resource)
when { resource has classification && resource.classification == "restricted" };
"""


def queries(kind: str, draw: random.Random) -> Iterator[dict[str, str]]:
    """Searches without end, as people type them."""
    things = [thing for domain in catalog.DOMAINS.values() for thing in domain]
    while True:
        thing, region, word = draw.choice(things), draw.choice(catalog.REGIONS), draw.choice(catalog.WORDS)
        if kind == "a word":
            yield {"q": draw.choice([thing, region, word])}
        elif kind == "three words":
            yield {"q": f"{thing} {region} {word}"}
        elif kind == "as it is typed":
            text = f"{thing} {region}"
            yield {"q": text[: draw.randint(1, len(text))]}
        elif kind == "written wrong":
            at = draw.randrange(1, len(thing) - 1)
            yield {"q": f"{thing[:at]}{thing[at + 1:]} {region}"}
        elif kind == "narrowed":
            yield {"q": word, "domain": draw.choice(list(catalog.DOMAINS)), "status": "active"}
        else:
            yield {}


KINDS = ["a word", "three words", "as it is typed", "written wrong", "narrowed", "everything"]


class Server:
    """`outport serve` of a home."""

    def __init__(self, home: Path) -> None:
        command = [os.environ["OUTPORT"], "--output", "json", "--home", str(home), "serve", "--http", "127.0.0.1:0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("error: `outport serve` ended")
        self.address = urlsplit(json.loads(line)["http"]).netloc
        self.connection = http.client.HTTPConnection(self.address, timeout=600)

    def search(self, token: str, query: dict[str, str]) -> tuple[float, dict]:
        """Milliseconds until the whole answer is there, and the answer."""
        path = f"/v1/catalog/search?{urlencode(query)}"
        began = time.perf_counter()
        self.connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        answer = self.connection.getresponse()
        body = answer.read()
        took = (time.perf_counter() - began) * 1000
        if answer.status != 200:
            raise SystemExit(f"error: {path}: {answer.status} {body.decode()}")
        return took, json.loads(body)

    def mebibytes(self) -> float:
        lines = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)


def outport(home: Path, *arguments: str, text: str = "") -> str:
    command = [os.environ["OUTPORT"], "--home", str(home), *arguments]
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"error: {' '.join(arguments)}\n{done.stderr}")
    return done.stdout.strip()


def make(folder: Path, number: int) -> Path:
    """A home with so many products on record and released."""
    home = folder / "home"
    if home.exists():
        return home
    catalog.write(folder / "bundles", number)
    began = time.monotonic()
    outport(home, "apply", "--yes", "--quiet", str(folder / "bundles"))
    print(f"{number:,} products applied in {time.monotonic() - began:.0f} s", file=sys.stderr)
    outport(home, "init", "--administrator", "root", "--password-stdin", "--quiet", text="correct horse battery\n")
    policies = folder / "catalog.cedar"
    policies.write_text(POLICIES)
    outport(home, "access", "policy", "set", str(policies))
    outport(home, "user", "set", "ann", "--group", "readers")
    return home


def check(server: Server, tokens: dict[str, str]) -> None:
    """What is hidden is found by nobody from whom it is hidden, and everything else by both."""
    for domain, seen in [("people", False), ("sales", True)]:
        for user in ("root", "ann"):
            _, found = server.search(tokens[user], {"domain": domain})
            assert (found["total"] > 0) == (seen or user == "root"), (user, domain, found["total"])
    _, everything = server.search(tokens["ann"], {})
    values = {facet: {each["value"] for each in counts} for facet, counts in everything["facets"].items()}
    assert "people" not in values["domain"] and "restricted" not in values["classification"], values


def change(home: Path, bundles: Path) -> None:
    """Applies the first product with another purpose."""
    descriptor = bundles / "product-00000" / "product.odps.yaml"
    descriptor.write_text(descriptor.read_text().replace('purpose: "', 'purpose: "Again: '))
    outport(home, "apply", "--yes", "--quiet", str(descriptor.parent))


def percentile(times: list[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def measure(folder: Path, rounds: int, number: int = NUMBER) -> Iterator[tuple[str, str, dict]]:
    """Title, table and figures."""
    home = make(folder, number)
    command = ["token", "create", "--label", "bench", "--user"]
    tokens = {user: outport(home, *command, user) for user in ("root", "ann")}
    server = Server(home)
    try:
        first = {user: server.search(tokens[user], {"q": "orders"})[0] for user in tokens}
        check(server, tokens)
        figures: dict[str, list[float]] = {}
        title = f"search among {number:,} products"
        lines = [f"### {title}", "", "| | p50 ms | p95 ms | p99 ms | most ms |", "|---|---:|---:|---:|---:|"]
        for user, who in [("root", "administrator"), ("ann", "reader")]:
            for kind in KINDS:
                wanted = queries(kind, random.Random(kind))
                times = [server.search(tokens[user], next(wanted))[0] for _ in range(SEARCHES * rounds // 5)]
                figures[f"{who}, {kind}"] = times
                shown = [statistics.median(times), percentile(times, 0.95), percentile(times, 0.99), max(times)]
                lines.append(f"| {who}, {kind} | {' | '.join(f'{each:.1f}' for each in shown)} |")
        seconds = ", ".join(f"{user} {took / 1000:.1f} s" for user, took in first.items())
        lines += ["", f"The first search makes the index: {seconds}. Memory after all: {server.mebibytes():.0f} MiB."]
        outport(home, *command, "root")
        signed_in, _ = server.search(tokens["ann"], {"q": "orders"})
        change(home, folder / "bundles")
        changed, _ = server.search(tokens["ann"], {"q": "orders"})
        lines += [f"The reader's first search after somebody got a token: {signed_in:.0f} ms; after a product was applied and",
                  f"released: {changed / 1000:.1f} s."]
        yield title, "\n".join(lines) + "\n", figures
    finally:
        server.stop()


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else NUMBER
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(scratch) / "catalog"
        for _, table, _ in measure(folder, 5, number):
            print(table)


if __name__ == "__main__":
    main()
