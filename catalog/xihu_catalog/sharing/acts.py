"""Guards and effects of sharing: what a kind of matter in the registry may name.

An effect changes the grant in the transaction of its event, so that an agreement opens the data,
and a suspension closes it, in that very commit.
"""

from collections.abc import Callable
from datetime import date
from typing import get_args

from sqlalchemy import update

from xihu_catalog.contracts.entries import is_hidden
from xihu_platform.access.models import GrantRow
from xihu_platform.access.policy import Policy, ShareRule
from xihu_platform.clock import civil_date
from xihu_platform.errors import BadInput, Conflict
from xihu_platform.matters.acts import ActContext, ActFunctions
from xihu_platform.matters.views import MatterView
from xihu_platform.statute.due import months_on
from xihu_platform.words import Language

FindPolicy = Callable[[str], Policy]
GUARDS = (
    *("is_conditional", "is_unconditional", "fields_exist", "fields_are_shared"),
    *("fields_were_asked", "until_is_ahead", "extension_was_asked"),
)
CONDITIONS = ("standing_consent", "provider_answers", "extension_asked")
EFFECTS = ("give_grant", "suspend_grant", "resume_grant", "end_grant")
"""What a kind may name."""
_JOINED: tuple[tuple[str, Language], ...] = (("、", "zh"), (", ", "en"))
YEARS = 5
"""No longer is a grant given at once: the purpose is looked at again."""


def sharing_acts(find_policy: FindPolicy) -> ActFunctions:
    """`find_policy` raises NotFound for a dataset that is not in force."""

    def policy(context: ActContext) -> Policy:
        return find_policy(context.matter.about or "")

    def is_conditional(context: ActContext) -> None:
        _check_class(policy(context), "conditional")

    def is_unconditional(context: ActContext) -> None:
        _check_class(policy(context), "unconditional")

    def consents(matter: MatterView) -> bool:
        return find_policy(matter.about or "").standing_consent

    def fields_are_shared(context: ActContext) -> None:
        """What is shared without conditions was never meant for L4."""
        found, asked = policy(context), set(context.facts["fields"])
        barred = [one for one in found.fields if one.name in asked and one.grade == "L4"]
        if barred:
            zh, en = (sep.join(one.title.to(way) for one in barred) for sep, way in _JOINED)
            raise BadInput(
                f"L4 数据项不在无条件共享之列：{zh}（DB33/T 2351-2021）",
                f"L4 fields are not shared without conditions: {en} (DB33/T 2351-2021)",
            )

    def fields_exist(context: ActContext) -> None:
        found = policy(context)
        asked: list[str] = context.facts["fields"]
        if unknown := [name for name in asked if found.field(name) is None]:
            raise BadInput(
                f"数据集 {found.dataset} 没有字段 {'、'.join(unknown)}，请从目录中选取",
                f"{found.dataset} has no field {', '.join(unknown)}: choose from its entry",
            )

    return ActFunctions(
        guards={
            "is_conditional": is_conditional,
            "is_unconditional": is_unconditional,
            "fields_exist": fields_exist,
            "fields_are_shared": fields_are_shared,
            "fields_were_asked": fields_were_asked,
            "until_is_ahead": until_is_ahead,
            "extension_was_asked": extension_was_asked,
        },
        effects={
            "give_grant": give_grant,
            "suspend_grant": suspend_grant,
            "resume_grant": resume_grant,
            "end_grant": end_grant,
        },
        conditions={
            "standing_consent": consents,
            "provider_answers": lambda matter: not consents(matter),
            "extension_asked": extension_asked,
        },
    )


def _check_class(policy: Policy, wanted: str) -> None:
    if policy.share_class == wanted:
        return
    told = {
        "unconditional": ("无条件共享", "shared without conditions"),
        "conditional": ("有条件共享", "shared on conditions"),
        "refused": ("不予共享", "not shared"),
    }
    zh, en = told[policy.share_class]
    raise BadInput(
        f"数据集 {policy.dataset} 为{zh}，请改用相应的申请（《政务数据共享条例》第十四条）",
        f"{policy.dataset} is {en}: make the request that fits (Order 809 art. 14)",
    )


def until_is_ahead(context: ActContext) -> None:
    until = date.fromisoformat(context.facts["until"])
    today = civil_date(context.now)
    if until < today:
        raise BadInput(
            f"使用期限 {until.isoformat()} 已过，请改为今后的日期",
            f"the last day of use, {until.isoformat()}, has passed: name one ahead",
        )
    if until > months_on(today, 12 * YEARS):
        raise BadInput(
            f"使用期限最长 {YEARS} 年，请改早",
            f"use is granted for {YEARS} years at most: name an earlier day",
        )


def fields_were_asked(context: ActContext) -> None:
    """A provider may give less than was asked for, never more."""
    asked = context.matter.facts["fields"]
    if beyond := [one for one in context.facts["fields"] if one not in asked]:
        raise BadInput(
            f"{'、'.join(beyond)} 不在申请的数据项之列（《政务数据共享条例》第二十条）",
            f"{', '.join(beyond)} was not asked for (Order 809 art. 20)",
        )


def extension_asked(matter: MatterView) -> bool:
    """Whether more time was asked for and nobody has answered."""
    names = {event.name for event in matter.events}
    return "ask_extension" in names and not names & {"consent_extension", "refuse_extension"}


def extension_was_asked(context: ActContext) -> None:
    asked = [one.data["extension"] for one in context.matter.events if one.name == "ask_extension"]
    if context.facts["extension"] not in asked[-1:]:
        raise BadInput(
            "提供部门没有申请延长，或申请的天数不同（《政务数据共享条例》第二十一条）",
            "the provider has not asked for more time, or for another number of days "
            "(Order 809 art. 21)",
        )


def give_grant(context: ActContext) -> None:
    """Raises BadInput for a condition that the gateway does not enforce, Conflict where the entry
    was withdrawn meanwhile."""
    matter, facts = context.matter, context.facts
    if is_hidden(context.session, matter.about or ""):
        raise Conflict(
            f"数据集 {matter.about} 的目录条目已撤销，不能授权",
            f"the entry of {matter.about} was withdrawn: no grant can be given",
        )
    rules: list[str] = sorted(set(facts.get("conditions") or []))
    if unknown := [one for one in rules if one not in get_args(ShareRule)]:
        known = ", ".join(get_args(ShareRule))
        raise BadInput(
            f"没有条件 {'、'.join(unknown)}，可用：{known}",
            f"there is no condition {', '.join(unknown)}: there are {known}",
        )
    (organisation,) = matter.keys("requester")
    context.session.add(
        GrantRow(
            id=matter.number,
            dataset=matter.about,
            organisation=organisation,
            fields=sorted(set(facts["fields"])),
            purpose_zh=f"{matter.definition.title.zh} {matter.number}",
            purpose_en=f"{matter.definition.title.en} {matter.number}",
            valid_from=civil_date(context.now),
            valid_to=date.fromisoformat(facts["until"]),
            rules=rules,
            matter=matter.id,
            suspended=False,
        )
    )


def suspend_grant(context: ActContext) -> None:
    _suspended(context, suspended=True)


def resume_grant(context: ActContext) -> None:
    _suspended(context, suspended=False)


def end_grant(context: ActContext) -> None:
    """The grant stays, for the record, and opens nothing any more."""
    _suspended(context, suspended=True)


def _suspended(context: ActContext, *, suspended: bool) -> None:
    changed = update(GrantRow).where(GrantRow.matter == context.matter.id)
    context.session.execute(changed.values(suspended=suspended))
