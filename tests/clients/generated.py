"""An API by a client that is generated from its OpenAPI document, and prints what it gave as JSON.

OUTPORT_URL      the server, as http://127.0.0.1:7411
OUTPORT_TOKEN    an API token
Arguments        for the data API of a product: the product; one of its tables; a column with a value, as `region=EU`; a key.
                 Without any, the management API.
"""

import importlib
import json
import os
import pkgutil
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from pathlib import Path

from openapi_spec_validator import validate

URL, TOKEN = os.environ["OUTPORT_URL"], os.environ["OUTPORT_TOKEN"]


def document(path):
    request = urllib.request.Request(f"{URL}{path}/openapi.json", headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        described = json.load(answer)
    validate(described)
    return described


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


def data(product, table, condition, key):
    """What the data API of a product gives."""
    listing = importlib.import_module(f"made.api.default.list_{table}")
    getting = importlib.import_module(f"made.api.default.get_{table}")
    made = importlib.import_module("made")
    client = made.AuthenticatedClient(base_url=URL, token=TOKEN)
    column, value = condition.split("=")
    return {
        "all": pages(client, listing),
        "ordered": pages(client, listing, order="id.desc"),
        "selected": pages(client, listing, select="id"),
        "filtered": pages(client, listing, **{column: value}),
        "row": answered(getting.sync_detailed(int(key), client=client)),
        "no row": answered(getting.sync_detailed(-1, client=client)),
        "no column": answered(listing.sync_detailed(client=client, order="nothing")),
        "no one": answered(listing.sync_detailed(client=made.AuthenticatedClient(base_url=URL, token="nothing"))),
    }


def management(described):
    """What the management API gives: how many operations there are, and what some answer."""
    made = importlib.import_module("made")
    for module in pkgutil.walk_packages(made.__path__, "made."):
        importlib.import_module(module.name)
    operations = [operation for path in described["paths"].values() for operation in path.values()]
    calls = [name for name in sys.modules if name.startswith("made.api.") and name.count(".") == 3]
    workspace, user = sys.modules["made.api.server.workspace"], sys.modules["made.api.people.user"]
    client = made.AuthenticatedClient(base_url=URL, token=TOKEN)
    return {
        "described": len(operations),
        "generated": len(calls),
        "workspace": answered(workspace.sync_detailed(client=client)),
        "user": answered(user.sync_detailed("ann", client=client)),
        "no user": answered(user.sync_detailed("nobody", client=client)),
        "no one": answered(user.sync_detailed("ann", client=made.AuthenticatedClient(base_url=URL, token="nothing"))),
    }


def main():
    described = document(f"/v1/data/{sys.argv[1]}" if sys.argv[1:] else "/v1")
    with tempfile.TemporaryDirectory() as folder:
        generate(described, Path(folder))
        print(json.dumps(data(*sys.argv[1:]) if sys.argv[1:] else management(described)))


if __name__ == "__main__":
    main()
