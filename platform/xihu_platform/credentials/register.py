"""The register of credentials: issued within the transaction of a matter's event, changed in state,
told to whoever asks. Functions take a session and never commit; no document is made here.

A status list is what the states say at the moment it is asked for: it changes in the same commit,
because nothing else is stored. Whether one has *expired* is derived as well.
"""

import json
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Literal

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from xihu_platform.clock import civil_date
from xihu_platform.credentials.claims import (
    ENTRIES,
    PURPOSES,
    Purpose,
    StatusPlace,
    sign_claims,
    status_claims,
)
from xihu_platform.credentials.document import Line
from xihu_platform.credentials.identity import SealingIdentity
from xihu_platform.credentials.models import CredentialChangeRow, CredentialRow
from xihu_platform.errors import BadInput, Conflict, NotFound
from xihu_platform.matters.texts import MatterTexts
from xihu_platform.vault.seal import SealKey, open_bytes, seal_bytes
from xihu_platform.words import Text

State = Literal[
    "valid", "suspended", "withdrawn", "annulled", "deregistered", "revoked", "superseded"
]
STATES: dict[str, Text] = {
    "valid": Text("有效", "valid"),
    "suspended": Text("暂扣", "suspended"),
    "withdrawn": Text("撤回", "withdrawn"),
    "annulled": Text("撤销", "annulled"),
    "deregistered": Text("注销", "deregistered"),
    "revoked": Text("吊销", "revoked"),
    "superseded": Text("已换发", "superseded"),
    "expired": Text("已过有效期", "expired"),
}
"""The stored ones, and `expired`, which is derived."""
ENDED: tuple[State, ...] = ("withdrawn", "annulled", "deregistered", "revoked", "superseded")
"""No way back leads from these: they are in the list `revocation`."""
TOKEN_BYTES = 24
_LIST_FULL = ENTRIES // 2
"""Places of a pair of lists that are given out: a free one is found at once."""


@dataclass(frozen=True, slots=True)
class CredentialFacts:
    """What is issued. `issuer` and `holder` are keys, the names beside them are what is printed."""

    kind: str
    title: Text
    number: str
    issuer: str
    issuer_name: Text
    holder: str
    holder_name: str
    matter: int
    valid_until: date | None = None
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Credential:
    """One of the register, without what is sealed."""

    id: int
    token: str
    kind: str
    number: str
    issuer: str
    holder: str
    matter: int
    issued_at: datetime
    valid_until: date | None
    state: State
    place: StatusPlace

    def state_on(self, day: date) -> str:
        """The state on a day of Asia/Shanghai, `expired` for a valid one whose last day passed."""
        over = self.valid_until is not None and day > self.valid_until
        return "expired" if over and self.state == "valid" else self.state


@dataclass(frozen=True, slots=True)
class SeenByAnybody:
    """The public facts of a credential; `title` and `holder` are None where they were erased."""

    title: Text | None
    state: str
    since: date
    """The day on which the state took effect."""
    issuer: str
    holder: str | None
    """Masked."""


@dataclass(frozen=True, slots=True)
class StateChange:
    """`effective_on`: the day it takes effect, not after the day it is recorded."""

    state: State
    effective_on: date
    sub: str
    position: str | None
    reason: str


def issue(
    session: Session, texts: MatterTexts, facts: CredentialFacts, now: datetime
) -> Credential:
    """A valid credential of a matter, with its place in the status lists."""
    if facts.valid_until is not None and facts.valid_until < civil_date(now):
        raise BadInput("有效期早于发证日期", "the last day lies before the day of issue")
    _one_at_a_time(session)
    place = _free_place(session)
    row = CredentialRow(
        token=secrets.token_urlsafe(TOKEN_BYTES),
        kind=facts.kind,
        number=facts.number,
        issuer=facts.issuer,
        holder=facts.holder,
        matter=facts.matter,
        issued_at=now,
        valid_until=facts.valid_until,
        state="valid",
        changes=0,
        status_pair=place.pair,
        status_index=place.index,
        sealed=b"",
    )
    session.add(row)
    session.flush()  # its number is part of what is sealed
    key = texts.key(session, facts.matter) or texts.new_key(session, facts.matter)
    row.sealed = seal_bytes(key, _said(facts), f"credential {row.id} facts")
    session.flush()
    return _credential(row)


def change_state(
    session: Session, texts: MatterTexts, credential: int, change: StateChange, now: datetime
) -> Credential:
    """Raises NotFound, Conflict where no way leads from its state to the new one, BadInput for a
    date of effect in the future or before the issue."""
    locked = update(CredentialRow).where(CredentialRow.id == credential)
    session.execute(locked.values(changes=CredentialRow.changes + 1))  # nobody else meanwhile
    row = session.get(CredentialRow, credential, populate_existing=True)
    if row is None:
        raise NotFound("没有这份证照", "there is no such credential")
    check_becoming(row.state, change.state)
    if not civil_date(row.issued_at) <= change.effective_on <= civil_date(now):
        raise BadInput(
            "生效日期须在发证之日与今天之间",
            "the date of effect must lie between the day of issue and today",
        )
    row.state = change.state
    key = texts.key(session, row.matter) or texts.new_key(session, row.matter)
    place = _place(row.id, row.changes)
    session.add(
        CredentialChangeRow(
            credential=row.id,
            seq=row.changes,
            state=change.state,
            effective_on=change.effective_on,
            recorded_at=now,
            sub=change.sub,
            position=change.position,
            reason=seal_bytes(key, change.reason.encode(), place),
        )
    )
    session.flush()
    return _credential(row)


def check_becoming(state: str, wanted: State) -> None:
    """Raises Conflict where no way leads from a state to the one that is wanted."""
    comes_back = wanted != "valid" or state == "suspended"
    if state in ENDED or wanted == state or not comes_back:
        now_is, meant = STATES[state], STATES[wanted]
        raise Conflict(
            f"证照现为{now_is.zh}，不能变为{meant.zh}",
            f"the credential is {now_is.en} and cannot become {meant.en}",
        )


def find_numbered(session: Session, issuer: str, number: str) -> Credential | None:
    """The newest of an issuer that bears this number."""
    row = CredentialRow
    query = select(row).where(row.number == number, row.issuer == issuer)
    found = session.scalar(query.order_by(row.id.desc()).limit(1))
    return _credential(found) if found is not None else None


def find_credential(session: Session, token: str) -> Credential:
    """By its token. Raises NotFound."""
    row = session.scalar(select(CredentialRow).where(CredentialRow.token == token))
    if row is None:
        raise NotFound("没有这份证照", "there is no such credential")
    return _credential(row)


def credentials_of(session: Session, holders: Collection[str]) -> tuple[Credential, ...]:
    """Of somebody, under all forms of their key, the newest first."""
    query = select(CredentialRow).where(CredentialRow.holder.in_(holders))
    order = (CredentialRow.issued_at.desc(), CredentialRow.id.desc())
    return tuple(map(_credential, session.scalars(query.order_by(*order))))


def facts_of(
    session: Session, texts: MatterTexts, credential: Credential
) -> CredentialFacts | None:
    """What it says; None where it was erased with its matter's texts."""
    key = texts.key(session, credential.matter)
    row = session.get(CredentialRow, credential.id)
    if key is None or row is None or not row.sealed:
        return None
    return _facts(credential, _opened(key, row))


def changes_of(
    session: Session, texts: MatterTexts, credential: Credential
) -> tuple[StateChange, ...]:
    """The first one first; reasons that were erased are empty."""
    row = CredentialChangeRow
    query = select(row).where(row.credential == credential.id).order_by(row.seq)
    key = texts.key(session, credential.matter)
    return tuple(
        StateChange(
            state=one.state,  # type: ignore[arg-type]  # the tables have no other
            effective_on=one.effective_on,
            sub=one.sub,
            position=one.position,
            reason=open_bytes(key, one.reason, _place(one.credential, one.seq)).decode()
            if key is not None and one.reason
            else "",
        )
        for one in session.scalars(query)
    )


def seen_by_anybody(
    session: Session, texts: MatterTexts, credential: Credential, today: date
) -> SeenByAnybody:
    """What whoever has the address is told, and no more."""
    facts = facts_of(session, texts, credential)
    state = credential.state_on(today)
    return SeenByAnybody(
        title=facts.title if facts else None,
        state=state,
        since=since_of(session, credential, today),
        issuer=credential.issuer,
        holder=masked_name(facts.holder_name) if facts else None,
    )


def since_of(session: Session, credential: Credential, today: date) -> date:
    """The day from which it is in the state that it is in on `today`."""
    if credential.state_on(today) == "expired" and credential.valid_until is not None:
        return credential.valid_until + timedelta(days=1)
    row = CredentialChangeRow
    newest = select(row.effective_on).where(row.credential == credential.id)
    since = session.scalar(newest.order_by(row.seq.desc()).limit(1))
    return since or civil_date(credential.issued_at)


def masked_name(name: str) -> str:
    """The first character, whatever the length of the rest."""
    return f"{name[:1]}＊＊"


def status_list(
    session: Session,
    identity: Callable[[], SealingIdentity],
    base: str,
    number: int,
    now: datetime,
) -> str:
    """A status list as it is now, signed. Raises NotFound for one that was never begun."""
    pair, which = (number + 1) // 2, PURPOSES[(number - 1) % 2]
    begun = session.scalar(select(func.max(CredentialRow.status_pair))) or 0
    if not 1 <= pair <= begun:
        raise NotFound("没有这个状态列表", "there is no such status list")
    taken = taken_places(session, pair, which)
    return sign_claims(status_claims(base, number, which, taken, now), identity())


def taken_places(session: Session, pair: int, purpose: Purpose) -> list[int]:
    states = ENDED if purpose == "revocation" else ("suspended",)
    row = CredentialRow
    query = select(row.status_index).where(row.status_pair == pair, row.state.in_(states))
    return list(session.scalars(query))


def _free_place(session: Session) -> StatusPlace:
    row = CredentialRow
    pair = session.scalar(select(func.max(row.status_pair))) or 1
    if (session.scalar(select(func.count()).where(row.status_pair == pair)) or 0) >= _LIST_FULL:
        pair += 1
    while True:  # at most half are taken
        index = secrets.randbelow(ENTRIES)
        taken = select(row.id).where(row.status_pair == pair, row.status_index == index)
        if session.scalar(taken) is None:
            return StatusPlace(pair, index)


def _one_at_a_time(session: Session) -> None:
    """Places are drawn one after the other. On SQLite every writer waits for the one before."""
    if session.get_bind().dialect.name == "postgresql":
        number = int.from_bytes(sha256(b"credential places").digest()[:8], signed=True)
        session.execute(select(func.pg_advisory_xact_lock(number)))


def _said(facts: CredentialFacts) -> bytes:
    said = {
        "title": [facts.title.zh, facts.title.en],
        "issuer": [facts.issuer_name.zh, facts.issuer_name.en],
        "holder": facts.holder_name,
        "lines": [[one.label.zh, one.label.en, one.value] for one in facts.lines],
    }
    return json.dumps(said, ensure_ascii=False).encode()


def _place(credential: int, seq: int) -> str:
    return f"credential {credential} change {seq}"


def _opened(key: SealKey, row: CredentialRow) -> bytes:
    return open_bytes(key, row.sealed, f"credential {row.id} facts")


def _facts(of: Credential, said: bytes) -> CredentialFacts:
    found = json.loads(said)
    return CredentialFacts(
        kind=of.kind,
        title=Text(*found["title"]),
        number=of.number,
        issuer=of.issuer,
        issuer_name=Text(*found["issuer"]),
        holder=of.holder,
        holder_name=found["holder"],
        matter=of.matter,
        valid_until=of.valid_until,
        lines=tuple(Line(Text(zh, en), value) for zh, en, value in found["lines"]),
    )


def _credential(row: CredentialRow) -> Credential:
    state: State = row.state  # type: ignore[assignment]  # the tables have no other
    return Credential(
        id=row.id,
        token=row.token,
        kind=row.kind,
        number=row.number,
        issuer=row.issuer,
        holder=row.holder,
        matter=row.matter,
        issued_at=row.issued_at,
        valid_until=row.valid_until,
        state=state,
        place=StatusPlace(row.status_pair, row.status_index),
    )
