"""What registers have on the applicant of a case: read once for each source and side.

Before it is handed in, it is the applicant's own read (purpose *own*, with the number of the
draft): among the uses of their data it is their own act. Afterwards the office reads under the
case. Nothing of a third person is ever read: a dataset is asked only where its rows are about such
an applicant, and the access gateway gives the applicant's rows alone. What was read is stored
beside the case, sealed under the key of its matter.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from xihu_catalog.contracts.model import Contract, policy_of
from xihu_catalog.datasets.service import Catalogue
from xihu_catalog.services.item import RegisterSource, ServiceItem
from xihu_catalog.services.models import RegisterValueRow
from xihu_catalog.services.situation import Answers, is_needed
from xihu_platform.access.answers import Page
from xihu_platform.access.decision import Allow
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery, Sort
from xihu_platform.access.reasons import GRANT_NEEDED
from xihu_platform.access.referring import refer
from xihu_platform.database import transaction
from xihu_platform.errors import NotFound, Reason, Refused, TerminalError
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.engine import hold
from xihu_platform.matters.kernel import Matters
from xihu_platform.matters.texts import MatterTexts
from xihu_platform.matters.views import MatterView
from xihu_platform.vault.seal import SealKey, open_bytes, seal_bytes
from xihu_platform.words import Text

EXIT = "prefill"
ROWS = 200
"""Records of one applicant in one dataset that are looked through, the newest first."""
NO_DATA = Reason(
    "no_data",
    Text("数据尚未装载", "No data has been loaded yet"),
    Text("", ""),
    Text("", ""),
)
NO_FIELD = Reason(
    "no_field",
    Text("这些数据项没有向您的单位开放", "These fields are not open to your organisation"),
    Text("", ""),
    Text("", ""),
)
MATERIAL = "material:"
"""Begins the name of what is stored about a paper."""


Side = Literal["own", "desk"]


@dataclass(frozen=True, slots=True)
class RegisterValue:
    """One value as a register had it; of a paper, whether the register has what it proves."""

    name: str
    dataset: str
    field: str | None
    as_of: date | None
    read_at: datetime
    found: bool
    refused: str | None = None
    """The code of the reason why it was not shown."""
    why: Text | None = None
    """That reason in words."""
    value: str | None = None
    """As the lake stores it: a code, a day as 2026-01-31."""
    ref: str | None = None
    """The sealed reference to the record, for a correction."""
    masked: bool = False
    """Whether the value is shown in part alone."""
    read_by: str = ""
    """The person who was shown it."""

    def agrees_with(self, given: str) -> bool:
        """Whether what somebody gave is what the register has, as far as it is shown.

        >>> from datetime import UTC, datetime
        >>> now = datetime(2026, 11, 23, tzinfo=UTC)
        >>> name = RegisterValue("name", "d", "name", None, now, True, value="王**", masked=True)
        >>> [name.agrees_with(one) for one in ("王若溪", "张若溪", "王")]
        [True, False, False]
        """
        known = self.value or ""
        if not self.masked:
            return known == given
        if "*" not in known:
            return known[:4] == given[:4]  # of a masked day the year is left
        parts = (re.escape(one) for one in re.split(r"\*+", known))
        return re.fullmatch(".+".join(parts), given) is not None


@dataclass(frozen=True, slots=True)
class Registers:
    """Reads what registers have on the applicant of a case, and stores it beside the case."""

    gateway: AccessGateway
    catalogue: Catalogue
    matters: Matters

    def fetch(
        self,
        principal: Principal,
        item: ServiceItem,
        view: MatterView,
        side: Side,
        answers: Answers,
    ) -> None:
        """Read every source that this situation needs and that was not read for this side yet.
        `own`: for the applicant's draft, as their own; `desk`: for the office, under the case.

        A source that refuses, or that has no data, has nothing. Raises AuditUnavailable.
        """
        firm = any(one.role == "applicant" and one.kind == "firm" for one in view.parties)
        with transaction(self.matters.database) as session:
            row = RegisterValueRow
            known = select(row.name).where(row.matter == view.id, row.side == side)
            if side == "desk":  # whoever takes a case over reads anew, and is in the log for it;
                # so does whose office has been granted what it was not before
                known = known.where(row.read_by == principal.id)
                known = known.where(row.refused.is_distinct_from(GRANT_NEEDED.code))
            read = set(session.scalars(known))
        of = frozenset(part.item for part in item.parts) or {item.id}
        purpose = Purpose("own", view.number, services=frozenset(of))
        if side == "desk":
            purpose = Purpose("case", view.number, subject=1)
        found = list[_Found]()
        for dataset, wanted in sorted(_wanted(item, answers, read).items()):
            contract = self.catalogue.contracts.find(dataset)
            if contract is not None and _is_about(contract, firm=firm):
                found += self._read(principal, contract, purpose, wanted)
        self._store(principal, view, side, found)

    def _read(
        self, principal: Principal, contract: Contract, purpose: Purpose, wanted: "_Wanted"
    ) -> Iterator["_Found"]:
        page: Page | None = None
        refused: Reason | None = None
        try:
            query = self._query(principal, contract, purpose, wanted)
            page = self.gateway.read_page(
                principal, contract.dataset, purpose, query, limit=ROWS, exit_name=EXIT
            )
        except _NothingShown:
            refused = NO_FIELD
        except Refused as wrong:
            refused = wrong.reason
        except NotFound:  # nothing loaded yet
            refused = NO_DATA
        rows: list[dict[str, Any]] = page.table.to_pylist() if page is not None else []
        refs: Sequence[str | None] = ()
        if page is not None and purpose.code == "own":
            refs = refer(self.gateway, principal, contract.dataset, page, "own")
        visible = page.decision.visible if page is not None else ()
        clear = {one.name for one in visible if one.treatment == "clear"}
        shown = {one.name for one in visible}
        reach = self.catalogue.heartbeat(contract).data_as_of
        as_of = reach.date() if isinstance(reach, datetime) else reach
        for name, source in wanted.items():
            field = None if name.startswith(MATERIAL) else source.fields[0]
            at = next((n for n, one in enumerate(rows) if _meets(one, source)), None)
            value = None if at is None or field is None else _text(rows[at].get(field))
            masked = field is not None and (field not in clear or _is_masked(contract, field))
            if masked and purpose.code == "own":
                value = _own_name(principal, contract, field) if value else None
                masked = False
            if field is not None and value is None:
                at = None
            yield _Found(
                name,
                contract.dataset,
                field,
                as_of,
                page is not None and at is None if source.none else at is not None,
                NO_FIELD if page is not None and field and field not in shown else refused,
                page.citation.snapshot_id if page is not None else None,
                value,
                refs[at] if at is not None and refs else None,
                masked,
            )

    def _query(
        self, principal: Principal, contract: Contract, purpose: Purpose, wanted: "_Wanted"
    ) -> RowQuery:
        """The fields that the item names and this reader may see, the newest records first.

        Raises _NothingShown where they may see others alone: a query without fields is one for all.
        """
        decision = self.gateway.decide(principal, contract.dataset, purpose)
        names = {one.name for one in decision.visible} if isinstance(decision, Allow) else set()
        time = contract.time_field
        asked = [f for one in wanted.values() for f in (*one.fields, *one.only)]
        asked += [time] if time else []
        fields = tuple(one for one in dict.fromkeys(asked) if one in names)
        if isinstance(decision, Allow) and not fields:
            raise _NothingShown
        return RowQuery(fields, sorts=(Sort(time, descending=True),) if time in names else ())

    def _store(
        self, principal: Principal, view: MatterView, side: Side, found: list["_Found"]
    ) -> None:
        with transaction(self.matters.database) as session:
            hold(session, view.id)
            if self.matters.view(session, view.id).version != view.version:
                return  # something happened meanwhile, in another tab: it is read again
            key = self.matters.texts.key(session, view.id)
            key = key or self.matters.texts.new_key(session, view.id)
            now = self.matters.clock()
            for one in found:
                value = _read_value(one, now, principal.id)
                session.merge(_row(key, view.id, side, value, one.snapshot_id))


def _read_value(one: "_Found", now: datetime, sub: str) -> RegisterValue:
    return RegisterValue(
        name=one.name,
        dataset=one.dataset,
        field=one.field,
        as_of=one.as_of,
        read_at=now,
        found=one.found,
        refused=one.refused.code if one.refused else None,
        why=one.refused.text if one.refused else None,
        value=one.value,
        ref=one.ref,
        masked=one.masked,
        read_by=sub,
    )


def hand_on(
    matters: Matters, source: MatterView, target: MatterView, names: Mapping[str, str]
) -> None:
    """What registers said in a bundle, for one of its cases: by the name in the case, that in the
    bundle. It was read once; it is sealed anew, under the key of the case."""
    with transaction(matters.database) as session:
        hold(session, target.id)
        known = register_values(session, matters.texts, source.id, "own")
        key = matters.texts.key(session, target.id) or matters.texts.new_key(session, target.id)
        row = RegisterValueRow
        snapshots = dict(
            session.execute(
                select(row.name, row.snapshot_id).where(row.matter == source.id, row.side == "own")
            ).all()
        )
        for name, theirs in names.items():
            one = known.get(theirs)
            if one is not None:
                copied = replace(one, name=name)
                session.merge(_row(key, target.id, "own", copied, snapshots[theirs]))


def _row(
    key: SealKey, matter: int, side: Side, one: RegisterValue, snapshot: int | None
) -> RegisterValueRow:
    why = [one.why.zh, one.why.en] if one.why else None
    facts = {"value": one.value, "ref": one.ref, "why": why, "masked": one.masked}
    return RegisterValueRow(
        matter=matter,
        side=side,
        name=one.name,
        dataset=one.dataset,
        field=one.field,
        as_of=one.as_of,
        read_at=one.read_at,
        read_by=one.read_by,
        found=one.found,
        refused=one.refused,
        snapshot_id=snapshot,
        sealed=seal_bytes(key, json.dumps(facts).encode(), _place(matter, side, one.name)),
    )


class _NothingShown(Exception):
    """The reader may see the dataset, and none of the fields that are asked for."""


@dataclass(frozen=True, slots=True)
class _Found:
    name: str
    dataset: str
    field: str | None
    as_of: date | None
    found: bool
    refused: Reason | None
    snapshot_id: int | None
    value: str | None
    ref: str | None
    masked: bool


def register_values(
    session: Session, texts: MatterTexts, matter: int, side: Side
) -> dict[str, RegisterValue]:
    """What registers said in a case, by the id of the field, or `material:` and that of the paper.
    Nothing where it was erased."""
    key = texts.key(session, matter)
    if key is None:
        return {}
    row = RegisterValueRow
    found = {}
    for one in session.scalars(select(row).where(row.matter == matter, row.side == side)):
        with suppress(TerminalError):  # of a key that was destroyed since
            found[one.name] = _opened(key, one)
    return found


def _opened(key: SealKey, row: RegisterValueRow) -> RegisterValue:
    said = json.loads(open_bytes(key, row.sealed, _place(row.matter, row.side, row.name)))
    return RegisterValue(
        name=row.name,
        dataset=row.dataset,
        field=row.field,
        as_of=row.as_of,
        read_at=row.read_at,
        found=row.found,
        refused=row.refused,
        why=Text(*said["why"]) if said["why"] else None,
        value=said["value"],
        ref=said["ref"],
        masked=said["masked"],
        read_by=row.read_by,
    )


def _place(matter: int, side: str, name: str) -> str:
    return f"matter {matter} register {side} {name}"


def sources(item: ServiceItem) -> Iterator[tuple[str, RegisterSource]]:
    """What an item takes from registers: by the id of the field, or `material:` and that of the
    paper."""
    for one in item.form:
        if one.from_ is not None:
            yield one.id, one.from_
    for paper in item.materials:
        if paper.source is not None:
            yield MATERIAL + paper.id, paper.source


def opens(item: ServiceItem) -> dict[str, list[str]]:
    """By dataset, the fields that an item takes: what a case of it opens to the office, no more."""
    found: dict[str, list[str]] = {}
    for _, source in sources(item):
        names = found.setdefault(source.dataset, [])
        names += [one for one in (*source.fields, *source.only) if one not in names]
    return found


_Wanted = dict[str, RegisterSource]
"""Of one dataset: what a case asks it for, by the id of the field, or `material:` and that of the
paper."""


def _wanted(item: ServiceItem, answers: Answers, read: Collection[str]) -> dict[str, _Wanted]:
    """By dataset, what the situation needs and was not read yet: a paper that it excludes is no
    reason to look."""
    excluded = {MATERIAL + one.id for one in item.materials if not is_needed(one, answers)}
    found: dict[str, _Wanted] = {}
    for name, source in sources(item):
        if name not in excluded and name not in read:
            found.setdefault(source.dataset, {})[name] = source
    return found


def _is_about(contract: Contract, *, firm: bool) -> bool:
    policy = policy_of(contract)
    return (policy.firm_key if firm else policy.subject_key) is not None


def _is_masked(contract: Contract, field: str) -> bool:
    """Whether the lake itself has the field in part alone, or under a pseudonym."""
    found = contract.field(field)
    return found is None or found.protect is not None


def _own_name(principal: Principal, contract: Contract, field: str | None) -> str | None:
    """A masked value fills in nothing, but for the name of whoever applies: it is the one by which
    they are signed in, as public security has proven it."""
    found = contract.field(field or "")
    if found is None or found.identifier != "person_name":
        return None
    return principal.mandate.name_zh if principal.mandate is not None else principal.name


def _meets(row: Mapping[str, Any], source: RegisterSource) -> bool:
    return all(_text(row.get(name)) in wanted for name, wanted in source.only.items())


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)
