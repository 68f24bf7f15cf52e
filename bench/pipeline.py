"""Six models from TPC-H SF1, checked and published: an Outport bundle beside a DuckDB script, dbt Core and dbt Fusion.

The bundle is the source of all: the DuckDB script runs its models as they are, and the dbt project is derived from its
models and its output contract.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml
from measure import Contender
from places import DATA, DBT, FUSION, HERE, OUTPORT, PYTHON, SILENT, has_fusion

SOURCES = HERE / "pipeline"
MODELS = SOURCES / "bundle" / "models"

# Count and sums of each table, in SQL that both engines read alike.
FINGERPRINTS = {
    "order_lines": "count(*), sum(net_price), sum(quantity), sum(order_id * line_number), count(*) FILTER (WHERE late)",
    "orders": "count(*), sum(net_revenue), sum(lines), sum(late_lines), min(order_date), max(order_date)",
    "customers": "count(*), sum(net_revenue), sum(orders), count(first_order), max(last_order), count(DISTINCT nation)",
    "suppliers": "count(*), sum(net_revenue), sum(lines), sum(late_lines)",
    "parts": "count(*), sum(net_revenue), sum(quantity), count(DISTINCT brand), count(DISTINCT type)",
    "days": "count(*), sum(net_revenue), sum(orders), sum(lines)",
}


def dbt_model(sql: str) -> str:
    sql = re.sub(r"\binput\.(\w+)", r"'sf1/\1.parquet'", sql)
    return re.sub(rf"\bFROM ({'|'.join(FINGERPRINTS)})\b", r"FROM {{ ref('\1') }}", sql)


def dbt_column(column: dict) -> dict:
    """The contract's checks of one column as tests of dbt."""
    tests = []
    if column.get("required"):
        tests.append("not_null")
    if column.get("primaryKey") and "primaryKeyPosition" not in column:
        tests.append("unique")
    bounds = {name: value for name, value in column.get("logicalTypeOptions", {}).items() if name != "format"}
    if bounds:
        tests.append({"within": {"arguments": bounds}})
    for rule in column.get("quality", []):
        tests.append({"accepted_values": {"arguments": {"values": rule["arguments"]["validValues"]}}})
    for relationship in column.get("relationships", []):
        table, field = relationship["to"].split(".")
        tests.append({"relationships": {"arguments": {"to": f"ref('{table}')", "field": field}}})
    return {"name": column["name"], "data_tests": tests}


def dbt_properties(contract: dict) -> dict:
    models = []
    for table in contract["schema"]:
        model = {"name": table["name"], "columns": [dbt_column(column) for column in table["properties"]]}
        key = [column["name"] for column in table["properties"] if "primaryKeyPosition" in column]
        if key:
            model["data_tests"] = [{"unique_together": {"arguments": {"columns": key}}}]
        models.append(model)
    return {"version": 2, "models": models}


def dbt_project(folder: Path) -> None:
    shutil.copytree(SOURCES / "dbt", folder)
    (folder / "sf1").symlink_to(DATA)
    (folder / "models").mkdir()
    for model in MODELS.glob("*.sql"):
        (folder / "models" / model.name).write_text(dbt_model(model.read_text()))
    contract = yaml.safe_load((SOURCES / "bundle" / "contracts" / "sales.odcs.yaml").read_text())
    (folder / "models" / "schema.yml").write_text(yaml.safe_dump(dbt_properties(contract), sort_keys=False))


def remover(folder: Path, *names: str) -> Callable[[], None]:
    def remove() -> None:
        for name in names:
            target = folder / name
            shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)

    return remove


def duckdb_fingerprints(database: Path) -> dict[str, list[str]]:
    import duckdb

    with duckdb.connect(str(database), read_only=True) as connection:
        return {
            table: [plain(value) for value in connection.execute(f"SELECT {what} FROM {table}").fetchone()]
            for table, what in FINGERPRINTS.items()
        }


def outport_fingerprints(home: Path) -> dict[str, list[str]]:
    found = {}
    for table, what in FINGERPRINTS.items():
        columns = ", ".join(f"{part} AS c{index}" for index, part in enumerate(re.split(r", (?![^(]*\))", what)))
        query = f"SELECT {columns} FROM bench_sales.{table}"
        command = [OUTPORT, "--home", str(home), "query", query, "--format", "json"]
        row = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)[0]
        found[table] = [plain(row[f"c{index}"]) for index in range(len(row))]
    return found


def plain(value: object) -> str:
    """Numbers as short as they go, so that `1.50` and `1.5` are one."""
    text = str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def prepare(folder: Path) -> Iterator[tuple[str, list[Contender], Callable[[], None]]]:
    folders = {name: folder / name for name in ("outport", "duckdb", "core", "fusion")}
    for name in ("outport", "duckdb"):
        folders[name].mkdir(parents=True)
    (folders["duckdb"] / "sf1").symlink_to(DATA)
    shutil.copytree(SOURCES / "bundle", folders["outport"] / "bundle")
    for name in ("core", "fusion"):
        dbt_project(folders[name])

    threads = SILENT | {"BENCH_THREADS": str(os.cpu_count())}
    build = ["build", "--profiles-dir", "."]
    databases = ("pipeline.duckdb", "pipeline.duckdb.wal", "target", "logs")
    contenders = [
        Contender(
            "Outport",
            [OUTPORT, "--home", "home", "apply", "bundle", "--yes", "--output", "json"],
            folders["outport"],
            reset=remover(folders["outport"], "home"),
            environment={"BENCH_DATA": str(DATA)},
        ),
        Contender(
            "DuckDB by hand",
            [PYTHON, str(SOURCES / "duckdb_pipeline.py"), str(MODELS)],
            folders["duckdb"],
            reset=remover(folders["duckdb"], *databases),
        ),
        Contender("dbt Core", [DBT, *build], folders["core"], remover(folders["core"], *databases), threads),
    ]
    if has_fusion():
        fusion = folders["fusion"]
        contenders.append(Contender("dbt Fusion", [FUSION, *build], fusion, remover(fusion, *databases), threads))

    def verify() -> None:
        expected = outport_fingerprints(folders["outport"] / "home")
        for contender in contenders[1:]:
            found = duckdb_fingerprints(contender.folder / "pipeline.duckdb")
            assert found == expected, f"{contender.name} has other tables:\n{found}\nOutport:\n{expected}"

    yield "pipeline: six models, checked and published", contenders, verify
