"""The command group `xihu harvest`: takes over the entries of other catalogues."""

from datetime import datetime

import click

from xihu_catalog.harvest.job import HarvestRun, last_run, list_faults
from xihu_catalog.harvest.sources import HarvestSource, get_source, harvest_sources
from xihu_platform.clock import SHANGHAI
from xihu_platform.database import transaction
from xihu_platform.settings import Settings
from xihu_platform.start import Node, open_node
from xihu_platform.words import Language, Text

FAULTS_SHOWN = 10
STATES = {
    "running": Text("进行中或被中断", "running, or cut off"),
    "interrupted": Text("中断，可续采", "interrupted, to be resumed"),
    "complete": Text("完成", "complete"),
    "partial": Text("不完整", "not complete"),
    "refused": Text("缺失过多，未移除", "too much missing, nothing removed"),
    "failed": Text("失败", "failed"),
}


@click.group()
def harvest() -> None:
    """Other catalogues (CKAN, DCAT, data.json, Xihu): run a harvest, list the sources."""


@harvest.command()
@click.argument("source", required=False)
@click.option(
    "--confirm-removals",
    is_flag=True,
    help="Remove what is missing at SOURCE even if it is more than half of its entries.",
)
@click.option("--due", is_flag=True, help="Only the sources whose schedule has come round.")
@click.pass_obj
def run(language: Language, source: str | None, confirm_removals: bool, due: bool) -> None:
    """Harvest SOURCE, or every source of the registry; exit code 1 where one did not complete."""
    from xihu_catalog.start import open_contracts
    from xihu_pipelines.harvest.run import due_sources, harvest_source

    if confirm_removals and source is None:
        raise click.UsageError("--confirm-removals needs a SOURCE")
    if due and source is not None:
        raise click.UsageError("--due chooses the sources itself")
    node = open_node(Settings())
    open_contracts(node)
    wanted = [get_source(source)] if source else list(harvest_sources().values())
    if not wanted:
        click.echo(_none().to(language))
    if due:
        wanted = due_sources(node)
    runs = []
    for one in wanted:
        runs.append(harvest_source(node, one, confirm_removals=confirm_removals))
        click.echo(_run_words(one, runs[-1]).to(language))
        _show_faults(node, one, language)
    if any(one.state != "complete" for one in runs):
        raise SystemExit(1)


@harvest.command("list")
@click.pass_obj
def list_command(language: Language) -> None:
    """Each source of the registry, and how its newest harvest went."""
    node = open_node(Settings())
    sources = harvest_sources().values()
    for one in sources:
        with transaction(node.database) as session:
            found = last_run(session, one.id)
        click.echo(f"{one.id}  {one.kind}  {one.schedule}  {one.url}")
        words = _last(found[0], one, found[1]) if found else Text("从未采集", "never harvested")
        click.echo(f"  {words.to(language)}")
        _show_faults(node, one, language)
    if not sources:
        click.echo(_none().to(language))


def _show_faults(node: Node, source: HarvestSource, language: Language) -> None:
    """Which records are wrong, and what is wrong with them."""
    with transaction(node.database) as session:
        found = list_faults(session, source.id, FAULTS_SHOWN + 1)
    for one in found[:FAULTS_SHOWN]:
        click.echo(f"    {one.record[:80]}: {one.reason.to(language)}")
    if len(found) > FAULTS_SHOWN:
        click.echo(Text("    ……", "    …").to(language))


def _none() -> Text:
    return Text("登记库的 harvest.yaml 中没有数据源", "the registry's harvest.yaml has no source")


def _last(started: datetime, source: HarvestSource, run: HarvestRun) -> Text:
    at = started.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
    words = _run_words(source, run)
    return Text(f"{at}  {words.zh}", f"{at}  {words.en}")


def _run_words(source: HarvestSource, run: HarvestRun) -> Text:
    state = STATES[run.state]
    zh = (
        f"{source.title.zh}：{state.zh}；新增 {run.new}，变更 {run.changed}，未变 {run.same}，"
        f"移除 {run.removed}，有误 {run.failed}"
    )
    en = (
        f"{source.title.en}: {state.en}; {run.new} new, {run.changed} changed, {run.same} same, "
        f"{run.removed} removed, {run.failed} faulty"
    )
    if run.error is None:
        return Text(zh, en)
    return Text(f"{zh}。{run.error.zh}", f"{en}. {run.error.en}")
