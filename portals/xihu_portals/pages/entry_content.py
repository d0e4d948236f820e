"""What an entry of the catalogue says, for those who assess, sign and review it: the contract that
waits, or the one in force; what the former changes, and who will see more (Order 809 art. 13, 17).
No value of the data is told, and nothing of what has to wait to those who do not know of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from xihu_catalog.contracts.diff import EFFECTS, ContractChange, compare
from xihu_catalog.contracts.entries import CatalogueEntryRow, find_entry
from xihu_catalog.contracts.model import Contract, Field, policy_of
from xihu_catalog.sharing.entries import CATALOGUE_ENTRY
from xihu_catalog.sharing.openness import open_fields
from xihu_platform.access import articles
from xihu_platform.access.decision import Allow, Treatment, decide
from xihu_platform.access.policy import Grant, Purpose
from xihu_platform.access.unpublished import may_know
from xihu_platform.clock import civil_date
from xihu_platform.identity.principal import Position, Principal
from xihu_platform.matters.views import MatterView
from xihu_platform.words import Text
from xihu_portals.pages import describe
from xihu_portals.pages.visitor import Visitor

ARTICLES = {
    "unconditional": articles.ORDER_14,
    "conditional": Text("《政务数据共享条例》第十四条、第二十条", "Order 809 art. 14, 20"),
    "refused": Text("《政务数据共享条例》第十五条", "Order 809 art. 15"),
}
"""What each class of sharing rests on."""
_EVERYBODY = Text("所有人，无需登录", "everybody, without signing in")
_NOBODY = Text("只有本部门", "the department alone")
_WHO = {
    "unconditional": Text("登记使用后的其他部门", "other departments that register a use"),
    "conditional": Text("获准使用的其他部门", "other departments that are granted a use"),
}
_STORED = {
    "pseudonym": Text("脱敏编号", "a pseudonym"),
    "mask": Text("部分隐去", "partly hidden"),
    None: Text("原样", "as it is"),
}
"""How the values are stored, by the contract's `protect`."""
_HOW: dict[Treatment, Text] = {
    "clear": Text("原样", "as it is"),
    "mask": Text("部分隐去，凭业务事由原样", "partly hidden, under a ground as it is"),
    "rekey": Text("脱敏编号", "a pseudonym"),
}
_GROUND = Text("凭业务事由", "under a ground")
_COUNTED = Text("只用于统计", "counted only")
_CLASSES = {"shareClass": "share_class", "openClass": "open_class"}
_CLASS_NAMES = {
    "share_class": Text("共享类型", "Sharing"),
    "open_class": Text("开放类型", "Opening"),
}
_OF_ALL = {*_CLASSES, "shareRules", "standingConsent"}
"""Attributes of the contract that decide who sees each of its fields."""
_CONSENT = Text(
    "登记使用的部门不经逐件审核即可使用",
    "departments that register a use have it without a decision on each",
)


@dataclass(frozen=True, slots=True)
class EntryChange:
    """One difference from what is in force; `opens`: who will see more."""

    effect: Text
    text: Text
    opens: Text | None = None


@dataclass(frozen=True, slots=True)
class EntryField:
    """One field as it will be stored, and who sees it at most."""

    title: Text
    name: str
    type: Text
    grade: str
    stored: Text
    seen: Text


@dataclass(frozen=True, slots=True)
class EntryContent:
    """`changes` are None where no contract waits."""

    title: Text
    share: Text
    article: Text
    basis: Text | None
    """Conditions, or why it is not shared."""
    opening: Text
    fields: tuple[EntryField, ...]
    changes: tuple[EntryChange, ...] | None = None


def entry_content(visitor: Visitor, view: MatterView) -> EntryContent | None:
    """None for another kind of matter, and for one that its entry has left."""
    if view.definition.kind != CATALOGUE_ENTRY or view.about is None:
        return None
    row = find_entry(visitor.services.node.database, view.about)
    contract = visitor.services.catalogue.contracts.find(view.about)
    if row is None or row.matter != view.id or contract is None:
        return None
    knows = may_know(visitor.principal, contract.provider, row.reviewed_by)
    if not knows and not row.is_published:
        return None
    proposed = visitor.services.catalogue.contracts.find_proposed(view.about) if knows else None
    return _content(visitor, contract, proposed)


def _content(visitor: Visitor, contract: Contract, proposed: Contract | None) -> EntryContent:
    said = proposed or contract
    return EntryContent(
        title=said.title,
        share=describe.label("share_class", said.share_class),
        article=ARTICLES[said.share_class],
        basis=said.share_conditions or said.share_basis,
        opening=describe.label("open_class", said.open_class),
        fields=_fields(visitor, said),
        changes=entry_changes(visitor, contract, proposed) if proposed else None,
    )


def _fields(visitor: Visitor, contract: Contract) -> tuple[EntryField, ...]:
    seen = audiences(contract, _region(visitor), visitor.frame.now)
    return tuple(
        EntryField(
            title=one.title,
            name=one.name,
            type=describe.type_named(one),
            grade=one.grade,
            stored=_STORED[one.protect],
            seen=seen[one.name],
        )
        for one in contract.fields
    )


def _region(visitor: Visitor) -> str:
    position = visitor.principal.position
    return position.region if position is not None else ""


def changes_of(visitor: Visitor, row: CatalogueEntryRow) -> tuple[EntryChange, ...]:
    """What waits for review of a dataset, for its department and whoever reviews it."""
    contracts = visitor.services.catalogue.contracts
    contract, proposed = contracts.get(row.dataset), contracts.find_proposed(row.dataset)
    if proposed is None or not may_know(visitor.principal, contract.provider, row.reviewed_by):
        return ()
    return entry_changes(visitor, contract, proposed)


def entry_changes(visitor: Visitor, old: Contract, new: Contract) -> tuple[EntryChange, ...]:
    """Every difference, in the words of the fields."""
    region, now = _region(visitor), visitor.frame.now
    before = audiences(old, region, now)
    after = audiences(new, region, now)
    return tuple(
        EntryChange(EFFECTS[one.effect], _words(one, old, new), _opens(one, new, before, after))
        for one in compare(old, new)
    )


def _words(change: ContractChange, old: Contract, new: Contract) -> Text:
    """By the title of its field; classes and long attributes as a person reads them."""
    said = change.text
    if facet := _CLASSES.get(change.name):
        was, will = (describe.label(facet, getattr(one, facet)) for one in (old, new))
        name = _CLASS_NAMES[facet]
        said = Text(f"{name.zh} {was.zh} → {will.zh}", f"{name.en} {was.en} → {will.en}")
    if change.name == "source":
        said = Text("来源文件的读法有变化", "how its file is read changes")
    field = new.field(change.where) or old.field(change.where)
    if field is None:
        return said
    return Text(f"{field.title.zh}：{said.zh}", f"{field.title.en}: {said.en}")


def _opens(
    change: ContractChange, new: Contract, before: Mapping[str, Text], after: Mapping[str, Text]
) -> Text | None:
    if change.effect not in {"loosens", "adds", "breaks"}:
        return None
    if change.name == "standingConsent":
        return _CONSENT
    if change.name in _OF_ALL:
        return _together(new, before, after)
    name = change.where
    decides = change.name in {"", "grade", "protect", "identifier"}
    if name not in after or not decides or before.get(name) == after[name]:
        return None
    return _told(before.get(name), after[name])


def _together(new: Contract, before: Mapping[str, Text], after: Mapping[str, Text]) -> Text | None:
    """Of a change of the whole: the fields with each change of those who see them."""
    found: dict[tuple[Text, Text], list[Text]] = {}
    for field in new.fields:
        was, will = before.get(field.name), after[field.name]
        if was is not None and was != will:
            found.setdefault((was, will), []).append(field.title)
    said = [(titles, _told(*pair)) for pair, titles in found.items()]
    if not said:
        return None
    zh = "；".join(f"{'、'.join(t.zh for t in titles)}：{told.zh}" for titles, told in said)
    en = "; ".join(f"{', '.join(t.en for t in titles)}: {told.en}" for titles, told in said)
    return Text(zh, en)


def _told(was: Text | None, will: Text) -> Text:
    if was is None:
        return Text(f"生效后可见：{will.zh}", f"seen from then on by: {will.en}")
    return Text(
        f"生效后可见：{will.zh}（现在：{was.zh}）",
        f"seen from then on by: {will.en} (now: {was.en})",
    )


def audiences(contract: Contract, region: str, now: datetime) -> dict[str, Text]:
    """Who beside its department sees each field at most, by the gateway's own decisions: for
    anybody, and for a handler of another department of `region` with a use of every field."""
    policy, today = policy_of(contract), civil_date(now)
    public = open_fields(policy, now)
    names = frozenset(field.name for field in policy.fields)
    grant = Grant("", policy.dataset, "", names, Text("", ""), today, today)
    position = Position("", "", "", "", "", "", region)
    handler = Principal("official", "", level=3, position=position, portal="official")
    decision = decide(handler, policy, Purpose("duty"), now=now, grants=(grant,))
    found = {}
    for field in contract.fields:
        decided = decision.field_decision(field.name) if isinstance(decision, Allow) else None
        treatment = decided.treatment if decided else None
        found[field.name] = (
            _EVERYBODY if field.name in public else _office(contract, field, treatment)
        )
    return found


def _office(contract: Contract, field: Field, treatment: Treatment | None) -> Text:
    """Of other departments; `treatment`: what they see without a ground."""
    who = _WHO.get(contract.share_class)
    if who is None or (field.grade == "L4" and contract.share_class == "unconditional"):
        return _NOBODY
    if "aggregate_only" in contract.share_rules:
        how = _COUNTED
    elif treatment == "clear" and field.protect == "mask":
        how = _STORED["mask"]
    else:
        how = _HOW[treatment] if treatment else _GROUND
    return Text(f"{who.zh}（{how.zh}）", f"{who.en} ({how.en})")
