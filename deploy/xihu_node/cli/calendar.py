"""The command group `xihu calendar`: the published years, and taking in a notice."""

from collections.abc import Iterable
from pathlib import Path

import click

from xihu_catalog.registry.calendar import read_years
from xihu_catalog.registry.statutes import duties
from xihu_catalog.sharing.start import open_matters
from xihu_catalog.start import open_contracts
from xihu_platform.errors import BadInput, NotFound
from xihu_platform.matters.ticking import redate
from xihu_platform.settings import Settings
from xihu_platform.start import Node, open_node
from xihu_platform.statute.calendar import CalendarYear, with_year
from xihu_platform.statute.moved import MovedDuty, moved_duties
from xihu_platform.statute.published import (
    PublishedYear,
    list_published,
    publish_year,
    read_calendar,
)
from xihu_platform.words import Language, Text

KINDS = {"holiday": Text("放假", "off"), "worked": Text("上班", "worked")}
WEEKDAYS = (
    *(Text("周一", "Mon"), Text("周二", "Tue"), Text("周三", "Wed"), Text("周四", "Thu")),
    *(Text("周五", "Fri"), Text("周六", "Sat"), Text("周日", "Sun")),
)


@click.group()
def calendar() -> None:
    """The calendar of working days, as the State Council publishes it."""


@calendar.command()
@click.argument("year", type=int, required=False)
@click.pass_obj
def show(language: Language, year: int | None) -> None:
    """The published years, or the days of one."""
    published = list_published(_opened().database)
    if year is None:
        for one in published:
            click.echo(_summary(one).to(language))
        last = max((one.arrangement.year for one in published), default=0)
        words = Text(
            f"{last} 年之后的期限为暂定；通知发布后用 xihu calendar import 导入",
            f"due dates after {last} are provisional; take in the next notice with "
            "xihu calendar import",
        )
        click.echo(words.to(language))
        return
    found = next((one for one in published if one.arrangement.year == year), None)
    if found is None:
        raise NotFound(f"{year} 年的安排尚未发布", f"the year {year} is not published yet")
    click.echo(_summary(found).to(language))
    for day in found.arrangement.days:
        weekday = WEEKDAYS[day.day.weekday()].to(language)
        click.echo(f"{day.day}  {weekday}  {KINDS[day.kind].to(language)}  {day.name.to(language)}")


@calendar.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def import_command(language: Language, file: Path) -> None:
    """Publish one year's holidays and worked weekends from FILE.

    FILE is CSV with the columns date, kind (holiday or worked), name_zh, name_en and source, the
    number of the notice. What is published already changes nothing.
    """
    year = _one_year(file)
    node = _opened()
    before = read_calendar(node.database)
    version = publish_year(node.database, year, node.clock)
    if version is None:
        words = Text(
            f"{year.year} 年的安排已经是这样，未作改动",
            f"the year {year.year} is published like that already: nothing was changed",
        )
        click.echo(words.to(language))
        return
    published = next(p for p in list_published(node.database) if p.arrangement.year == year.year)
    click.echo(_summary(published).to(language))
    after = with_year(before, year, version)
    moved = moved_duties(duties().values(), before, after, year.year)
    for words in _moved_words(moved):
        click.echo(words.to(language))
    redated = redate(open_matters(node, open_contracts(node))).redated
    words = Text(f"有 {redated} 个在办事项改期", f"the dates of {redated} open matters have moved")
    click.echo(words.to(language))


def _opened() -> Node:
    node = open_node(Settings())
    open_contracts(node)
    return node


def _one_year(file: Path) -> CalendarYear:
    years = read_years(file)
    if len(years) != 1:
        raise BadInput(
            f"{file} 应只含一年的日期，现有 {len(years)} 年，请分开导入",
            f"{file} must hold the dates of one year and holds {len(years)}: import them one by "
            "one",
        )
    return years[0]


def _summary(one: PublishedYear) -> Text:
    days = one.arrangement.days
    off, worked = (sum(day.kind == kind for day in days) for kind in ("holiday", "worked"))
    year, source = one.arrangement.year, one.arrangement.source
    return Text(
        f"{year}  第 {one.version} 版  放假 {off} 天，调休上班 {worked} 天  {source}",
        f"{year}  version {one.version}  {off} days off, {worked} weekend days worked  {source}",
    )


def _moved_words(moved: Iterable[MovedDuty]) -> Iterable[Text]:
    found = list(moved)
    if not found:
        yield Text("没有期限因此改变", "no period ends on another day")
        return
    yield Text("以下期限的截止日有变动：", "These periods end on another day:")
    for one in found:
        duty = one.duty
        yield Text(
            f"  {duty.rule_set} 第{duty.article}条 {duty.name.zh}（{duty.value} 个工作日）："
            f"{one.starts} 个起算日受影响，如自 {one.start} 起，{one.before} 改为 {one.after}",
            f"  {duty.rule_set} art. {duty.article} {duty.name.en} ({duty.value} working days): "
            f"{one.starts} first days, such as {one.start}: {one.before} becomes {one.after}",
        )
