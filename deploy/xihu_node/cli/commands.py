"""Commands of the portals' floor: run, relocate, query, search."""

import logging
from dataclasses import replace
from datetime import date

import click
import orjson

from xihu_catalog.contracts.entries import unpublished
from xihu_catalog.datasets.entries import is_stored
from xihu_catalog.registry.people import content
from xihu_catalog.search.asking import SearchQuery
from xihu_node.cli.points import lines
from xihu_node.services import open_services
from xihu_pipelines.start import settle_people
from xihu_platform.brain.envelope import to_json
from xihu_platform.brain.query import MetricQuery
from xihu_platform.brain.service import ask
from xihu_platform.brain.spec import GRAINS, LEVELS
from xihu_platform.identity.principal import ANONYMOUS
from xihu_platform.lake.relocate import relocate
from xihu_platform.settings import Settings
from xihu_platform.start import open_node, open_private
from xihu_platform.telemetry.logs import OURS, start_logging
from xihu_platform.words import Language, Text
from xihu_portals.services import Services


@click.command()
@click.pass_obj
def run(language: Language) -> None:
    """Serve both portals and the API until Ctrl-C."""
    from xihu_node.acts import playing
    from xihu_node.serving import serve, serve_many
    from xihu_pipelines.demo.acts import decide_acts

    settings = Settings()
    level = min(logging.getLogger(OURS).level, logging.INFO)  # each request, or more if verbose
    start_logging(settings.telemetry, level=level)
    node = open_node(settings)
    settle_people(node)
    acts = decide_acts(node)  # before the first request
    services = open_services(node)
    _welcome(language, services)
    with playing(node, acts):
        if settings.serve.processes == 1:
            serve(services)
            return
        services.close()  # it is opened, and brought up to date, before several do so at once
        serve_many(settings)


def _welcome(language: Language, services: Services) -> None:
    base = services.node.settings.base_url
    en = language == "en"
    lines = [
        (Text("市民门户", "Citizen portal"), f"{base}/"),
        (Text("公务门户", "Official portal"), f"{base}/official/"),
        (Text("接口文档", "API documentation"), f"{base}/api/docs"),
    ]
    click.echo("\n西湖 Xihu\n")
    for title, address in lines:
        click.echo(f"  {title.to(language):<22}{address}")
    if services.node.settings.identity.issuer is None:
        click.echo("\n" + ("  Sign in as:" if en else "  可以这些身份登录："))
        cards = {p.username: p.card_en if en else p.card_zh for p in content().people if p.card_zh}
        width = max(map(len, cards)) + 2
        for username, card in cards.items():
            click.echo(f"    {username:<{width}}{card}")
        if others := sum(not person.card_zh for person in content().people):
            more = f"and {others} others in office" if en else f"另有 {others} 名在岗人员"
            click.echo(f"    {more}")
    click.echo("\n" + ("  Ctrl-C stops." if en else "  按 Ctrl-C 停止。") + "\n")


@click.command("relocate")
@click.pass_obj
def relocate_command(language: Language) -> None:
    """Make a data folder that was moved, copied or restored name its own files; run once more if
    it is broken off."""
    folder = Settings().data_dir
    open_private(folder)
    count = relocate(folder / "lake")
    said = Text(f"已改写 {count} 个文件，可以打开", f"{count} files rewritten: it can be opened")
    if not count:
        said = Text("位置未变，无须改写", "It is where its metadata says: nothing to rewrite")
    click.echo(said.to(language))


@click.command()
@click.argument("metric")
@click.option("--grain", type=click.Choice(GRAINS))
@click.option("--level", type=click.Choice(LEVELS))
@click.option("--parent", help="Division code: only what lies within it.")
@click.option("--by", multiple=True, help="A dimension of the metric; may be repeated.")
@click.option("--from", "start", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--to", "end", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--latest", type=click.IntRange(1, 1000), help="Only the newest so many periods.")
@click.option("--compare", is_flag=True, help="Add year-on-year and period-on-period.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def query(language: Language, /, metric: str, as_json: bool, **options: object) -> None:
    """Ask a public METRIC, as the public may."""
    services = open_services(open_node(Settings()))
    try:
        spec = services.get_metric(metric)
        answer = ask(services.gateway, ANONYMOUS, spec, _question(options), services.registered)
    finally:
        services.close()
    if as_json:
        click.echo(orjson.dumps(to_json(answer, language), default=str))
        return
    click.echo("\n".join(lines(answer, language, compare=bool(options["compare"]))))


def _question(options: dict[str, object]) -> MetricQuery:
    def day(name: str) -> date | None:
        moment = options[name]
        return moment.date() if hasattr(moment, "date") else None

    return MetricQuery(
        grain=options["grain"],  # type: ignore[arg-type]  # click checked the choice
        level=options["level"],  # type: ignore[arg-type]  # click checked the choice
        parent=str(options["parent"]) if options["parent"] else None,
        by=tuple(str(name) for name in options["by"]),  # type: ignore[attr-defined]
        start=day("start"),
        end=day("end"),
        latest=options["latest"],  # type: ignore[arg-type]  # click checked the range
        compare=bool(options["compare"]),
    )


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.pass_obj
def search(language: Language, words: tuple[str, ...]) -> None:
    """Search the datasets of this node, where what is not published is marked, and then the best
    of other catalogues' entries that are harvested here."""
    asked = SearchQuery(" ".join(words))
    services = open_services(open_node(Settings()))
    try:
        found = services.search.search(replace(asked, own=True))
        entries = [services.catalogue.get_entry(dataset) for dataset in found.ids]
        waiting = unpublished(services.node.database)
        services.stored_index.refresh()
        ids = [one for one in services.search.search(asked).ids if is_stored(one)]
        others = services.entries.find_many(ids)
    finally:
        services.close()
    for one in found.missing:
        said = Text(f"我们没有{one.what.zh}的数据。", f"We have no data on {one.what.en}.")
        click.echo(said.to(language))
    if not entries and not others and not found.missing:
        click.echo(Text("没有找到。", "Nothing was found.").to(language))
    for entry in entries:
        heart = entry.heartbeat
        title = entry.contract.title.to(language)
        hidden = (
            Text("  未发布", "  not published")
            if entry.contract.dataset in waiting
            else Text("", "")
        )
        line = f"{entry.contract.dataset:<28}{title}  {heart.state}  {heart.rows:,}"
        click.echo(line + hidden.to(language))
    for facts in others.values():
        publisher = facts.publisher.name.to(language)
        click.echo(f"{facts.id:<28}{facts.title.to(language)}  {facts.state.state}  {publisher}")
