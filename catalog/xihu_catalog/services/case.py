"""One case of a service as it is read: whose, for whom, what was answered, given and found."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from xihu_catalog.services.handing_in import CLEARED, FIELD
from xihu_catalog.services.item import ItemField, Material, ServiceItem
from xihu_catalog.services.kind import KIND, item_version, kind_of
from xihu_catalog.services.mandate import check_covers, covers
from xihu_catalog.services.prefill import MATERIAL, RegisterValue, register_values
from xihu_catalog.services.situation import (
    Answer,
    CaseFacts,
    How,
    is_needed,
    known_answers,
    missing,
    papers_of,
)
from xihu_platform.access.decision import FULL_LEVEL
from xihu_platform.access.grounds import GroundRow
from xihu_platform.credentials.models import CredentialRow
from xihu_platform.credentials.register import Credential, credentials_of
from xihu_platform.errors import BadInput, NotFound
from xihu_platform.identity.models import OrganisationRow, PersonRow
from xihu_platform.identity.people import list_mandates
from xihu_platform.identity.principal import Mandate, Principal
from xihu_platform.matters.attachments import THERE
from xihu_platform.matters.kernel import Opening
from xihu_platform.matters.models import (
    MatterAttachmentRow,
    MatterPartyRow,
    MatterRow,
)
from xihu_platform.matters.texts import MatterTexts
from xihu_platform.matters.views import MatterEvent, MatterView
from xihu_platform.matters.who import Doer, MatterParty, party_as

Items = Mapping[tuple[str, int], ServiceItem]
"""Every version of every item."""
_PERSONS, _FIRMS = frozenset({"1"}), frozenset({"2", "3", "4", "5"})
GIVEN = frozenset({"", "answers", "papers", "at_counter", CLEARED, "statement"})
"""Beside the fields of the form, the values that say what an applicant gave; files have no name."""
_MOBILE = re.compile(r"(\+?86)?1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"0(10|2[0-9]|[3-9][0-9]{2})[0-9]{7,8}")
"""An area code of three or four digits, the first of them a nought, and the number."""
_SHARED_COST = re.compile(r"[48]00[0-9]{7}")
_ABROAD = re.compile(r"\+(?!86)[1-9][0-9]{6,14}")
"""ITU E.164: whoever lives in another country has a telephone as well."""
_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,6})?")
FieldState = Literal["empty", "confirmed", "amended", "typed"]


def case_opening(
    session: Session, item: ServiceItem, principal: Principal, parent: int | None = None
) -> Opening:
    """A new case of an item, for whom somebody acts; `parent`: the bundle that it is of.

    Raises Refused for one whom no office has proven, BadInput for a person where it is for firms,
    and the other way round, and for a mandate that names other services.
    """
    applicant = party_as(principal, "applicant")
    check_audience(item, applicant)
    check_covers(item, principal.mandate)
    parties = [applicant, MatterParty("office", "organisation", item.body)]
    if item.intake is not None:
        parties.append(MatterParty("intake", "organisation", item.intake.body))
    query = select(OrganisationRow.region).where(OrganisationRow.uscc == item.body)
    region = session.scalar(query) or ""
    return Opening(kind_of(item), tuple(parties), region, parent=parent)


def position_reads(
    session: Session, matter: MatterView, as_whom: Collection[Doer], name: str
) -> bool:
    """What an applicant wrote, much of it as registers have it, and their files are for the
    position that has the case, and for whoever stands in for it: never for a whole organisation."""
    if not matter.definition.kind.startswith(KIND) or not (name in GIVEN or name.startswith(FIELD)):
        return True
    return any(has_case(session, matter, one) for one in as_whom)


def has_case(session: Session, matter: MatterView, doer: Doer) -> bool:
    """Whether somebody acts in the position that has the case, or stands in for it."""
    position = session.scalar(select(GroundRow.position).where(GroundRow.number == matter.number))
    return position in doer.positions


def is_own_case(session: Session, matter: MatterView, doer: Doer) -> bool:
    """Whether an official is the applicant, or the one who handed it in for the applicant."""
    if doer.position is None:
        return False
    row = PersonRow
    own = session.scalars(select(row.subject).where(row.person.in_(doer.persons)))
    persons = {one.key for one in matter.parties if one.kind == "person"}
    agents = {one.sub for one in matter.events if one.name == "submit" and one.organisation is None}
    return bool(set(own) & persons or agents & doer.persons)


def fits(item: ServiceItem, mandate: Mandate | None) -> bool:
    """Whether somebody may apply by this mandate, or for themselves where it is None."""
    if mandate is None:
        return bool(_PERSONS & set(item.audience))
    meant = _FIRMS if mandate.kind == "firm" else _PERSONS
    return bool(meant & set(item.audience)) and covers(mandate, item)


def check_audience(item: ServiceItem, applicant: MatterParty) -> None:
    if applicant.kind == "organisation":
        raise BadInput(
            "请在公众门户以本人或者企业的身份申请",
            "apply in the citizen portal, as yourself or for a firm",
        )
    meant = set(item.audience)
    if applicant.kind == "firm" and not meant & _FIRMS:
        raise BadInput(
            f"“{item.name.zh}”由个人申请；请在页面上方改为“本人”再申请",
            f"“{item.name.en}” is for persons: change to yourself at the top of the page",
        )
    if applicant.kind == "person" and not meant & _PERSONS:
        raise BadInput(
            f"“{item.name.zh}”由企业申请；请在页面上方选择您经办的企业。还没有经办授权的，由企业在"
            "登记机关或者政务服务窗口授权",
            f"“{item.name.en}” is for firms: choose the firm that you act for at the top of the "
            "page. A firm gives such a mandate at the registry or at a service counter",
        )


@dataclass(frozen=True, slots=True)
class CaseField:
    """One field of the form as a case has it."""

    field: ItemField
    value: str
    register: RegisterValue | None
    """As the applicant was shown it; None where no register has it."""

    @property
    def state(self) -> FieldState:
        """Confirmed as the register has it, amended, typed where no register has it, or empty."""
        if not self.value:
            return "empty"
        if self.register is None or not self.register.found:
            return "typed"
        return "confirmed" if self.value == self.register.value else "amended"


@dataclass(frozen=True, slots=True)
class Case:
    """One case: what was answered, given and taken from registers."""

    item: ServiceItem
    matter: int
    answers: Mapping[str, Answer]
    fields: tuple[CaseField, ...]
    papers: Mapping[str, How]
    files: Mapping[str, tuple[int, ...]]
    """By paper, the numbers of the files that were attached for it."""
    licences: Mapping[str, str]
    """By paper, the number of the applicant's licence that serves in its place."""

    @property
    def lacking(self) -> list[Material]:
        return missing(self.item, self.papers)

    @property
    def empty(self) -> list[ItemField]:
        """The required fields that have nothing in them."""
        return [o.field for o in self.fields if o.field.required and o.state == "empty"]

    @property
    def amended(self) -> list[CaseField]:
        return [one for one in self.fields if one.state == "amended"]


def item_of_case(items: Items, view: MatterView) -> ServiceItem:
    """The version of the item under which a case runs. Raises NotFound for another matter."""
    definition = view.definition
    version = item_version(definition.version)
    found = items.get((definition.kind.removeprefix(KIND), version))
    if found is None or not definition.kind.startswith(KIND):
        raise NotFound(f"{view.number} 不是办件", f"{view.number} is no case of a service")
    return found


def read_case(
    session: Session,
    texts: MatterTexts,
    items: Items,
    view: MatterView,
    said: Mapping[tuple[int, str], str] | None = None,
) -> Case:
    """A case as it is in this transaction. `said`: what was written, as far as the reader may see
    it; None: all of it."""
    item = item_of_case(items, view)
    said = texts.read(session, view.id) if said is None else said
    emptied = _emptied(view)
    newest = {
        name: text for (seq, name), text in sorted(said.items()) if seq > emptied.get(name, 0)
    }
    answers = known_answers(item, newest.get("answers", ""))
    known = register_values(session, texts, view.id, "own")
    fields = tuple(
        CaseField(one, newest.get(f"{FIELD}{one.id}", "").strip(), known.get(one.id))
        for one in item.form
        if is_needed(one, answers)
    )
    files = _files(session, view)
    registered = {n.removeprefix(MATERIAL) for n, one in known.items() if one.found}
    holders = [one.key for one in view.parties if one.role == "applicant"]
    licensed = serving_licences(session, item, holders)
    facts = CaseFacts(
        answers=answers,
        found=registered | licensed.keys(),
        licences=licensed.keys() - registered,
        uploaded=files.keys(),
        at_counter=said_last(view, "at_counter"),
        deferred=said_last(view, "deferred"),
    )
    return Case(item, view.id, answers, fields, papers_of(item, facts), files, licensed)


def serving_licences(
    session: Session, item: ServiceItem, holders: Collection[str]
) -> dict[str, str]:
    """By the paper in whose place it serves, the number of a licence of this platform, the newest:
    valid and without a last day; of one that has, the day would have to be looked at each time.
    A paper that the item asks for all the same is none of them."""
    kinds = {one.id: one.licence for one in item.materials if one.asked is None and one.licence}
    if not kinds:
        return {}
    row = CredentialRow
    query = select(row.kind, row.number).where(
        row.holder.in_(holders),
        row.kind.in_(kinds.values()),
        row.state == "valid",
        row.valid_until.is_(None),
    )
    numbers = dict(session.execute(query.order_by(row.id)).all())
    return {paper: numbers[kind] for paper, kind in kinds.items() if kind in numbers}


def licence_in_hand(
    session: Session, item: ServiceItem, holders: Collection[str], day: date, case: int | None
) -> Credential | None:
    """The newest licence of the item's kind that its holder has and that is valid on a day, apart
    from the one that `case` itself came to. Whoever has one is told, and not refused."""
    if item.licence is None:
        return None
    valid = (
        one
        for one in credentials_of(session, holders)
        if one.kind == item.licence and one.matter != case and one.state_on(day) == "valid"
    )
    return next(valid, None)


def handed_in_by(
    session: Session, view: MatterView, event: MatterEvent, today: date
) -> Principal | None:
    """Whoever handed a case in, as they may still act for its applicant today: a person, and whom
    they act for. None where their mandate has ended: nobody else's name is put in its place."""
    mandate = None
    if event.stands_in_for is not None:
        known = list_mandates(session, event.sub, today)
        mandate = next((one for one in known if one.key == event.stands_in_for), None)
        if mandate is None:
            return None
    return _acting(session, view, event, mandate)


def doer_of(
    session: Session, item: ServiceItem, view: MatterView, event: MatterEvent
) -> Principal | None:
    """The same as they were when they did it, for what that step promised: it was theirs to do, and
    a mandate that ends before the promise is delivered takes nothing back. Of what the case is for
    alone. None of somebody who is not known any more."""
    mandate = None
    if event.stands_in_for is not None:
        (applicant,) = (one for one in view.parties if one.role == "applicant")
        services = frozenset(one.item for one in item.parts) or frozenset([item.id])
        kind: Literal["firm", "elder"] = "firm" if applicant.kind == "firm" else "elder"
        mandate = Mandate(kind, event.stands_in_for, "", "", items=services)
    return _acting(session, view, event, mandate)


def _acting(
    session: Session, view: MatterView, event: MatterEvent, mandate: Mandate | None
) -> Principal | None:
    row = session.get(PersonRow, event.sub)
    if row is None:
        return None
    (applicant,) = (one for one in view.parties if one.role == "applicant")
    return Principal(
        kind="citizen",
        id=event.sub,
        level=min(FULL_LEVEL, row.level),
        subject=None if mandate is not None else applicant.key,
        mandate=mandate,
        portal="citizen",
    )


def said_last(view: MatterView, value: str) -> set[str]:
    """What its events named last: who writes says the whole of it each time."""
    said = [one for one in view.events if value in one.data]
    if not said or said[-1].seq < _emptied(view).get(value, 0):
        return set()
    return set(said[-1].data[value])


def _emptied(view: MatterView) -> dict[str, int]:
    """By the name of a value, the save that emptied it last."""
    return {name: one.seq for one in view.events for name in one.data.get(CLEARED, ())}


def _files(session: Session, view: MatterView) -> dict[str, tuple[int, ...]]:
    """`papers` names them as lease:17, the paper and the number of the file."""
    row = MatterAttachmentRow
    there = set(session.scalars(select(row.id).where(row.matter == view.id, THERE)))
    found: dict[str, tuple[int, ...]] = {}
    for one in sorted(said_last(view, "papers")):
        paper, _, number = one.partition(":")
        file = file_number(number)
        if file in there:
            found[paper] = (*found.get(paper, ()), file)
    return found


def file_number(text: str) -> int:
    """0 of what is no number of a file.

    >>> file_number("17"), file_number("²"), file_number("9" * 40)
    (17, 0, 0)
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def field_fault(one: CaseField, value: str, today: date) -> tuple[str, str] | None:
    """What is wrong with what was written in a field, in both languages. What a register says is
    kept as it is, however it is written there."""
    field, register = one.field, one.register
    if register is not None and not register.masked and value == (register.value or None):
        return None
    if field.kind == "date":
        return _day_fault(field, value, today)
    if field.kind == "number" and not _NUMBER.fullmatch(value):
        return ("请填写数字，不能是负数", "write a number, not a negative one")
    if field.kind == "yes_no" and value not in {"yes", "no"}:
        return ("请选择是或者否", "choose yes or no")
    if field.kind == "phone" and not _is_phone(value):
        return (
            "请填写 11 位手机号码，或者区号和固定电话号码，如 0571-00001202；"
            "境外号码以 + 和国家代码开头",
            "write a mobile number of 11 digits, or an area code and number, as 0571-00001202; one "
            "abroad begins with + and the country's code",
        )
    return None


def _day_fault(field: ItemField, value: str, today: date) -> tuple[str, str] | None:
    if not _is_day(value):
        return ("请填写日期，如 2026-01-31", "write a day, as 2026-01-31")
    if field.past and date.fromisoformat(value) > today:
        return ("这一天还没有到，请检查年份", "this day is still to come: check the year")
    return None


def _is_phone(value: str) -> bool:
    """As people write one: with spaces or hyphens between its parts, and +86 before it.

    >>> [_is_phone(one) for one in ("138 0000 1234", "+86 13800001234", "0571-00001202")]
    [True, True, True]
    >>> [_is_phone(one) for one in ("400-810-0000", "+49 30 901820", "+852 2810 0000")]
    [True, True, True]
    >>> [_is_phone(one) for one in ("1380000123", "12800001234", "00001202", "0571-120", "+861")]
    [False, False, False, False, False]
    """
    bare = re.sub(r"[ -]", "", value)
    return any(one.fullmatch(bare) for one in (_MOBILE, _LANDLINE, _SHARED_COST, _ABROAD))


def _is_day(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def find_draft(session: Session, kind: str, applicant: MatterParty) -> int | None:
    """The application of this kind that somebody has begun and not handed in, the newest."""
    row, party = MatterRow, MatterPartyRow
    query = (
        select(row.id)
        .join(party, party.matter == row.id)
        .where(
            row.kind == kind,
            row.state == "draft",
            row.parent.is_(None),  # a bundle's own is none of theirs to begin anew
            party.role == applicant.role,
            party.kind == applicant.kind,
            party.key == applicant.key,
        )
    )
    return session.scalar(query.order_by(row.id.desc()).limit(1))


def count_cases(session: Session, opening: Opening) -> int:
    """How many cases of this kind somebody has begun."""
    row, party = MatterRow, MatterPartyRow
    applicant = next(one for one in opening.parties if one.role == "applicant")
    query = (
        select(func.count())
        .select_from(row)
        .join(party, party.matter == row.id)
        .where(
            row.kind == opening.kind,
            party.role == applicant.role,
            party.kind == applicant.kind,
            party.key == applicant.key,
        )
    )
    return session.scalar(query) or 0
