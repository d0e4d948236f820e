"""The command line of ingestion: generate, load and publish."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy import Engine

from xihu_catalog.contracts.diff import check_change, compare, reader_words
from xihu_catalog.contracts.entries import NEXT, find_entry
from xihu_catalog.contracts.model import Contract
from xihu_catalog.quality import quarantine
from xihu_catalog.start import open_contracts
from xihu_node.cli.progress import counting
from xihu_node.entries import load_and_publish
from xihu_pipelines.demo import province
from xihu_pipelines.demo.handing_in import handing_in
from xihu_pipelines.demo.layout import list_files
from xihu_pipelines.ingest.correct import load_corrections
from xihu_pipelines.ingest.load import Outcome, load_file
from xihu_pipelines.start import settle_people
from xihu_platform.audit.uses import users_of
from xihu_platform.settings import Settings
from xihu_platform.start import Node, open_node
from xihu_platform.words import Language, Text

SHOWN_RULES = 10


def _say(language: Language, zh: str, en: str) -> None:
    click.echo(Text(zh, en).to(language))


@contextmanager
def progress_bar(what: str, total: int) -> Iterator[province.Progress]:
    """A bar over `total` datasets that names the one in work and its records so far."""
    with counting(what) as tell:
        tell(0, total, "")
        seen: set[str] = set()

        def report(dataset: str, records: int) -> None:
            seen.add(dataset)
            tell(len(seen), total, f"{dataset} {records:,}")

        yield report


@click.command()
@click.pass_obj
@click.option("--folder", type=click.Path(path_type=Path), help="Where to write; data/intake.")
def generate(language: Language, folder: Path | None) -> None:
    """Write the demo province's files, as departments hand them in."""
    node = open_node(Settings())
    with progress_bar(Text("生成文件", "Writing files").to(language), len(list_files())) as p:
        made = province.files_of(node, anew=True, progress=p)
    if folder is not None:
        shutil.copytree(made, folder, dirs_exist_ok=True)
    _say(language, f"文件已写入 {folder or made}", f"The files are in {folder or made}")


@click.command()
@click.option("--fresh", is_flag=True, help="Generate the files again, ending yesterday.")
@click.pass_obj
def load(language: Language, fresh: bool) -> None:
    """Load the demo province through ingestion; what is loaded already is left alone."""
    node = open_node(Settings())
    province.settle(node)
    what, total = (
        Text("生成并装载数据", "Writing and loading").to(language),
        len(province.contracts()),
    )
    with progress_bar(what, total) as report, handing_in(node, anew=fresh) as ready:
        outcomes, entries = load_and_publish(node, report, ready)
    _table(language, outcomes)
    if entries:
        _say(
            language,
            f"{entries} 个目录条目由演示人员经接口评估、签署、审核，均已发布。",
            f"{entries} entries were assessed, signed and reviewed through the API by the demo's "
            "people: all are published.",
        )


def _table(language: Language, outcomes: list[Outcome]) -> None:
    head = (
        ("数据集", "入库", "隔离") if language == "zh" else ("dataset", "accepted", "quarantined")
    )
    click.echo(f"{head[0]:<28}{head[1]:>12}{head[2]:>12}")
    for o in outcomes:
        click.echo(f"{o.dataset:<28}{o.counts.accepted:>12,}{o.counts.quarantined:>12,}")
    counts = [o.counts for o in outcomes]
    accepted = sum(one.accepted for one in counts)
    quarantined = sum(one.quarantined for one in counts)
    fresh = sum(o.fresh for o in outcomes)
    _say(
        language,
        f"共 {len(outcomes)} 个数据集：入库 {accepted:,} 条，隔离 {quarantined:,} 条；"
        f"本次装载 {fresh} 个，其余未变。合成数据。",
        f"{len(outcomes)} datasets: {accepted:,} records accepted, {quarantined:,} quarantined; "
        f"{fresh} loaded now, the others unchanged. Synthetic data.",
    )


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--contract",
    "contract_file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The dataset's ODCS contract.",
)
@click.option(
    "--corrections",
    is_flag=True,
    help="FILE holds corrected records alone: add them to what is there.",
)
@click.pass_obj
def publish(language: Language, file: Path, contract_file: Path, corrections: bool) -> None:
    """Load FILE as its contract says, and say what was quarantined and why."""
    settings = Settings()
    content = contract_file.read_bytes()
    node = open_node(settings)
    contracts = open_contracts(node)
    settle_people(node)
    contract = contracts.check(content, contract_file.name)
    before = contracts.find(contract.dataset)
    entry = find_entry(node.database, contract.dataset)
    if before is not None and entry is not None and entry.is_published:
        _check_readers(language, node.database, before, contract)
    waits = before is not None and contracts.waits(contract)
    loaded = before if before is not None and waits else contract
    if waits:  # noted first: a file that fits the new one alone is refused below
        contracts.publish(content, contract_file.name)
        _say_waiting(language)
    with progress_bar(contract.title.to(language), 1) as report:
        load = load_corrections if corrections else load_file
        outcome = load(node, loaded, file, progress=report)
    if not waits and (before is None or before.digest != contract.digest):
        contracts.publish(content, contract_file.name)
    _report(language, node, loaded, outcome)
    _say_next(language, node.database, loaded)


def _check_readers(
    language: Language, database: Engine, before: Contract, contract: Contract
) -> None:
    """Says who sees less from now on. Raises BreaksReaders."""
    readers = users_of(database, contract.dataset)
    check_change(before, contract, readers)
    closed = [one for one in compare(before, contract) if one.effect == "closes"]
    for one in closed:
        click.echo(one.to(language), err=True)
    if closed:
        _say(language, "现有读者：", "Read now by:")
        for reader in readers:
            click.echo(f"  {reader_words(reader).to(language)}")


def _say_waiting(language: Language) -> None:
    _say(
        language,
        "新契约会扩大共享或开放的范围，已登记为待审核；主管部门审核通过前，仍按现行契约装载和提供"
        "（《政务数据共享条例》第十七条），请由本部门在目录条目事项中报送",
        "the new contract may open more than the one in force: it is noted as proposed. Until the "
        "authority has accepted the change, the file is loaded and given out by the one in force "
        "(Order 809 art. 17): hand it in in the matter of the entry",
    )


def _say_next(language: Language, database: Engine, contract: Contract) -> None:
    """What the entry of the catalogue waits for."""
    entry = find_entry(database, contract.dataset)
    if entry is not None and entry.proposed_digest is not None:
        return  # said already
    if entry is not None and not entry.is_published:
        step = NEXT[entry.state]
        _say(
            language,
            f"已装载，本部门可见；下一步：{step.zh}（目录条目事项）",
            f"loaded, visible to your department; next: {step.en}, in the matter of the entry",
        )
    elif entry is not None and entry.contract_digest != contract.digest:
        _say(
            language,
            "契约已修改；目录更新须经主管部门审核（《政务数据共享条例》第十七条），"
            "请由本部门在目录条目事项中报送",
            "the contract is changed; the authority reviews the change of the entry (Order 809 "
            "art. 17): hand it in in the matter of the entry",
        )


def _report(language: Language, node: Node, contract: Contract, outcome: Outcome) -> None:
    if not outcome.fresh:
        _say(
            language,
            f"{contract.title.zh}：这个文件已经装载过，未作改动。",
            f"{contract.title.en}: this file is loaded already; nothing was changed.",
        )
    _say(
        language,
        f"收到 {outcome.counts.received:,} 条，入库 {outcome.counts.accepted:,} 条，隔离 "
        f"{outcome.counts.quarantined:,} 条；快照 {outcome.snapshot_id}",
        f"received {outcome.counts.received:,}, accepted {outcome.counts.accepted:,}, quarantined "
        f"{outcome.counts.quarantined:,}; snapshot {outcome.snapshot_id}",
    )
    worst = sorted(outcome.rule_counts.items(), key=lambda item: -item[1])[:SHOWN_RULES]
    for rule, count in worst:
        click.echo(f"  {count:>10,}  {contract.title_of(rule).to(language)}  ({rule})")
    if outcome.counts.quarantined:
        _first_rejects(language, node, contract, outcome)


def _first_rejects(language: Language, node: Node, contract: Contract, outcome: Outcome) -> None:
    """Record numbers and rules only: the values are for the steward's own page."""
    first = quarantine.read(node.lake, node.keyring, contract.dataset, outcome.load_id, limit=5)
    for reject in first:
        rules = ", ".join(reject.rules)
        _say(
            language, f"  第 {reject.record:,} 条：{rules}", f"  record {reject.record:,}: {rules}"
        )
    _say(
        language,
        "被隔离的记录已加密保存 30 天，数据管理员可在装载报告中查看。",
        "The rows quarantined are kept sealed for 30 days; the data steward sees them in the "
        "load report.",
    )
