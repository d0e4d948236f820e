"""Runs the command line in a process of its own that need not import the platform again.

A server imports it and does nothing else; each command runs in a fork of it, so that what the
command does to its process (its registry, settings, log) ends with it.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Done:
    """What a command printed, and how it ended."""

    returncode: int
    stdout: str
    stderr: str


def run_xihu(words: list[str], environment: dict[str, str], folder: Path) -> Done:
    """`xihu WORDS` with this environment and no other; `folder` takes what it prints."""
    printed = [folder / f"{os.urandom(8).hex()}.{name}" for name in ("stdout", "stderr")]
    server = _server()
    assert server.stdin and server.stdout
    order = {"words": words, "environment": environment, "printed": [*map(str, printed)]}
    server.stdin.write(json.dumps(order) + "\n")
    server.stdin.flush()
    status = int(server.stdout.readline())
    stdout, stderr = (path.read_text(encoding="utf-8") for path in printed)
    for path in printed:
        path.unlink()
    return Done(status, stdout, stderr)


@cache
def _server() -> subprocess.Popen[str]:
    """It ends with this process, which closes its input."""
    command = [sys.executable, "-m", "tests.forked"]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)


def serve() -> None:
    """Run what each line of the input orders, one after the other, and say how it ended."""
    from xihu_node.cli import data, doctor, main

    assert data and doctor, "imported before the first fork"
    for line in sys.stdin:
        if child := os.fork():
            _, status = os.waitpid(child, 0)
            sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
            sys.stdout.flush()
            continue
        order = json.loads(line)
        os.environ.clear()  # noqa: TID251  # a program begins with the environment it is given
        os.environ.update(order["environment"])  # noqa: TID251
        for descriptor, path in zip((1, 2), order["printed"], strict=True):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), descriptor)
        sys.argv = ["xihu", *order["words"]]
        main.main()


if __name__ == "__main__":
    serve()
