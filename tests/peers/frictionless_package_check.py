"""Runs in .peers/frictionless: what its client finds wrong with each data package, as JSON.

Standard input has a mapping of name to descriptor; standard output one of name to errors. Only the
metadata is read: the addresses in it lead nowhere. With a second argument, a folder, the first
resource of each package is read from `<folder>/<name>.csv` as well.
"""

import json
import sys
from pathlib import Path
from typing import Any


def errors_of(descriptor: dict[str, Any]) -> list[str]:
    # Imported here: the environment that collects our tests does not hold it.
    from frictionless import Package  # type: ignore[import-not-found]

    report = Package.validate_descriptor(descriptor)
    told = [*report.errors, *(error for task in report.tasks for error in task.errors)]
    return [error.message for error in told]


def rows_wrong(descriptor: dict[str, Any], path: Path) -> list[str]:
    from frictionless import Schema, system
    from frictionless.resources import TableResource  # type: ignore[import-not-found]

    system.trusted = True  # absolute paths
    schema = Schema.from_descriptor(descriptor["resources"][0]["schema"])
    report = TableResource(path=str(path), schema=schema).validate()
    return [error.message for task in report.tasks for error in task.errors]


if __name__ == "__main__":
    given = json.load(sys.stdin)
    found = {name: errors_of(descriptor) for name, descriptor in given.items()}
    for folder in map(Path, sys.argv[1:]):
        for name, descriptor in given.items():
            if (folder / f"{name}.csv").exists():
                found[name] += rows_wrong(descriptor, folder / f"{name}.csv")
    json.dump(found, sys.stdout)
