"""Who used my data, whole: the reads that listed a person and the pins that counted them.

A pin confined by nothing but a region is settled by where the person's rows lie in its snapshot:
one question for each snapshot, kept. One with a predicate is asked of the person's own rows, once.
"""

import re
from dataclasses import dataclass
from itertools import cycle

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session
from sqlglot import exp

from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.parameters import Parameters
from xihu_platform.access.policy import Policy
from xihu_platform.access.record import MINE, PAD, open_predicate
from xihu_platform.access.treatments import as_recipient_sees
from xihu_platform.audit.models import AuditCounted, AuditPin, AuditRegion, AuditReplay
from xihu_platform.audit.seals import counted_row, counted_seal, region_rows
from xihu_platform.audit.uses import ASKED, EVERY_USE, REPLAY, Use, UseFilter, uses_of
from xihu_platform.database import transaction
from xihu_platform.errors import NotFound
from xihu_platform.lake.snapshot import Snapshot
from xihu_platform.sql import Relation, Statement, column, named, raw_sql, string
from xihu_platform.vault.keys import key_version_of

LAST_ENTRY = 2**63 - 1  # the databases count in 64 bits; a larger number is no entry
_MINE = "_mine"
"""The person's own rows, in the statement that asks several predicates."""
TOGETHER = 100  # predicates asked in one statement
FIRST_RELATION = "{relation}"
"""Where the first format's SQL has the files, which compaction may have replaced."""
_QUOTED_OR_PLACE = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\?|\$\d+")


def list_uses(
    gateway: AccessGateway,
    subject: str,
    *,
    before: int | None = None,
    limit: int = 50,
    wanted: UseFilter = EVERY_USE,
) -> list[Use]:
    """Newest first. `subject` is the person's first pseudonym, as the account has it. Of a later
    one the reads that listed it are found, and no other: what it was before, nobody can tell."""
    forms = gateway.forms(subject)
    if key_version_of(subject) == 1:
        settle(gateway, subject)
    if before is not None:
        before = min(before, LAST_ENTRY)
    return uses_of(gateway.database, forms, before=before, limit=limit, wanted=wanted)


def settle(gateway: AccessGateway, subject: str) -> None:
    """Learn of every pin that is not settled yet whether it counted this person."""
    _settle_regions(gateway, subject)
    _settle_predicates(gateway, subject)
    _settle_replays(gateway, subject)


def _settle_regions(gateway: AccessGateway, subject: str) -> None:
    """Where the person's rows lie, for each snapshot that a pin without a predicate names."""
    with transaction(gateway.database) as session:
        pinned = session.execute(
            select(AuditPin.dataset, AuditPin.snapshot_id).where(AuditPin.whole).distinct()
        ).all()
        known = session.execute(
            select(AuditRegion.dataset, AuditRegion.snapshot_id).where(
                AuditRegion.subject == subject, AuditRegion.region == ASKED
            )
        ).all()
    wanted = {(str(d), int(s)) for d, s in pinned} - {(str(d), int(s)) for d, s in known}
    for dataset, snapshot_id in wanted:
        regions = _regions(gateway, dataset, snapshot_id, subject)
        with transaction(gateway.database) as session:
            _put_regions(
                session,
                region_rows(gateway.own_keys, subject, dataset, snapshot_id, (ASKED, *regions)),
            )


def _put_regions(session: Session, rows: list[AuditRegion]) -> None:
    """All of a person and snapshot: what else stands there has no mark, and is not ours."""
    one = rows[0]
    session.execute(
        delete(AuditRegion).where(
            AuditRegion.subject == one.subject,
            AuditRegion.dataset == one.dataset,
            AuditRegion.snapshot_id == one.snapshot_id,
            AuditRegion.region.not_in([row.region for row in rows]),
        )
    )
    for row in rows:
        session.merge(row)


def _regions(gateway: AccessGateway, dataset: str, snapshot_id: int, subject: str) -> set[str]:
    """Every prefix that a pin may have been confined to and that holds a row of the person."""
    snapshot = _snapshot(gateway, dataset, snapshot_id)
    if snapshot is None:  # erased or expired: a read that may have counted them did
        return _every_region(gateway, dataset, snapshot_id)
    policy = gateway.policy(dataset)
    field = column(policy.region_field) if policy.region_field else string("")
    region = named(exp.Coalesce(this=field, expressions=[string("")]), "r")
    parameters = Parameters()
    relation = gateway.engine.relation(snapshot)
    form = parameters.place(gateway.promote(subject, snapshot.key_version))
    tree = _own_rows(relation, policy, form, region).distinct(copy=False)
    statement = parameters.statement(tree, relation.dialect)
    codes = gateway.engine.fetch(statement)["r"].to_pylist()
    return {code[:width] for code in codes for width in (0, 2, 4, 6)}


def _own_rows(relation: Relation, policy: Policy, form: exp.Expr, chosen: exp.Expr) -> exp.Select:
    """What is chosen of the rows of a person, who is known here by `form`."""
    key = column(policy.subject_key or "")
    tree = exp.Select(expressions=[chosen]).from_(relation.table(), copy=False)
    return tree.where(exp.EQ(this=key, expression=form), copy=False)


def _every_region(gateway: AccessGateway, dataset: str, snapshot_id: int) -> set[str]:
    mine = (AuditPin.dataset == dataset, AuditPin.snapshot_id == snapshot_id)
    with transaction(gateway.database) as session:
        return set(session.scalars(select(AuditPin.region).where(*mine).distinct()))


def _snapshot(gateway: AccessGateway, dataset: str, snapshot_id: int) -> Snapshot | None:
    try:
        return gateway.lake.snapshot(f"data.{dataset}", snapshot_id)
    except NotFound:
        return None


@dataclass(frozen=True, slots=True)
class _Predicate:
    recipient: str
    sql: str
    values: list[object]

    @property
    def question(self) -> str:
        """The same for pins of several days that asked the same."""
        return f"{self.recipient}\0{self.sql}\0{self.values!r}"


def _settle_predicates(gateway: AccessGateway, subject: str) -> None:
    with transaction(gateway.database) as session:
        open_pins = _unsettled(session, subject)
    by_snapshot: dict[tuple[str, int], list[AuditPin]] = {}
    for pin in open_pins:
        by_snapshot.setdefault((pin.dataset, pin.snapshot_id), []).append(pin)
    for (dataset, snapshot_id), pins in by_snapshot.items():
        snapshot = _snapshot(gateway, dataset, snapshot_id)
        counted = _counted(gateway, dataset, snapshot, subject, pins)
        rows = [
            {
                "subject": subject,
                "pin": pin.digest,
                "counted": yes,
                "seal": counted_seal(gateway.own_keys, subject, pin.digest, counted=yes),
            }
            for pin, yes in zip(pins, counted, strict=True)
        ]
        with transaction(gateway.database) as session:  # not objects: they take as long as asking
            session.execute(insert(AuditCounted), rows)


def _unsettled(session: Session, subject: str) -> list[AuditPin]:
    done = select(AuditCounted.pin).where(AuditCounted.subject == subject)
    pins = select(AuditPin).where(~AuditPin.whole, AuditPin.digest.not_in(done))
    return list(session.scalars(pins))


def _counted(
    gateway: AccessGateway,
    dataset: str,
    snapshot: Snapshot | None,
    subject: str,
    pins: list[AuditPin],
) -> list[bool]:
    """Each predicate asked of the person's own rows; one that cannot be asked may have counted."""
    if snapshot is None:
        return [True] * len(pins)
    opened = [_opened(pin) for pin in pins]
    distinct = {one.question: one for one in opened if one is not None}
    answers: dict[str, bool] = {}
    asked = list(distinct.values())
    for start in range(0, len(asked), TOGETHER):
        answers |= _ask(gateway, dataset, snapshot, subject, asked[start : start + TOGETHER])
    return [one is None or answers[one.question] for one in opened]


def _ask(
    gateway: AccessGateway,
    dataset: str,
    snapshot: Snapshot,
    subject: str,
    asked: list[_Predicate],
) -> dict[str, bool]:
    """Several predicates in one statement, over the person's own rows alone; by question."""
    parameters = Parameters()
    relation = gateway.engine.relation(snapshot)
    form = parameters.place(gateway.promote(subject, snapshot.key_version))
    tree = exp.Select()
    for number, one in enumerate(asked):
        text = _renumbered(one.sql, _keyed(gateway, one), parameters).replace(MINE, _MINE)
        tree.select(named(exp.Paren(this=raw_sql(text)), f"n{number}"), copy=False)
    mine = _own_rows(relation, gateway.policy(dataset), form, exp.Star())
    tree.with_(_MINE, as_=mine, materialized=True, copy=False)
    row = gateway.engine.fetch(parameters.statement(tree, relation.dialect)).to_pylist()[0]
    return {one.question: int(row[f"n{number}"]) > 0 for number, one in enumerate(asked)}


def _opened(pin: AuditPin) -> _Predicate | None:
    """None where an erasure has destroyed the key."""
    if pin.key is None:
        return None
    sql, values, recipient = open_predicate(pin.body, pin.key)
    return _Predicate(recipient, sql, values)


def _keyed(gateway: AccessGateway, asked: _Predicate) -> list[object]:
    """Its values, with the recipient's key where halves of it were bound, outer before inner."""
    pads = gateway.pads(asked.recipient)
    halves = cycle((pads.outer, pads.inner))
    return [next(halves) if value is PAD else value for value in asked.values]


def _renumbered(sql: str, values: list[object], parameters: Parameters) -> str:
    """A statement's text with its placeholders bound once more among others'."""
    places: dict[str, str] = {}

    def bound(found: re.Match[str]) -> str:
        text = found[0]
        if not text.startswith("$"):
            return text
        if text not in places:
            places[text] = parameters.bind(values[int(text[1:]) - 1])
        return places[text]

    return _QUOTED_OR_PLACE.sub(bound, sql)


def pins_naming(gateway: AccessGateway, dataset: str, forms: tuple[str, ...]) -> list[str]:
    """The pins of a dataset in whose predicate somebody filtered by this person's pseudonym."""
    with transaction(gateway.database) as session:
        wanted = (AuditPin.dataset == dataset, ~AuditPin.whole, AuditPin.key.is_not(None))
        pins = list(session.scalars(select(AuditPin).where(*wanted)))
    return [pin.digest for pin in pins if _names(gateway, pin, forms)]


def _names(gateway: AccessGateway, pin: AuditPin, forms: tuple[str, ...]) -> bool:
    asked = _opened(pin)
    if asked is None:
        return False
    said = {str(value) for value in asked.values}
    pads = gateway.pads(asked.recipient)
    return any(said & {form, as_recipient_sees(pads, form)} for form in forms)


def _settle_replays(gateway: AccessGateway, subject: str) -> None:
    """The reads that the log's first format kept as SQL are asked like any other, once."""
    with transaction(gateway.database) as session:
        replays = session.scalars(select(AuditReplay)).all()
        marks = [f"{REPLAY}{replay.seq}" for replay in replays]
        known = select(AuditCounted.pin).where(
            AuditCounted.subject == subject, AuditCounted.pin.in_(marks)
        )
        asked = set(session.scalars(known))
    for replay, mark in zip(replays, marks, strict=True):
        if mark not in asked:
            shown = _shown(gateway, replay, subject)
            with transaction(gateway.database) as session:
                session.merge(counted_row(gateway.own_keys, subject, mark, counted=shown))


def _shown(gateway: AccessGateway, replay: AuditReplay, subject: str) -> bool:
    snapshot = _snapshot(gateway, replay.dataset, replay.snapshot_id)
    if snapshot is None:
        return True
    pads = gateway.pads(replay.recipient)
    values = [
        *gateway.open_replay(replay.parameters[0], replay.sql),
        gateway.promote(subject, snapshot.key_version),
    ]
    parameters = Parameters()
    unused = iter(values)

    def bound(found: re.Match[str]) -> str:
        return parameters.bind(next(unused)) if found[0] == "?" else found[0]

    text = _QUOTED_OR_PLACE.sub(bound, replay.sql)
    for half, pad in (("outside", pads.outer), ("inside", pads.inner)):
        old = f"(SELECT {half} FROM _keys WHERE id = '{pads.key_id}')"
        text = text.replace(old, parameters.bind(pad))
    text = text.replace(FIRST_RELATION, gateway.engine.relation(snapshot).sql)
    found = gateway.engine.fetch(Statement(text, tuple(parameters)))
    return int(found["n"][0].as_py()) > 0
