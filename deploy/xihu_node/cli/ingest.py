"""The command line of the runner: `xihu ingest` in process, `xihu airflow` as a service."""

import signal
import time
from threading import Event

import click

from xihu_pipelines.runner import server
from xihu_platform.extras import require
from xihu_platform.settings import Settings
from xihu_platform.words import Language, Text


@click.command()
@click.pass_obj
def ingest(language: Language) -> None:
    """Load every file of the intake folder that is new, then what is derived from it."""
    from xihu_catalog.lineage.emit import open_emitter
    from xihu_catalog.start import open_contracts
    from xihu_pipelines.runner.local import run_all
    from xihu_pipelines.runner.steps import RunContext
    from xihu_pipelines.start import settle_people
    from xihu_platform.start import open_node

    settings = Settings()
    node = open_node(settings)
    settle_people(node)

    def say(text: Text) -> None:
        click.echo(f"  {text.to(language)}")

    context = RunContext(node, open_emitter(settings), say, open_contracts(node))
    ended = list(run_all(context, time.sleep))
    faults = [e.dataset for e in ended if e.fault]
    loaded = sum(e.run is not None for e in ended)
    idle = sum(e.idle is not None for e in ended)
    words = Text(
        f"装载 {loaded} 个，无新数据 {idle} 个，未成功 {len(faults)} 个",
        f"{loaded} loaded, {idle} with nothing new, {len(faults)} failed",
    )
    click.echo(": ".join([words.to(language), *([", ".join(faults)] if faults else [])]))
    if faults:
        raise SystemExit(1)


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def airflow(language: Language, words: tuple[str, ...]) -> None:
    """Run Airflow for ingestion until Ctrl-C: one DAG for each contract.

    With WORDS, run that command of Airflow's own with our settings: xihu airflow dags list.
    """
    from xihu_catalog.start import open_contracts
    from xihu_platform.start import open_node

    require("airflow", "airflow", Text("xihu airflow ", "xihu airflow"))
    settings = Settings()
    open_contracts(open_node(settings))  # what the DAGs are made of
    if words:
        raise SystemExit(server.run_command(settings, words))
    _serve(language, settings)


def _serve(language: Language, settings: Settings) -> None:
    click.echo(Text("准备 Airflow 的数据库……", "Preparing Airflow's database…").to(language))
    server.migrate(settings)
    stopped = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    where = server.address_of(settings)
    click.echo(f"Airflow  {where.url}")
    if where.password:
        words = Text(
            f"用户 {server.USER}，密码 {where.password}",
            f"user {server.USER}, password {where.password}",
        )
        click.echo(words.to(language))
    click.echo(Text("按 Ctrl-C 停止。", "Ctrl-C stops.").to(language))
    server.serve(settings, stopped.is_set)
    click.echo(Text("Airflow 已停止。", "Airflow has stopped.").to(language))
