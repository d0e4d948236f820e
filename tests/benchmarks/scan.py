"""How long a scan of a database takes: a draft contract for each of 400 tables; bar one minute."""

import tempfile
from pathlib import Path
from time import perf_counter

import click

from tests.benchmarks.measure import reporting
from tests.test_catalog.drafting.test_scan import made, tables
from xihu_platform.clock import system_clock

TABLES = 400
OWN = 4
"""Tables that the database has besides the numbered ones."""


@click.command()
@click.option("--tables", "number", default=TABLES, show_default=True)
def main(number: int) -> None:
    """The same database as in the tests, on SQLite."""
    with (
        tempfile.TemporaryDirectory() as folder,
        reporting("scan", system_clock, {"tables": number}) as report,
    ):
        engine = made(Path(folder) / "a.db", tables=number - OWN)

        def scan() -> float:
            begun = perf_counter()
            found = tables(engine)
            if len(found) != number:
                raise click.ClickException(f"{len(found)} tables were found")
            return round(perf_counter() - begun, 1)

        report.show("all tables, s", report.steady(scan), remark="bar 60 s")


if __name__ == "__main__":
    main()
