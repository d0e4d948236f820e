"""The command group `xihu backflow`: what systems above return to departments below."""

import json

import click

from xihu_catalog.registry.people import organisations
from xihu_catalog.sharing.backflow import Returned, returned
from xihu_catalog.start import open_catalogue
from xihu_platform.settings import Settings
from xihu_platform.start import open_node
from xihu_platform.words import Language, Text

STATES = {
    "came": Text("按时", "in time"),
    "late": Text("逾期", "late"),
    "nothing": Text("没有回流", "nothing came"),
}


@click.group()
def backflow() -> None:
    """Returned data (回流, Order 809 art. 24): the list, and what came."""


@backflow.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each line of the list.")
@click.pass_obj
def list_command(language: Language, as_json: bool) -> None:
    """Each system and the department below that its data returns to: in time, late, or nothing."""
    found = returned(open_catalogue(open_node(Settings())))
    for one in found:
        click.echo(json.dumps(_told(one), ensure_ascii=False) if as_json else _line(one, language))
    if not found and not as_json:
        click.echo(Text("回流清单是空的", "the list of returned data is empty").to(language))


def _told(one: Returned) -> dict[str, str | None]:
    loaded = one.heart.loaded_at if one.heart else None
    return {
        "id": one.flow.id,
        "dataset": one.flow.dataset,
        "runs": one.flow.runs,
        "to": one.flow.to,
        "state": one.state,
        "loaded_at": loaded.isoformat() if loaded else None,
    }


def _line(one: Returned, language: Language) -> str:
    to = organisations()[one.flow.to]
    name = to.name_zh if language == "zh" else to.name_en
    data = one.flow.dataset or one.flow.system.to(language)
    return f"{one.flow.id}  {data} → {name}  {STATES[one.state].to(language)}"
