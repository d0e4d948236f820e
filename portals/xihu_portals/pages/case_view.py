"""A case of a service as its pages show it: its fields and papers, each with where it came from."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256

from xihu_catalog.contracts.model import Contract
from xihu_catalog.registry.codes import code_list
from xihu_catalog.registry.people import organisation_name
from xihu_catalog.services.case import Case, CaseField, FieldState, item_of_case, read_case
from xihu_catalog.services.handing_in import FIELD, WITHDRAW_BUNDLE
from xihu_catalog.services.item import ItemField, ItemStep, Material, ServiceItem
from xihu_catalog.services.items import item_versions
from xihu_catalog.services.kind import KIND
from xihu_catalog.services.mandate import AppliedFor, applied_for, check_covers
from xihu_catalog.services.prefill import MATERIAL, RegisterValue, Side, register_values
from xihu_catalog.services.situation import How
from xihu_platform.database import transaction
from xihu_platform.errors import NotFound
from xihu_platform.matters.command import Value
from xihu_platform.matters.definition import EventRule
from xihu_platform.matters.views import MatterView
from xihu_platform.words import Text
from xihu_portals.pages import values
from xihu_portals.pages.case_answers import YES_NO, day_in_words, field_in_words
from xihu_portals.pages.matter_form import FormOption
from xihu_portals.pages.matter_view import ShownEvent
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.parts import Cell

CASES = "/my/cases"
OFFICE_CASES = "/official/cases"
WRITTEN_ON_PAGES = frozenset({"write", "write_papers", "submit", "supply", "hand_in_deferred"})
WRITING = {"draft": "submit", "completing": "supply", "tolerated": "hand_in_deferred"}
"""The states in which an applicant writes, each with the event that hands in."""
HOW_WORDS: dict[How, Text] = {
    "not_needed": Text("您的情形不需要", "Not needed in your situation"),
    "shared": Text("免交：已通过共享获取", "Not needed: a department has it"),
    "licence": Text("免交：电子证照", "Not needed: an electronic licence"),
    "uploaded": Text("已添加", "Added"),
    "at_counter": Text("到窗口交", "To be brought to the counter"),
    "deferred": Text("容缺，之后补交", "May follow"),
    "to_bring": Text("需要提供", "To be provided"),
}
STATE_WORDS: dict[FieldState, Text] = {
    "empty": Text("未填写", "empty"),
    "confirmed": Text("已确认", "confirmed"),
    "amended": Text("您已更正", "amended by you"),
    "typed": Text("您填写的", "written by you"),
}


@dataclass(frozen=True, slots=True)
class CaseSource:
    """Where a value came from, and how far the data reaches."""

    organisation: Text
    dataset: Text
    as_of: date | None
    read_at: datetime


@dataclass(frozen=True, slots=True)
class ShownPaper:
    id: str
    name: Text
    issuer: Text
    how: How
    words: Text
    source: CaseSource | None
    """Of a paper that a register has."""
    files: tuple[int, ...]
    deferrable: bool
    required: bool
    why: Text | None = None
    """Why it is asked for although a register has it; at the desk, what the office did not see."""
    request: str | None = None
    """Where an office asks for the use of a register that it was not shown."""
    licence: str | None = None
    """The number of the licence that serves in its place."""


@dataclass(frozen=True, slots=True)
class ShownCaseField:
    name: str
    """Of the value in the form."""
    title: Text
    kind: str
    value: str
    """What is in the input."""
    shown: Cell
    """The value in words."""
    register: Cell
    """What the register says, in words."""
    options: tuple[FormOption, ...]
    source: CaseSource | None
    state: FieldState
    words: Text
    optional: bool
    wrong: Text | None = None


def is_case(view: MatterView) -> bool:
    return view.definition.kind.startswith(KIND)


def on_its_page(view: MatterView, rule: EventRule) -> bool:
    """Whether a step of a case is done on the pages of the application."""
    return is_case(view) and rule.name in {
        "write",
        "write_papers",
        "submit",
        "supply",
        "hand_in_deferred",
        WITHDRAW_BUNDLE,
    }


def without_saves(view: MatterView, events: tuple[ShownEvent, ...]) -> tuple[ShownEvent, ...]:
    """The line of time of a case: what was saved while it was written is on its own page."""
    if not is_case(view):
        return events
    pairs = zip(view.events, events, strict=True)
    return tuple(shown for event, shown in pairs if event.name not in {"write", "write_papers"})


def case_of(visitor: Visitor, view: MatterView) -> Case:
    """As far as the visitor may see it. Raises NotFound for a matter that is no case, BadInput for
    whoever acts for somebody by a mandate for other services."""
    check_covers(service_item(view), visitor.principal.mandate)
    matters = visitor.services.matters
    said = matters.read_texts(visitor.principal, view.id)
    with transaction(matters.database) as session:
        return read_case(session, matters.texts, item_versions(), view, said)


def as_seen(view: MatterView, version: int) -> MatterView:
    """A matter with what was done until a version alone."""
    return replace(view, events=tuple(one for one in view.events if one.version <= version))


def case_at(visitor: Visitor, view: MatterView, version: int) -> Case:
    """The same as it was at a version of its matter that somebody has seen."""
    matters = visitor.services.matters
    then = as_seen(view, version)
    seqs = {one.seq for one in then.events}
    texts = matters.read_texts(visitor.principal, view.id)
    said = {(seq, name): text for (seq, name), text in texts.items() if seq in seqs}
    with transaction(matters.database) as session:
        return read_case(session, matters.texts, item_versions(), then, said)


def who_applied(visitor: Visitor, view: MatterView) -> AppliedFor | None:
    with transaction(visitor.services.node.database) as session:
        return applied_for(session, view)


def service_item(view: MatterView) -> ServiceItem:
    """Raises NotFound for a matter that is no case."""
    return item_of_case(item_versions(), view)


def registers(visitor: Visitor, view: MatterView, side: Side) -> dict[str, RegisterValue]:
    matters = visitor.services.matters
    with transaction(matters.database) as session:
        return register_values(session, matters.texts, view.id, side)


def source_of(visitor: Visitor, one: RegisterValue | None) -> CaseSource | None:
    contract = _contract(visitor, one)
    if contract is None or one is None:
        return None
    return CaseSource(organisation_name(contract.provider), contract.title, one.as_of, one.read_at)


def said_by(visitor: Visitor, one: RegisterValue | None, raw: str | None) -> Cell:
    """A value in the words of its register: a code by its name."""
    contract = _contract(visitor, one)
    field = contract.field(one.field or "") if contract is not None and one is not None else None
    if field is None or raw is None:
        return _as_written(raw)
    cell = values.value(field, raw)
    return _as_written(raw) if cell == raw else cell


def value_shown(
    visitor: Visitor, field: ItemField, one: RegisterValue | None, raw: str | None
) -> Cell:
    """A value of a field of the form, in the words of the field or of its register."""
    words = field_in_words(visitor, field, raw) if raw else None
    return words or said_by(visitor, one, raw)


def _as_written(raw: str | None) -> Cell:
    """A day as people write it; anything else as it is."""
    return day_in_words(raw) or raw if raw else None


def fields_shown(
    visitor: Visitor, case: Case, typed: Mapping[str, str] | None = None
) -> tuple[ShownCaseField, ...]:
    """Each field with its value, else what the register said of it. `typed`: what was sent and not
    taken."""
    return tuple(_field(visitor, one, typed) for one in case.fields)


def _field(visitor: Visitor, one: CaseField, typed: Mapping[str, str] | None) -> ShownCaseField:
    name, register = f"{FIELD}{one.field.id}", one.register
    known = register.value if register is not None and register.found else None
    value = one.value or known or ""
    if typed is not None:
        value = typed.get(name, value)
    return ShownCaseField(
        name=name,
        title=one.field.title.text(),
        kind=one.field.kind,
        value=value,
        shown=value_shown(visitor, one.field, register, one.value),
        register=value_shown(visitor, one.field, register, known),
        options=_options(visitor, one.field, register, value),
        source=source_of(visitor, register) if known is not None else None,
        state=one.state,
        words=STATE_WORDS[one.state],
        optional=not one.field.required,
    )


def _options(
    visitor: Visitor, field: ItemField, register: RegisterValue | None, value: str
) -> tuple[FormOption, ...]:
    """What there is to choose: of a code its list, also of a register's field that has one."""
    if field.kind == "yes_no":
        found = YES_NO
    else:
        contract = _contract(visitor, register)
        theirs = contract.field(register.field or "") if contract and register else None
        listed = field.code_list or (theirs.code_list if theirs is not None else None)
        if listed is None or listed == "divisions":
            return ()
        found = code_list(listed)
    return tuple(FormOption(code, words, chosen=code == value) for code, words in found.items())


def papers_shown(visitor: Visitor, case: Case, view: MatterView) -> tuple[ShownPaper, ...]:
    """Every paper of the item, those to be provided first, those that are not needed last."""
    known = registers(visitor, view, "own")
    order: list[How] = ["to_bring", "uploaded", "at_counter", "deferred", "licence", "shared"]
    found = [_paper(visitor, case, one, known) for one in case.item.materials]
    return tuple(
        sorted(found, key=lambda one: order.index(one.how) if one.how in order else len(order))
    )


def _paper(
    visitor: Visitor, case: Case, one: Material, known: Mapping[str, RegisterValue]
) -> ShownPaper:
    how = case.papers[one.id]
    register = known.get(MATERIAL + one.id)
    return ShownPaper(
        id=one.id,
        name=one.name.text(),
        issuer=one.issuer.text(),
        how=how,
        words=HOW_WORDS[how],
        source=source_of(visitor, register) if how == "shared" else None,
        files=case.files.get(one.id, ()),
        deferrable=bool(one.deferrable_days),
        required=one.required,
        why=one.asked.words.text() if one.asked is not None else None,
        licence=case.licences.get(one.id) if how == "licence" else None,
    )


def _contract(visitor: Visitor, one: RegisterValue | None) -> Contract | None:
    if one is None:
        return None
    return visitor.services.catalogue.contracts.find(one.dataset)


def saving_key(key: str, version: int, values: Mapping[str, Value]) -> str:
    """Of a draft that is saved: the same form with other words, as after the back button, is
    another save, and so is one with the same words after another was saved in between."""
    return sha256(repr((key, version, sorted(values.items()))).encode()).hexdigest()[:40]


def check_item(name: str) -> ServiceItem:
    """The newest version of an item. Raises NotFound."""
    found = [one for (key, _), one in item_versions().items() if key == name]
    if not found:
        raise NotFound(
            f"没有名为“{name[:40]}”的服务事项，请从办事目录中选择",
            f"there is no service “{name[:40]}”: choose one from the list",
        )
    return found[-1]


def notice_step(item: ServiceItem) -> ItemStep | None:
    """The step of an item that posts something; None of most items."""
    return next((one for one in item.steps if one.kind == "notice"), None)


def can_be_posted(item: ServiceItem, view: MatterView) -> bool:
    """Whether the case is accepted and all that comes before its notice is done: what is posted
    says that the applicant fits."""
    found = notice_step(item)
    if found is None:
        return False
    names = {one.name for one in view.events}
    before = {f"do_{one.id}" for one in item.steps[: item.steps.index(found)]}
    return before <= names and not names.isdisjoint({"accept", "accept_tolerant"})
