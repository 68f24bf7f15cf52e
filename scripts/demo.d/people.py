"""Sees to it that the users of the demo, their passwords, tokens and policies are on record, and touches nothing that is."""

import json
import os
import secrets
import shlex
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

POLICIES = Path("examples/retail/governance.cedar")

# Of passwords: without letters that look like another one.
LETTERS = "abcdefghijkmnpqrstuvwxyz"

# Tokens, passwords, and files for clients: readable for their owner alone.
FOLDER = Path(os.environ["OUTPORT_HOME"]) / "demo"


@dataclass(frozen=True)
class Person:
    name: str
    group: str
    region: str | None
    sees: str

    @property
    def token_file(self):
        return FOLDER / f"{self.name}.token"

    def token(self):
        return self.token_file.read_text()

    @property
    def password_file(self):
        return FOLDER / f"{self.name}.password"

    def password(self):
        return self.password_file.read_text()


ANALYST = Person(
    "ann", "analysts", "EUROPE",
    "an analyst: reads customer 360, her region, names and phone numbers masked; can ask for the rest",
)
STEWARD = Person("pia", "stewards", None, "a steward: reads everything, decides on what others ask for, and answers them")
PEOPLE = (ANALYST, STEWARD)


def outport(*arguments, stdin=None):
    """What the command writes to standard output. Where it fails it has said why."""
    done = subprocess.run(["outport", *arguments], input=stdin, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(done.returncode)
    return done.stdout


def machine(*arguments):
    """The same as a value."""
    return json.loads(outport(*arguments, "--output", "json"))


def show(*arguments):
    """Prints a command as a person would type it, and runs it."""
    print(f"\n$ outport {shlex.join(arguments)}")
    print(outport(*arguments), end="")


def write(file, text):
    """Writes a file that others may not read, unless it is so already."""
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    if not file.exists() or file.read_text() != text:
        file.touch(mode=0o600)
        file.write_text(text)


def set_policies():
    wanted = POLICIES.read_text()
    known = {policies["name"]: policies["text"] for policies in machine("access", "policy", "list")}
    if known.get(POLICIES.stem) == wanted:
        return False
    show("access", "policy", "set", str(POLICIES))
    return True


def users():
    return {user["principal"]["id"]: user["principal"] for user in machine("user", "list")}


def set_user(person, known):
    found = known.get(person.name)
    if found and found["groups"] == [person.group] and found["region"] == person.region:
        return False
    region = ["--region", person.region] if person.region else []
    show("user", "set", person.name, "--group", person.group, *region)
    return True


def set_password(person, known):
    """Makes a password for this home alone: one that is written down here would be known to everyone."""
    if person.name in known and person.password_file.exists():
        return False
    password = "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(3))
    arguments = ["user", "password", person.name, "--password-stdin"]
    print(f"\n$ outport {shlex.join(arguments)} < {shown(person.password_file)}")
    print(outport(*arguments, stdin=password), end="")
    write(person.password_file, password)
    return True


def make_token(person):
    if person.token_file.exists() and is_good(person.token().split("_")[1]):
        return False
    arguments = ["token", "create", "--user", person.name, "--label", "demo"]
    print(f"\n$ outport {shlex.join(arguments)} > {shown(person.token_file)}")
    write(person.token_file, outport("--quiet", *arguments).strip())
    return True


def is_good(token):
    """Whether a token is on record, not revoked, and good for another day."""
    soon = datetime.now(UTC) + timedelta(days=1)
    return any(
        known["id"] == token and not known["revokedAt"] and datetime.fromisoformat(known["expiresAt"]) > soon
        for known in machine("token", "list")
    )


def shown(file):
    """A path as one would type it here."""
    return os.path.relpath(file) if Path(file).resolve().is_relative_to(Path.cwd()) else str(file)


def other_policies():
    return [policies["name"] for policies in machine("access", "policy", "list") if policies["name"] != POLICIES.stem]


def main():
    done = [set_policies()]
    known = users()
    for person in PEOPLE:
        done += [set_user(person, known), set_password(person, known), make_token(person)]
    if not any(done):
        print(f"The policies of {POLICIES}, both users, their passwords and their tokens are on record already.")
    print()
    for person in PEOPLE:
        print(f"  {person.name}  {person.sees}")
    if others := other_policies():
        print(f"\nOther policies hold in this workspace too, and may change that: {', '.join(others)}")


if __name__ == "__main__":
    main()
