"""The decision: a pure function from principal, policy, grant and purpose to deny or allow.

First who may see the dataset's rows at all and which of them, then each field by its grade:

=====================  ==========================  ========  ========  =====================
who, for what          rows                        L1, L2    L3        L4
=====================  ==========================  ========  ========  =====================
anyone, open data      all, if opened              L1 only   refused   refused
own records, level 2   one's own                   clear     masked    refused: level 3
own records, level 3   one's own                   clear     clear     clear
own department, duty   the position's region       clear     masked    refused: case needed
own department, case   the position's region       clear     clear     clear
other, unconditional   the position's region       clear     masked    refused
  … with a case                                    clear     clear     refused
other, with a grant    the position's region       granted   masked    refused: case needed
  … with a case                                    granted   clear     clear
=====================  ==========================  ========  ========  =====================

A pseudonym is never clear: it is keyed again for its recipient. What cannot be masked is refused
where the table says masked. A position that only oversees (neither handler nor steward) sees no
L3, no L4 and no identifier of a person, case or not: the office gives no sight of personal data.
The region binds whatever is not wholly open: opened rows that carry a field above L1 are confined
too, and all of them are had, at L1, as open data. Sources: Order 809 art. 14-15, 20-25; PIPL
art. 28, 34, 45; DB33/T 2351-2021 for the grades.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from xihu_platform.access import reasons
from xihu_platform.access.policy import FieldPolicy, Grant, Policy, Purpose
from xihu_platform.errors import Reason
from xihu_platform.identity.principal import Duty, Position, Principal
from xihu_platform.words import Text

Treatment = Literal["clear", "mask", "rekey"]

MASKABLE = frozenset({"person_name", "mobile", "address", "bank_account", "birth_date"})
PERSONAL = MASKABLE | {"citizen_id", "document_number", "medical", "income"}
HANDLING: frozenset[Duty] = frozenset({"handler", "steward"})
"""Duties that work with records; the others oversee."""
PROVINCE_SUFFIX = "0000"


@dataclass(frozen=True, slots=True)
class FieldVerdict:
    """Of one field: a treatment, or the reason it is refused."""

    name: str
    treatment: Treatment | None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Rows a reader may see: `field` equals or (region codes) starts with `value`."""

    field: str
    value: str
    match: Literal["equals", "starts_with"]


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
    fields: tuple[FieldVerdict, ...]
    recipient: str
    """Whom pseudonyms are keyed for."""

    def verdict(self, name: str) -> FieldVerdict | None:
        return next((f for f in self.fields if f.name == name), None)

    @property
    def visible(self) -> tuple[FieldVerdict, ...]:
        return tuple(f for f in self.fields if f.treatment is not None)


Decision = Deny | Allow
_OPENED = Text("DB33/T 2351-2021 无条件开放", "DB33/T 2351-2021, opened without conditions")
_OWN_RECORDS = Text("《个人信息保护法》第四十五条", "Personal Information Protection Law art. 45")
_OWN_DATA = Text("《政务数据共享条例》第十三条，本部门数据", "Order 809 art. 13, own data")
_SHARED = Text(
    "《政务数据共享条例》第十四条，无条件共享", "Order 809 art. 14, shared unconditionally"
)
_FieldRule = Callable[[FieldPolicy], FieldVerdict]


def decide(
    principal: Principal, policy: Policy, purpose: Purpose, *, grant: Grant | None, today: date
) -> Decision:
    """What `principal` may see of `policy.dataset` for `purpose` on `today`."""
    if purpose.code == "open":
        return _open(policy)
    if purpose.code == "own":
        return _own(principal, policy, today)
    return _office(principal, policy, purpose, grant, today)


def _open(policy: Policy) -> Decision:
    if policy.open_class == "banned":
        return Deny(policy.dataset, reasons.OPEN_BANNED)
    if policy.open_class == "restricted":
        return Deny(policy.dataset, reasons.OPEN_RESTRICTED)

    def rule(field: FieldPolicy) -> FieldVerdict:
        if field.grade != "L1" or field.pseudonym:
            return _refuse(field, reasons.NOT_OPEN_GRADE)
        return _clear(field)

    return _allow(policy, _OPENED, (), rule, recipient="public")


def _own(principal: Principal, policy: Policy, today: date) -> Decision:
    if principal.kind != "citizen":
        known = principal.kind != "anonymous"
        return Deny(policy.dataset, reasons.PURPOSE if known else reasons.SIGN_IN)
    if principal.level < 2:
        return Deny(policy.dataset, reasons.REAL_NAME)
    mine = _own_rows(principal, policy, today)
    if mine is None:
        return Deny(policy.dataset, reasons.NOT_ABOUT_YOU)

    def rule(field: FieldPolicy) -> FieldVerdict:
        if field.grade == "L4" and principal.level < 3:
            return _refuse(field, reasons.REAL_NAME)
        if field.grade == "L3" and principal.level < 3:
            return _mask(field, reasons.REAL_NAME)
        return _clear(field)

    return _allow(policy, _OWN_RECORDS, (mine,), rule, recipient=f"person:{principal.id}")


def _own_rows(principal: Principal, policy: Policy, today: date) -> RowFilter | None:
    behalf = principal.behalf
    if behalf is not None and not behalf.valid_from <= today <= behalf.valid_to:
        return None
    if behalf is not None and behalf.kind == "firm":
        return policy.firm_key and RowFilter(policy.firm_key, behalf.key, "equals") or None
    subject = behalf.key if behalf is not None else principal.subject
    if subject is None or policy.subject_key is None:
        return None
    return RowFilter(policy.subject_key, subject, "equals")


def _office(
    principal: Principal, policy: Policy, purpose: Purpose, grant: Grant | None, today: date
) -> Decision:
    if principal.kind not in {"official", "system"}:
        known = principal.kind != "anonymous"
        return Deny(policy.dataset, reasons.PURPOSE if known else reasons.SIGN_IN)
    position = principal.position
    if position is None or not position.holds_on(today):
        return Deny(policy.dataset, reasons.NO_POSITION)
    if "auditor" in position.duties:
        return Deny(policy.dataset, reasons.AUDITOR)
    case = purpose.code == "case"
    if case and not (purpose.case_number or "").strip():
        return Deny(policy.dataset, reasons.CASE_NEEDED)
    recipient = f"organisation:{position.organisation}"
    rows = _region_rows(policy, position.region)
    shared = _shared(policy, grant, position, case=case, today=today)
    if isinstance(shared, Deny):
        return shared
    basis, rule = shared
    seen = rule if position.duties & HANDLING else _overseen(rule)
    return _allow(policy, basis, rows, seen, recipient=recipient)


def _shared(
    policy: Policy, grant: Grant | None, position: Position, *, case: bool, today: date
) -> Deny | tuple[Text, _FieldRule]:
    """What a position's organisation rests on, and what that does to each field."""
    if position.organisation == policy.provider:
        return _OWN_DATA, _own_department(case)
    if policy.share_class == "refused":
        return Deny(policy.dataset, reasons.share_refused(policy))
    if grant is not None and _grant_holds(grant, policy, position.organisation, today):
        basis = Text(
            f"《政务数据共享条例》第二十一条，授权 {grant.id}",
            f"Order 809 art. 21, grant {grant.id}",
        )
        return basis, _granted(grant, policy, case)
    if policy.share_class == "conditional":
        return Deny(policy.dataset, reasons.GRANT_NEEDED)
    return _SHARED, _unconditional(case)


def _grant_holds(grant: Grant, policy: Policy, organisation: str, today: date) -> bool:
    same = grant.dataset == policy.dataset and grant.organisation == organisation
    return same and grant.holds_on(today)


def _own_department(case: bool) -> _FieldRule:
    def rule(field: FieldPolicy) -> FieldVerdict:
        if case or field.grade in {"L1", "L2"}:
            return _clear(field)
        if field.grade == "L3":
            return _mask(field, reasons.CASE_NEEDED)
        return _refuse(field, reasons.CASE_NEEDED)

    return rule


def _unconditional(case: bool) -> _FieldRule:
    def rule(field: FieldPolicy) -> FieldVerdict:
        if field.grade == "L4":
            return _refuse(field, reasons.ABOVE_SHARED)
        if field.grade == "L3" and not case:
            return _mask(field, reasons.CASE_NEEDED)
        return _clear(field)

    return rule


def _granted(grant: Grant, policy: Policy, case: bool) -> _FieldRule:
    """A grant adds to what is shared with everyone; it never takes away."""
    own = _own_department(case)
    shared = _unconditional(case) if policy.share_class == "unconditional" else None

    def rule(field: FieldPolicy) -> FieldVerdict:
        if field.name in grant.fields:
            return own(field)
        return shared(field) if shared else _refuse(field, reasons.NOT_GRANTED)

    return rule


def _overseen(rule: _FieldRule) -> _FieldRule:
    """The same without L3, L4 and whatever identifies a person."""

    def overseen(field: FieldPolicy) -> FieldVerdict:
        personal = field.grade in {"L3", "L4"} or field.pseudonym or field.identifier in PERSONAL
        return _refuse(field, reasons.OVERSIGHT) if personal else rule(field)

    return overseen


def _region_rows(policy: Policy, region: str) -> tuple[RowFilter, ...]:
    """A position sees its own region's rows; what is open to everyone as a whole is not confined.

    An opened dataset with a field above L1 is: that field is not open anywhere.
    """
    if policy.region_field is None or _wholly_open(policy):
        return ()
    if region.endswith(PROVINCE_SUFFIX):
        return (RowFilter(policy.region_field, region[:2], "starts_with"),)
    if region.endswith("00"):
        return (RowFilter(policy.region_field, region[:4], "starts_with"),)
    return (RowFilter(policy.region_field, region, "equals"),)


def _wholly_open(policy: Policy) -> bool:
    return policy.open_class == "unconditional" and all(f.grade == "L1" for f in policy.fields)


def _clear(field: FieldPolicy) -> FieldVerdict:
    return FieldVerdict(field.name, "rekey" if field.pseudonym else "clear")


def _mask(field: FieldPolicy, otherwise: Reason) -> FieldVerdict:
    if field.pseudonym:
        return FieldVerdict(field.name, "rekey")
    if field.identifier in MASKABLE:
        return FieldVerdict(field.name, "mask")
    return _refuse(field, otherwise)


def _refuse(field: FieldPolicy, reason: Reason) -> FieldVerdict:
    return FieldVerdict(field.name, None, reason)


def _allow(
    policy: Policy, basis: Text, rows: tuple[RowFilter, ...], rule: _FieldRule, *, recipient: str
) -> Allow:
    verdicts = tuple(rule(field) for field in policy.fields)
    return Allow(policy.dataset, basis, rows, verdicts, recipient)
