"""The life of a catalogue entry: who takes part, and the guards and effects its kind may name.

The department assesses what it is about to publish, the head of its sharing office signs (Order 809
art. 13), the data authority of its level reviews (art. 16). Every event writes the state of the
entry in its own transaction, so that a review publishes, and a withdrawal takes away, in that very
commit.
"""

from collections.abc import Callable
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from xihu_catalog.contracts.entries import (
    PUBLISHED,
    CatalogueEntryRow,
    lock_entry,
    may_begin,
    not_published,
)
from xihu_catalog.contracts.headers import ContractLink, ContractRow
from xihu_catalog.contracts.load import parse_contract
from xihu_catalog.contracts.model import Contract, policy_of
from xihu_catalog.contracts.store import ContractStore, content_of
from xihu_catalog.contracts.wider import same_digest
from xihu_catalog.lineage.columns import inputs_of
from xihu_catalog.sharing.requests import authority_of
from xihu_platform.access.models import GrantRow
from xihu_platform.access.policy import Policy
from xihu_platform.access.unpublished import no_dataset
from xihu_platform.clock import civil_date
from xihu_platform.errors import Conflict, NotFound
from xihu_platform.identity.models import OrganisationRow
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.acts import ActContext, ActFunctions
from xihu_platform.matters.definition import OPEN
from xihu_platform.matters.kernel import Opening
from xihu_platform.matters.models import MatterRow
from xihu_platform.matters.who import MatterParty

CATALOGUE_ENTRY = "catalogue_entry"
GUARDS = (
    *("entry_may_begin", "assessment_fits", "contract_as_assessed", "contract_as_signed"),
    *("contract_was_changed", "named_are_published", "no_grant_in_force", "nobody_names_it"),
    *("change_can_be_dropped", "no_request_under_way"),
)
EFFECTS = ("move_entry", "note_contract", "hand_in_entry", "accept_proposed", "drop_proposed")
"""What a kind may name."""
BACKFLOW = "backflow"
_REQUESTS = ("sharing_registration", "sharing_request")
_ENDING = frozenset({"disposing", "confirming", "disposed", "ended"})
_INSIDE = frozenset({"draft", "inside"})
"""Of requests: those that are over, and those that nobody but the requester knows of."""


def entry_opening(session: Session, policy: Policy, opener: Principal, today: date) -> Opening:
    """The entry of a dataset of the opener's own department, to the authority of its level. The
    matter of one that was taken over begins where the entry is: published.

    Raises NotFound for another department's, as for one that there is not.
    """
    position = opener.position
    if position is None or position.organisation != policy.provider:
        raise no_dataset(policy.dataset)
    region = select(OrganisationRow.region).where(OrganisationRow.uscc == policy.provider)
    authority = authority_of(session, policy.provider, today)
    parties = (
        MatterParty("provider", "organisation", policy.provider),
        MatterParty("authority", "organisation", authority),
    )
    row = session.get(CatalogueEntryRow, policy.dataset)
    state = PUBLISHED if row is not None and _was_taken_over(row) else None
    of = (CATALOGUE_ENTRY, parties, session.scalar(region) or "", policy.dataset)
    return Opening(*of, state=state)


def _was_taken_over(row: CatalogueEntryRow) -> bool:
    return may_begin(row) and row.state == PUBLISHED


def entry_acts(
    contracts: ContractStore, newest: Callable[[str], int | None] = lambda _dataset: None
) -> ActFunctions:
    """The guards and effects that a kind of entries may name; `newest`: a dataset's snapshot."""

    def move_entry(context: ActContext) -> None:
        row = moved_entry(context)
        if row is not None and row.state == PUBLISHED and context.command.event == "review_publish":
            row.published_snapshot = newest(row.dataset)

    def accept_proposed(context: ActContext) -> None:
        """What waited for the authority is in force from this commit on."""
        contracts.accept(context.session, _entry(context).dataset)
        context.session.flush()

    return ActFunctions(
        guards={
            "entry_may_begin": entry_may_begin,
            "assessment_fits": assessment_fits,
            "contract_as_assessed": contract_as_assessed,
            "contract_as_signed": contract_as_signed,
            "contract_was_changed": contract_was_changed,
            "named_are_published": named_are_published,
            "no_grant_in_force": no_grant_in_force,
            "nobody_names_it": nobody_names_it,
            "no_request_under_way": no_request_under_way,
            "change_can_be_dropped": change_can_be_dropped,
        },
        effects={
            "move_entry": move_entry,
            "note_contract": note_contract,
            "hand_in_entry": hand_in_entry,
            "accept_proposed": accept_proposed,
            "drop_proposed": drop_proposed,
        },
    )


def assessment_fits(context: ActContext) -> None:
    """Secrets are never shared; L3 and L4 fields need a personal-information assessment."""
    if context.facts["secrecy"] == "secret":
        raise Conflict(
            "评估认定属于国家秘密的数据不能编入目录共享，请按保密规定处理（《保守国家秘密法》）",
            "what is found to be a state secret is no entry of this catalogue: handle it by "
            "the rules on secrecy (Law on Guarding State Secrets)",
        )
    if context.facts["personal"] != "not_needed":
        return
    policy = policy_of(_proposed(context))
    if graded := [one for one in policy.fields if one.grade in {"L3", "L4"}]:
        zh = "、".join(one.title.zh for one in graded)
        en = ", ".join(one.title.en for one in graded)
        raise Conflict(
            f"有 L3、L4 数据项（{zh}），须作个人信息保护影响评估（《个人信息保护法》第五十五条）",
            f"it has L3 or L4 fields ({en}): a personal-information assessment is needed "
            "(PIPL art. 55)",
        )


def named_are_published(context: ActContext) -> None:
    """Others are told of no dataset by its name in another's entry. Raises Conflict."""
    row, contract = _entry(context), _proposed(context)
    named = {*inputs_of(contract), *(one.dataset for one in contract.references)}
    if waiting := not_published(context.session, named - {row.dataset}):
        raise Conflict(
            f"契约引用的数据集 {'、'.join(waiting)} 尚未发布，请先办理其目录条目",
            f"its contract names {', '.join(waiting)}, not published: publish that entry first",
        )


def entry_may_begin(context: ActContext) -> None:
    """One matter for one entry: of a draft, of one taken over, and anew of one withdrawn.

    Raises Conflict.
    """
    row = _entry(context)
    # Its opening says where it begins; another one may have been quicker since.
    elsewhere = (context.matter.state == PUBLISHED) != _was_taken_over(row)
    if not may_begin(row) or elsewhere:
        raise Conflict(
            f"数据集 {row.dataset} 的目录条目已在办理或已发布，请在原事项中办理",
            f"the entry of {row.dataset} is under way or published: act in its own matter",
        )


def contract_as_assessed(context: ActContext) -> None:
    """Raises Conflict where the contract says something else than what was assessed."""
    if _entry(context).signed_digest != _said(context):
        raise Conflict(
            "契约在评估之后有改动，评估的不是现在的内容：请退回重新评估",
            "the contract was changed after it was assessed, so that what is there now was not: "
            "return it to be assessed again",
        )


def contract_as_signed(context: ActContext) -> None:
    """What is published is what was signed. Raises Conflict."""
    if _entry(context).signed_digest != _said(context):
        raise Conflict(
            "契约在签署报送之后有改动，不能按未签署的内容发布：请提供部门撤回，重新签署报送",
            "the contract was changed after it was signed, and only what was signed is "
            "published: let the department take it back and sign again",
        )


def contract_was_changed(context: ActContext) -> None:
    row = _entry(context)
    reviewed = same_digest(content_of(context.session, row.contract_digest))
    if reviewed == _said(context):
        raise Conflict(
            "契约自审核以来没有变化，请先用 xihu publish 提交修改后的契约"
            "（《政务数据共享条例》第十七条）",
            "the contract has not changed since it was reviewed: hand in the changed one by "
            "xihu publish first (Order 809 art. 17)",
        )


def no_grant_in_force(context: ActContext) -> None:
    """Nobody's use ends because an entry goes: each is ended first. Raises Conflict."""
    today = civil_date(context.now)
    wanted = select(GrantRow.id).where(
        GrantRow.dataset == context.matter.about, GrantRow.valid_to >= today
    )
    # Suspended ones that may be resumed count as well: what has ended says so by its matter.
    every = context.session.scalars(wanted.order_by(GrantRow.id))
    running = [one for one in every if not _has_ended(context, one)]
    if lines := [one for one in running if context.session.get_one(GrantRow, one).kind == BACKFLOW]:
        raise Conflict(
            f"回流清单仍列有该数据集（{'、'.join(lines)}），请先从清单中移出（《政务数据共享条例》第二十四条）",
            f"the backflow list has it ({', '.join(lines)}): take it off the list first "
            "(Order 809 art. 24)",
        )
    if running:
        zh, en = "、".join(running), ", ".join(running)
        raise Conflict(
            f"仍有 {len(running)} 项共享授权未终止（{zh}），须先协商并备案后终止"
            "（《政务数据共享条例》第二十七条）",
            f"{len(running)} grants have not ended ({en}): end each after negotiation and filing "
            "first (Order 809 art. 27)",
        )


def no_request_under_way(context: ActContext) -> None:
    """Whoever has asked is answered first. Raises Conflict."""
    row = MatterRow
    wanted = select(row.id).where(
        row.about == context.matter.about,
        row.kind.in_(_REQUESTS),
        row.closed_at.is_(None),
        row.state.not_in(_ENDING | _INSIDE),
    )
    if waiting := len(context.session.scalars(wanted).all()):
        raise Conflict(
            f"有 {waiting} 件共享申请在办或在用，请先答复、终止",
            f"{waiting} sharing requests are under way or in use: answer or end them first",
        )


def change_can_be_dropped(context: ActContext) -> None:
    """What was narrowed is in force already, and is reviewed. Raises Conflict."""
    reviewed = same_digest(content_of(context.session, _entry(context).contract_digest))
    if same_digest(content_of(context.session, _digest(context))) != reviewed:
        raise Conflict(
            "契约收窄的部分已经生效，须报送审核，不能放弃",
            "what the contract narrowed is in force already: it is handed in, not dropped",
        )


def drop_proposed(context: ActContext) -> None:
    row = _entry(context)
    row.proposed_digest = row.proposed_origin = None


def nobody_names_it(context: ActContext) -> None:
    """What others derive from it or refer to would tell of it. Raises Conflict."""
    link = ContractLink
    wanted = select(link.dataset).where(link.target == context.matter.about)
    naming = set(context.session.scalars(wanted)) - {context.matter.about}
    hidden = set(not_published(context.session, naming))
    if shown := sorted(naming - hidden):
        raise Conflict(
            f"已发布的数据集 {'、'.join(shown)} 由它加工或引用它，请先更新或撤销这些条目",
            f"{', '.join(shown)} are published and made from it or refer to it: change or withdraw "
            "these entries first",
        )


def _has_ended(context: ActContext, grant: str) -> bool:
    row = context.session.get(GrantRow, grant)
    if row is None or row.matter is None:
        return False
    return row.suspended and _left_use(context.session, row.matter)


def _left_use(session: Session, matter: int) -> bool:
    state = session.scalar(select(MatterRow.state).where(MatterRow.id == matter))
    return state in _ENDING


def moved_entry(context: ActContext) -> CatalogueEntryRow | None:
    """The entry follows its matter; what is published is the contract in force at that moment.

    None where its matter is no longer this one.
    """
    matter = context.matter
    opens = context.command.event == OPEN
    if not opens and context.command.event == "withdraw" and not _is_its_matter(context):
        return None  # its dataset went and came back with an entry of its own, which stays
    row = _entry(context)
    state = matter.state
    if not opens:
        state = matter.definition.events[context.command.event].lands(matter.state)
    moved = row.state != state
    row.matter = matter.id
    row.state = state
    if opens and not moved and state == PUBLISHED:
        return row  # of one taken over: since when, and which contract, stays as it was
    row.since = context.now
    if state not in {"changing", "change_review", "withdrawn"}:
        row.contract_digest = _digest(context)
    if opens:
        row.signed_digest = row.reviewer = row.region = None
    if state == PUBLISHED:
        row.taken_over = False
    if state == "withdrawn":
        row.proposed_digest = None
    return row


def note_contract(context: ActContext) -> None:
    """What is assessed, or handed in as a change, is this and nothing else."""
    _entry(context).signed_digest = _said(context)


def hand_in_entry(context: ActContext) -> None:
    """From here on the authority and the auditors of its line know of it."""
    row, matter = _entry(context), context.matter
    row.reviewer = matter.keys("authority")[0]
    row.region = matter.region


def _digest(context: ActContext) -> str:
    wanted = select(ContractRow.digest).where(ContractRow.dataset == context.matter.about)
    return context.session.scalar(wanted) or ""


def _proposed(context: ActContext) -> Contract:
    """The contract that would be published."""
    row = _entry(context)
    content = content_of(context.session, row.proposed_digest or _digest(context))
    return parse_contract(content, row.dataset)


def _said(context: ActContext) -> str:
    """What the contract says that would be published: the proposed one, else the one in force."""
    digest = _entry(context).proposed_digest or _digest(context)
    return same_digest(content_of(context.session, digest))


def _is_its_matter(context: ActContext) -> bool:
    row = context.session.get(CatalogueEntryRow, context.matter.about)
    return row is not None and row.matter == context.matter.id


def _entry(context: ActContext) -> CatalogueEntryRow:
    """Raises NotFound, and Conflict for a matter that the entry has left: its dataset was taken
    out of the registry and handed in anew."""
    row = lock_entry(context.session, context.matter.about or "")
    if row is not None and context.command.event != OPEN and not _is_its_matter(context):
        raise Conflict(
            f"数据集 {row.dataset} 已重新编制，本事项不再办理，只能撤销",
            f"{row.dataset} was drawn up anew: nothing goes on in this matter, withdraw it",
        )
    if row is None:
        raise NotFound(
            f"数据集 {context.matter.about} 没有目录条目",
            f"dataset {context.matter.about} has no entry in the catalogue",
        )
    return row
