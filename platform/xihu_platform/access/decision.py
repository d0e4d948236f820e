"""The decision: a pure function from who asks, for what, under which grants and ground.

First who may see the dataset's rows at all and which of them, then each field by its grade:

=====================  ==========================  ========  ========  ========================
who, for what          rows                        L1, L2    L3        L4
=====================  ==========================  ========  ========  ========================
anyone, open data      all, if opened              L1 only   refused   refused
own records, level 2   one's own                   clear     masked    refused: level 3
own records, level 3   one's own                   clear     clear     clear
office, duty           the position's region       clear     masked    refused: ground needed
machine, duty          its department's region     clear     refused   refused: ground needed
office, ground         of the ground's subjects    clear     clear     clear at level 3
machine, ground        of the ground's subjects    clear     clear     clear
=====================  ==========================  ========  ========  ========================

What is returned to a department by the list (art. 24) needs no request, and `per_case` does not
bind it: L1 and L2 of its own region's rows; L3 and L4 under a ground alone, of that region too.

An office sees what its organisation publishes and what its requests in force name (of several, the
union), of unconditionally shared data without L4: that nobody may refuse a request does not mean
that none is needed. Without one it sees what is open to anybody, as anybody. Under a ground
(业务事由) only the fields that its item lists open, only for whoever holds it, never in bulk; a
dataset that does not say whose a row is gives no L3 and no L4. Conditions are rules: `per_case`
opens rows under a ground alone, one subject at a time, `no_bulk` no download, `aggregate_only` no
rows. A person in office signs in at the official portal, at level 2 or above. A position that only
oversees (neither handler nor steward) gets aggregates alone where a dataset is about persons, and
no L3, L4 or identifier elsewhere.

A pseudonym is never clear: it is keyed again for its recipient. What cannot be masked is refused
where the table says masked. The region binds whatever is not wholly open: opened rows that carry a
field above L1 are confined too, and all of them are had, at L1, as open data. Sources: Order 809
art. 14-15, 20-25; PIPL art. 6, 28, 34, 45; DB33/T 2351-2021 for the grades.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from xihu_platform.access import reasons
from xihu_platform.access.ground_rules import ground_refusal
from xihu_platform.access.grounds import Ground
from xihu_platform.access.policy import (
    FieldPolicy,
    Grant,
    Policy,
    Purpose,
    ShareRule,
    grants_basis,
)
from xihu_platform.access.shared import Shared, bound_by_grant
from xihu_platform.clock import civil_date
from xihu_platform.errors import Reason
from xihu_platform.identity.principal import Duty, Position, Principal
from xihu_platform.regions import Region
from xihu_platform.words import Text

Treatment = Literal["clear", "mask", "rekey"]

MASKABLE = frozenset({"person_name", "mobile", "address", "bank_account", "birth_date"})
PERSONAL = MASKABLE | {"citizen_id", "document_number", "medical", "income"}
HANDLING: frozenset[Duty] = frozenset({"handler", "steward"})
"""Duties that work with records; the others oversee."""
OFFICE_LEVEL = 2
"""Real-name level below which nobody acts in an office."""
OWN_LEVEL = 2
"""Below it nothing about oneself is shown, nor who looked it up."""
FULL_LEVEL = 3
"""Of a sign-in at which everything about oneself is shown, and an application is written."""


@dataclass(frozen=True, slots=True)
class FieldDecision:
    """Of one field: a treatment, or the reason it is refused."""

    name: str
    treatment: Treatment | None
    reason: Reason | None = None
    bulk: Reason | None = None
    """Why it may be seen on a page and not be downloaded."""


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Rows a reader may see: `field` is among the values, or (region codes) starts with the one.

    No values, no rows.
    """

    field: str
    values: tuple[str, ...]
    match: Literal["among", "starts_with"] = "among"


@dataclass(frozen=True, slots=True)
class Deny:
    dataset: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Allow:
    dataset: str
    basis: Text
    """The article or grant the read rests on; the log records its Chinese form."""
    rows: tuple[RowFilter, ...]
    fields: tuple[FieldDecision, ...]
    recipient: str
    """Whom pseudonyms are keyed for."""
    ground: str | None = None
    """Number of the ground the read rests on."""

    def field_decision(self, name: str) -> FieldDecision | None:
        return next((f for f in self.fields if f.name == name), None)

    @property
    def visible(self) -> tuple[FieldDecision, ...]:
        return tuple(f for f in self.fields if f.treatment is not None)

    def bulk_refusal(self, names: tuple[str, ...] = ()) -> Reason | None:
        """Why these fields (all that are visible, if none is named) leave by no download."""
        asked = [f for f in self.visible if not names or f.name in names]
        return next((f.bulk for f in asked if f.bulk is not None), None)


Decision = Deny | Allow
_OPENED = Text("DB33/T 2351-2021 无条件开放", "DB33/T 2351-2021, opened without conditions")
_OWN_RECORDS = Text("《个人信息保护法》第四十五条", "Personal Information Protection Law art. 45")
_OWN_DATA = Text("《政务数据共享条例》第十三条，本部门数据", "Order 809 art. 13, own data")
PUBLIC = "public"
"""The recipient of what is open: everybody."""
_FieldRule = Callable[[FieldPolicy], FieldDecision]


def decide(
    principal: Principal,
    policy: Policy,
    purpose: Purpose,
    *,
    now: datetime,
    grants: tuple[Grant, ...] = (),
    ground: Ground | None = None,
) -> Decision:
    """What `principal` may see of `policy.dataset` for `purpose` at the moment `now`.

    `grants` are those in force; `ground` is what stands under the purpose's number, if anything.
    """
    if purpose.code == "open":
        return _open(policy)
    if purpose.code == "own":
        return _own(principal, policy, purpose, now)
    if (reason := office_refusal(principal, now)) is not None:
        return Deny(policy.dataset, reason)
    return _office(principal, policy, purpose, grants=grants, ground=ground, now=now)


def office_refusal(principal: Principal, now: datetime) -> Reason | None:
    """Why somebody cannot act in an office at all: the rule for every exit that needs one."""
    if principal.kind not in {"official", "system"}:
        return reasons.PURPOSE if principal.kind != "anonymous" else reasons.SIGN_IN
    if principal.kind == "official":
        if principal.portal != "official":
            return reasons.PORTAL
        if principal.level < OFFICE_LEVEL:
            return reasons.OFFICE_LEVEL
    position = principal.position
    if position is None or not position.holds_on(civil_date(now)):
        return reasons.NO_POSITION
    return reasons.AUDITOR if "auditor" in position.duties else None


def _open(policy: Policy) -> Decision:
    if policy.open_class == "banned":
        return Deny(policy.dataset, reasons.OPEN_BANNED)
    if policy.open_class == "restricted":
        return Deny(policy.dataset, reasons.OPEN_RESTRICTED)

    def rule(field: FieldPolicy) -> FieldDecision:
        return _clear(field) if field.is_public else _refuse(field, reasons.NOT_OPEN_GRADE)

    return _allow(policy, _OPENED, (), rule, recipient=PUBLIC)


def _own(principal: Principal, policy: Policy, purpose: Purpose, now: datetime) -> Decision:
    if principal.kind != "citizen":
        known = principal.kind != "anonymous"
        return Deny(policy.dataset, reasons.PURPOSE if known else reasons.SIGN_IN)
    if principal.level < OWN_LEVEL:
        return Deny(policy.dataset, reasons.REAL_NAME)
    named = principal.mandate.items if principal.mandate is not None else frozenset()
    if named and not (purpose.services and purpose.services <= named):
        return Deny(policy.dataset, reasons.MANDATE)
    mine = _own_rows(principal, policy, civil_date(now))
    if mine is None:
        return Deny(policy.dataset, reasons.NOT_ABOUT_YOU)

    def rule(field: FieldPolicy) -> FieldDecision:
        if field.grade == "L4" and principal.level < FULL_LEVEL:
            return _refuse(field, reasons.REAL_NAME)
        if field.grade == "L3" and principal.level < FULL_LEVEL:
            return _mask(field, reasons.REAL_NAME)
        return _clear(field)

    return _allow(policy, _OWN_RECORDS, (mine,), rule, recipient=f"person:{principal.id}")


def _own_rows(principal: Principal, policy: Policy, today: date) -> RowFilter | None:
    mandate = principal.mandate
    if mandate is not None and not mandate.valid_from <= today <= mandate.valid_to:
        return None
    if mandate is not None and mandate.kind == "firm":
        return policy.firm_key and RowFilter(policy.firm_key, (mandate.key,)) or None
    subject = mandate.key if mandate is not None else principal.subject
    if subject is None or policy.subject_key is None:
        return None
    return RowFilter(policy.subject_key, (subject,))


def _office(
    principal: Principal,
    policy: Policy,
    purpose: Purpose,
    *,
    grants: tuple[Grant, ...],
    ground: Ground | None,
    now: datetime,
) -> Decision:
    position = principal.position
    assert position is not None  # office_refusal() has said so
    overseeing = principal.kind == "official" and not position.duties & HANDLING
    if overseeing and policy.subject_key is not None:
        return Deny(policy.dataset, reasons.OVERSIGHT)
    shared = shared_by(policy, grants, position, now)
    if isinstance(shared, Allow) and purpose.code == "case":
        reason = _row_refusal(principal, purpose, ground, now)
        pages = tuple(replace(f, bulk=reasons.GROUND_NO_BULK) for f in shared.fields)
        return Deny(policy.dataset, reason) if reason else replace(shared, fields=pages)
    if not isinstance(shared, Shared):
        return shared
    if "aggregate_only" in policy.rules:
        return Deny(policy.dataset, reasons.AGGREGATE_ONLY)
    if purpose.code == "case":
        return _under_ground(principal, policy, purpose, shared=shared, ground=ground, now=now)
    recipient = f"organisation:{position.organisation}"
    rows = _region_rows(policy, position.region)
    if purpose.code == "internal":
        allow = _allow(policy, shared.basis, rows, _internal(shared), recipient=recipient)
        return _resting_on(policy, shared, allow, "aggregate_only", "per_case")
    if "per_case" in policy.rules:  # no condition from above binds what is returned
        shared = replace(shared, grants=tuple(g for g in shared.grants if g.kind == "backflow"))
        if not shared.grants:
            return Deny(policy.dataset, reasons.PER_CASE)
    rule = _on_duty(policy, shared, machine=principal.kind == "system")
    seen = _overseen(rule) if overseeing else rule
    allow = _allow(policy, shared.basis, rows, seen, recipient=recipient)
    return _resting_on(policy, shared, allow, "aggregate_only", "per_case")


def _resting_on(policy: Policy, shared: Shared, allow: Allow, *barring: ShareRule) -> Allow:
    """With the grants alone that give something of it: the log says what a read rested on."""
    if shared.own:
        return allow
    seen = {one.name for one in allow.visible}
    return replace(
        allow, basis=shared.basis_of([f for f in policy.fields if f.name in seen], barring)
    )


def shared_by(
    policy: Policy, grants: tuple[Grant, ...], position: Position, now: datetime
) -> Decision | Shared:
    """What a position's organisation rests on; the decision where it has no request in force."""
    if position.organisation == policy.provider:
        return Shared(_OWN_DATA, own=True)
    if policy.share_class == "refused":
        return Deny(policy.dataset, reasons.share_refused(policy))
    organisation, today = position.organisation, civil_date(now)
    asked = (policy.dataset, organisation)
    mine = [g for g in grants if (g.dataset, g.organisation) == asked and g.holds_on(today)]
    if policy.region_field is None:
        mine = [g for g in mine if g.kind != "backflow"]
    unconditional = policy.share_class == "unconditional"
    opened = policy.open_class == "unconditional"
    if not mine:
        needed = reasons.REGISTRATION_NEEDED if unconditional else reasons.GRANT_NEEDED
        return _as_anybody(policy, needed, position) if opened else Deny(policy.dataset, needed)
    basis = grants_basis(mine)
    return Shared(basis, grants=tuple(mine), opened=opened, unconditional=unconditional)


def _as_anybody(policy: Policy, needed: Reason, position: Position) -> Allow:
    """What is open, for an office without a request in force; the rest says what it needs."""

    def rule(field: FieldPolicy) -> FieldDecision:
        if field.is_public:
            return _clear(field)
        barred = field.grade == "L4" and policy.share_class == "unconditional"
        return _refuse(field, reasons.ABOVE_SHARED if barred else needed)

    return _allow(policy, _OPENED, (), rule, recipient=f"organisation:{position.organisation}")


def _on_duty(policy: Policy, shared: Shared, *, machine: bool) -> _FieldRule:
    """Each field for a duty in general: sensitive ones masked for a person, refused a machine."""

    def rule(field: FieldPolicy) -> FieldDecision:
        if not shared.covers(field):
            return _refuse(field, reasons.NOT_GRANTED)
        if (reason := bound_by_grant(shared, field, "aggregate_only", "per_case")) is not None:
            return _refuse(field, reason)
        if field.grade == "L4":
            return _refuse(
                field, reasons.ABOVE_SHARED if shared.bars(field) else reasons.CASE_NEEDED
            )
        if field.grade == "L3" and (machine or shared.is_returned(field)):
            return _refuse(field, reasons.CASE_NEEDED)
        seen = _mask(field, reasons.CASE_NEEDED) if field.grade == "L3" else _clear(field)
        bulk = bound_by_grant(shared, field, "no_bulk", beside=("aggregate_only", "per_case"))
        if "no_bulk" in policy.rules or bulk:
            return replace(seen, bulk=reasons.NO_BULK)
        return seen

    return rule


def _internal(shared: Shared) -> _FieldRule:
    """A pipeline of the department reads what the department may: its rows stay in the lake."""

    def rule(field: FieldPolicy) -> FieldDecision:
        if not shared.covers(field):
            return _refuse(field, reasons.NOT_GRANTED)
        if (reason := bound_by_grant(shared, field, "aggregate_only", "per_case")) is not None:
            return _refuse(field, reason)
        if shared.bars(field):
            return _refuse(field, reasons.ABOVE_SHARED)
        if field.grade in {"L3", "L4"} and shared.is_returned(field):
            return _refuse(field, reasons.CASE_NEEDED)
        return _clear(field)

    return rule


def _under_ground(
    principal: Principal,
    policy: Policy,
    purpose: Purpose,
    *,
    shared: Shared,
    ground: Ground | None,
    now: datetime,
) -> Decision:
    """Rows of a ground's subjects, for whoever holds it, as far as its item opens the dataset."""
    reason = _row_refusal(principal, purpose, ground, now)
    if reason is not None or ground is None:
        return Deny(policy.dataset, reason or reasons.GROUND_UNKNOWN)
    # Rows are of a whole read: what a request names of the item is of all subjects, and what only
    # comes back with them, of the region's, is to be asked for as well, or looked up by itself.
    asked = tuple(
        g for g in shared.grants if g.kind == "request" and not g.fields.isdisjoint(ground.fields)
    )
    returned = tuple(g for g in shared.grants if g.kind == "backflow")
    shared = replace(shared, grants=asked or returned or shared.grants)
    rows = _ground_rows(principal, policy, purpose, shared=shared, ground=ground)
    if isinstance(rows, Deny):
        return rows
    many = policy.row_key is None or any(len(one.values) > 1 for one in rows)
    rule = _ground_rule(principal, policy, shared, ground, many=many)
    recipient = f"organisation:{ground.organisation}"
    allow = _allow(policy, shared.basis, rows, rule, recipient=recipient)
    allow = _resting_on(policy, shared, allow, "aggregate_only", *(("per_case",) if many else ()))
    basis = Text(
        f"{allow.basis.zh}；业务事由 {ground.number}",
        f"{allow.basis.en}; ground {ground.number}",
    )
    return replace(allow, basis=basis, ground=ground.number)


def _row_refusal(
    principal: Principal, purpose: Purpose, ground: Ground | None, now: datetime
) -> Reason | None:
    """Why no rows open under a ground: it gives nothing at all, or claims alone."""
    reason = ground_refusal(principal, purpose, ground, now)
    if reason is not None or ground is None:
        return reason
    return None if ground.fields else reasons.GROUND_SCOPE


def _ground_rows(
    principal: Principal, policy: Policy, purpose: Purpose, *, shared: Shared, ground: Ground
) -> Deny | tuple[RowFilter, ...]:
    """The rows of the ground's subjects; of a dataset about nobody, those of the region."""
    position, key, each = (
        principal.position,
        policy.row_key,
        [("per_case" in g.rules) for g in shared.grants],
    )
    one_each = "per_case" in policy.rules or (bool(each) and all(each))
    if key is None and one_each:
        return Deny(policy.dataset, reasons.GROUND_NO_KEY)
    if key is None:
        return _region_rows(policy, position.region) if position else ()
    kind = "person" if key == policy.subject_key else "firm"
    subjects = [s for s in ground.subjects if s.kind == kind]
    if purpose.subject is not None:
        subjects = [s for s in subjects if s.number == purpose.subject]
        if not subjects:
            return Deny(policy.dataset, reasons.SUBJECT_UNKNOWN)
    if one_each and len(subjects) > 1:
        return Deny(policy.dataset, reasons.ONE_SUBJECT)
    found = RowFilter(key, tuple(s.key for s in subjects))
    if position is not None and any(g.kind == "backflow" for g in shared.grants):
        return (found, *_region_rows(policy, position.region))
    return (found,)


def _ground_rule(
    principal: Principal, policy: Policy, shared: Shared, ground: Ground, *, many: bool
) -> _FieldRule:
    bound: tuple[ShareRule, ...] = ("aggregate_only", "per_case") if many else ("aggregate_only",)
    one_each = reasons.ONE_SUBJECT if policy.row_key else reasons.GROUND_NO_KEY

    def rule(field: FieldPolicy) -> FieldDecision:
        if not shared.covers(field):
            return _refuse(field, reasons.NOT_GRANTED)
        if (reason := bound_by_grant(shared, field, *bound)) is not None:
            return _refuse(field, one_each if reason is reasons.PER_CASE else reason)
        if field.name not in ground.fields:
            return _refuse(field, reasons.GROUND_SCOPE)
        if field.grade in {"L3", "L4"} and policy.row_key is None:
            return _refuse(field, reasons.GROUND_NO_KEY)
        if field.grade == "L4" and principal.kind == "official" and principal.level < FULL_LEVEL:
            return _refuse(field, reasons.SIGN_IN_LEVEL)
        if shared.bars(field):
            return _refuse(field, reasons.ABOVE_SHARED)
        return replace(_clear(field), bulk=reasons.GROUND_NO_BULK)

    return rule


def _overseen(rule: _FieldRule) -> _FieldRule:
    """The same without L3, L4 and whatever identifies a person."""

    def overseen(field: FieldPolicy) -> FieldDecision:
        personal = field.grade in {"L3", "L4"} or field.pseudonym or field.identifier in PERSONAL
        return _refuse(field, reasons.OVERSIGHT) if personal else rule(field)

    return overseen


def _region_rows(policy: Policy, region: str) -> tuple[RowFilter, ...]:
    """A position sees its own region's rows; what is open to everyone as a whole is not confined.

    An opened dataset with a field above L1 is: that field is not open anywhere.
    """
    if policy.region_field is None or is_wholly_open(policy):
        return ()
    own = Region(region)
    if own.level in {"province", "city"}:
        return (RowFilter(policy.region_field, (own.prefix,), "starts_with"),)
    return (RowFilter(policy.region_field, (region,)),)


def is_wholly_open(policy: Policy) -> bool:
    """Open to everybody with every field: no position is confined to its region's rows."""
    return policy.open_class == "unconditional" and all(f.grade == "L1" for f in policy.fields)


def _clear(field: FieldPolicy) -> FieldDecision:
    return FieldDecision(field.name, "rekey" if field.pseudonym else "clear")


def _mask(field: FieldPolicy, otherwise: Reason) -> FieldDecision:
    if field.pseudonym:
        return FieldDecision(field.name, "rekey")
    if field.identifier in MASKABLE:
        return FieldDecision(field.name, "mask")
    return _refuse(field, otherwise)


def _refuse(field: FieldPolicy, reason: Reason) -> FieldDecision:
    return FieldDecision(field.name, None, reason)


def _allow(
    policy: Policy, basis: Text, rows: tuple[RowFilter, ...], rule: _FieldRule, *, recipient: str
) -> Allow:
    decided = tuple(rule(field) for field in policy.fields)
    return Allow(policy.dataset, basis, rows, decided, recipient)
