"""Figures of services as pages show them: each with how it is worked out and of how many cases."""

from dataclasses import dataclass

from xihu_catalog.services.measures import (
    LEAST,
    By,
    CaseMeasures,
    Channel,
    Measured,
    case_measures,
)
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.words import Text
from xihu_portals.pages.visitor import Visitor

FORMULAS: tuple[tuple[Text, Text], ...] = (
    (
        Text("按期办结率", "Closed in time"),
        Text(
            "各环节均未超期的办结件 ÷ 办结件（送达或者不予）；申请人自己的补交期限不算",
            "closed cases none of whose periods the office overran, over closed cases (delivered "
            "or refused); the applicant's own period for papers does not count",
        ),
    ),
    (
        Text("办理天数（中位数）", "Days, the median"),
        Text(
            "从收到申请到作出决定的工作日，首日不计，含等待申请人补正的时间；一半的件不超过这个天数",
            "working days from receipt to decision, the first day not counted, with what the "
            "applicant took to complete; half of the cases took no more",
        ),
    ),
    (
        Text("网上和窗口的办理天数（中位数）", "Days, portal and counter"),
        Text(
            "同上，分别算网上申请的件和窗口受理的件",
            "the same, of the cases that began on the portal and of those of a counter",
        ),
    ),
    (
        Text("不用跑的比例", "No visit needed"),
        Text(
            "提交时没有材料要到窗口交的件 ÷ 提交的件",
            "cases that had no paper to bring to the counter when they were handed in, over cases "
            "that were handed in",
        ),
    ),
    (
        Text("容缺材料补齐率", "Papers that followed"),
        Text(
            "容缺受理后补齐的件 ÷ 已经补齐或者因未补齐撤销受理的件",
            "cases whose papers followed, over those whose papers followed or whose acceptance was "
            "revoked for want of them",
        ),
    ),
    (
        Text("差评按期整改率", "Bad ratings put right in time"),
        Text(
            "期限内整改的差评 ÷ 整改期限已届满或者已整改的差评；申诉成立的不算",
            "bad ratings put right within their period, over those put right or past it; those "
            "that were found false do not count",
        ),
    ),
    (
        Text("差评回访率", "Bad ratings called back"),
        Text(
            "整改后回访过的差评 ÷ 整改完毕的差评",
            "bad ratings after whose putting right somebody called back, over those put right",
        ),
    ),
)
CHANNEL_WORDS: dict[Channel, Text] = {
    "portal": Text("网上", "portal"),
    "system": Text("系统对接", "other systems"),
    "counter": Text("窗口", "counter"),
}
_SIDE_BY_SIDE: tuple[Channel, ...] = ("portal", "counter")
NONE = Text("还没有", "none yet")
TOO_FEW = Text(
    f"不足 {LEAST} 件，不公布：件数太少会看出是谁的",
    f"fewer than {LEAST} cases, not published: so few would tell of single people",
)


@dataclass(frozen=True, slots=True)
class ShownMeasure:
    """One figure; `of` says of how many cases, and how many could not be counted."""

    title: Text
    value: Text
    of: Text | None
    formula: Text


@dataclass(frozen=True, slots=True)
class ShownMeasures:
    """All figures of one item, office or place, in the order of `FORMULAS`, channels and
    appointments after them."""

    of: str
    cases: int
    measures: tuple[ShownMeasure, ...]
    channels: Text
    appointments: int


def shown_measures(
    visitor: Visitor,
    *,
    by: By = "item",
    organisation: str | None = None,
    item: str | None = None,
    public: bool,
) -> tuple[ShownMeasures, ...]:
    """By id, never by merit. `public`: what is of fewer than ten cases is withheld, and the reason
    said."""
    matters, today = visitor.services.matters, civil_date(visitor.frame.now)
    with transaction(matters.database) as session:
        _, calendar = matters.counting.calendar(session)
        found = case_measures(session, calendar, today, by=by, organisation=organisation, item=item)
    return tuple(_shown(one, public=public) for one in found)


def _shown(one: CaseMeasures, *, public: bool) -> ShownMeasures:
    median = _in_days(one.days) if one.days is not None else None
    waits, waited = _waits(one, public=public)
    figures = (
        (_percent(one.on_time), one.on_time),
        (median, Measured(one.decided.n, one.decided.n, one.decided.every)),
        (waits, Measured(waited, waited, one.decided.every)),
        (_percent(one.no_visit), one.no_visit),
        (_percent(one.followed), one.followed),
        (_percent(one.rectified), one.rectified),
        (_percent(one.called_back), one.called_back),
    )
    every = sum(one.channels.values())
    split = [(CHANNEL_WORDS[name], n) for name, n in one.channels.items()]
    channels = Text(
        "，".join(f"{words.zh} {n} 件" for words, n in split),
        ", ".join(f"{words.en} {n}" for words, n in split),
    )
    return ShownMeasures(
        of=one.of,
        cases=one.no_visit.every,
        measures=tuple(
            _measure(title, formula, value, of, public=public)
            for (title, formula), (value, of) in zip(FORMULAS, figures, strict=True)
        ),
        channels=TOO_FEW if public and every < LEAST else channels,
        appointments=one.appointments,
    )


def _in_days(days: float) -> Text:
    return Text(f"{days:g} 个工作日", f"{days:g} working days")


def _waits(one: CaseMeasures, *, public: bool) -> tuple[Text | None, int]:
    """Of the two ways side by side, and of how many cases; one of too few is left out for the
    public."""
    least = LEAST if public else 1
    told = {way: one.waits.get(way, (0.0, 0)) for way in _SIDE_BY_SIDE}
    shown = [(CHANNEL_WORDS[way], days) for way, (days, n) in told.items() if n >= least]
    if not shown:
        return None, 0
    words = Text(
        "，".join(f"{way.zh} {_in_days(days).zh}" for way, days in shown),
        ", ".join(f"{way.en} {_in_days(days).en}" for way, days in shown),
    )
    return words, sum(n for _, n in told.values() if n >= least)


def _percent(one: Measured) -> Text | None:
    if one.percent is None:
        return None
    words = f"{one.percent:.1f}%"
    return Text(words, words)


def _measure(
    title: Text, formula: Text, value: Text | None, of: Measured, *, public: bool
) -> ShownMeasure:
    if public and not of.published:
        return ShownMeasure(title, TOO_FEW, None, formula)
    if value is None:
        return ShownMeasure(title, NONE, None, formula)
    left = of.every - of.of
    counted = (
        Text(f"{of.of} 件", f"of {of.of} cases")
        if not left
        else Text(
            f"{of.every} 件中的 {of.of} 件，其余还不能计算",
            f"of {of.of} of {of.every} cases, the others cannot be counted yet",
        )
    )
    return ShownMeasure(title, value, counted, formula)
