#!/usr/bin/env python3
"""Holds the outcomes of `outport contract test` against those of datacontract-cli on generated tables.

Run it with a Python that has `datacontract-cli[duckdb]` and `pyarrow`:

    python tests/oracle/checks.py --outport target/debug/outport [--only PART] [--every N] [--keep DIRECTORY]

Every contract has one rule, because datacontract-cli 1.2.8 cannot measure one metric twice. Differences that are
deliberate are listed below with their reason; `docs/checks.md` explains them.
"""

import argparse
import datetime as dt
import json
import logging
import os
import pathlib
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

# datacontract-cli 1.2.8 sends nothing; should a later version do, it is asked not to.
os.environ |= {"DO_NOT_TRACK": "1", "DATACONTRACT_TELEMETRY": "off", "DATACONTRACT_CLI_TELEMETRY": "false"}

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from datacontract.data_contract import DataContract

NOW = dt.datetime.now(dt.timezone.utc).replace(microsecond=0)

# Columns of the table under test, with the rows of every shape.
SCHEMA = pa.schema([
    ("id", pa.int64()),
    ("code", pa.string()),
    ("amount", pa.float64()),
    ("day", pa.date32()),
    ("at", pa.timestamp("us", tz="UTC")),
])


def row(key, code, amount, age_in_hours=1):
    at = None if age_in_hours is None else NOW - dt.timedelta(hours=age_in_hours)
    return {"id": key, "code": code, "amount": amount, "day": dt.date(2024, 1, 1 + (key or 0) % 28), "at": at}


SHAPES = {
    "clean": [row(1, "AA", 1.5), row(2, "BB", 2.5), row(3, "CC", 3.0), row(4, "DD", 4.0)],
    "dirty": [row(1, "AA", -1.0), row(2, "bb", 2.5, 30), row(3, "N/A", 3.0), row(3, "N/A", 99.0)],
    "nulls": [row(1, None, None, None), row(2, "BB", 2.5), row(None, "xx", 3.0, 50), row(4, None, 4.0)],
    "unicode": [row(1, "ÄÖ", 0.0), row(2, "日本", 0.1), row(3, "it's", 1e9), row(4, 'q"q', 2.0)],
    "empty": [],
}

OPERATORS = ["mustBe", "mustNotBe", "mustBeGreaterThan", "mustBeGreaterOrEqualTo", "mustBeLessThan",
             "mustBeLessOrEqualTo", "mustBeBetween", "mustNotBeBetween"]

# Library metrics: name, column or none, rule, and around which value the thresholds lie.
METRICS = [
    ("null", "code", {"metric": "nullValues"}, 1),
    ("null-id", "id", {"metric": "nullValues"}, 1),
    ("null-percent", "code", {"metric": "nullValues", "unit": "percent"}, 25),
    ("missing", "code", {"metric": "missingValues", "arguments": {"missingValues": [None, "", "N/A"]}}, 2),
    ("missing-unlisted-null", "code", {"metric": "missingValues", "arguments": {"missingValues": ["N/A"]}}, 2),
    ("missing-percent", "code",
     {"metric": "missingValues", "unit": "percent", "arguments": {"missingValues": ["N/A"]}}, 50),
    ("invalid-values", "code", {"metric": "invalidValues", "arguments": {"validValues": ["AA", "BB", "CC"]}}, 1),
    ("invalid-quoted", "code", {"metric": "invalidValues", "arguments": {"validValues": ["it's", 'q"q', "日本"]}}, 1),
    ("invalid-numbers", "id", {"metric": "invalidValues", "arguments": {"validValues": [1, 2, 3]}}, 1),
    ("invalid-percent", "code",
     {"metric": "invalidValues", "unit": "percent", "arguments": {"validValues": ["AA", "BB", "CC"]}}, 25),
    ("invalid-pattern", "code", {"metric": "invalidValues", "arguments": {"pattern": "^[A-Z]{2}$"}}, 1),
    ("invalid-searched", "code", {"metric": "invalidValues", "arguments": {"pattern": "[A-Z]"}}, 1),
    ("invalid-both", "code",
     {"metric": "invalidValues", "arguments": {"validValues": ["AA", "bb"], "pattern": "^[A-Z]"}}, 1),
    ("duplicate", "id", {"metric": "duplicateValues"}, 1),
    ("duplicate-text", "code", {"metric": "duplicateValues"}, 1),
    ("duplicate-of-two", None, {"metric": "duplicateValues", "arguments": {"properties": ["id", "code"]}}, 1),
    ("rows", None, {"metric": "rowCount"}, 4),
    ("sql", None, {"type": "sql", "query": "SELECT count(*) FROM {object} WHERE amount > 2"}, 2),
    ("sql-column", "amount", {"type": "sql", "query": "SELECT max({property}) FROM {object}"}, 4),
    ("duplicate-percent", "id", {"metric": "duplicateValues", "unit": "percent"}, 50),
    ("rows-percent", None, {"metric": "rowCount", "unit": "percent"}, 4),
]

# What a property implies by itself: column and what is added to it.
IMPLIED = [
    ("required", "code", {"required": True}),
    ("unique", "id", {"unique": True}),
    ("primary-key", "id", {"primaryKey": True, "primaryKeyPosition": 1}),
    ("minimum", "amount", {"logicalTypeOptions": {"minimum": 0}}),
    ("maximum", "amount", {"logicalTypeOptions": {"maximum": 4}}),
    ("exclusive-minimum", "amount", {"logicalTypeOptions": {"exclusiveMinimum": 0}}),
    ("exclusive-maximum", "amount", {"logicalTypeOptions": {"exclusiveMaximum": 4}}),
    ("minimum-whole", "id", {"logicalTypeOptions": {"minimum": 2}}),
    ("minimum-length", "code", {"logicalTypeOptions": {"minLength": 2}}),
    ("maximum-length", "code", {"logicalTypeOptions": {"maxLength": 2}}),
    ("pattern", "code", {"logicalTypeOptions": {"pattern": "^[A-Z]+$"}}),
    ("enum", "code", {"enum": [{"value": v} for v in ("AA", "BB", "CC", "DD")]}),
    ("reference", "id", {"relationships": [{"type": "foreignKey", "to": "parents.key"}]}),
]

SERVICE_LEVELS = [
    ("fresh-a-day", {"property": "freshness", "element": "rows_under_test.at", "value": 1, "unit": "d"}),
    ("fresh-half-an-hour", {"property": "freshness", "element": "rows_under_test.at", "value": 30, "unit": "m"}),
    ("retained-a-day", {"property": "retention", "element": "rows_under_test.at", "value": 1, "unit": "d"}),
    ("retained-a-year", {"property": "retention", "element": "rows_under_test.at", "value": "P1Y"}),
]

# Part of a case's name: what datacontract-cli says, what we say, why.
DIFFERENCES = [
    ("duplicate-percent", {"warn"}, {"pass", "fail"}, "values are counted, whatever the unit"),
    ("rows-percent", {"warn"}, {"pass", "fail"}, "rows are counted, whatever the unit"),
    ("fresh-", {"fail"}, {"error"}, "nothing is known of the age of no value"),
    ("retained-", {"fail"}, {"error"}, "nothing is known of the age of no value"),
]

TYPES = {"id": "integer", "code": "string", "amount": "number", "day": "date", "at": "timestamp"}


def threshold(operator, around):
    return {operator: [around, around + 1] if "Between" in operator else around}


def contract(extension, *, rule=None, column=None, extra=None, sla=None):
    properties = [{"name": n, "logicalType": t, **(extra or {} if n == column else {})} for n, t in TYPES.items()]
    table = {"name": "rows_under_test", "physicalType": "table", "properties": properties}
    if rule is not None:
        target = next((p for p in properties if p["name"] == column), table)
        target["quality"] = [{"id": "rule", **rule}]
    parents = {"name": "parents", "physicalType": "table", "properties": [{"name": "key", "logicalType": "integer"}]}
    refers = any("relationships" in p for p in properties)
    document = {
        "apiVersion": "v3.2.0" if "enum" in (extra or {}) else "v3.1.0", "kind": "DataContract", "id": "oracle", "version": "1.0.0", "status": "active",
        "name": "oracle",
        "servers": [{"server": "local", "type": "local", "format": extension, "path": "{model}." + extension}],
        "schema": [table, parents] if refers else [table],
    }
    if sla is not None:
        document["slaProperties"] = [sla]
    return document


def cases():
    for name, column, rule, around in METRICS:
        for operator in OPERATORS:
            yield f"{name}-{operator}", dict(rule=rule | threshold(operator, around), column=column)
        yield f"{name}-warning", dict(rule=rule | {"mustBe": -1, "severity": "warning"}, column=column)
    for name, column, extra in IMPLIED:
        yield name, dict(column=column, extra=extra)
    for name, sla in SERVICE_LEVELS:
        yield name, dict(sla=sla)


def write(table, path):
    if path.suffix == ".parquet":
        pa.parquet.write_table(table, path, row_group_size=2)
    else:
        pa.csv.write_csv(table, path)


def generate(folder, only):
    """Writes one folder per shape and format with the tables and a contract per case; gives their paths."""
    made = []
    for shape, rows in SHAPES.items():
        for extension in ("parquet", "csv"):
            home = folder / f"{shape}-{extension}"
            home.mkdir(parents=True, exist_ok=True)
            write(pa.Table.from_pylist(rows, SCHEMA), home / f"rows_under_test.{extension}")
            write(pa.table({"key": pa.array([1, 2, 3], pa.int64())}), home / f"parents.{extension}")
            for name, parts in cases():
                path = home / f"{name}.odcs.yaml"
                # How a table is stored has nothing to do with operators.
                is_wanted = extension == "parquet" or not any(name.endswith(o) for o in OPERATORS[1:])
                if is_wanted and only in str(path.relative_to(folder)):
                    document = contract(extension, **parts)
                    document["servers"][0]["path"] = str(home / document["servers"][0]["path"])
                    path.write_text(json.dumps(document, indent=1, ensure_ascii=False))
                    made.append(path)
    return made


WORST = ["error", "fail", "warn", "pass", "skip", "none"]


def worst(outcomes):
    return min(outcomes, key=WORST.index, default="none")


def of_reference(path):
    words = {"passed": "pass", "failed": "fail", "warning": "warn", "error": "error", "info": "skip"}
    run = DataContract(data_contract_file=str(path)).test()
    ours = [c for c in run.checks if c.type not in ("field_is_present", "field_type")]
    return worst([words.get(getattr(c.result, "value", c.result), "error") for c in ours])


def results_in(document):
    if isinstance(document, dict) and "outcome" in document and "check" in document:
        yield document
    elif isinstance(document, (dict, list)):
        for part in document.values() if isinstance(document, dict) else document:
            yield from results_in(part)


def of_outport(binary, path):
    done = subprocess.run([*binary, "contract", "test", str(path), "--output", "json"], capture_output=True, text=True)
    try:
        results = list(results_in(json.loads(done.stdout)))
    except json.JSONDecodeError:
        return f"no JSON: {done.stderr.strip()[:200]}"
    measured = [r for r in results if r["check"]["kind"]["metric"] != "conversion"]
    return worst([r["outcome"] for r in measured])


def deliberate(name, reference, ours):
    return next((why for part, theirs, mine, why in DIFFERENCES
                 if part in name and reference in theirs and ours in mine), None)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--outport", required=True, nargs="+", help="the binary, with arguments before the verb")
    arguments.add_argument("--only", default="", help="cases whose path has this in it")
    arguments.add_argument("--every", type=int, default=1, help="take every n-th case only")
    arguments.add_argument("--keep", type=pathlib.Path, help="keep contracts and tables here")
    chosen = arguments.parse_args()
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as scratch:
        folder = chosen.keep or pathlib.Path(scratch)
        paths = generate(folder, chosen.only)[:: chosen.every]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            ours = list(pool.map(lambda path: of_outport(chosen.outport, path), paths))
        differing, expected = [], 0
        for path, mine in zip(paths, ours):
            reference = of_reference(path)
            name = str(path.relative_to(folder)).removesuffix(".odcs.yaml")
            if mine == reference:
                continue
            if deliberate(name, reference, mine):
                expected += 1
            else:
                differing.append(f"{name}: datacontract-cli says {reference}, outport says {mine}")
    print("\n".join(differing))
    print(f"{len(paths)} contracts, {expected} deliberate differences, {len(differing)} others")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
