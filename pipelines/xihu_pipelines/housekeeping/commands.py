"""The command line of housekeeping: `xihu maintain` at night, `xihu erase` when the law asks."""

from collections.abc import Callable, Iterable

import click

from xihu_catalog.contracts.load import load_contracts
from xihu_catalog.contracts.model import Contract
from xihu_catalog.schema import upgrade
from xihu_catalog.standards.codes import REGISTRY
from xihu_pipelines.commands import progress_bar
from xihu_pipelines.housekeeping.erase import erase as erase_rows
from xihu_pipelines.housekeeping.tidy import Tidied, tidy
from xihu_platform.errors import NotFound, PlatformError
from xihu_platform.settings import Settings
from xihu_platform.start import Node, open_node
from xihu_platform.words import Language, Text


def tidy_all(node: Node, contracts: Iterable[Contract], say: Callable[[Text], None]) -> list[str]:
    """Tidy each dataset and say what was done; returns those that could not be tidied."""
    failed = []
    for contract in contracts:
        try:
            say(_told(tidy(node, contract)))
        except PlatformError as error:  # the next dataset is none the worse for it
            failed.append(contract.dataset)
            say(
                Text(f"{contract.dataset}：{error.text.zh}", f"{contract.dataset}: {error.text.en}")
            )
    return failed


def _told(done: Tidied) -> Text:
    removed = done.removed
    size = f"{removed.size_bytes / 1e6:,.1f} MB"
    zh = [f"过期快照 {removed.snapshots}", f"删除文件 {removed.files}（{size}）"]
    en = [f"{removed.snapshots} snapshots expired", f"{removed.files} files removed ({size})"]
    if done.compacted:
        zh.insert(0, "已合并小文件")
        en.insert(0, "compacted")
    if done.rotated:
        zh.insert(0, "脱敏编号已更换密钥")
        en.insert(0, "pseudonyms rotated")
    if done.purged:
        zh.append(f"清除隔离批次 {done.purged}")
        en.append(f"records quarantined in {done.purged} loads purged")
    if done.raw_removed:
        zh.append("已删除到期的原始文件")
        en.append("the raw file removed")
    return Text(f"{done.dataset}：{'，'.join(zh)}", f"{done.dataset}: {', '.join(en)}")


def contracts_of(settings: Settings, names: tuple[str, ...]) -> dict[str, Contract]:
    """The contracts of an installation, or those named. Raises NotFound."""
    known = load_contracts(REGISTRY / "contracts") | load_contracts(settings.data_dir / "contracts")
    unknown = [name for name in names if name not in known]
    if unknown:
        raise NotFound(
            f"没有数据集 {'、'.join(unknown)}", f"there is no dataset {', '.join(unknown)}"
        )
    return {name: one for name, one in known.items() if not names or name in names}


@click.command()
@click.argument("datasets", nargs=-1)
@click.pass_obj
def maintain(language: Language, datasets: tuple[str, ...]) -> None:
    """Compact, expire, purge and clear away: every dataset, or those named."""
    settings = Settings()
    node = open_node(settings)
    upgrade(node.database)
    contracts = contracts_of(settings, datasets)
    told: list[str] = []
    with progress_bar(Text("整理数据", "Housekeeping").to(language), len(contracts)) as report:

        def say(text: Text) -> None:
            told.append(text.to(language))
            report(text.en.partition(":")[0], 0)

        failed = tidy_all(node, contracts.values(), say)
    for line in told:
        click.echo(line)
    if failed:
        raise SystemExit(1)


@click.command()
@click.option("--document", required=True, prompt=True, hide_input=True, help="Document number.")
@click.option("--ground", "legal_ground", required=True, help="The law the erasure rests on.")
@click.argument("datasets", nargs=-1)
@click.pass_obj
def erase(language: Language, document: str, legal_ground: str, datasets: tuple[str, ...]) -> None:
    """Take one person's rows out of every dataset about people, or of those named, for good.

    The document number is asked for, so that it stands in no history of commands.
    """
    settings = Settings()
    node = open_node(settings)
    upgrade(node.database)
    about_people = [
        c for c in contracts_of(settings, datasets).values() if any(f.subject_key for f in c.fields)
    ]
    for contract in about_people:
        done = erase_rows(node, contract, document, legal_ground)
        words = Text(
            f"{done.dataset}：删除 {done.rows} 行，隔离记录 {done.quarantined} 条，原值 "
            f"{done.vaulted} 个；{len(done.snapshots)} 个旧快照不再提供；"
            f"日志 {done.logged} 条不再指明此人",
            f"{done.dataset}: {done.rows} rows, {done.quarantined} records quarantined and "
            f"{done.vaulted} raw values erased; {len(done.snapshots)} older snapshots withdrawn; "
            f"{done.logged} entries of the log name the person no more",
        )
        click.echo(words.to(language))
