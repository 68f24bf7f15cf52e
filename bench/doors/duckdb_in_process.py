"""Look-ups and ranges in DuckDB, in process and of a Parquet file. Usage: duckdb_in_process.py FILE SECONDS

Prints the milliseconds of the median and of one in a hundred, the rate, CPU seconds and peak memory of each.
"""

import json
import random
import resource
import statistics
import sys
import time

import duckdb

file, seconds = sys.argv[1], float(sys.argv[2])
connection = duckdb.connect()
connection.execute(f"CREATE VIEW orders AS FROM '{file}'")


def key() -> int:
    number = random.randint(1, 1_500_000)
    return number // 8 * 32 + number % 8


def look_up() -> None:
    assert len(connection.execute("FROM orders WHERE o_orderkey = ?", [key()]).fetchall()) == 1


def arrow() -> None:
    assert connection.execute("FROM orders WHERE o_orderkey <= 40000").to_arrow_table().num_rows == 10_000


def cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


found = {}
for work in (look_up, arrow):
    work()
    times, began, before = [], time.perf_counter(), cpu()
    while time.perf_counter() - began < seconds:
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    times.sort()
    found[work.__name__] = {
        "per_second": len(times) / (time.perf_counter() - began),
        "median_milliseconds": statistics.median(times),
        "late_milliseconds": times[len(times) * 99 // 100],
        "cpu_milliseconds": (cpu() - before) / len(times) * 1000,
        "peak_mebibytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
print(json.dumps(found))
