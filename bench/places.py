"""Where the tools and the data are, and how to call the tools without telemetry."""

import os
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
CACHE = Path(os.environ["OUTPORT_CACHE"])
OUTPORT = os.environ["OUTPORT"]
DATA = CACHE / "bench-data" / "sf1"

PYTHON = str(CACHE / "bench-env-core/bin/python")
DATACONTRACT = str(CACHE / "bench-env-core/bin/datacontract")
SODA = str(CACHE / "bench-env-soda/bin/soda")
SODA_PYTHON = str(CACHE / "bench-env-soda/bin/python")
DBT = str(CACHE / "bench-env-dbt/bin/dbt")
DOORS_PYTHON = str(CACHE / "bench-env-doors/bin/python")
ROAPI = str(CACHE / "bench-env-doors/bin/roapi")
POSTGRES = os.environ.get("OUTPORT_BENCH_POSTGRES", "")
FUSION = str(CACHE / "bench-env-fusion/bin/dbt")
FUSION_DRIVERS = CACHE / "bench-env-fusion/adbc"

# No tool may spend its time on a report of its use.
SILENT = {
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DO_NOT_TRACK": "1",
    "ADBC_DRIVER_PATH": str(FUSION_DRIVERS),
}


def has_fusion() -> bool:
    return (FUSION_DRIVERS / "duckdb.toml").is_file()


def versions() -> dict[str, str]:
    """Version of each tool; those of Python as their environments say."""
    found = {"outport": subprocess.run([OUTPORT, "--version"], capture_output=True, text=True).stdout.strip()}
    for environment in ("core", "soda", "dbt", "fusion", "doors"):
        requirements = (HERE / "requirements" / f"{environment}.txt").read_text()
        pins = [line for line in requirements.splitlines() if "==" in line]
        if environment != "fusion" or has_fusion():
            found[environment] = ", ".join(pins)
    return found
