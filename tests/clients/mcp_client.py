"""Uses the MCP door as an agent does, and prints what came as JSON.

With a query as argument, what the tool `query` answers; without one, what the server is and has, on one line.

OUTPORT_URL      the server, as http://127.0.0.1:7411
OUTPORT_TOKEN    an API token
OUTPORT_PURPOSE  what is asked for
OUTPORT_PRODUCT  the product to describe; the first that is found where it is not set
OUTPORT_MCP_MODE auto, legacy (the revisions with `initialize`) or a revision; auto where it is not set
"""

import asyncio
import json
import os
import sys
from contextlib import asynccontextmanager

import httpx2
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client

PURPOSE = os.environ.get("OUTPORT_PURPOSE", "a test of the door")


class Refused(Exception):
    """The server, or the tool, said no."""


@asynccontextmanager
async def connected(url, token, mode="auto"):
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(headers=headers, timeout=60) as http:
        transport = streamable_http_client(url.rstrip("/") + "/mcp", http_client=http)
        async with Client(transport, mode=mode) as client:
            yield client


async def ask(client, sql, purpose=PURPOSE, limit=1000):
    """What the tool `query` answers."""
    answer = await client.call_tool("query", {"sql": sql, "purpose": purpose, "limit": limit})
    if answer.is_error:
        raise Refused(answer.content[0].text)
    return answer.structured_content


async def survey(client):
    """What the server is and has."""
    tools = (await client.list_tools()).tools
    resources = (await client.list_resources()).resources
    found = (await client.call_tool("search_products", {"query": ""})).structured_content
    products = [hit["product"] for hit in found["products"]]
    said = {
        "protocol": client.session.protocol_version,
        "tools": [tool.name for tool in tools],
        "resources": [str(resource.uri) for resource in resources],
        "products": products,
    }
    product = os.environ.get("OUTPORT_PRODUCT") or (products[0] if products else None)
    if product:
        said["described"] = (await client.call_tool("describe_product", {"product": product})).structured_content
    if resources:
        read = await client.read_resource(str(resources[0].uri))
        said["resource"] = json.loads(read.contents[0].text)
    return said


def run(use, url, token, mode="auto"):
    """Runs something with a client from beginning to end."""

    async def whole():
        async with connected(url, token, mode) as client:
            return await use(client)

    try:
        return asyncio.run(whole())
    except Exception as error:
        refusals = [str(leaf) for leaf in leaves(error) if isinstance(leaf, (MCPError, Refused))]
        if not refusals:
            raise
        raise Refused("; ".join(refusals)) from None


def leaves(error):
    """An error, or those that it groups."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from leaves(inner)
    else:
        yield error


def main():
    queries = sys.argv[1:]
    mode = os.environ.get("OUTPORT_MCP_MODE", "auto")
    server = os.environ["OUTPORT_URL"], os.environ["OUTPORT_TOKEN"], mode
    try:
        if queries:
            for sql in queries:
                print(json.dumps(run(lambda client: ask(client, sql), *server), indent=2))
        else:
            print(json.dumps(run(survey, *server)))
    except Refused as refusal:
        sys.exit(f"error: {refusal}")


if __name__ == "__main__":
    main()
