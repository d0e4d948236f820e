"""P1: the full load of a CSV of ten million records, beside bare COPY and three other tools."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import click

from tests.benchmarks.intake import DATASET, contract, make_csv
from tests.benchmarks.machine import ROOT, SCRATCH
from tests.benchmarks.measure import Report, reporting
from xihu_catalog.contracts.model import Field
from xihu_catalog.registry.codes import code_list
from xihu_platform.clock import system_clock

ROWS = 10_000_000
SLICE = 200_000
"""Records that frictionless is given: the whole file would take it an hour."""
PEERS = Path(__file__).parent / "intake_peers"
TITLES = {
    "copy": "bare COPY to Parquet",
    "load": "our full load",
    "check": "our checking alone",
    "dlt": "dlt, Arrow path, no checks",
    "pandera": "pandera on polars, checking alone",
    "frictionless": "frictionless validate, a slice",
}
_FRICTIONLESS = {
    "VARCHAR": "string",
    "INTEGER": "integer",
    "DATE": "date",
    "TIMESTAMP": "datetime",
    "DECIMAL(18,2)": "number",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """One part, run in a process of its own: its time without imports, its highest memory."""

    seconds: float
    peak_mb: int
    # Any: what the part says of itself, as JSON.
    said: dict[str, Any]


@click.command()
@click.option("--rows", default=ROWS, show_default=True)
@click.option("--times", default=1, show_default=True, help="Runs of each; the fastest counts.")
@click.option("--only", multiple=True, help="Parts to run, by name; all if none is given.")
def main(rows: int, times: int, only: tuple[str, ...]) -> None:
    """Bare COPY, our load and our checks alone; dlt, pandera and frictionless on the same file."""
    file = make_csv(rows)
    size = {"rows": rows, "megabytes": round(file.stat().st_size / 1e6)}
    with reporting("p1", system_clock, size) as report, tempfile.TemporaryDirectory() as folder:
        parts = _parts(file, Path(folder))
        found: dict[str, Measured] = {}
        for name in (n for n in parts if n in (only or parts)):
            found[name] = measured = _best(report, parts[name], times)
            remark = _remark(name, found, rows)
            report.show(f"{TITLES[name]}, s", round(measured.seconds, 2), remark=remark)
            report.show(f"{TITLES[name]}, peak MB", measured.peak_mb)
        if (load := found.get("load")) is not None:
            _where_the_time_goes(report, load)
        _same_counts(report, found)


def _parts(file: Path, folder: Path) -> dict[str, Callable[[], Measured]]:
    """Each by its name, after those that it is compared with."""
    ours = [sys.executable, "-m", "tests.benchmarks.intake_ours"]
    described = folder / "fields.json"
    described.write_text(json.dumps([_described(f) for f in contract().fields]))
    schema = folder / "schema.json"
    schema.write_text(json.dumps({"fields": [_column(f) for f in contract().fields]}))
    first = folder / f"{DATASET}.csv"
    with file.open("rb") as whole, first.open("wb") as part:
        part.writelines(islice(whole, SLICE + 1))
    return {
        "copy": partial(_child, [*ours, "copy", str(file)]),
        "load": partial(_child, [*ours, "load", str(file)]),
        "dlt": partial(_peer, "dlt", "dlt_arrow", str(file), str(SCRATCH)),
        "pandera": partial(_peer, "pandera", "pandera_polars", str(file), str(described)),
        "frictionless": partial(
            _peer, "frictionless", "frictionless_slice", str(first), str(schema)
        ),
        "check": partial(_child, [*ours, "check", str(file)]),
    }


def _best(report: Report, part: Callable[[], Measured], times: int) -> Measured:
    runs = [report.steady(part, tries=1) for _ in range(times)]
    return min(runs, key=lambda run: run.seconds)


def _peer(name: str, script: str, *given: str) -> Measured:
    subprocess.run([ROOT / ".ci" / "peer", name], check=True)
    python = ROOT / ".peers" / name / "bin" / "python"
    return _child([str(python), str(PEERS / f"{script}.py"), *given])


def _child(command: list[str]) -> Measured:
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    said = json.loads(done.stdout.splitlines()[-1])
    return Measured(said.pop("seconds"), round(said.pop("peak_kb") * 1024 / 1e6), said)


def _described(field: Field) -> dict[str, object]:
    """A field's rules as pandera's script takes them."""
    return {
        "name": field.name,
        "type": field.type,
        "required": field.required,
        "unique": field.unique,
        "pattern": field.options.pattern,
        "minimum": field.options.minimum,
        "maximum": field.options.maximum,
        "codes": list(code_list(field.code_list)) if field.code_list else [],
        "citizen_id": field.identifier == "citizen_id",
    }


def _column(field: Field) -> dict[str, object]:
    """A field as frictionless takes it: no check digits, no rule across fields."""
    options = field.options
    limits = {
        "required": field.required or None,
        "unique": field.unique or None,
        "pattern": options.pattern,
        "minimum": options.minimum and int(options.minimum),
        "maximum": options.maximum and int(options.maximum),
        "enum": list(code_list(field.code_list)) if field.code_list else None,
    }
    given = {name: limit for name, limit in limits.items() if limit is not None}
    kind = _FRICTIONLESS[field.type]
    column: dict[str, object] = {"name": field.name, "type": kind, "constraints": given}
    if kind == "datetime":
        column["format"] = "%Y-%m-%d %H:%M:%S"
    return column


def _remark(name: str, found: dict[str, Measured], rows: int) -> str:
    measured, bare, load = found[name], found.get("copy"), found.get("load")
    if name == "load" and bare is not None:
        times = measured.seconds / bare.seconds
        work = measured.said["processor_seconds"] / bare.said["processor_seconds"]
        return f"{times:.2f} × bare COPY (bar 2.5; {work:.2f} × its processor time), bar 1,000 MB"
    if name == "check" and (theirs := found.get("pandera")) is not None:
        times, memory = measured.seconds / theirs.seconds, measured.peak_mb / theirs.peak_mb
        return f"{times:.2f} × pandera's time (bar 1), {memory:.2f} × its memory (bar 0.25)"
    if name == "dlt" and load is not None:
        return f"our load takes {load.seconds / measured.seconds:.2f} × as long (bar 1)"
    if name == "frictionless":
        whole = measured.seconds * rows / min(rows, SLICE)
        faster = f", {whole / load.seconds:.1f} × our load (bar 15)" if load else ""
        return f"of {min(rows, SLICE):,} records; extrapolated {whole:,.0f} s{faster}"
    return ""


def _where_the_time_goes(report: Report, load: Measured) -> None:
    steps = load.said["steps"]
    rest = load.seconds - sum(steps.values())
    steps["the rest"] = round(rest, 2)
    report.figures["processor time of a load, s"] = load.said["processor_seconds"]
    report.figures["steps of a load, s"] = steps
    click.echo("  where the time of a load goes (s):")
    click.echo("    " + ", ".join(f"{name} {took}" for name, took in steps.items()))


def _same_counts(report: Report, found: dict[str, Measured]) -> None:
    """What each side found wrong: ours word for word, pandera's and frictionless's as they say."""
    for name, measured in found.items():
        for key in ("rules", "errors"):
            if key in measured.said:
                report.figures[f"{name}: {key}"] = measured.said[key]
                click.echo(f"  {name}, {key}: {measured.said[key]}")


if __name__ == "__main__":
    main()
