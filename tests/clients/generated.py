"""The data API of a product by a client that is generated from its OpenAPI document, and prints what it gave as JSON.

OUTPORT_URL      the server, as http://127.0.0.1:7411
OUTPORT_TOKEN    an API token
Arguments        a product; one of its tables; a column with a value, as `region=EU`; a key
"""

import importlib
import json
import os
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from pathlib import Path

from openapi_spec_validator import validate

URL, TOKEN = os.environ["OUTPORT_URL"], os.environ["OUTPORT_TOKEN"]


def document(product):
    request = urllib.request.Request(
        f"{URL}/v1/data/{product}/openapi.json", headers={"Authorization": f"Bearer {TOKEN}"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def generate(described, folder):
    """The package that the generator makes. It warns of what it cannot understand, which is a failure here."""
    path = folder / "openapi.json"
    path.write_text(json.dumps(described))
    settings = folder / "settings.yaml"
    settings.write_text("project_name_override: made\npackage_name_override: made\npost_hooks: []\n")
    command = [Path(sys.executable).parent / "openapi-python-client", "generate", "--path", path, "--config", settings]
    command += ["--meta", "none", "--output-path", folder / "made", "--fail-on-warning"]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        sys.exit(f"error: {made.stdout}{made.stderr}")
    sys.path.insert(0, str(folder))


def answered(response):
    """The status of an answer, and what the generated types made of it."""
    parsed = response.parsed.to_dict() if response.parsed is not None else None
    return {"status": int(response.status_code), "parsed": parsed}


def pages(client, listing, **asked):
    """The rows of every page, two at a time."""
    rows = []
    while True:
        page = listing.sync(client=client, limit=2, **asked)
        rows += [row.to_dict() for row in page.rows]
        if page.next_ is None:
            return rows
        asked["cursor"] = urllib.parse.parse_qs(urllib.parse.urlsplit(page.next_).query)["cursor"][0]


def main():
    product, table, condition, key = sys.argv[1:]
    described = document(product)
    validate(described)
    with tempfile.TemporaryDirectory() as folder:
        generate(described, Path(folder))
        made = importlib.import_module("made")
        listing = importlib.import_module(f"made.api.default.list_{table}")
        getting = importlib.import_module(f"made.api.default.get_{table}")
        client = made.AuthenticatedClient(base_url=URL, token=TOKEN)
        column, value = condition.split("=")
        print(
            json.dumps(
                {
                    "all": pages(client, listing),
                    "ordered": pages(client, listing, order="id.desc"),
                    "selected": pages(client, listing, select="id"),
                    "filtered": pages(client, listing, **{column: value}),
                    "row": answered(getting.sync_detailed(int(key), client=client)),
                    "no row": answered(getting.sync_detailed(-1, client=client)),
                    "no column": answered(listing.sync_detailed(client=client, order="nothing")),
                    "no one": answered(
                        listing.sync_detailed(client=made.AuthenticatedClient(base_url=URL, token="nothing"))
                    ),
                }
            )
        )


if __name__ == "__main__":
    main()
