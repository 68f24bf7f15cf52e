"""Asks many queries at once over HTTP, the PostgreSQL protocol and Flight SQL, each with a text of its own.

Configured as `doors.py`. Arguments: how many through each door, and SQL with `{}` in the place of the query's number. Prints
how many were answered, as JSON: {door: number}.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import doors

ASKING = {"sql": doors.sql_json, "postgres": doors.psycopg_rows, "flight": doors.adbc_rows}


def main():
    each, sql = int(sys.argv[1]), sys.argv[2]
    texts = [sql.replace("{}", str(number)) for number in range(each * len(ASKING))]
    kinds = list(ASKING) * each
    with ThreadPoolExecutor(max_workers=9) as threads:
        answers = list(threads.map(lambda kind, text: doors.attempt(ASKING[kind], text), kinds, texts))
    refused = [answer for answer in answers if isinstance(answer, dict)]
    if refused:
        sys.exit(f"{len(refused)} were refused, the first with {refused[0]}")
    print(json.dumps({kind: kinds.count(kind) for kind in ASKING}))


if __name__ == "__main__":
    main()
