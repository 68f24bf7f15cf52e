"""Measures Outport beside other tools. Called by `bench/run`, which prepares what this needs.

The binary is $OUTPORT. Each task asserts that all contenders come to the same result before any figure is printed.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path
from types import ModuleType

import contract_test
import doors
import pipeline
import search
import start
from measure import side_by_side, table
from places import HERE, versions

TASKS = {"contract": contract_test, "pipeline": pipeline, "start": start, "doors": doors, "search": search}


def machine() -> dict:
    """Processor, memory and load, as the system tells them."""
    processor = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "memoryGibibytes": round(memory, 1),
        "system": platform.platform(),
        "loadBefore": os.getloadavg()[0],
    }


def measured(task: ModuleType, folder: Path, rounds: int) -> Iterator[tuple[str, str, dict]]:
    """Title, table and figures of each measurement of a task. Most run commands from start to end."""
    if hasattr(task, "measure"):
        yield from task.measure(folder, rounds)
        return
    for title, contenders, verify in task.prepare(folder):
        side_by_side(contenders, rounds)
        verify()
        yield title, table(title, contenders), {each.name: [asdict(cost) for cost in each.costs] for each in contenders}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tasks", nargs="*", metavar="TASK", help=f"{', '.join(TASKS)} [default: all]")
    parser.add_argument("--rounds", type=int, default=5, help="measured rounds after one to warm up [default: 5]")
    parser.add_argument("--save", action="store_true", help="write bench/results/<date>.json")
    options = parser.parse_args()
    if unknown := set(options.tasks) - set(TASKS):
        parser.error(f"no such task: {', '.join(sorted(unknown))}")

    about = machine()
    if about["loadBefore"] > 0.5:
        print(f"warning: the machine is not quiet (load {about['loadBefore']:.2f})", file=sys.stderr)
    results = {}
    with tempfile.TemporaryDirectory(prefix="outport-bench-") as folder:
        for name in options.tasks or TASKS:
            for title, shown, figures in measured(TASKS[name], Path(folder) / name, options.rounds):
                print(shown, flush=True)
                results[title] = figures
    about["loadAfter"] = os.getloadavg()[0]
    about["versions"] = versions()
    print(json.dumps(about, indent=2))
    if options.save:
        target = HERE / "results" / f"{date.today()}.json"
        target.parent.mkdir(exist_ok=True)
        target.write_text(json.dumps({"machine": about, "rounds": options.rounds, "runs": results}, indent=2) + "\n")
        print(f"written: {target}", file=sys.stderr)


if __name__ == "__main__":
    main()
