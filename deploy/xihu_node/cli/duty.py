"""The command group `xihu duty`: what the laws ask for, and a period counted day by day."""

import json
import re
from datetime import date

import click

from xihu_catalog.registry.statutes import duties
from xihu_catalog.start import open_contracts
from xihu_platform.errors import BadInput
from xihu_platform.settings import Settings
from xihu_platform.start import open_node
from xihu_platform.statute.due import DueDate, Pause, begin, due
from xihu_platform.statute.duty import Duty
from xihu_platform.statute.published import read_calendar
from xihu_platform.statute.words import INCOMPLETE, UNITS, article_words, day_words
from xihu_platform.words import Language, Text


@click.group()
def duty() -> None:
    """Duties that laws set, and the day on which one is due."""


@duty.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each duty.")
@click.pass_obj
def list_command(language: Language, as_json: bool) -> None:
    """Every duty with its article, period and extension, and whether its text was read."""
    for one in duties().values():
        click.echo(json.dumps(_told(one), ensure_ascii=False) if as_json else _line(one, language))


@duty.command("due")
@click.argument("rule")
@click.argument("day", metavar="DATE")
@click.option("--pause", "paused", multiple=True, help="FROM..TO: asked for, supplied; repeatable.")
@click.option("--incomplete", help="FROM..TO: missing papers asked for, supplied.")
@click.option("--extend", type=click.IntRange(min=0), default=0, help="By so many units.")
@click.option("--json", "as_json", is_flag=True, help="Date, firm and steps as JSON.")
@click.pass_obj
def due_command(
    language: Language,
    rule: str,
    day: str,
    paused: tuple[str, ...],
    incomplete: str | None,
    extend: int,
    as_json: bool,
) -> None:
    """The last day of RULE when its event is on DATE.

    RULE is a duty's id, reply_conditional, or with its rule set, CN-809-2025/reply_conditional.
    """
    one, start = _find(rule), _day(day)
    pauses = [_pause(text) for text in paused]
    node = open_node(Settings())
    open_contracts(node)
    calendar = read_calendar(node.database)
    try:
        if incomplete is not None:
            start = begin(one, start, *_between(incomplete))
        found = due(one, start, calendar, pauses=pauses, extended=extend)
    except ValueError as error:
        raise _refused(one, extend, error) from None
    if as_json:
        click.echo(json.dumps(_answer(found), ensure_ascii=False))
        return
    click.echo(_line(one, language))
    for step in found.steps:
        click.echo(f"  {step.day}  {day_words(step, one).to(language)}")
    click.echo(_end(found).to(language))


def _find(rule: str) -> Duty:
    """Raises BadInput for a duty that no rule set has, or that several have."""
    known = duties().values()
    found = [one for one in known if rule in (one.id, f"{one.rule_set}/{one.id}")]
    if len(found) == 1:
        return found[0]
    if not found:
        raise BadInput(
            f"没有期限 {rule}；xihu duty list 列出全部期限",
            f"there is no duty {rule}: xihu duty list shows them all",
        )
    several = [f"{one.rule_set}/{one.id}" for one in found]
    raise BadInput(
        f"{rule} 见于多部法规，请写明：{'、'.join(several)}",
        f"several rule sets have {rule}, name one: {', '.join(several)}",
    )


def _day(text: str) -> date:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise BadInput(
        f"{text} 不是日期，请写成 2026-09-24", f"{text} is no date: write it as 2026-09-24"
    )


def _between(text: str) -> tuple[date, date]:
    first, dots, last = text.partition("..")
    if not dots:
        raise BadInput(
            f"{text} 不是一段日期，请写成 2026-09-24..2026-10-09",
            f"{text} is no span of days: write it as 2026-09-24..2026-10-09",
        )
    return _day(first), _day(last)


def _pause(text: str) -> Pause:
    asked, supplied = _between(text)
    if supplied < asked:
        raise BadInput(f"{text} 的止日早于起日", f"{text} ends before it begins")
    return Pause(asked, supplied)


def _refused(one: Duty, extend: int, error: ValueError) -> BadInput:
    """What the law does not give, with its article."""
    article = article_words(one)
    if extend == 0 or extend <= (one.extension or 0):
        return BadInput("日期先后有误：应为起算日、告知补正日、补正日", str(error))
    if one.extension is None:
        return BadInput(f"{article.zh} 没有规定延长", f"{article.en} knows no extension")
    most, unit = one.extension, UNITS[one.unit]
    return BadInput(
        f"{article.zh} 最多延长 {most} {unit.zh}",
        f"{article.en} allows {most} more {unit.en} at most",
    )


def _line(one: Duty, language: Language) -> str:
    unit, article = UNITS[one.unit], article_words(one)
    zh = f"{article.zh} {one.id}：{one.name.zh}，{one.value} {unit.zh}"
    en = f"{article.en} {one.id}: {one.name.en}, {one.value} {unit.en}"
    if one.extension:
        zh, en = f"{zh}，可延长 {one.extension} {unit.zh}", f"{en}, extension {one.extension}"
    for word in _further(one):
        zh, en = f"{zh}；{word.zh}", f"{en}; {word.en}"
    return Text(zh, en).to(language)


def _further(one: Duty) -> list[Text]:
    said = [] if one.on_incomplete == "run" else [INCOMPLETE[one.on_incomplete]]
    if one.deemed:
        said.append(Text("逾期视为受理", "silence means accepted"))
    if one.target:
        said.append(Text("非法定期限", "not law"))
    elif not one.verified:
        said.append(Text("条文待核实", "text not verified"))
    return said


def _told(one: Duty) -> dict[str, object]:
    return {
        "rule_set": one.rule_set,
        "id": one.id,
        "article": one.article,
        "name": {"zh": one.name.zh, "en": one.name.en},
        "value": one.value,
        "unit": one.unit,
        "extension": one.extension,
        "on_incomplete": one.on_incomplete,
        "interpretive": one.interpretive,
        "pauses": [reason.id for reason in one.pauses],
        "deemed": one.deemed,
        "verified": one.verified,
        "target": one.target,
    }


def _answer(found: DueDate) -> dict[str, object]:
    return {
        "date": None if found.day is None else str(found.day),
        "firm": found.firm,
        "steps": [
            {"day": str(step.day), "why": step.why, "number": step.number}
            | ({"provisional": True} if step.provisional else {})
            for step in found.steps
        ],
    }


def _end(found: DueDate) -> Text:
    if found.firm:
        return Text(f"截止 {found.day}", f"due {found.day}")
    return Text(f"截止 {found.day}（暂定）", f"due {found.day} (provisional)")
