"""The command group `xihu service`: what is wrong with service items, and how one will look."""

from collections.abc import Iterator
from pathlib import Path

import click

from xihu_catalog.contracts.folders import CONTRACTS
from xihu_catalog.contracts.load import load_contracts
from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.people import organisation_name
from xihu_catalog.services.handing_in import Document
from xihu_catalog.services.item import Material, ServiceItem
from xihu_catalog.services.items import service_items
from xihu_catalog.services.kind import document_of
from xihu_catalog.services.lint import (
    bundle_paths,
    event_faults,
    is_bundle,
    item_paths,
    lint_bundles,
    lint_files,
)
from xihu_platform.clock import civil_date, system_clock
from xihu_platform.errors import NotFound
from xihu_platform.words import Language, Text

_file = click.Path(exists=True, dir_okay=False, path_type=Path)
UNITS = {"working_day": Text("个工作日", "working days"), "day": Text("天", "days")}


@click.group()
def service() -> None:
    """Service items: what is wrong with them, and a preview of one."""


@service.command()
@click.argument("files", nargs=-1, type=_file)
@click.pass_obj
def lint(language: Language, files: tuple[Path, ...]) -> None:
    """Everything wrong with the items and bundles in FILES, else with all of the registry and its
    list of life events; exit code 1 then."""
    paths = list(files) or [*item_paths(), *bundle_paths()]
    contracts = load_contracts(registry_folder() / CONTRACTS)
    bundles, today = [one for one in paths if is_bundle(one)], civil_date(system_clock())
    found = lint_files([one for one in paths if one not in bundles], contracts, today)
    found += lint_bundles(bundles, service_items(), today)
    if not files:
        found += event_faults(service_items())
    for finding in found:
        click.echo(finding.to(language))
    counts = (len(paths), len(found))
    words = Text(
        "{} 个事项，{} 处错误".format(*counts), "items checked: {}, errors: {}".format(*counts)
    )
    click.echo(words.to(language))
    if found:
        raise SystemExit(1)


@service.command()
@click.argument("item")
@click.pass_obj
def preview(language: Language, item: str) -> None:
    """The guide of ITEM as citizens read it, and the states and clocks of its cases."""
    found = service_items().get(item)
    if found is None:
        raise NotFound(f"没有事项 {item}", f"there is no item {item}")
    for words in (*_guide(found), *_case(found)):
        click.echo(words.to(language))


def _guide(item: ServiceItem) -> Iterator[Text]:
    yield item.name.text()
    yield item.summary.text()
    yield Text("谁能办", "Who can apply")
    yield from (_indented(one.text()) for one in item.conditions)
    brought = [one for one in item.materials if one.source is None or one.asked is not None]
    spared = [one for one in item.materials if one not in brought]
    yield Text("带什么", "What to bring")
    yield from (_indented(_paper(one)) for one in brought)
    yield Text("免交", "Not asked for")
    yield from (_indented(_paper(one)) for one in spared)
    yield Text("多久", "How long")
    unit, limit = UNITS[item.limit.unit], item.limit
    yield _indented(
        Text(
            f"法定 {limit.value} {unit.zh}（{item.law.zh}）",
            f"by law {limit.value} {unit.en} ({item.law.en})",
        )
    )
    if item.promise is not None:
        yield _indented(
            Text(f"承诺 {item.promise} {unit.zh}", f"promised {item.promise} {unit.en}")
        )
    yield Text("谁来办", "Who helps")
    yield _indented(organisation_name(item.body))
    counter = item.counter
    yield _indented(
        Text(f"{counter.name.zh}，{counter.phone}", f"{counter.name.en}, {counter.phone}")
    )


def _paper(one: Material) -> Text:
    return Text(f"{one.name.zh}（{one.issuer.zh}）", f"{one.name.en} ({one.issuer.en})")


def _case(item: ServiceItem) -> Iterator[Text]:
    """States with the events that lead out of them, and the clocks that an event moves."""
    document = document_of(item)
    yield Text("办件", "A case")
    for name, state in document["states"].items():
        owner = document["parties"].get(state.get("owner"), {"zh": "—", "en": "-"})
        title = state["title"]
        yield _indented(
            Text(
                f"{name}  {title['zh']}（{owner['zh']}）", f"{name}  {title['en']} ({owner['en']})"
            )
        )
        for event in document["events"].values():
            if name in event["from"]:
                yield _indented(_indented(_event(event)))


def _event(event: Document) -> Text:
    clocks = [
        f"{verb} {duty}"
        for clock in event.get("clocks", [])
        for verb, duty in clock.items()
        if verb != "reason"
    ]
    to = f" → {event['to']}" if "to" in event else ""
    moved = f"  [{', '.join(clocks)}]" if clocks else ""
    title = event["title"]
    return Text(f"{title['zh']}{to}{moved}", f"{title['en']}{to}{moved}")


def _indented(text: Text) -> Text:
    return Text(f"  {text.zh}", f"  {text.en}")
