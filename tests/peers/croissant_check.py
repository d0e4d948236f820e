"""Runs in .peers/croissant: what `mlcroissant validate` says of each document, as JSON.

Standard input has a mapping of name to document; standard output one of name to errors.
"""

import json
import logging
import sys
from typing import Any


def errors_of(document: dict[str, Any]) -> str:
    # Imported here: the environment that collects our tests does not hold it.
    import mlcroissant as mlc  # type: ignore[import-not-found]

    try:
        issues = mlc.Dataset(document).metadata.ctx.issues
    except (mlc.ValidationError, ValueError, TypeError, KeyError, AttributeError) as fault:
        return f"{type(fault).__name__}: {fault}"
    return "; ".join(sorted(issues.errors))


if __name__ == "__main__":
    logging.disable(logging.WARNING)  # recommended properties that are not there
    given = json.load(sys.stdin)
    json.dump({name: errors_of(document) for name, document in given.items()}, sys.stdout)
