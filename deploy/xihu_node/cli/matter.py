"""The command group `xihu matter`: what runs, what is late, and letting time act."""

import json
import re
from collections.abc import Iterator
from datetime import date

import click
from sqlalchemy import func, select

from xihu_catalog.services.start import all_duties
from xihu_catalog.sharing.start import let_time_act, open_matters
from xihu_catalog.start import open_contracts
from xihu_platform.clock import SHANGHAI, civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput
from xihu_platform.matters.kernel import Matters
from xihu_platform.matters.models import MatterClockRow, MatterRow
from xihu_platform.matters.moving import (
    Migration,
    Move,
    apply_migration,
    dry_run,
    revert_migration,
)
from xihu_platform.matters.views import MatterView
from xihu_platform.settings import Settings
from xihu_platform.start import Node, open_node
from xihu_platform.statute.words import day_words
from xihu_platform.words import Language, Text


@click.group()
def matter() -> None:
    """Matters: requests and cases with their states and clocks. What people wrote in them is read
    by their parties alone, not here."""


@matter.command("list")
@click.option("--kind", help="Of one kind only, sharing_request.")
@click.option("--late", is_flag=True, help="Only those whose last day has passed.")
@click.option("--closed", is_flag=True, help="Closed ones too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each matter.")
@click.pass_obj
def list_command(
    language: Language, kind: str | None, late: bool, closed: bool, as_json: bool
) -> None:
    """The open matters, the earliest last day first."""
    node, matters = _opened()
    today, number = civil_date(node.clock()), 0
    for view in _listed(matters, kind, closed=closed):
        told = _told(matters, view, today)
        if late and not told["overdue"]:
            continue
        number += 1
        click.echo(json.dumps(told, ensure_ascii=False) if as_json else _line(view, told, language))
    if number == 0 and not as_json:
        click.echo(Text("没有这样的事项", "there is no such matter").to(language))


@matter.command()
@click.argument("number")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with each day of each clock.")
@click.pass_obj
def show(language: Language, number: str, as_json: bool) -> None:
    """One matter: its parties, its events, and each day of its clocks. NUMBER: SR-000012 or 12."""
    node, matters = _opened()
    view = _find(matters, number)
    told = _told(matters, view, civil_date(node.clock()))
    if as_json:
        click.echo(json.dumps(told | _details(matters, view), ensure_ascii=False))
        return
    click.echo(_line(view, told, language))
    for line in _lines(matters, view, language):
        click.echo(line)


@matter.command("tick")
@click.pass_obj
def tick_command(language: Language) -> None:
    """Let time act: reminders, what is late, what a law deems to have happened, and dates that a
    new calendar moves. The same again does nothing; a day missed is made up for."""
    node, matters = _opened()
    done, sent = let_time_act(node, matters)
    words = Text(
        f"改期 {done.redated}，提醒 {done.warned}，依法视为发生 {done.lapsed}，"
        f"未能处理 {done.failed}；记入日志 {sent.done}，未记入 {sent.failed}",
        f"{done.redated} moved, {done.warned} reminders, {done.lapsed} deemed by law, "
        f"{done.failed} failed; {sent.done} written to the log, {sent.failed} not",
    )
    click.echo(words.to(language))


@matter.command("migrate")
@click.argument("kind")
@click.argument("source", type=click.IntRange(1))
@click.argument("target", type=click.IntRange(1))
@click.option("--state", "states", multiple=True, metavar="OLD=NEW", help="A state's new name.")
@click.option("--approved-by", required=True, help="The id of the position that approved it.")
@click.option("--apply", "does", flag_value="apply", help="Move them; else they are only listed.")
@click.option("--revert", "does", flag_value="revert", help="Bring back what was moved.")
@click.pass_obj
def migrate_command(
    language: Language,
    kind: str,
    source: int,
    target: int,
    *,
    states: tuple[str, ...],
    approved_by: str,
    does: str | None,
) -> None:
    """Move the open matters of KIND from version SOURCE to TARGET. Clocks keep their start and
    their duty. Without --apply, each is listed with where it would go or why it stays."""
    _, matters = _opened()
    migration = Migration(kind, source, target, approved_by, _map(states))
    if does == "revert":
        number = revert_migration(matters, migration)
        click.echo(Text(f"已转回 {number} 件", f"{number} brought back").to(language))
        return
    moves = (apply_migration if does else dry_run)(matters, migration)
    for move in moves:
        click.echo(_move_line(matters, move, language))
    moved = sum(move.after is not None for move in moves)
    stay = len(moves) - moved
    words = Text(f"可转 {moved} 件，不转 {stay} 件", f"{moved} would move, {stay} stay")
    if does:
        words = Text(f"已转 {moved} 件，未转 {stay} 件", f"{moved} moved, {stay} stay")
    click.echo(words.to(language))


def _map(states: tuple[str, ...]) -> dict[str, str]:
    """Raises BadInput for what is not OLD=NEW."""
    pairs = [one.partition("=") for one in states]
    if wrong := ["".join(one) for one in pairs if not (one[0] and one[2])]:
        raise BadInput(
            f"状态对应写成 旧=新，不是 {'、'.join(wrong)}",
            f"write a state as OLD=NEW, not {', '.join(wrong)}",
        )
    return {old: new for old, _, new in pairs}


def _move_line(matters: Matters, move: Move, language: Language) -> str:
    with transaction(matters.database) as session:
        number = matters.view(session, move.matter).number
    where = f"→ {move.after}" if move.refusal is None else move.refusal.to(language)
    return f"{number}  {move.before}  {where}"


def _opened() -> tuple[Node, Matters]:
    node = open_node(Settings())
    return node, open_matters(node, open_contracts(node))


def _listed(matters: Matters, kind: str | None, *, closed: bool) -> Iterator[MatterView]:
    first = (
        select(MatterClockRow.matter, func.min(MatterClockRow.due_on).label("due"))
        .where(MatterClockRow.stop_seq.is_(None))
        .group_by(MatterClockRow.matter)
        .subquery()
    )
    query = select(MatterRow.id).outerjoin(first, first.c.matter == MatterRow.id)
    if kind is not None:
        query = query.where(MatterRow.kind == kind)
    if not closed:
        query = query.where(MatterRow.closed_at.is_(None))
    query = query.order_by(first.c.due.is_(None), first.c.due, MatterRow.id)
    with transaction(matters.database) as session:
        for one in session.scalars(query).all():
            yield matters.view(session, one)


def _find(matters: Matters, number: str) -> MatterView:
    """Raises BadInput for what is no number, NotFound for a matter that there is not."""
    match = re.fullmatch(r"(?:[A-Z]{1,4}-)?([0-9]{1,15})", number, re.ASCII)
    if match is None:
        raise BadInput(
            f"{number} 不是事项编号，请写成 SR-000012",
            f"{number} is no number of a matter: write it as SR-000012",
        )
    with transaction(matters.database) as session:
        view = matters.view(session, int(match[1]))
    if "-" in number and not number.startswith(f"{view.definition.prefix}-"):
        raise BadInput(
            f"{int(match[1])} 号事项的编号是 {view.number}，不是 {number}",
            f"matter {int(match[1])} is {view.number}, not {number}",
        )
    return view


def _told(matters: Matters, view: MatterView, today: date) -> dict[str, object]:
    dates = matters.due_dates(view)
    running = [(c, dates[c.duty, c.start_seq]) for c in view.clocks if c.running]
    days = [found.day for _, found in running if found.day is not None]
    return {
        "number": view.number,
        "kind": view.definition.kind,
        "state": view.state,
        "about": view.about,
        "owner": view.definition.states[view.state].owner,
        "opened": view.opened_at.astimezone(SHANGHAI).date().isoformat(),
        "due": min(days).isoformat() if days else None,
        "firm": all(found.firm for _, found in running),
        "paused": any(clock.paused for clock, _ in running),
        "overdue": any(clock.overdue(found.day, today) for clock, found in running),
        "outcome": view.outcome,
    }


def _details(matters: Matters, view: MatterView) -> dict[str, object]:
    dates = matters.due_dates(view)
    return {
        "parties": {role: list(view.keys(role)) for role in view.definition.parties},
        "events": [
            {
                "seq": event.seq,
                "event": event.name,
                "at": event.at.isoformat(),
                "recorded_at": event.recorded_at.isoformat(),
                "state": event.state,
                "position": event.position,
                "stands_in_for": event.stands_in_for,
                "article": event.article,
                "data": dict(event.data),
            }
            for event in view.events
        ],
        "clocks": [
            {
                "duty": clock.duty,
                "start": clock.start.isoformat(),
                "stopped": clock.stopped.isoformat() if clock.stopped else None,
                "extended": clock.extended,
                "due": found.day.isoformat() if found.day else None,
                "firm": found.firm,
                "steps": [
                    {"day": step.day.isoformat(), "why": step.why, "number": step.number}
                    for step in found.steps
                ],
            }
            for clock in view.clocks
            for found in (dates[clock.duty, clock.start_seq],)
        ],
    }


def _line(view: MatterView, told: dict[str, object], language: Language) -> str:
    state = view.definition.states[view.state]
    parts = [view.number, view.definition.title.to(language), view.about or "—"]
    parts.append(state.title.to(language))
    if told["paused"]:
        parts.append(Text("中止", "paused").to(language))
    elif told["due"]:
        words = Text(f"限 {told['due']}", f"due {told['due']}")
        if told["overdue"]:
            words = Text(f"逾期（限 {told['due']}）", f"overdue, was due {told['due']}")
        elif not told["firm"]:
            words = Text(f"限 {told['due']}（暂定）", f"due {told['due']}, provisional")
        parts.append(words.to(language))
    return "  ".join(parts)


def _lines(matters: Matters, view: MatterView, language: Language) -> Iterator[str]:
    definition = view.definition
    for role, title in definition.parties.items():
        yield f"  {title.to(language)}: {', '.join(view.keys(role)) or '—'}"
    for event in view.events:
        at = event.at.astimezone(SHANGHAI)
        rule = definition.opening if event.seq == 1 else definition.events.get(event.name)
        said = rule.title.to(language) if rule else event.name
        who = event.stands_in_for or event.position or event.sub
        yield f"  {event.seq}. {at:%Y-%m-%d %H:%M}  {said}  {who}"
    dates, duties = matters.due_dates(view), all_duties()
    for clock in view.clocks:
        duty, found = duties[clock.duty], dates[clock.duty, clock.start_seq]
        stopped = Text(f"，{clock.stopped} 停止", f", stopped on {clock.stopped}")
        ended = stopped.to(language) if clock.stopped else ""
        yield f"{duty.rule_set} {duty.article} {duty.name.to(language)}{ended}"
        for step in found.steps:
            yield f"  {step.day}  {day_words(step, duty).to(language)}"
