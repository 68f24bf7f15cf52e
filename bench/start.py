"""How long Outport takes to start, to validate and to plan 1, 100 and 1,000 products, beside `dbt parse` of as many
models. `parse` reads and resolves; `plan` also types each model against its contracts and compares with the record."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import products
from measure import Contender
from places import DBT, FUSION, OUTPORT, SILENT, has_fusion

SIZES = (1, 100, 1000)


def remover(folder: Path) -> Callable[[], None]:
    return lambda: shutil.rmtree(folder, ignore_errors=True)


def dbt_parse(name: str, binary: str, folder: Path, target: str) -> Contender:
    # Each tool has its own target folder and finds it empty, as on the machines of continuous integration.
    command = [binary, "parse", "--profiles-dir", ".", "--target-path", target]
    return Contender(name, command, folder, reset=remover(folder / target), environment=SILENT)


def sized(folder: Path, number: int) -> tuple[str, list[Contender], Callable[[], None]]:
    products.write(folder, number)
    plan = [OUTPORT, "--quiet", "--output", "json"]
    empty = folder / "empty"
    contenders = [
        Contender("Outport validate", [OUTPORT, "--quiet", "--output", "json", "validate", "bundles"], folder),
        Contender(
            "Outport plan, nothing applied", [*plan, "--home", "empty", "plan", "bundles"], folder, remover(empty)
        ),
        Contender("Outport plan, all applied", [*plan, "--home", "home", "plan", "bundles"], folder),
        dbt_parse("dbt Core parse", DBT, folder / "dbt", "core"),
    ]
    tools = ["core"]
    if has_fusion():
        contenders.append(dbt_parse("dbt Fusion parse", FUSION, folder / "dbt", "fusion"))
        tools.append("fusion")
    apply = [OUTPORT, "--quiet", "--home", "home", "apply", "--yes", "bundles"]
    subprocess.run(apply, cwd=folder, check=True, stdout=subprocess.DEVNULL)

    def verify() -> None:
        validate, created, unchanged = (json.loads(contender.output()) for contender in contenders[:3])
        assert validate["valid"], validate
        actions = [[product["action"] for product in made["products"]] for made in (created, unchanged)]
        assert actions[0] == ["create"] * number, f"{number} products, planned: {actions[0]}"
        assert set(actions[1]) <= {"unchanged"}, f"everything is applied, planned: {actions[1]}"
        for tool in tools:
            nodes = json.loads((folder / "dbt" / tool / "manifest.json").read_text())["nodes"]
            models = sum(node["resource_type"] == "model" for node in nodes.values())
            assert models == number, f"dbt ({tool}) read {models} models instead of {number}"

    return f"start and plan: {number:,} product{'s' * (number > 1)}", contenders, verify


def prepare(folder: Path) -> Iterator[tuple[str, list[Contender], Callable[[], None]]]:
    folder.mkdir(parents=True)
    contenders = [Contender("Outport", [OUTPORT, "--version"], folder)]
    if has_fusion():
        contenders.append(Contender("dbt Fusion", [FUSION, "--version"], folder, environment=SILENT))
    yield "start: --version", contenders, lambda: None
    for number in SIZES:
        yield sized(folder / str(number), number)
