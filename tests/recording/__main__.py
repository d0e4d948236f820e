"""`python -m tests.recording`: see README.md."""

import sys
from collections import Counter
from pathlib import Path

import click

from tests.recording import play
from tests.recording.compare import differences, read_recording


@click.group()
def main() -> None:
    """Record what everybody gets, and compare two recordings."""


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
def make(folder: Path) -> None:
    play.build(folder)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True))
@click.argument("out", type=click.Path(path_type=Path))
def record(folder: Path, out: Path) -> None:
    number = play.record(folder, out)
    told = Counter(answer["status"] for answer in read_recording(out).values())
    click.echo(f"{number} requests; by status: {dict(sorted(told.items()))}")


@main.command()
@click.argument("before", type=click.Path(path_type=Path, exists=True))
@click.argument("after", type=click.Path(path_type=Path, exists=True))
@click.argument("renames", type=click.Path(path_type=Path, exists=True), required=False)
def compare(before: Path, after: Path, renames: Path | None) -> None:
    found = list(differences(before, after, renames))
    for line in found:
        click.echo(line)
    click.echo(f"{len(found)} differences")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
