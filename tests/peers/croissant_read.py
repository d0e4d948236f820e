"""Runs in .peers/croissant: how many of the first five records `mlcroissant` reads of each dataset.

Standard input has a mapping of name to document; the argument is a folder with `<name>.csv`, which
is read in the place of the address; standard output has a mapping of name to a number or an error.
"""

import itertools
import json
import logging
import sys
from pathlib import Path
from typing import Any

ROWS = 5


def read(document: dict[str, Any], path: Path) -> int | str:
    # Imported here: the environment that collects our tests does not hold it.
    import mlcroissant as mlc  # type: ignore[import-not-found]

    try:
        records = mlc.Dataset(document, mapping={"csv": str(path)}).records("records")
        return len(list(itertools.islice(records, ROWS)))
    except Exception as fault:  # whatever a reader meets
        return f"{type(fault).__name__}: {fault}"


if __name__ == "__main__":
    logging.disable(logging.WARNING)  # recommended properties that are not there
    given, folder = json.load(sys.stdin), Path(sys.argv[1])
    found = {name: read(document, folder / f"{name}.csv") for name, document in given.items()}
    json.dump(found, sys.stdout)
