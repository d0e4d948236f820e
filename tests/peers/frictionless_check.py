"""Runs in .peers/frictionless: what `frictionless validate` says of each file, as JSON.

Each file has a process of its own with limits, for some are bombs. Standard input holds a list of
[path, encoding or null]; standard output a mapping of path to an outcome.
"""

import json
import multiprocessing
import resource
import sys
from typing import Any

SECONDS, MEMORY = 20, 4 << 30
SCHEMA: dict[str, Any] = {
    "fields": [
        {"name": "id", "type": "integer"},
        {"name": "name", "type": "string"},
        {"name": "amount", "type": "number"},
        {"name": "day", "type": "date"},
    ]
}


def check(path: str, encoding: str | None, said: Any) -> None:
    # Any: the sending end of a pipe, whose class multiprocessing does not make public.
    # Imported here: the environment that collects our tests does not hold it.
    from frictionless import Schema, system  # type: ignore[import-not-found]
    from frictionless.resources import TableResource  # type: ignore[import-not-found]

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    system.trusted = True  # absolute paths
    given = {"encoding": encoding} if encoding else {}
    try:
        made = TableResource(path=path, schema=Schema.from_descriptor(SCHEMA), **given)
        report = made.validate()
        kinds = sorted({e.type for t in report.tasks for e in t.errors})
        kinds += sorted({e.type for e in report.errors})
        said.send("valid" if report.valid else "invalid: " + " ".join(kinds))
    except BaseException as fault:
        said.send(f"raises {type(fault).__name__}")


def field_decision(path: str, encoding: str | None) -> str:
    ours, theirs = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.Process(target=check, args=(path, encoding, theirs))
    child.start()
    theirs.close()
    try:
        # Whichever limit it meets first, of time or of processor time, depends on the machine.
        answer = str(ours.recv()) if ours.poll(3 * SECONDS) else "no end in 20 s"
    except EOFError:
        answer = "no end in 20 s"
    child.kill()
    child.join()
    return answer


if __name__ == "__main__":
    multiprocessing.set_start_method("fork")
    files = json.load(sys.stdin)
    json.dump({path: field_decision(path, encoding) for path, encoding in files}, sys.stdout)
