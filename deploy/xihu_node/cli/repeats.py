"""The command group `xihu repeats`: what departments collect twice (Order 809 art. 19)."""

from contextlib import closing

import click

from xihu_platform.settings import Settings
from xihu_platform.start import open_node
from xihu_platform.words import Language, Text


@click.group()
def repeats() -> None:
    """Repeated collection: make what values are compared by, list what was found."""


@repeats.command()
@click.pass_obj
def compare(language: Language) -> None:
    """Make the sketches of the fields whose data has changed; exit code 1 where one failed."""
    from xihu_catalog.start import open_catalogue
    from xihu_pipelines.duplicates.run import LEASE, LEASE_S, make_sketches
    from xihu_platform.access.start import open_gateway
    from xihu_platform.lake.lease import lease

    node = open_node(Settings())
    catalogue = open_catalogue(node)
    bad = made = 0
    with (
        lease(node.settings.data_dir / "leases", node.database, LEASE, LEASE_S),
        closing(open_gateway(node, catalogue.policy)) as gateway,
    ):
        for one in make_sketches(node, gateway, catalogue):
            made += one.made
            if one.fault is not None:
                bad += 1
                click.echo(f"{one.dataset}.{one.field}: {one.fault.to(language)}", err=True)
    said = Text(f"更新了 {made} 个字段的比较摘要", f"sketches of {made} fields were made")
    click.echo(said.to(language))
    if bad:
        raise SystemExit(1)


@repeats.command("list")
@click.pass_obj
def list_command(language: Language) -> None:
    """Each information that several departments collect, with their datasets and fields."""
    from xihu_catalog.duplicates.repeats import find_repeats
    from xihu_catalog.registry.people import organisation_name
    from xihu_catalog.start import open_catalogue

    contracts = open_catalogue(open_node(Settings())).contracts.all().values()
    found = find_repeats(contracts)
    for repeat in found:
        click.echo(repeat.title.to(language))
        for one in repeat.fields:
            name = organisation_name(one.contract.provider).to(language)
            click.echo(f"  {name}  {one.contract.dataset}.{one.field.name}")
    if not found:
        click.echo(Text("没有重复采集的线索", "nothing is collected twice").to(language))
