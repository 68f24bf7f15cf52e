"""Asks datacontract-cli and dataproduct-cli whether they accept every contract and descriptor below a folder.

Usage: conformance.py FOLDER…

Their library interfaces are called in one process each core: starting a command for each file would take minutes.
"""

import logging
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

ACCEPTED = {"passed", "info"}


def lint_contract(path: Path):
    from datacontract.data_contract import DataContract

    return DataContract(data_contract_file=str(path), all_errors=True).lint()


def lint_product(path: Path):
    from dataproduct.data_product import DataProduct

    # Ports may name contracts of other products of the same set of bundles.
    near = path.parent.parent
    return DataProduct(
        data_product_file=str(path), all_errors=True, local_references=True, reference_search_dir=near
    ).lint()


def lint(path: Path) -> list[str]:
    """What is wrong with one document, in the words of the tool."""
    logging.disable(logging.CRITICAL)
    run = lint_contract(path) if path.name.endswith(".odcs.yaml") else lint_product(path)
    if not run.checks:
        return [f"{path}: the tool checked nothing"]
    return [
        f"{path}: {check.name}: {check.reason}"
        for check in run.checks
        if getattr(check.result, "value", check.result) not in ACCEPTED
    ]


def main(folders: list[str]) -> int:
    paths = sorted(p for folder in folders for p in Path(folder).rglob("*.yaml"))
    contracts = [p for p in paths if p.name.endswith(".odcs.yaml")]
    products = [p for p in paths if p.name.endswith(".odps.yaml")]
    if not contracts or not products:
        print(f"no contracts or no descriptors below {', '.join(folders)}", file=sys.stderr)
        return 2
    with ProcessPoolExecutor() as pool:
        problems = [p for found in pool.map(lint, contracts + products, chunksize=8) for p in found]
    for problem in problems:
        print(problem)
    print(f"{len(contracts)} contracts and {len(products)} descriptors: {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
