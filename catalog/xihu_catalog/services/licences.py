"""What the office that issued a licence does with it afterwards: the kind `licence_change`.

撤回 行政许可法 8, 撤销 69, 注销 70; 吊销 and 暂扣 行政处罚法 9. The holder is heard first
(行政许可法 7, 行政处罚法 44, 45) but where the state comes back. Whoever wants their own
ended says so themselves: the kind `licence_return`.
"""

from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from xihu_catalog.services.case import is_own_case
from xihu_catalog.services.limits import STATEMENT
from xihu_platform.access import reasons
from xihu_platform.access.decision import FULL_LEVEL
from xihu_platform.clock import civil_date
from xihu_platform.credentials.register import (
    Credential,
    State,
    StateChange,
    change_state,
    check_becoming,
    find_numbered,
)
from xihu_platform.errors import BadInput, Conflict, Refused
from xihu_platform.identity.models import OrganisationRow
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.acts import ActContext, ActFunctions
from xihu_platform.matters.kernel import Opening
from xihu_platform.matters.models import (
    MatterClockRow,
    MatterLinkRow,
    MatterPartyRow,
    MatterRow,
)
from xihu_platform.matters.texts import MatterTexts
from xihu_platform.matters.views import MatterView
from xihu_platform.matters.who import MatterParty, party_as

LICENCE_CHANGE = "licence_change"
LICENCE_RETURN = "licence_return"
CHANGES = "changes_licence_of"
"""How such a matter speaks of the case that the licence came from."""
GUARDS = (
    *("licence_can_change", "licence_can_be_returned", "statement_day_has_passed"),
    "licence_is_not_ones_own",
)
EFFECTS = ("change_licence", "deregister_returned")
CONDITIONS = ("no_hearing_needed",)
DOUBTED = ("stating", "stated")
"""The states of a case whose licence may be annulled since a commitment seems untrue."""
BECOMES: dict[str, State] = {
    "withdraw": "withdrawn",
    "annul": "annulled",
    "deregister": "deregistered",
    "revoke": "revoked",
    "suspend": "suspended",
    "restore": "valid",
}
"""By the code of an act."""
AT_ONCE = frozenset({"restore"})


def licence_opening(session: Session, opener: Principal, number: object) -> Opening:
    """By the office that issued it, about a licence of this number.

    Raises BadInput where it issued none of that number.
    """
    office = party_as(opener, "office")
    found = issued_by(session, office.key, number)
    row = MatterPartyRow
    kind = session.scalar(
        select(row.kind).where(row.matter == found.matter, row.key == found.holder).limit(1)
    )
    holder = MatterParty("holder", "firm" if kind == "firm" else "person", found.holder)
    query = select(OrganisationRow.region).where(OrganisationRow.uscc == office.key)
    link = (found.matter, CHANGES)
    return Opening(LICENCE_CHANGE, (office, holder), session.scalar(query) or "", link=link)


def return_opening(session: Session, holder: Principal, one: Credential) -> Opening:
    """By the holder of a licence, or whoever acts for them in everything, to the office that issued
    it.

    Raises BadInput for somebody whose identity is not proven at the highest level, and by a mandate
    for named services: ending a right is none of them.
    """
    if holder.level < FULL_LEVEL:
        raise BadInput(
            "申请注销证照须先完成高级实名核验", "prove your identity at the highest level first"
        )
    if holder.mandate is not None and holder.mandate.items:
        raise BadInput(
            "您的授权只限于列明的事项，不包括注销证照；请由本人申请",
            "your mandate is for the services that it names and not for ending a licence: its "
            "holder asks for that themselves",
        )
    party = party_as(holder, "holder")
    query = select(OrganisationRow.region).where(OrganisationRow.uscc == one.issuer)
    office = MatterParty("office", "organisation", one.issuer)
    link = (one.matter, CHANGES)
    return Opening(LICENCE_RETURN, (party, office), session.scalar(query) or "", link=link)


def find_return(session: Session, one: Credential) -> int | None:
    """The open application to deregister a licence."""
    row, link = MatterRow, MatterLinkRow
    query = (
        select(row.id)
        .join(link, link.source == row.id)
        .where(
            row.kind == LICENCE_RETURN,
            row.closed_at.is_(None),
            link.target == one.matter,
        )
    )
    return session.scalar(query.limit(1))


def issued_by(session: Session, office: str, number: object) -> Credential:
    """Raises BadInput."""
    found = find_numbered(session, office, number) if isinstance(number, str) else None
    if found is None:
        raise BadInput(
            "本机关没有发过这个编号的证照，请从办件页面进入",
            "this office has issued no licence of that number: come from the page of the case",
        )
    return found


class LicenceActs:
    """What the registry's kind `licence_change` may name."""

    def __init__(self, texts: MatterTexts) -> None:
        self.texts = texts

    def functions(self) -> ActFunctions:
        return ActFunctions(
            guards={
                "licence_can_change": licence_can_change,
                "licence_can_be_returned": self.licence_can_be_returned,
                "statement_day_has_passed": statement_day_has_passed,
                "licence_is_not_ones_own": licence_is_not_ones_own,
            },
            effects={
                "change_licence": self.change_licence,
                "deregister_returned": self.deregister_returned,
            },
            conditions={"no_hearing_needed": no_hearing_needed},
            bars={"licence_is_not_ones_own": is_own_case},
        )

    def licence_can_be_returned(self, context: ActContext) -> None:
        """The office has issued it to whoever asks, and it has not ended. Asked once at a time."""
        one = _licence(context)
        if one.holder not in context.matter.keys("holder"):
            raise BadInput("证照的持证者不符", "that licence is somebody else's")
        check_becoming(one.state, "deregistered")
        if _is_in_question(context.session, one):
            raise Conflict(
                "发证机关正在办理撤销、吊销等对这份证照的处理，办结后才能注销",
                "the issuing office is deciding on this licence, to annul or revoke it, say: it is "
                "deregistered after that",
            )
        waiting = find_return(context.session, one)
        if waiting is not None and waiting != context.matter.id:
            raise Conflict(
                "这份证照已经申请注销，正在办理", "its deregistration was asked for already"
            )

    def deregister_returned(self, context: ActContext) -> None:
        """In the commit of the decision, from this day on, because the holder wishes it."""
        self._become(context, "deregistered", civil_date(context.now), "持证者申请注销")

    def change_licence(self, context: ActContext) -> None:
        """The register's state, in the commit of the decision. Raises Conflict where no way leads
        there any more, BadInput for a date of effect that has not come."""
        facts = context.facts
        day = date.fromisoformat(str(facts["effect_on"]))
        self._become(context, BECOMES[str(facts["act"])], day, context.command.reason or "")

    def _become(self, context: ActContext, state: State, day: date, reason: str) -> None:
        licence_is_not_ones_own(context)
        position = context.doer.position
        change = StateChange(
            state=state,
            effective_on=day,
            sub=context.doer.sub,
            position=position.id if position else None,
            reason=reason,
        )
        change_state(context.session, self.texts, _licence(context).id, change, context.now)


def licence_is_not_ones_own(context: ActContext) -> None:
    """Nobody proposes, decides or drops what becomes of a licence of their own (公务员法 76).

    Raises Refused.
    """
    if is_own_case(context.session, context.matter, context.doer):
        raise Refused(reasons.CASE_OF_ONESELF)


def licence_can_change(context: ActContext) -> None:
    """The office has issued it to this holder, and a way leads from its state to the one meant."""
    licence_is_not_ones_own(context)
    one, facts = _licence(context), context.facts
    if one.holder not in context.matter.keys("holder"):
        raise BadInput("证照的持证者不符", "that licence is somebody else's")
    wanted = BECOMES.get(str(facts.get("act")))
    if wanted is None:
        raise BadInput("请选择怎样变更", "choose what is to be done")
    check_becoming(one.state, wanted)
    if date.fromisoformat(str(facts["effect_on"])) < civil_date(one.issued_at):
        raise BadInput("生效日期早于发证日期", "the date of effect lies before the day of issue")


def statement_day_has_passed(context: ActContext) -> None:
    """Nobody says that the holder is silent while they may still speak."""
    row = MatterClockRow
    query = select(row.due_on).where(row.matter == context.matter.id, row.duty == STATEMENT)
    due = context.session.scalar(query)
    if due is None or civil_date(context.now) <= due:
        raise Conflict(
            "持证者陈述申辩的期限还没有过",
            "the holder may still state their view: their last day has not passed",
        )


def no_hearing_needed(matter: MatterView) -> bool:
    return matter.facts.get("act") in AT_ONCE


def _is_in_question(session: Session, one: Credential) -> bool:
    """Whether its change was proposed and is not decided, or the commitment that it rests on is
    doubted: nobody escapes a revocation by giving the licence back."""
    row, link = MatterRow, MatterLinkRow
    proposed = (
        select(row.id)
        .join(link, link.source == row.id)
        .where(row.kind == LICENCE_CHANGE, row.closed_at.is_(None), link.target == one.matter)
    )
    doubted = select(row.id).where(row.id == one.matter, row.state.in_(DOUBTED))
    return session.scalar(select(or_(proposed.exists(), doubted.exists()))) or False


def _licence(context: ActContext) -> Credential:
    (office,) = context.matter.keys("office")
    return issued_by(context.session, office, context.facts.get("licence"))
