"""Guards of requests to open data, of complaints and of reports: what a kind may name."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from xihu_catalog.contracts.entries import is_hidden
from xihu_platform.access.decision import Allow, decide
from xihu_platform.access.policy import Policy, Purpose
from xihu_platform.access.unpublished import no_dataset
from xihu_platform.clock import civil_date
from xihu_platform.errors import BadInput, Conflict, NotFound
from xihu_platform.identity.models import OrganisationRow
from xihu_platform.identity.principal import ANONYMOUS
from xihu_platform.matters.acts import ActContext, ActFunctions
from xihu_platform.matters.models import MatterPartyRow, MatterRow

FindPolicy = Callable[[str], Policy]
GUARDS = (
    *("fields_are_closed", "asked_once", "is_open_now", "asked_is_open"),
    *("respondent_does_not_decide", "found_by_now", "datasets_are_known"),
)
"""What a kind may name."""


def open_fields(policy: Policy, now: datetime) -> frozenset[str]:
    """The fields that anybody may read without signing in, by the gateway's own decision."""
    decision = decide(ANONYMOUS, policy, Purpose("open"), now=now)
    if not isinstance(decision, Allow):
        return frozenset()
    return frozenset(one.name for one in decision.visible)


def openness_acts(find_policy: FindPolicy) -> ActFunctions:
    """`find_policy` raises NotFound for a dataset that is not in force."""
    of = _Openness(find_policy)
    return ActFunctions(
        guards={
            "fields_are_closed": of.fields_are_closed,
            "asked_once": asked_once,
            "is_open_now": of.is_open_now,
            "asked_is_open": of.asked_is_open,
            "respondent_does_not_decide": respondent_does_not_decide,
            "found_by_now": found_by_now,
            "datasets_are_known": of.datasets_are_known,
        }
    )


@dataclass(frozen=True, slots=True)
class _Openness:
    """The guards that ask the catalogue."""

    find_policy: FindPolicy

    def policy(self, context: ActContext, dataset: object) -> Policy:
        try:
            if is_hidden(context.session, str(dataset)):
                raise no_dataset(str(dataset))
            return self.find_policy(str(dataset))
        except NotFound:
            raise BadInput(
                f"目录中没有数据集 {str(dataset)[:80]}，请从目录中选取",
                f"the catalogue has no dataset {str(dataset)[:80]}: choose one of it",
            ) from None

    def fields_are_closed(self, context: ActContext) -> None:
        """What everybody can use already is not asked for."""
        found = self.policy(context, context.matter.about)
        if not set(context.facts["fields"]) - open_fields(found, context.now):
            raise BadInput(
                f"所选数据项都已开放，可以在数据集 {found.dataset} 的页面直接取用",
                f"these fields are open already: take them from the page of {found.dataset}",
            )

    def is_open_now(self, context: ActContext) -> None:
        """An answer that says it is open is true when it is given."""
        found = self.policy(context, context.facts["opened"])
        if not open_fields(found, context.now):
            raise BadInput(
                f"数据集 {found.dataset} 尚未开放，请先在契约中开放，再答复",
                f"{found.dataset} is not open: open it in its contract first, then answer",
            )

    def asked_is_open(self, context: ActContext) -> None:
        facts = context.facts
        if facts["opened"] != context.matter.about:
            return  # as another dataset: which of its fields answers which is the department's word
        found = open_fields(self.policy(context, facts["opened"]), context.now)
        if closed := [one for one in facts["fields"] if one not in found]:
            raise BadInput(
                f"{'、'.join(closed)} 仍未开放，请答复“部分开放”并写明理由",
                f"{', '.join(closed)} is not open: answer that part of it is open, and say why",
            )

    def datasets_are_known(self, context: ActContext) -> None:
        for one in context.facts.get("datasets") or []:
            self.policy(context, one)


def asked_once(context: ActContext) -> None:
    """One open request of one asker for one dataset: the answer to it comes first."""
    row, party, matter = MatterRow, MatterPartyRow, context.matter
    (asker,) = matter.keys("asker")
    query = (
        select(row.id)
        .join(party, party.matter == row.id)
        .where(
            row.kind == matter.definition.kind,
            row.about == matter.about,
            row.closed_at.is_(None),
            row.id != matter.id,
            party.role == "asker",
            party.key == asker,
        )
    )
    before = context.session.scalar(query.limit(1))
    if before is not None:
        number = matter.definition.number(before)
        raise Conflict(
            f"您已申请开放这个数据集（{number}），请等待答复，或者先撤回",
            f"you have asked for this dataset already ({number}): await the answer, or withdraw it",
        )


def respondent_does_not_decide(context: ActContext) -> None:
    """Whoever is complained about is an organisation that there is, and no party of the matter."""
    respondent = context.facts["respondent"]
    known = select(OrganisationRow.uscc).where(OrganisationRow.uscc == respondent)
    if context.session.scalar(known) is None:
        raise BadInput(
            f"没有单位 {respondent}，请从列表中选取",
            f"there is no organisation {respondent}: choose one of the list",
        )
    if respondent in {one.key for one in context.matter.parties}:
        raise BadInput(
            "被投诉举报的单位不能是当事方（《政务数据共享条例》第三十七条）",
            "whoever is complained about is no party of the complaint (Order 809 art. 37)",
        )


def found_by_now(context: ActContext) -> None:
    found = date.fromisoformat(context.facts["found_on"])
    if found > civil_date(context.now):
        raise BadInput(
            f"发现日期 {found.isoformat()} 在将来，请改正",
            f"the day of the finding, {found.isoformat()}, lies in the future: correct it",
        )
