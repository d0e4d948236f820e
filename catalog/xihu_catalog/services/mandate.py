"""For whom somebody applies: themselves, a firm, a child under age, an elder who authorised them.

A mandate is for every service, or for those that it names (民法典 165: 授权委托书载明代理事项、权限
和期限). What is outside it is refused when an application is begun and when it is handed in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from xihu_catalog.services.item import ServiceItem
from xihu_catalog.services.kind import item_of
from xihu_platform.access import reasons
from xihu_platform.access.decision import FULL_LEVEL, OWN_LEVEL
from xihu_platform.clock import civil_date
from xihu_platform.errors import BadInput, Conflict, Refused
from xihu_platform.identity.mandates import name_in_mandate
from xihu_platform.identity.models import MandateRow, PersonRow
from xihu_platform.identity.people import list_mandates
from xihu_platform.identity.principal import Mandate
from xihu_platform.matters.views import MatterEvent, MatterView
from xihu_platform.matters.who import Doer, MatterParty

OF_AGE = 18
"""民法典 17."""


@dataclass(frozen=True, slots=True)
class AppliedFor:
    """Names, as they were proven: who handed a case in, and for whom."""

    by: str
    whom: str


def covers(mandate: Mandate, item: ServiceItem) -> bool:
    """Whether it is for a service; for a bundle where it is for each of its services."""
    return all(mandate.covers(one) for one in [part.item for part in item.parts] or [item.id])


def covers_kind(items: Mapping[str, ServiceItem], kind: str, mandate: Mandate) -> bool:
    """Whether whoever acts by a mandate has part in matters of a kind: one that names services is
    for the cases of these and of nothing else."""
    item = items.get(item_of(kind) or "")
    return not mandate.items or (item is not None and covers(mandate, item))


def check_covers(item: ServiceItem, mandate: Mandate | None) -> None:
    """Raises BadInput for a mandate that names other services."""
    if mandate is None or covers(mandate, item):
        return
    raise BadInput(
        f"{mandate.name_zh}给您的授权不包括“{item.name.zh}”；请由本人办理，或者在“授权与代办”请对方增加这个事项",
        f"what {mandate.name_en} has authorised you for does not include “{item.name.en}”: they "
        "apply themselves, or you ask them for it under “Mandates”",
    )


def check_writer(session: Session, item: ServiceItem, doer: Doer, *days: date) -> None:
    """Whether somebody may write and hand in, on whichever way: signed in at level 3, or as far as
    they are proven, as the pages ask; and by a mandate that is registered on one of these days:
    today, and of what comes with a bundle the day on which that was handed in.

    Raises Refused for a sign-in of a lower level, BadInput for a mandate that is not in force.
    """
    row = session.get(PersonRow, doer.sub)
    if row is not None and doer.level < min(FULL_LEVEL, row.level):
        raise Refused(reasons.REAL_NAME)
    if doer.stands_in_for is None:
        return
    known = (_find(session, doer.sub, doer.stands_in_for, one) for one in days)
    mandate = next((one for one in known if one is not None), None)
    if mandate is None:
        raise BadInput(
            "您代办的授权已经到期或者取消，不能提交；请先在“授权与代办”请对方重新授权",
            "the mandate by which you act has ended, so that nothing can be handed in: ask for a "
            "new one under “Mandates” first",
        )
    check_covers(item, mandate)


def proven_name(session: Session, matter: MatterView, applicant: MatterParty) -> str:
    """Of the applicant, as an identity was proven: a person's own, or that in the newest mandate by
    which somebody acts for them. What was typed is no name of a licence.

    Raises Conflict where none is known any more.
    """
    handed_in = _handed_in(matter)
    name = None
    if handed_in is not None:
        name = _name(session, handed_in, applicant)
    if not name:
        raise Conflict(
            "找不到申请人经核验的姓名，不能制发证照；请联系平台管理员",
            "the proven name of the applicant is not known any more, so that no licence can be "
            "issued: tell the platform's administrator",
        )
    return name


def applied_for(session: Session, matter: MatterView) -> AppliedFor | None:
    """Who handed in a case for another person or a firm; None where they applied for themselves,
    and before it is handed in."""
    handed_in = _handed_in(matter)
    if handed_in is None or handed_in.stands_in_for is None:
        return None
    (applicant,) = (one for one in matter.parties if one.role == "applicant")
    by = session.scalar(select(PersonRow.name_zh).where(PersonRow.person == handed_in.sub))
    return AppliedFor(by or "", _name(session, handed_in, applicant) or "")


def was_for_a_child(session: Session, matter: MatterView) -> bool:
    """Whether the applicant is a child, whose name nothing public says (未成年人保护法 4、103):
    whose guardian handed the case in, also where that is none any more; or who had a guardian on
    that day, whoever handed it in."""
    handed_in = _handed_in(matter)
    if handed_in is None:
        return False
    keys = [one.key for one in matter.parties if one.role == "applicant"]
    row = MandateRow
    theirs = or_(row.person == handed_in.sub, row.valid_to >= civil_date(handed_in.at))
    guarded = select(row.key).where(row.kind == "child", row.key.in_(keys), theirs)
    return session.scalar(guarded.limit(1)) is not None


def is_under_age(born: str, today: date) -> bool:
    """On a day, of a date of birth however it is written; False for what is no date.

    >>> is_under_age("20081124", date(2026, 11, 23)), is_under_age("2008-11-23", date(2026, 11, 23))
    (True, False)
    """
    try:
        day = date.fromisoformat(born)
    except ValueError:
        return False
    return (today.year - day.year) - ((today.month, today.day) < (day.month, day.day)) < OF_AGE


def acted_for(session: Session, matter: MatterView, event: MatterEvent) -> AppliedFor | None:
    """The same of one step of any matter; None of what was done for oneself, or in office."""
    if event.organisation is not None or event.stands_in_for is None:
        return None
    party = next((one for one in matter.parties if one.key == event.stands_in_for), None)
    if party is None:
        return None
    by = session.scalar(select(PersonRow.name_zh).where(PersonRow.person == event.sub))
    return AppliedFor(by or "", _name(session, event, party) or "")


def _handed_in(matter: MatterView) -> MatterEvent | None:
    return next((one for one in reversed(matter.events) if one.name == "submit"), None)


def _name(session: Session, handed_in: MatterEvent, applicant: MatterParty) -> str | None:
    """As it was proven last: a mandate that is renewed has its name from that day."""
    row = PersonRow
    if handed_in.stands_in_for is None:
        return session.scalar(select(row.name_zh).where(row.person == handed_in.sub))
    if applicant.kind == "person":
        proven = (row.subject == applicant.key, row.level >= OWN_LEVEL)
        own = session.scalar(select(row.name_zh).where(*proven).order_by(row.person).limit(1))
        if own is not None:
            return own
    return name_in_mandate(session, handed_in.sub, applicant.key)


def _find(session: Session, person: str, key: str, day: date) -> Mandate | None:
    known = list_mandates(session, person, day)
    return next((one for one in known if one.key == key), None)
