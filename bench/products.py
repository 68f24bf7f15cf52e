"""Writes bundles that read each other, and a dbt project of the same shape. Usage: products.py FOLDER NUMBER

Ten products read a small file, every other one the product ten before it and the one before that: a graph as deep as
a tenth of its size. Each has one model, and one output contract with a key, a range and a row count.
"""

import sys
from pathlib import Path

ROOTS = 10

COLUMNS = [
    ("id", "integer", "logicalTypeOptions: {format: i64, minimum: 1}, primaryKey: true, required: true"),
    ("name", "string", "required: true"),
    ("amount", "number", "physicalType: 'decimal(18,2)', logicalTypeOptions: {minimum: 0}, required: true"),
    ("day", "date", "required: true"),
]


def contract(identity: str, table: str, extra: str = "") -> str:
    columns = "".join(f"      - {{name: {name}, logicalType: {kind}, {rest}}}\n" for name, kind, rest in COLUMNS)
    return f"""apiVersion: v3.1.0
kind: DataContract
id: {identity}
name: {table}
version: 1.0.0
status: active
{extra}schema:
  - name: {table}
    physicalType: table
    properties:
{columns}    quality:
      - {{id: {table}-some, metric: rowCount, mustBeGreaterThan: 0}}
"""


def upstream(number: int) -> list[int]:
    return [] if number < ROOTS else [number - ROOTS] if number == ROOTS else [number - ROOTS, number - ROOTS - 1]


def select(tables: list[str]) -> str:
    if len(tables) == 1:
        return f"SELECT id, name, amount, day\nFROM {tables[0]}\n"
    return (
        "SELECT near.id, near.name, CAST((near.amount + far.amount) / 2 AS DECIMAL(18, 2)) AS amount, near.day\n"
        f"FROM {tables[0]} AS near\nINNER JOIN {tables[1]} AS far ON near.id = far.id\n"
    )


def bundle(folder: Path, number: int) -> None:
    name = f"product-{number:04}"
    table = name.replace("-", "_")
    (folder / "contracts").mkdir(parents=True)
    (folder / "models").mkdir()
    reads = [f"product_{other:04}" for other in upstream(number)]
    ports = "".join(f"  - {{name: {read}, version: 1.0.0, contractId: {read}}}\n" for read in reads)
    if not reads:
        ports = f"  - {{name: seed, version: 1.0.0, contractId: {table}.seed}}\n"
        server = "servers:\n  - {server: local, type: local, path: ../seed.csv, format: csv}\n"
        (folder / "contracts" / "seed.odcs.yaml").write_text(contract(f"{table}.seed", "seed", server))
    (folder / "product.odps.yaml").write_text(
        f"""apiVersion: v1.0.0
kind: DataProduct
id: {name}
name: Product {number}
version: 1.0.0
status: active
inputPorts:
{ports}outputPorts:
  - {{name: {table}, version: 1.0.0, contractId: {table}, type: tables}}
"""
    )
    (folder / "outport.yaml").write_text("apiVersion: outport/v1\n")
    (folder / "contracts" / f"{table}.odcs.yaml").write_text(contract(table, table))
    (folder / "models" / f"{table}.sql").write_text(select([f"input.{read}" for read in reads] or ["input.seed"]))


def dbt_model(folder: Path, number: int) -> None:
    table = f"product_{number:04}"
    reads = [f"{{{{ ref('product_{other:04}') }}}}" for other in upstream(number)] or ["'seed.csv'"]
    (folder / f"{table}.sql").write_text(select(reads))
    columns = "".join(
        f"      - name: {name}\n        data_tests: [{', '.join(['not_null'] + ['unique'] * (name == 'id'))}]\n"
        for name, *_ in COLUMNS
    )
    (folder / f"{table}.yml").write_text(f"version: 2\nmodels:\n  - name: {table}\n    columns:\n{columns}")


def write(folder: Path, number: int) -> None:
    """`bundles/` and `dbt/` below the folder."""
    bundles, dbt = folder / "bundles", folder / "dbt"
    (dbt / "models").mkdir(parents=True)
    for each in range(number):
        bundle(bundles / f"product-{each:04}", each)
        dbt_model(dbt / "models", each)
    rows = "".join(f"{each},name {each},{each}.50,2024-01-{each:02}\n" for each in range(1, 11))
    (bundles / "seed.csv").write_text(f"id,name,amount,day\n{rows}")
    (dbt / "seed.csv").write_text(f"id,name,amount,day\n{rows}")
    (dbt / "dbt_project.yml").write_text(
        "name: bench\nversion: 1.0.0\nprofile: bench\nmodels: {+materialized: table}\n"
    )
    (dbt / "profiles.yml").write_text(
        "bench:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: bench.duckdb, threads: 2}\n"
    )


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
