"""frictionless validate, run by its own environment, on the first records of the file."""

import json
import sys
from pathlib import Path
from time import perf_counter


def main(source: str, described: str) -> None:
    from frictionless import Checklist, Resource, Schema  # type: ignore[import-not-found]

    schema = Schema.from_descriptor(json.loads(Path(described).read_text()))
    file = Path(source)
    started = perf_counter()
    resource = Resource(path=file.name, basepath=str(file.parent), schema=schema)
    report = resource.validate(Checklist(), limit_errors=10**9)
    seconds = perf_counter() - started
    status = Path("/proc/self/status").read_text()
    peak = int(status.split("VmHWM:")[1].split()[0])
    told = {"seconds": seconds, "peak_kb": peak, "errors": report.stats["errors"]}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
