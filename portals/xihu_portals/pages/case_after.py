"""What an applicant still has to know of an application that is handed in: which papers the counter
waits for, and what may be done against a refusal."""

from collections.abc import Iterable
from dataclasses import dataclass

from xihu_catalog.registry.people import organisation_name
from xihu_catalog.services.item import ServiceCounter
from xihu_catalog.services.situation import How
from xihu_platform.matters.views import MatterEvent, MatterView
from xihu_platform.words import Text
from xihu_portals.pages.case_view import HOW_WORDS, case_of, service_item
from xihu_portals.pages.visitor import Visitor

UNDECIDED = frozenset(
    {
        *("received", "completing", "tolerated", "in_review", "special"),
        *("deciding", "reviewed"),
    }
)
"""The states in which an office may still wait for papers."""
NOTED = "papers_came"
"""The step by which an office says that papers came to its counter."""
_BROUGHT: dict[How, frozenset[str]] = {
    "at_counter": UNDECIDED,
    "deferred": frozenset({"tolerated"}),
}


@dataclass(frozen=True, slots=True)
class ToBring:
    """What is brought to one counter, and where that is."""

    what: Text
    """The services that it is for."""
    papers: tuple[tuple[Text, Text], ...]
    """Each by its name, with how it was to come."""
    counter: ServiceCounter


def to_bring(visitor: Visitor, view: MatterView) -> ToBring | None:
    """What an office waits for at its counter; None where it waits for nothing."""
    if view.state not in UNDECIDED or any(one.name == NOTED for one in view.events):
        return None
    case, item = case_of(visitor, view), service_item(view)
    found = []
    for one in item.materials:
        how = case.papers[one.id]
        if view.state in _BROUGHT.get(how, ()):
            found.append((one.name.text(), HOW_WORDS[how]))
    return ToBring(item.name.text(), tuple(found), item.counter) if found else None


def by_counter(found: Iterable[ToBring]) -> tuple[ToBring, ...]:
    """What goes to the same counter together, each paper once."""
    known: dict[str, ToBring] = {}
    for one in found:
        counter = one.counter.model_dump_json()
        there = known.get(counter)
        if there is None:
            known[counter] = one
            continue
        papers = tuple(dict.fromkeys((*there.papers, *one.papers)))
        what = Text(f"{there.what.zh}、{one.what.zh}", f"{there.what.en}, {one.what.en}")
        known[counter] = ToBring(what, papers, one.counter)
    return tuple(known.values())


def remedies(view: MatterView) -> Text | None:
    """What may be done against a decision to refuse, with the office whose it is; None of a case
    that was not refused."""
    refusal = _refusal(view)
    if refusal is None:
        return None
    item, office = service_item(view), organisation_name(refusal.organisation or "")
    if item.way == "information" and refusal.name == "refuse":
        return Text(
            f"不服{office.zh}的决定的，应当先申请行政复议（《行政复议法》第二十三条），"
            "自收到决定之日起 60 日内提出（《行政复议法》第二十条）；对复议决定不服的，"
            "可以自收到复议决定书之日起 15 日内提起行政诉讼（《行政诉讼法》第四十五条）。",
            f"If you disagree with the decision of {office.en}, first ask for administrative "
            "reconsideration (Administrative Reconsideration Law, art. 23), within 60 days of the "
            "day on which you received it (art. 20); against what comes of that you may sue in "
            "court within 15 days (Administrative Litigation Law, art. 45).",
        )
    return Text(
        f"不服{office.zh}的决定的，可以自收到决定之日起 60 日内申请行政复议"
        "（《行政复议法》第二十条），或者 6 个月内提起行政诉讼（《行政诉讼法》第四十六条）。",
        f"If you disagree with the decision of {office.en}, you may ask for administrative "
        "reconsideration within 60 days of the day on which you received it (Administrative "
        "Reconsideration Law, art. 20), or sue in court within 6 months (Administrative Litigation "
        "Law, art. 46).",
    )


def _refusal(view: MatterView) -> MatterEvent | None:
    """The step that refused it: not accepted, acceptance revoked, refused, or annulled."""
    if view.outcome != "refused":
        return None
    return next((one for one in view.events if one.state == view.state), None)
