"""The hub: where it is, and who can sign in there."""

import json
import urllib.error
import urllib.request

from people import PEOPLE


def address(at):
    return f"{at.http}/hub/"


def show(at):
    """What a person needs to begin: an address and two accounts."""
    print(f"\n━━ the hub: pages for people\nOpen {address(at)} in a browser, and sign in as\n")
    for person in PEOPLE:
        print(f"  {person.name}  password {person.password()}  {person.sees}")
    print("\ndocs/tour.md shows what to do there in five minutes.", flush=True)


def is_built(at):
    """Whether pages are in the binary, and not the one that says how to get them there."""
    with urllib.request.urlopen(address(at), timeout=30) as answer:
        return '<script type="module"' in answer.read().decode()


def signs_in(person, at):
    """Whether the password that is shown opens a session of theirs."""
    credentials = json.dumps({"user": person.name, "password": person.password()}).encode()
    try:
        with ask(at, data=credentials) as answer:
            cookie = answer.headers["Set-Cookie"].partition(";")[0]
        with ask(at, headers={"Cookie": cookie}) as answer:
            signed_in = json.load(answer)["principal"] == person.name
        with ask(at, headers={"Cookie": cookie}, method="DELETE"):
            return signed_in
    except urllib.error.HTTPError:
        return False


def ask(at, headers=None, **how):
    """A request about the session, as a page of the hub makes it."""
    sent = {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin", **(headers or {})}
    return urllib.request.urlopen(urllib.request.Request(f"{at.http}/v1/session", headers=sent, **how), timeout=30)
