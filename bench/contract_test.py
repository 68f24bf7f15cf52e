"""Thirty-five checks over TPC-H SF1: `outport contract test` beside DuckDB by hand, Soda 3 and datacontract-cli."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from measure import Contender
from places import DATA, DATACONTRACT, HERE, OUTPORT, PYTHON, SILENT, SODA, SODA_PYTHON

SOURCES = HERE / "contract"
FAILING = {"orders-status", "lineitem.l_discount.range", "lineitem-on-time"}

# datacontract-cli's names, where a rule of them cannot be derived.
DATACONTRACT_NAMES = {
    "orders__o_orderstatus__field_invalid_values": "orders-status",
    "orders__o_orderpriority__field_invalid_values": "orders-priority",
    "orders__row_count": "orders-rows",
    "orders__quality_sql_1": "orders-open",
    "lineitem__l_returnflag__field_invalid_values": "lineitem-flag",
    "lineitem__l_linestatus__field_invalid_values": "lineitem-status",
    "lineitem__l_shipmode__field_invalid_values": "lineitem-mode",
    "lineitem__row_count": "lineitem-rows",
    "lineitem__quality_sql_1": "lineitem-received",
    "lineitem__quality_sql_2": "lineitem-on-time",
    "lineitem__primary_key_unique": "lineitem.primary_key",
    "lineitem__l_partkey__l_suppkey__partsupp__ps_partkey__ps_suppkey__field_relationships": "lineitem.reference",
    "partsupp__model_duplicate_values": "partsupp-key",
}
DATACONTRACT_RULES = {
    "field_required": "required",
    "field_unique": "unique",
    "field_minimum": "range",
    "field_maximum": "range",
    "field_regex": "pattern",
    "field_relationships": "reference",
}


def datacontract_verdicts(report: Path) -> dict[str, bool]:
    verdicts = {}
    for check in json.loads(report.read_text())["checks"]:
        # Presence and type of columns: Outport checks them too, and neither counts them here.
        if check["type"] in ("field_is_present", "field_type"):
            continue
        key = check["key"]
        if key not in DATACONTRACT_NAMES:
            table, column, *_ = key.split("__")
            name = f"{table}.{column}.{DATACONTRACT_RULES[check['type']]}"
        else:
            name = DATACONTRACT_NAMES[key]
        verdicts[name] = check["result"] == "passed"
    return verdicts


def outport_verdicts(text: str) -> dict[str, bool]:
    # Diagnostics, where there are any, precede the one JSON value.
    results = json.loads(text[text.index("{") :])["results"]
    counted = (result for result in results if result["check"]["kind"]["metric"] != "conversion")
    return {result["check"]["id"]: result["outcome"] == "pass" for result in counted}


def soda_verdicts(report: Path) -> dict[str, bool]:
    return {check["name"]: check["outcome"] == "pass" for check in json.loads(report.read_text())["checks"]}


def prepare(folder: Path) -> Iterator[tuple[str, list[Contender], Callable[[], None]]]:
    folder.mkdir(parents=True)
    (folder / "sf1").symlink_to(DATA)
    for file in SOURCES.iterdir():
        if file.is_file():
            shutil.copy(file, folder)
    # Soda 3 reads tables of a database: views of the files cost nothing until they are read.
    tables = "orders lineitem customer part supplier partsupp".split()
    views = "; ".join(f"CREATE VIEW {table} AS FROM 'sf1/{table}.parquet'" for table in tables)
    script = f'import duckdb; duckdb.connect("soda.duckdb").execute("""{views}""")'
    subprocess.run([SODA_PYTHON, "-c", script], cwd=folder, check=True)
    home = folder / "home" / ".soda"
    home.mkdir(parents=True)
    (home / "config.yml").write_text("send_anonymous_usage_stats: false\n")

    contenders = [
        Contender(
            "Outport",
            [OUTPORT, "--quiet", "contract", "test", "--format", "json", "tpch.odcs.yaml"],
            folder,
            accepted=(1,),
        ),
        Contender("DuckDB by hand", [PYTHON, "duckdb_checks.py"], folder),
        Contender(
            "Soda 3",
            [SODA, "scan", "-d", "tpch", "-c", "soda-source.yml", "-srf", "soda.json", "soda.yml"],
            folder,
            environment=SILENT | {"HOME": str(home.parent)},
            accepted=(2,),
        ),
        Contender(
            "datacontract-cli",
            [DATACONTRACT, "test", "--output", "datacontract.json", "--output-format", "json", "tpch.odcs.yaml"],
            folder,
            environment=SILENT,
            accepted=(1,),
        ),
    ]

    def verify() -> None:
        outport, duckdb, _, _ = contenders
        found = {
            "Outport": outport_verdicts(outport.output()),
            "DuckDB by hand": json.loads(duckdb.output()),
            "Soda 3": soda_verdicts(folder / "soda.json"),
            "datacontract-cli": datacontract_verdicts(folder / "datacontract.json"),
        }
        for name, verdicts in found.items():
            assert len(verdicts) == 35, f"{name}: {len(verdicts)} checks instead of 35"
            failed = {check for check, met in verdicts.items() if not met}
            assert failed == FAILING, f"{name} finds other faults: {sorted(failed ^ FAILING)}"
            other = verdicts.keys() ^ found["Outport"].keys()
            assert not other, f"{name} and Outport check different things: {sorted(other)}"

    yield "contract test: 35 checks, 7.5 million rows", contenders, verify
