"""Reads a shared table as a user of the Delta Sharing client does, and prints what came as one line of JSON.

OUTPORT_URL    the server, as http://127.0.0.1:7411
OUTPORT_TOKEN  an API token
OUTPORT_TABLE  <share>.<schema>.<table>; the first table that is shared where it is not set
OUTPORT_FORMAT parquet or delta; what the client chooses by itself where it is not set
"""

import json
import os
import sys
import tempfile
from contextlib import contextmanager

import delta_sharing
import pandas
import requests

# Types of Delta Lake that pandas makes floats of where a value is missing.
WHOLE = {"byte", "short", "integer", "long"}


class Refused(Exception):
    """The server said no."""


@contextmanager
def profile(url, token):
    """The path of a profile file."""
    content = {
        "shareCredentialsVersion": 1,
        "endpoint": url.rstrip("/") + "/delta-sharing",
        "bearerToken": token,
    }
    with tempfile.NamedTemporaryFile("w", suffix=".share") as file:
        json.dump(content, file)
        file.flush()
        yield file.name


def read(url, token, table, form=None):
    """The rows of a table `<share>.<schema>.<table>`, as Python has them."""
    with profile(url, token) as file:
        address = f"{file}#{table}"
        try:
            frame = delta_sharing.load_as_pandas(address, use_delta_format=None if form is None else form == "delta")
            schema = json.loads(delta_sharing.get_table_metadata(address, use_delta_format=False).schema_string)
        except requests.HTTPError as error:
            raise Refused(str(error)) from None
    whole = {field["name"] for field in schema["fields"] if field["type"] in WHOLE}
    return [{name: plain(value, name in whole) for name, value in row.items()} for row in frame.to_dict("records")]


def plain(value, whole):
    """A value of pandas as Python has it: nothing where it is missing, a whole number where it is one."""
    if pandas.api.types.is_scalar(value) and pandas.isna(value):
        return None
    return int(value) if whole else value


def main():
    url, token = os.environ["OUTPORT_URL"], os.environ["OUTPORT_TOKEN"]
    form = os.environ.get("OUTPORT_FORMAT")
    with profile(url, token) as file:
        client = delta_sharing.SharingClient(file)
        shares = [share.name for share in client.list_shares()]
        tables = [f"{table.share}.{table.schema}.{table.name}" for table in client.list_all_tables()]
        wanted = os.environ.get("OUTPORT_TABLE") or (tables[0] if tables else None)
        if wanted is None:
            sys.exit("error: no table is shared")
        address = f"{file}#{wanted}"
        use_delta = None if form is None else form == "delta"
        frame = delta_sharing.load_as_pandas(address, use_delta_format=use_delta)
        first = delta_sharing.load_as_pandas(address, limit=1, use_delta_format=use_delta)
        version = delta_sharing.get_table_version(address)
    print(
        json.dumps(
            {
                "shares": shares,
                "tables": tables,
                "table": wanted,
                "version": version,
                "rows": len(frame),
                "limited": len(first),
                "columns": {name: str(kind) for name, kind in frame.dtypes.items()},
                "first": json.loads(frame.head(1).to_json(orient="records", date_format="iso", default_handler=str)),
            }
        )
    )


if __name__ == "__main__":
    main()
