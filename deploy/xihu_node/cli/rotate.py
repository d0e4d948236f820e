"""The command line of rotation: `xihu rotate pseudonyms`, and how far it is."""

from collections.abc import Iterable

import click

from xihu_catalog.contracts.model import Contract
from xihu_catalog.registry.people import organisation_name
from xihu_node.cli.data import progress_bar
from xihu_pipelines.housekeeping.every import contracts_of
from xihu_pipelines.housekeeping.rotate import begin_rotation, is_unfinished, standings
from xihu_pipelines.housekeeping.rotate import rotate as rotate_dataset
from xihu_platform.audit.uses import users_of
from xihu_platform.errors import PlatformError
from xihu_platform.settings import Settings
from xihu_platform.start import Node, open_node
from xihu_platform.words import Language, Text


def _opened() -> tuple[Node, dict[str, Contract]]:
    node = open_node(Settings())
    return node, contracts_of(node, ())


@click.group()
def rotate() -> None:
    """Key pseudonyms anew, so that whoever got hold of the old key cannot make them."""


@rotate.command()
@click.pass_obj
def status(language: Language) -> None:
    """Say of which key version each dataset's pseudonyms are."""
    node, contracts = _opened()
    wanted = node.key_version
    click.echo(Text(f"要求的密钥版本：{wanted}", f"wanted: key version {wanted}").to(language))
    held = standings(node, contracts.values())
    for one in held:
        behind = Text("  待换密钥", "  to be promoted") if one.behind(wanted) else Text("", "")
        click.echo(f"{one.dataset:<32}{one.table:>4}{one.rows:>14,}{behind.to(language)}")
    if is_unfinished(node, held):
        words = Text(
            "换密钥未完成：再次运行 xihu rotate pseudonyms，或等夜间整理",
            "unfinished: run `xihu rotate pseudonyms` again, or wait for tonight's housekeeping",
        )
        click.echo(words.to(language))


@rotate.command()
@click.option("--yes", is_flag=True, help="Do not ask before a new rotation is begun.")
@click.pass_obj
def pseudonyms(language: Language, yes: bool) -> None:
    """Promote every table and vault by one key version; one that was broken off is ended first."""
    node, contracts = _opened()
    if not yes and not is_unfinished(node, standings(node, contracts.values())):
        words = Text(
            "全部脱敏编号将更换密钥，不能退回；各单位收到的脱敏编号随之改变，与以前收到的对不上。继续？",
            "All pseudonyms change and there is no way back; what recipients get no longer matches "
            "what they got before. Go on?",
        )
        click.confirm(words.to(language), abort=True)
    wanted = begin_rotation(node, contracts.values())
    failed = promote_all(node, contracts, language)
    for line in _notice(node, contracts.values(), wanted):
        click.echo(line.to(language))
    for name, error in failed.items():
        click.echo(f"{name}: {error.to(language)}", err=True)
    if failed:
        raise SystemExit(1)


def promote_all(node: Node, contracts: dict[str, Contract], language: Language) -> dict[str, Text]:
    """Promote whatever is behind; returns what could not be, and why."""
    failed: dict[str, Text] = {}
    held = standings(node, contracts.values())
    behind = [one.dataset for one in held if one.behind(node.key_version)]
    with progress_bar(Text("更换脱敏密钥", "Rotating").to(language), len(behind)) as report:
        for name in behind:
            report(name, 0)
            try:
                done = rotate_dataset(node, contracts[name])
            except PlatformError as error:  # the next dataset is none the worse for it
                failed[name] = error.text
                continue
            if done is not None:
                words = Text(f"{done.rows:,} 行已换密钥", f"{done.rows:,} rows promoted")
                click.echo(f"{name:<32}{words.to(language)}")
    return failed


def _notice(node: Node, contracts: Iterable[Contract], wanted: int) -> list[Text]:
    """What recipients must be told, and who they are by the log."""
    keyed = {one.dataset for one in standings(node, contracts)}
    told = sorted({u.organisation for name in keyed for u in users_of(node.database, name)})
    names = [organisation_name(code) for code in told]
    lines = [
        Text(
            f"现用密钥版本 {wanted}。新快照给出的脱敏编号以 r{wanted}_ 开头，与以前的不可对照；"
            "引用旧快照仍得旧脱敏编号。请告知各接收单位。",
            f"Now key version {wanted}. What leaves of new snapshots begins with r{wanted}_ and "
            "does not match what left before; a cited older snapshot still gives the older ones. "
            "Tell the recipients.",
        )
    ]
    if names:
        zh, en = "、".join(n.zh for n in names), ", ".join(n.en for n in names)
        lines.append(Text(f"日志中读取过的单位：{zh}", f"By the log, these have read them: {en}"))
    return lines
