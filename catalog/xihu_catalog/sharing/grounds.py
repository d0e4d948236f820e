"""Grounds as matters: opened by hand or by a department's system, confirmed by somebody else.

The gateway reads the ground's own tables at every decision; the functions here write them in the
transaction of the event. Numbers of persons become pseudonyms here and are in no event.
"""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import get_args

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from xihu_catalog.registry.grounds import ItemSeed, load_grounds
from xihu_catalog.standards.documents import (
    canonical,
    is_citizen_id,
    is_document,
    is_uscc,
    kind_of,
)
from xihu_platform.access.decision import HANDLING
from xihu_platform.access.grounds import (
    COLLECTIVE,
    GroundKind,
    GroundMakerRow,
    GroundRow,
    GroundSubjectRow,
)
from xihu_platform.clock import civil_date
from xihu_platform.errors import BadInput
from xihu_platform.identity.models import PositionRow, SystemRow
from xihu_platform.identity.principal import Position
from xihu_platform.matters.acts import ActContext, ActFunctions
from xihu_platform.matters.definition import OPEN
from xihu_platform.matters.kernel import Opening
from xihu_platform.matters.views import MatterView
from xihu_platform.matters.who import Doer, MatterParty

GROUND = "ground"
GUARDS = (
    *("item_is_the_offices", "reader_is_fit", "reader_is_another", "subjects_are_known"),
    *("paper_is_the_same", "subjects_are_the_same", "reader_does_not_add"),
)
EFFECTS = (
    *("open_ground", "confirm_ground", "add_ground_subjects", "hand_ground_over"),
    *("close_ground", "strike_added_subjects"),
)
CONDITIONS = ("subjects_were_added",)
SUBJECTS = 20
"""Persons and firms of a ground that is not about many at once."""
MANY_SUBJECTS = 10_000
"""Of one that is (`COLLECTIVE`)."""
SYSTEM = "system:"
_SHOWN_FAULTS = 5
_ADDING = frozenset({"add_subjects", "strike_added", "countersign"})
Pseudonym = Callable[[str, str], str]
"""From kind and canonical number to the first pseudonym."""


def ground_opening(position: Position) -> Opening:
    """A ground of the position's own organisation."""
    parties = (MatterParty("office", "organisation", position.organisation),)
    return Opening(GROUND, parties, position.region)


def items_of(organisation: str) -> list[ItemSeed]:
    """The registered items that an organisation handles."""
    return [one for one in load_grounds().items if one.organisation == organisation]


def readers_of(session: Session, organisation: str, today: date) -> list[PositionRow]:
    """The positions of an organisation that work with records, by title."""
    row = PositionRow
    query = select(row).where(
        row.organisation == organisation, row.valid_from <= today, today <= row.valid_to
    )
    found = session.scalars(query.order_by(row.title_zh, row.id))
    return [one for one in found if HANDLING & set(one.duties.split())]


def ground_acts(pseudonym: Pseudonym) -> ActFunctions:
    """What the registry's kind `ground` may name."""
    return ActFunctions(
        guards={
            "item_is_the_offices": item_is_the_offices,
            "reader_is_fit": reader_is_fit,
            "reader_is_another": reader_is_another,
            "reader_does_not_add": reader_does_not_add,
            "subjects_are_known": subjects_are_known,
            "paper_is_the_same": paper_is_the_same,
            "subjects_are_the_same": partial(subjects_are_the_same, pseudonym),
        },
        effects={
            "open_ground": partial(open_ground, pseudonym),
            "confirm_ground": confirm_ground,
            "add_ground_subjects": partial(add_ground_subjects, pseudonym),
            "hand_ground_over": hand_ground_over,
            "strike_added_subjects": strike_added_subjects,
            "close_ground": lambda context: _write(context, closed=context.now),
        },
        conditions={"subjects_were_added": subjects_were_added},
        bars={"reader_is_another": is_reader, "reader_does_not_add": is_reader},
    )


def subjects_are_known(context: ActContext) -> None:
    """Raises BadInput with the place of each number that cannot be one, never the number."""
    given = _given(context)
    wrong = [n for n, one in enumerate(given, 1) if _kind(one) is None]
    if wrong:
        shown = wrong[:_SHOWN_FAULTS]
        more_zh = f" 等 {len(wrong)} 个" if len(wrong) > len(shown) else ""
        more_en = f" and {len(wrong) - len(shown)} more" if len(wrong) > len(shown) else ""
        raise BadInput(
            f"第 {'、'.join(map(str, shown))}{more_zh}个号码不是证件号码或统一社会信用代码，请核对",
            f"these numbers are neither of a document nor of a firm: "
            f"{', '.join(f'no. {n}' for n in shown)}{more_en}; compare them",
        )
    if context.command.event != "countersign":
        _check_number(context, len(set(given)))


def subjects_are_the_same(pseudonym: Pseudonym, context: ActContext) -> None:
    """Whom it is about is read from the paper twice, by two persons (double entry)."""
    subjects_are_known(context)
    number = context.matter.number
    query = select(GroundSubjectRow.key).where(GroundSubjectRow.ground == number)
    there = set(context.session.scalars(query))
    read = {_key(one, pseudonym) for one in _given(context)}
    if read != there:
        missing, beyond = len(there - read), len(read - there)
        raise BadInput(
            f"与登记的对象不一致：缺 {missing} 个，多 {beyond} 个。请对照材料原件填写全部对象；"
            "材料确实不同的，不予通过",
            f"these are not the subjects it has: {missing} are missing, {beyond} are too many. "
            "Read all of them from the paper, or do not confirm",
        )


def open_ground(pseudonym: Pseudonym, context: ActContext) -> None:
    _open_ground(context)
    _add_subjects(context, pseudonym, later=False)
    _made_by(context)


def add_ground_subjects(pseudonym: Pseudonym, context: ActContext) -> None:
    """The ground opens nothing again until somebody else has seen the proof."""
    _add_subjects(context, pseudonym, later=True)
    _made_by(context)
    _write(context, countersigned_by=None)


def subjects_were_added(matter: MatterView) -> bool:
    """Whether somebody was added who was neither confirmed nor taken out since."""
    last = [one.name for one in matter.events if one.name in _ADDING]
    return last[-1:] == ["add_subjects"]


def item_is_the_offices(context: ActContext) -> None:
    (office,) = context.matter.keys("office")
    known = [one.item for one in items_of(office)]
    if context.facts["item"] not in known:
        raise BadInput(
            f"事项 {context.facts['item']} 没有登记在本单位名下，可选：{'、'.join(known) or '无'}",
            f"no item {context.facts['item']} is registered for your organisation; there are: "
            f"{', '.join(known) or 'none'}",
        )
    if context.facts["ground_kind"] not in get_args(GroundKind):
        raise BadInput("请选择事由类别", "choose the kind of the ground")


def reader_is_fit(context: ActContext) -> None:
    """The reader is a position of the office whose holder had no hand in the ground, or one of its
    systems, where a person opens the ground and another confirms it."""
    reader = str(context.facts["reader"])
    (office,) = context.matter.keys("office")
    if reader.startswith(SYSTEM):
        system = context.session.get(SystemRow, reader.removeprefix(SYSTEM))
        if system is None or system.organisation != office:
            raise _no_such_reader(reader)
        if _is_system(context.doer) or not _is_by_hand(context):
            raise BadInput(
                "由系统开立的业务事由，不能由系统自己查阅，请选择岗位（《个人信息保护法》第六条）",
                "a ground that a system opened is not read by a system: choose a position "
                "(PIPL art. 6)",
            )
        return
    row = context.session.get(PositionRow, reader)
    today = civil_date(context.now)
    fits = (
        row is not None
        and row.organisation == office
        and row.valid_from <= today <= row.valid_to
        and HANDLING & set(row.duties.split())
    )
    if row is None or not fits:
        raise _no_such_reader(reader)
    if row.person in {*_makers(context), context.doer.sub}:
        raise BadInput(
            "开立、增加对象、复核或移交业务事由的人不能自己查阅，请选择其他人的岗位"
            "（《个人信息保护法》第六条）",
            "whoever opened, added to, confirmed or hands over a ground does not read under it: "
            "choose a position of somebody else (PIPL art. 6)",
        )


def _is_system(doer: Doer) -> bool:
    return doer.position is not None and doer.position.id == f"{SYSTEM}{doer.sub}"


def _is_by_hand(context: ActContext) -> bool:
    return context.command.event == OPEN or _ground(context).origin == "hand"


def _no_such_reader(reader: str) -> BadInput:
    return BadInput(
        f"本单位现在没有可以查阅的岗位 {reader}，请选择经办或数据管理岗位",
        f"your organisation has no position {reader} now that works with records: choose another",
    )


def reader_is_another(context: ActContext) -> None:
    """Whoever confirms a ground is not the one who then reads under it."""
    if is_reader(context.session, context.matter, context.doer):
        raise BadInput(
            "查阅人不能自己复核，请由本单位其他人复核（《个人信息保护法》第六条）",
            "whoever reads under a ground does not confirm it: a colleague has to (PIPL art. 6)",
        )


def reader_does_not_add(context: ActContext) -> None:
    """Whoever reads under a ground does not choose whom it is about."""
    if is_reader(context.session, context.matter, context.doer):
        raise BadInput(
            "查阅人不能自己增加对象，请由本单位其他人办理（《个人信息保护法》第六条）",
            "whoever reads under a ground adds nobody to it: a colleague has to (PIPL art. 6)",
        )


def is_reader(session: Session, matter: MatterView, doer: Doer) -> bool:
    """Whether somebody reads under a ground: in the position, or as the person who has it."""
    position = session.get_one(GroundRow, matter.number).position
    row = session.get(PositionRow, position)
    person = row.person if row is not None else None
    return position in doer.positions or person == doer.sub


def confirm_ground(context: ActContext) -> None:
    """Whoever reads under it is told that it opens something now."""
    _made_by(context)
    _write(context, countersigned_by=context.doer.sub, confirmed_at=context.now)
    ground = _ground(context)
    if not ground.position.startswith(SYSTEM):
        context.also_told.append((ground.organisation, ground.position))


def hand_ground_over(context: ActContext) -> None:
    """It opens nothing for the new reader before somebody else has confirmed it."""
    _write(context, position=context.facts["reader"], countersigned_by=None)


def strike_added_subjects(context: ActContext) -> None:
    """Takes out those who were added since it was last confirmed; the others stay."""
    confirmed = _ground(context).confirmed_at
    assert confirmed is not None  # subjects are added to a confirmed ground alone
    gone = delete(GroundSubjectRow).where(
        GroundSubjectRow.ground == context.matter.number, GroundSubjectRow.added > confirmed
    )
    context.session.execute(gone)


def paper_is_the_same(context: ActContext) -> None:
    """The number is read from the paper by the second person, and is the one that was named."""
    named = [
        one.data.get("evidence")
        for one in context.matter.events
        if one.name in {OPEN, "add_subjects"}
    ]
    if context.command.evidence not in named[-1:]:
        raise BadInput(
            "材料编号与开立时写的不一致，请对照材料原件填写；确实不同的，不予通过",
            "this is not the paper that was named when it was opened: read its number from the "
            "paper itself, or do not confirm",
        )


def _given(context: ActContext) -> list[str]:
    said = context.command.values.get("subjects") or []
    return [canonical(one) for one in said] if isinstance(said, list) else []


def _kind(number: str) -> str | None:
    """`person` or `firm`; None for what is no number of either. Some numbers could be of both: a
    citizen's has a date of birth inside."""
    if is_citizen_id(number) and _has_birthday(number):
        return "person"
    if is_uscc(number):
        return "firm"
    return "person" if is_document(number) else None


def _key(number: str, pseudonym: Pseudonym) -> str:
    return number if _kind(number) == "firm" else pseudonym(kind_of(number), number)


def _has_birthday(number: str) -> bool:
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    return True


def _check_number(context: ActContext, more: int) -> None:
    number = context.matter.number
    there = 0
    kind = context.facts["ground_kind"]
    if context.command.event != OPEN:
        count = select(func.count()).where(GroundSubjectRow.ground == number)
        there = context.session.scalar(count) or 0
    most = MANY_SUBJECTS if kind in COLLECTIVE else SUBJECTS
    if there + more > most:
        raise BadInput(
            f"这类事由最多 {most:,} 个对象，现有 {there:,} 个，再加 {more:,} 个",
            f"a ground of this kind is about {most:,} at most; it has {there:,}, and these are "
            f"{more:,} more",
        )


def _open_ground(context: ActContext) -> None:
    matter, facts, doer = context.matter, context.facts, context.doer
    (office,) = matter.keys("office")
    machine = _is_system(doer)
    context.session.add(
        GroundRow(
            number=matter.number,
            kind=facts["ground_kind"],
            item=facts["item"],
            organisation=office,
            position=facts["reader"],
            opened=context.now,
            closed=None,
            origin="machine" if machine else "hand",
            opened_by=doer.position.id if machine and doer.position else doer.sub,
            countersigned_by=None,
            matter=matter.id,
        )
    )
    context.session.flush()


def _add_subjects(context: ActContext, pseudonym: Pseudonym, *, later: bool) -> None:
    """One who is in it already is not added again."""
    session, number = context.session, context.matter.number
    there = set(
        session.scalars(select(GroundSubjectRow.key).where(GroundSubjectRow.ground == number))
    )
    last = session.scalar(
        select(func.max(GroundSubjectRow.number)).where(GroundSubjectRow.ground == number)
    )
    keyed = {}
    for one in _given(context):
        key = _key(one, pseudonym)
        if key not in there:
            keyed[key] = _kind(one)
    if not keyed:
        raise BadInput("这些对象已在事由中", "all of them are in the ground already")
    session.add_all(
        GroundSubjectRow(
            ground=number,
            number=at,
            key=key,
            kind=kind,
            standing=str(context.facts["standing"]),
            added=context.now if later else None,
        )
        for at, (key, kind) in enumerate(keyed.items(), (last or 0) + 1)
    )


def _makers(context: ActContext) -> set[str]:
    row = GroundMakerRow
    query = select(row.sub).where(row.ground == context.matter.number)
    return set(context.session.scalars(query))


def _made_by(context: ActContext) -> None:
    """Whoever had a hand in whom a ground is about never reads under it."""
    context.session.merge(GroundMakerRow(ground=context.matter.number, sub=context.doer.sub))


def _ground(context: ActContext) -> GroundRow:
    return context.session.get_one(GroundRow, context.matter.number)


def _write(context: ActContext, **changed: object) -> None:
    row = update(GroundRow).where(GroundRow.number == context.matter.number)
    context.session.execute(row.values(**changed))
