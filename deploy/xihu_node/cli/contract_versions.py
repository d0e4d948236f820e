"""`xihu contract versions`: what was in force for a dataset, and the text of any version."""

from pathlib import Path

import click

from xihu_catalog.contracts.store import ContractStore
from xihu_catalog.start import open_contracts
from xihu_platform.errors import NotFound
from xihu_platform.settings import Settings
from xihu_platform.start import open_node
from xihu_platform.words import Language, Text

SHOWN = 16
"""Digits of a digest that a line shows; as many or more name it."""
ORIGINS = {"registry": Text("登记库", "registry"), "published": Text("部门发布", "published")}


@click.command("versions")
@click.argument("dataset")
@click.option("--digest", help="Print the text of the version that begins with this digest.")
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Where to write it."
)
@click.pass_obj
def versions_command(
    language: Language, dataset: str, digest: str | None, output: Path | None
) -> None:
    """What was in force for DATASET, newest first; each load names the digest it used."""
    store = open_contracts(open_node(Settings()))
    found = store.versions(dataset)
    if not found:
        raise NotFound(
            f"从未有过数据集“{dataset[:64]}”的契约",
            f"there never was a contract of “{dataset[:64]}”",
        )
    if digest is not None:
        text = store.content(_named(store, dataset, digest))
        if output is None:
            click.echo(text.decode("utf-8-sig"), nl=False)
        else:
            output.write_bytes(text)
        return
    for one in found:
        what = one.digest[:SHOWN] if one.digest else Text("已撤下", "withdrawn").to(language)
        origin = ORIGINS[one.origin].to(language)
        click.echo(f"{one.since.astimezone():%Y-%m-%d %H:%M:%S}  {what:<{SHOWN}}  {origin}")


def _named(store: ContractStore, dataset: str, digest: str) -> str:
    known = {one.digest for one in store.versions(dataset) if one.digest}
    named = [one for one in known if one.startswith(digest.lower())]
    if len(named) != 1:
        raise NotFound(
            f"{dataset} 没有唯一以 {digest[:64]} 开头的版本，请用 xihu contract versions 列出",
            f"{dataset} has not one version that begins with {digest[:64]}: xihu contract versions "
            "lists them",
        )
    return named[0]
