"""The command line of housekeeping: `xihu maintain` at night, `xihu erase` when the law asks."""

import click

from xihu_node.cli.data import progress_bar
from xihu_pipelines.housekeeping.erase import erase as erase_rows
from xihu_pipelines.housekeeping.every import contracts_of, remove_old_lineage, tidy_all
from xihu_platform.settings import Settings
from xihu_platform.start import open_node
from xihu_platform.words import Language, Text


@click.command()
@click.argument("datasets", nargs=-1)
@click.pass_obj
def maintain(language: Language, datasets: tuple[str, ...]) -> None:
    """Compact, expire, purge and clear away: every dataset, or those named."""
    node = open_node(Settings())
    contracts = contracts_of(node, datasets)
    told: list[str] = []
    with progress_bar(Text("整理数据", "Housekeeping").to(language), len(contracts)) as report:

        def say(text: Text) -> None:
            told.append(text.to(language))
            report(text.en.partition(":")[0], 0)

        failed = tidy_all(node, contracts.values(), say)
        if not datasets:
            remove_old_lineage(node, say)
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
    node = open_node(Settings())
    about_people = [
        c for c in contracts_of(node, datasets).values() if any(f.subject_key for f in c.fields)
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
