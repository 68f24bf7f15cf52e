"""Writes bundles of products that look like those of a large company, for catalogs of any size. Usage: catalog.py FOLDER NUMBER

Each has a domain, an owner, a purpose, tags, a document, and a port of one table of six to twelve columns, some of them
classified. They read the same small file. The same number gives the same products.
"""

import random
import sys
from pathlib import Path

DOMAINS = {
    "sales": ["orders", "quotes", "leads", "contracts", "renewals", "discounts", "accounts", "territories"],
    "finance": ["invoices", "payments", "ledgers", "budgets", "forecasts", "receivables", "taxes", "currencies"],
    "logistics": ["shipments", "routes", "warehouses", "deliveries", "returns", "pallets", "carriers", "customs"],
    "people": ["employees", "salaries", "absences", "applicants", "trainings", "reviews", "teams", "payrolls"],
    "marketing": ["campaigns", "audiences", "clicks", "newsletters", "surveys", "sponsors", "attributions", "visits"],
    "production": ["machines", "batches", "defects", "recipes", "sensors", "shifts", "maintenance", "energy"],
    "support": ["tickets", "complaints", "calls", "answers", "escalations", "agents", "chats", "refunds"],
    "research": ["experiments", "samples", "trials", "patents", "measurements", "studies", "compounds", "protocols"],
}
REGIONS = "europe asia africa america oceania nordics iberia benelux alpine baltic adriatic pacific".split()
KINDS = ["daily", "monthly", "history", "latest", "summary", "events", "master", "snapshot"]
ALIGNMENTS = ["sourceAligned", "aggregate", "consumerAligned"]
STATUSES = ["active", "active", "active", "proposed", "deprecated"]
TAGS = "gold silver bronze regulated external realtime reviewed experimental board audit".split()
WORDS = (
    "amount address birthday category channel city colour comment cost country currency customer delay department device "
    "discount distance duration email factory frequency gender height identifier language latitude longitude manager margin "
    "material model name nation number office origin package phone postcode price priority product profit quality quantity "
    "rate reason region revenue risk salary score season segment serial speed state status supplier surname temperature "
    "tenure total turnover unit vendor version volume weight zone"
).split()
CLASSIFICATIONS = [None, None, None, None, "public", "internal", "confidential", "restricted"]


def column(draw: random.Random, name: str) -> str:
    classification = draw.choice(CLASSIFICATIONS)
    classified = f", classification: {classification}" if classification else ""
    tags = f", tags: [{draw.choice(TAGS)}]" if draw.random() < 0.2 else ""
    first, second = draw.sample(WORDS, 2)
    about = f"The {name.replace('_', ' ')} by {first} and {second}."
    return f"      - {{name: {name}, logicalType: string{classified}, description: {about}{tags}}}\n"


def bundle(folder: Path, number: int) -> None:
    draw = random.Random(number)
    domain = draw.choice(list(DOMAINS))
    thing, region, kind = draw.choice(DOMAINS[domain]), draw.choice(REGIONS), draw.choice(KINDS)
    name = f"{thing}-{region}-{kind}-{number:05}"
    owner = f"{draw.choice(['ada', 'bea', 'cem', 'dan', 'eva', 'fay', 'gil', 'hal'])}.{domain}@example.com"
    columns = sorted({f"{draw.choice(WORDS)}_{draw.choice(WORDS)}" for _ in range(draw.randint(5, 11))})
    table = f"{thing}_{kind}"
    purpose = f"{kind.capitalize()} {thing} of {region.capitalize()} for the {domain} teams, by {draw.choice(WORDS)}."
    for part in ("contracts", "models", "docs"):
        (folder / part).mkdir(parents=True)
    (folder / "outport.yaml").write_text("apiVersion: outport/v1\n")
    (folder / "product.odps.yaml").write_text(
        f"""apiVersion: v1.1.0
kind: DataProduct
id: {name}
name: {thing.capitalize()} of {region.capitalize()}, {kind}
version: 1.0.0
status: {draw.choice(STATUSES)}
type: {draw.choice(ALIGNMENTS)}
domain: {domain}
tags: [{draw.choice(TAGS)}]
description: {{purpose: "{purpose}"}}
inputPorts:
  - {{name: seed, version: 1.0.0, contractId: {name}.seed}}
outputPorts:
  - {{name: {table}, version: 1.0.0, contractId: {name}.{table}, type: tables}}
team:
  name: {domain}-{thing}
  members: [{{username: {owner}, role: owner}}]
"""
    )
    head = "apiVersion: v3.1.0\nkind: DataContract\nversion: 1.0.0\nstatus: active\n"
    (folder / "contracts" / "seed.odcs.yaml").write_text(
        f"{head}id: {name}.seed\nname: seed\n"
        "servers:\n  - {server: local, type: local, path: ../seed.csv, format: csv}\n"
        "schema:\n  - name: seed\n    physicalType: table\n    properties:\n"
        "      - {name: id, logicalType: string, required: true}\n"
    )
    (folder / "contracts" / f"{table}.odcs.yaml").write_text(
        f"{head}id: {name}.{table}\nname: {thing.capitalize()}\n"
        f"schema:\n  - name: {table}\n    physicalType: table\n    description: One row for each of the {thing}.\n"
        "    properties:\n      - {name: id, logicalType: string, required: true, primaryKey: true}\n"
        f"{''.join(column(draw, each) for each in columns)}"
        f"    quality:\n      - {{id: {table}-some, metric: rowCount, mustBeGreaterThan: 0}}\n"
    )
    selected = "".join(f",\n    'x' AS {each}" for each in columns)
    (folder / "models" / f"{table}.sql").write_text(f"SELECT\n    id{selected}\nFROM input.seed\n")
    sentences = [f"The {draw.choice(WORDS)} follows the {draw.choice(WORDS)} of {draw.choice(REGIONS)}." for _ in range(20)]
    (folder / "docs" / "about.md").write_text(f"# How {thing} are counted\n\n{' '.join(sentences)}\n")


def write(folder: Path, number: int) -> None:
    """`number` bundles below the folder, and the file that they read."""
    folder.mkdir(parents=True)
    for each in range(number):
        bundle(folder / f"product-{each:05}", each)
    (folder / "seed.csv").write_text("id\n1\n2\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
