"""Running matters moved to another version of their kind and brought back, byte for byte.

Each in a transaction of its own, on SQLite; what is checked is in `tests/harness`.
"""

import tempfile
from pathlib import Path

import click

from tests.benchmarks.measure import reporting
from tests.harness.test_many_matters import move_and_bring_back
from xihu_platform.clock import system_clock


@click.command()
@click.option("--matters", "number", default=10_000, show_default=True)
def main(number: int) -> None:
    """Permits in five states, one of them paused, one extended."""
    with (
        tempfile.TemporaryDirectory() as folder,
        reporting("moving", system_clock, {"matters": number}) as report,
    ):
        listed, applied, reverted = move_and_bring_back(Path(folder), number)
        for what, seconds in (("listed", listed), ("moved", applied), ("brought back", reverted)):
            rate = f"{number / seconds:,.0f} in a second"
            report.show(f"every matter {what}, s", round(seconds, 1), remark=rate)


if __name__ == "__main__":
    main()
