"""How a mandate comes to be, and how it ends: the kind `mandate`.

Whoever will act asks by a code for named services until a day; nobody is named before the other
types the code, so that nothing is learnt of anybody (民法典 165, 173).
"""

from calendar import monthrange
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from xihu_catalog.registry.appointments import appointment_counters
from xihu_catalog.services.case import fits
from xihu_catalog.services.item import ServiceItem
from xihu_catalog.services.items import service_items
from xihu_catalog.services.kind import KIND
from xihu_catalog.services.mandate import is_under_age
from xihu_catalog.standards.documents import canonical, is_citizen_id, is_document
from xihu_platform.access import reasons
from xihu_platform.access.decision import FULL_LEVEL, OWN_LEVEL
from xihu_platform.clock import SHANGHAI, civil_date
from xihu_platform.errors import BadInput, Conflict, Refused
from xihu_platform.identity.mandate_codes import (
    MandateCodes,
    MandateRequest,
    get_request,
    use_request,
)
from xihu_platform.identity.mandates import KnownMandate, end_mandate, put_in_force
from xihu_platform.identity.models import MandateRow, OrganisationRow, PersonRow
from xihu_platform.identity.principal import Mandate, Principal
from xihu_platform.matters.acts import ActContext, ActFunctions
from xihu_platform.matters.command import Value, names_a_paper
from xihu_platform.matters.definition import OPEN
from xihu_platform.matters.kernel import Opening
from xihu_platform.matters.models import MatterEventRow, MatterPartyRow, MatterRow
from xihu_platform.matters.texts import MatterTexts
from xihu_platform.matters.views import MatterView
from xihu_platform.matters.who import Doer, MatterParty, party_as
from xihu_platform.words import Text

MANDATE = "mandate"
GUARDS = ("mandate_is_asked_for", "mandate_can_be_given", "mandate_is_ones_own")
EFFECTS = ("put_mandate_in_force", "end_mandate")
CONDITIONS = ("given_at_counter",)
HANDLES = "handler"
USUAL_MONTHS, MOST_MONTHS = 3, 12
_ANYBODY = Mandate("elder", "", "", "")


def months_after(day: date, months: int) -> date:
    """The same day some months later, or the last one of a month that is shorter.

    >>> months_after(date(2026, 11, 30), 3), months_after(date(2026, 11, 26), 12)
    (datetime.date(2027, 2, 28), datetime.date(2027, 11, 26))
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _day_zh(day: date) -> str:
    """As the pages write it.

    >>> _day_zh(date(2027, 1, 31))
    '2027年1月31日'
    """
    return f"{day.year}年{day.month}月{day.day}日"


def services_to_name() -> tuple[ServiceItem, ...]:
    """The services for which one person may let another act; of a bundle each is named."""
    every = service_items().values()
    return tuple(one for one in every if not one.parts and fits(one, _ANYBODY))


def check_agent(agent: Principal) -> None:
    """Raises Refused below level 3, Conflict for somebody who acts for another."""
    if agent.level < FULL_LEVEL or agent.subject is None:
        raise Refused(reasons.REAL_NAME)
    if agent.mandate is not None:
        raise Conflict(
            "您正在代他人办事，不能替对方授权或者接受授权；请在页面上方改为“本人”",
            "you act for somebody else: change to yourself at the top of the page; nobody gives "
            "or takes a mandate in another's place",
        )


def check_services(items: Iterable[str]) -> tuple[str, ...]:
    """In order. Raises BadInput where none or another is named."""
    named, known = set(items), {one.id for one in services_to_name()}
    if not named:
        raise BadInput("请至少选择一个事项", "choose at least one service")
    if not named <= known:
        raise BadInput("所选事项中有不能代办的", "one of these services cannot be done by another")
    return tuple(sorted(named))


def check_until(until: date | None, today: date) -> date:
    """Raises BadInput for no day, one that has passed, and one more than a year ahead."""
    last = months_after(today, MOST_MONTHS)
    if until is None or not today <= until <= last:
        raise BadInput(
            f"授权到哪一天，请填写今天至 {_day_zh(last)}（一年）之间的日期",
            f"the last day is today at the earliest and {last.isoformat()}, a year from now, at "
            "the latest: correct it",
        )
    return until


def find_asked(session: Session, codes: MandateCodes, typed: str) -> MandateRequest:
    """What a code asks for; whether it can still be used the matter says when it is opened, in the
    same words. Raises Refused."""
    found = codes.find(session, typed)
    if found is None:
        raise Refused(reasons.MANDATE_CODE)
    return found


def mandate_opening(
    session: Session, request: MandateRequest, giver: Principal, principal: str
) -> tuple[Opening, dict[str, Value]]:
    """By whoever gives it themselves, or by an office for whoever stands at its counter.
    `principal`: the pseudonym of whoever gives it. Raises Refused as for a wrong code where that is
    the agent, or the agent is nobody who is proven any more."""
    row = PersonRow
    query = select(row.subject, row.name_zh).where(row.person == request.agent)
    subject, agent = session.execute(query.where(row.level >= FULL_LEVEL)).first() or (None, "")
    if subject is None or subject == principal:
        raise Refused(reasons.MANDATE_CODE)
    parties = (
        MatterParty("principal", "person", principal),
        MatterParty("agent", "person", subject),
        party_as(giver, "giver"),
    )
    region = giver.position.region if giver.position is not None else _whole(session)
    values: dict[str, Value] = {
        "request": request.id,
        "services": list(request.items),
        "until": request.until.isoformat(),
    }
    if giver.position is not None:
        values["agent_name"] = agent  # to be compared with the paper
    return Opening(MANDATE, parties, region), values


def _whole(session: Session) -> str:
    """The region that all are in: a person's own is nobody's business here."""
    return session.scalar(select(func.min(OrganisationRow.region))) or ""


def has_counter(official: Principal) -> bool:
    """Whether somebody handles at an office where people come: one that receives applications, or
    with a counter that can be booked."""
    position = official.position
    if position is None or official.kind != "official" or HANDLES not in position.duties:
        return False
    receives = {one.intake.body for one in service_items().values() if one.intake is not None}
    booked = {one.organisation for one in appointment_counters().values()}
    return position.organisation in receives | booked


def check_card(typed: str, today: date) -> str:
    """The number of a document, as pseudonyms are made of it. Raises BadInput, and Conflict for
    the card of somebody under age."""
    number = canonical(typed)
    if not is_citizen_id(number) and not is_document(number):
        raise BadInput(
            "证件号码不对，请按授权人出示的证件核对",
            "that is no document's number: look at the principal's document again",
        )
    if is_citizen_id(number) and is_under_age(number[6:14], today):
        raise _under_age()
    return number


def is_guarded(session: Session, principal: str, today: date) -> bool:
    """Whether somebody is a child whose guardian is registered."""
    row = MandateRow
    guarded = (row.kind == "child", row.key == principal, row.valid_to >= today)
    return session.scalar(select(row.key).where(*guarded).limit(1)) is not None


def _under_age() -> Conflict:
    return Conflict(
        "授权人未满十八周岁，由监护人代为办理，不登记授权（《民法典》第二十三条）",
        "the principal is under age: a guardian acts for them, and no mandate is registered (Civil "
        "Code art. 23)",
    )


def asked_of(session: Session, role: str, key: str) -> list[int]:
    """The mandates that wait for an answer, with somebody in a role; the newest first."""
    row, party = MatterRow, MatterPartyRow
    query = (
        select(row.id)
        .join(party, party.matter == row.id)
        .where(row.kind == MANDATE, row.state == "asked", party.role == role, party.key == key)
        .order_by(row.id.desc())
    )
    return list(session.scalars(query))


def agent_name(session: Session, matter: MatterView) -> Text:
    """Of whoever asks."""
    asked = get_request(session, int(matter.facts["request"]))
    row = session.get_one(PersonRow, asked.agent)
    return Text(row.name_zh, row.name_en)


def last_acted(session: Session, one: KnownMandate) -> datetime | None:
    """When somebody did something last by a mandate: in its services, from its first day on."""
    row = MatterEventRow
    query = select(func.max(row.recorded_at)).where(
        row.sub == one.agent, row.stands_in_for == one.key, row.organisation.is_(None)
    )
    if one.items:
        kinds = [f"{KIND}{item}" for item in one.items]
        query = query.join(MatterRow, MatterRow.id == row.matter).where(MatterRow.kind.in_(kinds))
    if one.valid_from > date.min:
        first = datetime.combine(one.valid_from, time(), SHANGHAI)
        query = query.where(row.recorded_at >= first)
    return session.scalar(query)


class MandateActs:
    """What the registry's kind `mandate` may name."""

    def __init__(self, texts: MatterTexts) -> None:
        self._texts = texts

    def functions(self) -> ActFunctions:
        return ActFunctions(
            guards={
                "mandate_is_asked_for": mandate_is_asked_for,
                "mandate_can_be_given": mandate_can_be_given,
                "mandate_is_ones_own": mandate_is_ones_own,
            },
            effects={
                "put_mandate_in_force": self.put_mandate_in_force,
                "end_mandate": end_registered,
            },
            conditions={"given_at_counter": given_at_counter},
            bars={"mandate_can_be_given": is_not_theirs, "mandate_is_ones_own": is_not_theirs},
        )

    def put_mandate_in_force(self, context: ActContext) -> None:
        """In the commit of the agreement, from this day on."""
        matter, facts = context.matter, context.facts
        request = get_request(context.session, int(facts["request"]))
        (principal,) = matter.keys("principal")
        put_in_force(
            context.session,
            agent=request.agent,
            principal=principal,
            name=self._name(context, principal),
            matter=matter.id,
            items=" ".join(sorted(facts["services"])),
            valid_from=civil_date(context.now),
            valid_to=date.fromisoformat(str(facts["until"])),
            evidence=" ".join(filter(None, [matter.number, str(facts.get("paper") or "")])),
        )

    def _name(self, context: ActContext, principal: str) -> tuple[str, str]:
        """As it was proven; of somebody without an account, as a counter wrote it from a card."""
        row = PersonRow
        proven = (row.subject == principal, row.level >= OWN_LEVEL)
        query = select(row.name_zh, row.name_en).where(*proven)
        known = context.session.execute(query.order_by(row.person)).first()
        if known is not None:
            return known[0], known[1]
        said = self._texts.read(context.session, context.matter.id)
        name = next((text for (_, what), text in said.items() if what == "name"), "")
        if not name:
            raise Conflict("授权人没有姓名，不能登记", "the principal has no name")
        return name, name


def mandate_is_asked_for(context: ActContext) -> None:
    """By a code that lives and is used by this matter: once, whoever else types it now.

    Raises Refused, in the same words whatever is wrong with it.
    """
    position, facts = context.doer.position, context.facts
    if position is None:
        _check_own_hand(context)
    elif HANDLES not in position.duties:
        raise Conflict("窗口登记由经办人办理", "a handler registers it at the counter")
    elif not names_a_paper(str(facts.get("paper") or "")) or not facts.get("name"):
        raise BadInput(
            "窗口登记须填写授权委托书编号和授权人姓名",
            "at a counter the number of the paper and the principal's name are needed",
        )
    _check_no_side(context)
    if is_guarded(context.session, context.matter.keys("principal")[0], civil_date(context.now)):
        raise _under_age()
    request = int(facts["request"])
    if not use_request(context.session, request, context.matter.id, context.now):
        raise Refused(reasons.MANDATE_CODE)
    asked = get_request(context.session, request)
    said = (set(facts["services"]), str(facts["until"]))
    if said != (set(asked.items), asked.until.isoformat()):
        raise Refused(reasons.MANDATE_CODE)


def mandate_can_be_given(context: ActContext) -> None:
    """Of what was asked for, no more: the principal may take services out and end it earlier.

    Raises Refused for a sign-in below level 3, BadInput for what was not asked for.
    """
    if context.doer.position is None:
        _check_own_hand(context)
    _check_no_side(context)
    asked = next(one.data for one in context.matter.events if one.name == OPEN)
    services, until = set(context.facts["services"]), date.fromisoformat(context.facts["until"])
    today = civil_date(context.now)
    if not services or not services <= set(asked["services"]):
        raise BadInput(
            "只能从对方请求的事项中选择，至少选一个",
            "choose among the services that were asked for, at least one",
        )
    if not today <= until <= date.fromisoformat(asked["until"]):
        last = _day_zh(date.fromisoformat(asked["until"]))
        raise BadInput(
            f"授权到哪一天，请填写今天至 {last}（对方请求的日期）之间的日期",
            f"the last day is today at the earliest and {asked['until']}, as it was asked for, at "
            "the latest: correct it",
        )


def _check_own_hand(context: ActContext) -> None:
    """Whoever gives it does so themselves, proven at the highest level."""
    if context.doer.level < FULL_LEVEL:
        raise Refused(reasons.REAL_NAME)
    if context.doer.stands_in_for is not None:
        raise Refused(reasons.MANDATE_GIVEN_BY_ANOTHER)


def mandate_is_ones_own(context: ActContext) -> None:
    """No side's answer is given by whoever acts for them, be it by a mandate for everything.

    Raises Refused.
    """
    if context.doer.stands_in_for is not None:
        raise Refused(reasons.MANDATE_GIVEN_BY_ANOTHER)


def _check_no_side(context: ActContext) -> None:
    if _is_side(context.session, context.matter, context.doer):
        raise Refused(reasons.MANDATE_OF_ONESELF)


def _is_side(session: Session, matter: MatterView, doer: Doer) -> bool:
    """Whether an official is the principal or the agent of what they register or check."""
    if doer.position is None:
        return False
    row = PersonRow
    own = session.scalars(select(row.subject).where(row.person.in_(doer.persons)))
    return bool(set(own) & {one.key for one in matter.parties})


def is_not_theirs(session: Session, matter: MatterView, doer: Doer) -> bool:
    """Whether somebody acts for a side, or is one at the counter."""
    if doer.position is not None:
        return _is_side(session, matter, doer)
    return doer.stands_in_for is not None


def end_registered(context: ActContext) -> None:
    """From today, or from the day after its last one, however late time is read."""
    last = date.fromisoformat(str(context.matter.facts["until"]))
    on = min(civil_date(context.now), last + timedelta(days=1))
    end_mandate(context.session, context.matter.id, on)


def given_at_counter(matter: MatterView) -> bool:
    return any(one.role == "giver" and one.kind == "organisation" for one in matter.parties)
