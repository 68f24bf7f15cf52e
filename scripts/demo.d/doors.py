"""
Opens all doors until Ctrl-C and prints a line to paste for each client; with `--try`, tries every door and ends. The last
thing that it says is where the hub is, and for whom.
"""

import os
import signal
import socket
import subprocess
import sys

import hub
import trial
from lines import Addresses, agent, lines, write_files
from people import ANALYST, STEWARD, shown

# Where the doors are, so that lines pasted once work again the next time; anywhere else where these are taken.
PORTS = {"--http": 7411, "--postgres": 5439, "--flight": 7412}


def free(port):
    """The port, or another one where something else listens on it."""
    for candidate in (port, 0):
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            return listener.getsockname()[1]
    sys.exit("error: no port of 127.0.0.1 is free")


def show(at):
    """What to paste."""
    print("Paste any of these in another terminal, in this folder. "
          f"They ask as {ANALYST.name}: write `{STEWARD.name}` to ask as {STEWARD.name}.\n")
    for door, client, line in lines(ANALYST, at):
        print(f"# {door}: {client}\n{line}\n")
    print(f"# MCP: the settings of an agent are in {shown(agent(ANALYST))}\n\nCtrl-C closes them.")


def serve(command, at):
    """Runs the server until it ends, and gives its exit code."""
    # What it says of itself stands in the lines above already.
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    # Ctrl-C goes to the server too, which lets answers under way end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    try:
        trial.await_server(server, at)
        hub.show(at)
    except BaseException:
        server.terminate()
        raise
    return server.wait()


def main():
    served = {flag: f"127.0.0.1:{free(port)}" for flag, port in PORTS.items()}
    http, postgres, flight = served.values()
    at = Addresses(f"http://{http}", postgres, flight, os.environ.get("OUTPORT_WORKSPACE", "dev"))
    write_files(at)
    command = ["outport", "serve", *(word for pair in served.items() for word in pair)]
    if sys.argv[1:] == ["--try"]:
        status = trial.main(command, at)
        if status == 0:
            print("`make demo` without ONCE=1 goes on serving.")
            hub.show(at)
        sys.exit(status)
    show(at)
    sys.exit(serve(command, at))


if __name__ == "__main__":
    main()
