"""Who takes part in a request to open data, a complaint and a report of an incident: found by the
program from whoever opens it and from what it is about, never typed in."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from xihu_catalog.exchange.acts import BATCH_EXCHANGE, exchange_opening
from xihu_catalog.services.hotline import HOTLINE, hotline_opening
from xihu_catalog.services.licences import LICENCE_CHANGE, licence_opening
from xihu_catalog.sharing.entries import CATALOGUE_ENTRY, entry_opening
from xihu_catalog.sharing.needs import DATA_NEED, data_need_opening
from xihu_catalog.sharing.requests import authority_in, authority_of
from xihu_catalog.voices.acts import VOICES
from xihu_catalog.voices.opening import voice_opening
from xihu_platform.access.policy import Policy
from xihu_platform.errors import BadInput, Conflict, NotFound
from xihu_platform.identity.models import OrganisationRow
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.command import Value
from xihu_platform.matters.kernel import Opening
from xihu_platform.matters.who import MatterParty, party_as

OPENING_REQUEST = "opening_request"
COMPLAINT = "complaint"
INCIDENT = "incident"
VULNERABILITY = "vulnerability"
OF_OFFICES = (
    *(DATA_NEED, COMPLAINT, INCIDENT, VULNERABILITY, CATALOGUE_ENTRY, BATCH_EXCHANGE),
    HOTLINE,
)
"""What an office opens by a form of its own."""
OF_A_PAGE = (OPENING_REQUEST, *VOICES)
"""What is opened from the page of a dataset."""
OF_A_DATASET = (*OF_A_PAGE, CATALOGUE_ENTRY, BATCH_EXCHANGE)
"""What is about one dataset."""
NAMED_IN_FORM = (CATALOGUE_ENTRY, BATCH_EXCHANGE)
"""Of these, what names it by the value `dataset`."""
FROM_A_CASE = (LICENCE_CHANGE,)
"""What an office opens from the page of a case."""
OF_CITIZENS = (*OF_A_PAGE, COMPLAINT, HOTLINE)
"""What a person opens, or a firm."""


def opening_of(
    session: Session,
    kind: str,
    principal: Principal,
    values: Mapping[str, Value | None],
    about: Policy | None,
    today: date,
) -> Opening:
    """A matter of one of the kinds above. `about`: the dataset of a request to open it, or
    of an entry.

    Raises NotFound for a kind that is not opened so, BadInput where what it is about is not said,
    Conflict where nobody is known to decide it.
    """
    if kind in OF_A_DATASET:
        return _of_dataset(session, kind, principal, about, today)
    if kind == LICENCE_CHANGE:
        return licence_opening(session, principal, values.get("licence"))
    if kind == HOTLINE:
        return hotline_opening(session, principal)
    if kind == COMPLAINT:
        return complaint_opening(session, principal, values.get("respondent"), today)
    if kind in {INCIDENT, VULNERABILITY}:
        return report_opening(session, kind, principal, today)
    if kind == DATA_NEED and principal.position is not None:
        return data_need_opening(session, principal.position, today)
    raise NotFound(
        f"不能这样发起“{kind[:40]}”事项", f"no matter of the kind “{kind[:40]}” is opened here"
    )


def _of_dataset(
    session: Session, kind: str, principal: Principal, about: Policy | None, today: date
) -> Opening:
    if about is None and kind in OF_A_PAGE:
        raise from_its_page(kind)
    if about is None:
        raise BadInput("请写明是哪个数据集", "say which dataset it is")
    if kind == OPENING_REQUEST:
        return request_to_open(session, principal, about, today)
    if kind in VOICES:
        return voice_opening(session, kind, principal, about, today)
    if kind == CATALOGUE_ENTRY:
        return entry_opening(session, about, principal, today)
    return exchange_opening(session, principal, about)


def from_its_page(kind: str) -> BadInput:
    """For a form that does not name its dataset."""
    zh, en = ("申请开放", "ask") if kind == OPENING_REQUEST else ("填写", "begin")
    return BadInput(
        f"请从数据集页面{zh}，以便写明是哪个数据集",
        f"{en} from the page of a dataset, so that it is said which one",
    )


def request_to_open(session: Session, asker: Principal, policy: Policy, today: date) -> Opening:
    """A request of a person or a firm to the department that provides a dataset."""
    parties = (
        party_as(asker, "asker"),
        MatterParty("provider", "organisation", policy.provider),
        MatterParty("authority", "organisation", authority_of(session, policy.provider, today)),
    )
    region = _region(session, policy.provider) or ""
    return Opening(OPENING_REQUEST, parties, region, policy.dataset)


def complaint_opening(
    session: Session, complainant: Principal, respondent: object, today: date
) -> Opening:
    """A complaint about a department, to the data authority of its level; where that is who is
    complained about, or who complains, to that of the level above.

    Whoever is complained about is no party: it may not read the matter.
    """
    region = _region(session, respondent) if isinstance(respondent, str) else None
    if not isinstance(respondent, str) or region is None:
        raise BadInput(
            "请选择投诉举报的是哪个单位", "choose the department that the complaint is about"
        )
    party = party_as(complainant, "complainant")
    if party.key == respondent:
        raise BadInput(
            "不能由被投诉举报的单位自己提出",
            "a department does not complain about itself: somebody of it can as a citizen",
        )
    authority = authority_in(session, region, today, apart={respondent, party.key})
    parties = (party, MatterParty("authority", "organisation", authority))
    return Opening(COMPLAINT, parties, region)


def report_opening(session: Session, kind: str, reporter: Principal, today: date) -> Opening:
    """A report of an incident or a flaw, to the data authority of the department's level, else of
    the level above. The authority of the highest level reports to itself: another of its positions
    closes it, and no report is impossible."""
    party = party_as(reporter, "reporter")
    region = _region(session, party.key) or ""
    try:
        authority = authority_in(session, region, today, apart={party.key})
    except Conflict:
        authority = authority_in(session, region, today)
    return Opening(kind, (party, MatterParty("authority", "organisation", authority)), region)


def _region(session: Session, organisation: str) -> str | None:
    query = select(OrganisationRow.region).where(OrganisationRow.uscc == organisation)
    return session.scalar(query)
