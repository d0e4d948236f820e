"""A need that no entry of the catalogue meets (供需对接): who takes part, and what may be said.

Sources: Order 809 art. 20 (a department says what it needs), art. 19 (where several departments
collect the same data, the authority designates one, the 数源部门).
"""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from xihu_catalog.contracts.entries import is_hidden
from xihu_catalog.search.words import canonical, terms
from xihu_catalog.sharing.requests import authority_in
from xihu_platform.access.policy import Policy
from xihu_platform.access.unpublished import no_dataset
from xihu_platform.clock import civil_date
from xihu_platform.errors import BadInput, Conflict, NotFound
from xihu_platform.identity.models import OrganisationRow, PositionRow
from xihu_platform.identity.principal import Position
from xihu_platform.matters.acts import ActContext, ActFunctions
from xihu_platform.matters.kernel import Opening
from xihu_platform.matters.models import MatterPartyRow, MatterRow
from xihu_platform.matters.texts import MatterTexts
from xihu_platform.matters.who import MatterParty
from xihu_platform.words import Text

DATA_NEED = "data_need"
GUARDS = (
    *("need_is_new", "department_can_catalogue"),
    *("entry_meets_need", "entry_is_departments"),
)
"""What a kind may name."""
CATALOGUERS = frozenset({"steward", "sharing_head"})
"""Duties of the positions that catalogue."""
OPEN_LIMIT = 200
"""Open needs of one department that a new one is compared with, the newest first."""
_NOT_WORDS = re.compile(r"[\W_]+")


def data_need_opening(session: Session, position: Position, today: date) -> Opening:
    """A need of the position's organisation, to the data authority of its level or above; that of
    the highest level checks its own, by another of its positions. Raises Conflict where there is
    no authority."""
    own = position.organisation
    try:
        authority = authority_in(session, position.region, today, apart={own})
    except Conflict:
        authority = authority_in(session, position.region, today)
    parties = (
        MatterParty("requester", "organisation", own),
        MatterParty("authority", "organisation", authority),
    )
    return Opening(DATA_NEED, parties, position.region)


@dataclass(frozen=True, slots=True)
class OpenNeed:
    """A need that is not met yet: the id of its matter, and what is needed in its words."""

    matter: int
    what: str


def open_needs(session: Session, texts: MatterTexts, organisation: str) -> Iterator[OpenNeed]:
    """Those of a department, the newest first."""
    row, party = MatterRow, MatterPartyRow
    query = (
        select(row.id)
        .join(party, party.matter == row.id)
        .where(
            row.kind == DATA_NEED,
            row.closed_at.is_(None),
            party.role == "requester",
            party.key == organisation,
        )
    )
    for matter in session.scalars(query.order_by(row.id.desc()).limit(OPEN_LIMIT)).all():
        what = texts.read(session, matter).get((1, "what"))
        if what is not None:  # else it was not written yet, or erased
            yield OpenNeed(matter, what)


def similar_needs(
    session: Session, texts: MatterTexts, organisation: str, words: str
) -> tuple[OpenNeed, ...]:
    """The department's open needs that share a word with `words`; all of them for none."""
    asked = set(terms(words))
    found = open_needs(session, texts, organisation)
    return tuple(one for one in found if not asked or asked & set(terms(one.what)))


def cataloguing_departments(session: Session, today: date) -> frozenset[str]:
    """The organisations with somebody in office who catalogues."""
    row = PositionRow
    query = select(row.organisation, row.duties).where(
        row.valid_from <= today, row.valid_to >= today
    )
    return frozenset(
        organisation
        for organisation, duties in session.execute(query)
        if CATALOGUERS & set(duties.split())
    )


def cataloguing_positions(
    session: Session, organisations: Collection[str], today: date
) -> dict[str, tuple[Text, ...]]:
    """By organisation, the titles of the positions in office that catalogue."""
    row = PositionRow
    query = select(row.organisation, row.duties, row.title_zh, row.title_en).where(
        *(row.organisation.in_(organisations), row.valid_from <= today, row.valid_to >= today)
    )
    found: dict[str, tuple[Text, ...]] = {}
    for organisation, duties, zh, en in session.execute(query.order_by(row.id)):
        if CATALOGUERS & set(duties.split()):
            found[organisation] = (*found.get(organisation, ()), Text(zh, en))
    return found


def may_be_named(session: Session, requesters: Collection[str], today: date) -> frozenset[str]:
    """The departments that a need of the requesters can be given to: not to one that asks."""
    return cataloguing_departments(session, today) - set(requesters)


@dataclass(frozen=True, slots=True)
class NeedActs:
    """The guards, with what they need of the catalogue."""

    find_policy: Callable[[str], Policy]
    """Raises NotFound for a dataset that is not in force."""
    texts: MatterTexts

    def functions(self) -> ActFunctions:
        """What the registry's kind `data_need` may name."""
        return ActFunctions(
            guards={
                "need_is_new": self.need_is_new,
                "department_can_catalogue": department_can_catalogue,
                "entry_meets_need": self.entry_meets_need,
                "entry_is_departments": self.entry_is_departments,
            }
        )

    def need_is_new(self, context: ActContext) -> None:
        """A department says the same need once; the answer to it comes first."""
        matter = context.matter
        (requester,) = matter.keys("requester")
        said = _bare(str(context.command.values["what"]))
        for one in open_needs(context.session, self.texts, requester):
            if _bare(one.what) == said:
                number = matter.definition.number(one.matter)
                raise Conflict(
                    f"本部门已提出同样的数据需求（{number}），正在办理，不用重复提出",
                    f"your department has said this need already ({number}): it is being handled",
                )

    def entry_meets_need(self, context: ActContext) -> None:
        """An entry meets a need where another department can use it, or ask for it."""
        found = self._entry(context)
        if found.share_class == "refused":
            raise BadInput(
                f"数据集 {found.dataset} 不予共享，只有提供部门自己能用，不能满足需求",
                f"{found.dataset} is not shared: its own department alone may use it, so that it "
                "meets no need of another",
            )

    def entry_is_departments(self, context: ActContext) -> None:
        found, (provider,) = self._entry(context), context.matter.keys("provider")
        if found.provider != provider:
            raise BadInput(
                f"数据集 {found.dataset} 由其他部门提供；已有其他部门提供的，请提出异议并写明",
                f"{found.dataset} is another department's: where that meets the need, object and "
                "say so",
            )

    def _entry(self, context: ActContext) -> Policy:
        dataset = str(context.facts["met_by"])
        try:
            if is_hidden(context.session, dataset):
                raise no_dataset(dataset)
            return self.find_policy(dataset)
        except NotFound:
            raise BadInput(
                f"目录中没有数据集 {dataset}，请先编目，再答复",
                f"the catalogue has no dataset {dataset}: catalogue it first, then answer",
            ) from None


def department_can_catalogue(context: ActContext) -> None:
    """There is such a department, somebody in it catalogues, and it is not the one that asks."""
    department = str(context.facts["department"])
    organisation = context.session.get(OrganisationRow, department)
    if organisation is None:
        raise BadInput(
            f"没有单位 {department}，请从列表中选取",
            f"there is no organisation {department}: choose one of the list",
        )
    if department in context.matter.keys("requester"):
        raise BadInput(
            "需求部门不能给自己编目：本部门采集的，请直接编目",
            "the department that needs the data is not named itself: what it collects it can "
            "catalogue at once",
        )
    asking, today = context.matter.keys("requester"), civil_date(context.now)
    if department not in may_be_named(context.session, asking, today):
        raise BadInput(
            f"{organisation.name_zh}没有在任的数据管理员或者共享机构负责人，无人编目，请先登记职务",
            f"{organisation.name_en} has nobody in office who catalogues: register a data steward "
            "or a head of sharing first",
        )


def _bare(text: str) -> str:
    """The letters of a text: the same words with other spaces and commas are the same need."""
    return _NOT_WORDS.sub("", canonical(text))
