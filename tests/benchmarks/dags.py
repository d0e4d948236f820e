"""How long Airflow's own DAG processor needs for 500 contracts; it reads them each half minute."""

import tempfile
from pathlib import Path

import click

from tests.benchmarks.measure import reporting, spread
from tests.harness.airflow import parse_dags
from tests.test_pipelines.runner.made import write_contract
from xihu_catalog.start import open_contracts
from xihu_platform.clock import system_clock
from xihu_platform.settings import Settings
from xihu_platform.start import open_node

CONTRACTS = 500
BAR_S = 3.0


@click.command()
@click.option("--contracts", default=CONTRACTS, show_default=True)
@click.option("--times", default=5, show_default=True, help="Times the processor is started.")
def main(contracts: int, times: int) -> None:
    """One line a contract in Airflow's table of figures, and what it says of the whole file."""
    with (
        tempfile.TemporaryDirectory() as folder,
        reporting("dags", system_clock, {"contracts": contracts}) as report,
    ):
        for number in range(contracts):
            write_contract(Path(folder) / "contracts", f"trial_{number:03d}", cycle="daily")
        settings = Settings(data_dir=Path(folder))
        open_contracts(open_node(settings))
        parsed = report.steady(lambda: [parse_dags(settings) for _ in range(times)])
        if wrong := [one for one in parsed if one.errors or one.dags < contracts]:
            raise click.ClickException(f"not every DAG was made: {wrong[0]}")
        times_ms = [one.duration_s * 1000 for one in parsed]
        report.show("all contracts, ms", spread(times_ms), remark=f"bar {BAR_S:.0f} s")


if __name__ == "__main__":
    main()
