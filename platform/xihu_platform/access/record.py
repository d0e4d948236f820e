"""What the gateway writes into the log: who read what, for what, on what basis, and about whom.

A read of few persons lists them. A read that counts more than can be listed refers to a pin: one
row for each question, snapshot and day, from which it can be told later whether it counted
somebody (`access/uses.py`).
"""

import json
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256

import orjson
from sqlalchemy import Engine as Database
from sqlalchemy import select

from xihu_platform.access.answers import Plan
from xihu_platform.access.decision import Allow
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery
from xihu_platform.audit.entries import (
    Actor,
    DatasetQuestion,
    DatasetRead,
    LogLook,
    RefusedRead,
)
from xihu_platform.audit.log import AuditLog, LogEntry, Pin, digest_text
from xihu_platform.audit.models import AuditPin
from xihu_platform.audit.seals import OwnKeys, open_sealed, question_mark, seal_predicate
from xihu_platform.clock import Clock, civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import Reason
from xihu_platform.identity.principal import Principal
from xihu_platform.sql import Relation

MINE = "{mine}"
"""Stands in a sealed predicate for the rows of the person who asks."""


class Pad:
    """Stands for half of the recipient's key among values: it is derived again, never stored."""


PAD = Pad()
_PAD_TAG = "pad"
PINS_KNOWN = 4096


def actor(principal: Principal) -> Actor:
    """The caller as an entry names them."""
    position = principal.position
    return Actor(
        kind=principal.kind,
        principal=principal.id,
        position=position.id if position else None,
        organisation=position.organisation if position else None,
        mandate=principal.mandate.key if principal.mandate else None,
    )


def record_look(log: AuditLog, principal: Principal, page: str, **asked: str) -> None:
    """An auditor's look at the log itself, durable before anything of it leaves.

    `page` is what is looked at, `asked` what narrows it. Raises AuditUnavailable.
    """
    narrowed = {name: value for name, value in asked.items() if value}
    log.record(LogLook(actor(principal), page, narrowed).entry())


def record_command(log: AuditLog, command: str, page: str, **asked: str) -> None:
    """What somebody takes at the command line, durable before it is written.

    The program does not know who they are: the entry has the command. Raises AuditUnavailable.
    """
    narrowed = {name: value for name, value in asked.items() if value}
    log.record(LogLook(Actor("operator", command, None, None), page, narrowed).entry())


def question(
    principal: Principal, plan: Plan, purpose: Purpose, query: RowQuery
) -> DatasetQuestion:
    """What was asked and what it rested on, without values that anybody filtered by."""
    allow = plan.allow
    return DatasetQuestion(
        actor=actor(principal),
        case=purpose.case_number,
        purpose_words=purpose.words,
        basis=allow.basis.zh,
        basis_en=allow.basis.en,
        fields=plan.fields,
        treatments={v.name: v.treatment for v in allow.visible},
        snapshot=plan.snapshot.id,
        filters=[f"{f.field}:{f.operator}" for f in query.filters],
    )


def read_entry(
    principal: Principal,
    plan: Plan,
    purpose: Purpose,
    query: RowQuery,
    *,
    exit_name: str,
    rows: int | None,
    subjects: tuple[str, ...] = (),
    pin: "Pin | str | None" = None,
    read_id: str | None = None,
) -> LogEntry:
    """The entry of a page (`rows` known) or of a stream's intent. A pin holds the question."""
    return DatasetRead(
        dataset=plan.policy.dataset,
        organisation=actor(principal).organisation,
        purpose=purpose.code,
        exit=exit_name,
        rows=rows,
        question=question(principal, plan, purpose, query) if pin is None else None,
        subjects=subjects,
        pin=pin,
        read_id=read_id,
    ).entry()


def refusal_entry(
    principal: Principal,
    dataset: str,
    reason: Reason,
    purpose: Purpose,
    *,
    field: str | None = None,
    subjects: tuple[str, ...] = (),
) -> LogEntry:
    return RefusedRead(
        actor=actor(principal),
        dataset=dataset,
        purpose=purpose.code,
        case=purpose.case_number,
        reason=reason.code,
        article=reason.article.zh,
        field=field,
        subjects=subjects,
    ).entry()


class Pins:
    """Finds the pin of a question asked before on the same day, or makes a new one."""

    def __init__(self, database: Database, clock: Clock, keys: OwnKeys) -> None:
        self._database = database
        self._clock = clock
        self._keys = keys
        self._known: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def of(
        self,
        principal: Principal,
        plan: Plan,
        purpose: Purpose,
        query: RowQuery,
        *,
        whole: bool = False,
    ) -> Pin | str:
        """A pin to write with the entry, or the digest of the one that is in the log.

        `whole`: all rows left at once. It is another question than a look at pages of them.
        """
        today = civil_date(self._clock())
        asked = {**question(principal, plan, purpose, query).said, "whole": whole}
        predicate = _predicate(plan)
        office = actor(principal).organisation
        mark = question_mark(self._keys, today, asked, purpose.code, office, predicate)
        if (known := self._find(mark)) is not None:
            return known
        return self._make(principal, plan, purpose, asked, predicate, mark, today)

    def noted(self, pin: Pin) -> None:
        """The pin is durable: the next entry may name it."""
        with self._lock:
            self._known[pin.question] = pin.digest
            while len(self._known) > PINS_KNOWN:
                self._known.popitem(last=False)

    def _find(self, mark: str) -> str | None:
        with self._lock:
            if mark in self._known:
                self._known.move_to_end(mark)
                return self._known[mark]
        with transaction(self._database) as session:
            return session.scalar(select(AuditPin.digest).where(AuditPin.question == mark))

    def _make(
        self,
        principal: Principal,
        plan: Plan,
        purpose: Purpose,
        asked: dict[str, object],
        predicate: str | None,
        mark: str,
        today: date,
    ) -> Pin:
        key = None if predicate is None else secrets.token_bytes(32)
        sealed = None if key is None or predicate is None else seal_predicate(key, predicate)
        region = _region(plan.allow)
        body = orjson.dumps(
            {
                **asked,
                "dataset": plan.policy.dataset,
                "organisation": actor(principal).organisation,
                "purpose": purpose.code,
                "recipient": plan.allow.recipient,
                "day": today.isoformat(),
                "region": region,
                "predicate": sealed,
                "salt": secrets.token_hex(16),
            },
            option=orjson.OPT_SORT_KEYS,
        )
        return Pin(
            digest=pin_digest_of(body),
            body=body,
            key=key,
            question=mark,
            day=today,
            dataset=plan.policy.dataset,
            snapshot_id=plan.snapshot.id,
            region=region,
            whole=predicate is None,
        )


def pin_digest_of(body: bytes) -> str:
    return digest_text(sha256(body).digest())


def _region(allow: Allow) -> str:
    """The prefix of region codes that confines the rows; empty where nothing does."""
    return next((row.values[0] for row in allow.rows if row.values), "")


def _predicate(plan: Plan) -> str | None:
    """What tells of some of a person's rows whether they were counted; None for the region alone.

    The text is ours; its values are typed JSON. Halves of the recipient's key are only marked.
    """
    if not plan.conditions:
        return None
    sql = plan.over(Relation(MINE, plan.dialect)).count().sql
    return json.dumps([sql, [_tagged(value) for value in plan.parameters]])


def _tagged(value: object) -> object:
    if isinstance(value, bytes):
        return {_PAD_TAG: None}
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, datetime):
        return {"timestamp": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    return value


_UNTAG: dict[str, Callable[[str], object]] = {
    "decimal": Decimal,
    "timestamp": datetime.fromisoformat,
    "date": date.fromisoformat,
}


def open_predicate(body: bytes, key: bytes) -> tuple[str, list[object], str]:
    """The sealed predicate of a pin: SQL over `MINE`, values with `PAD` marks, the recipient."""
    pinned = orjson.loads(body)
    sql, values = json.loads(open_sealed(key, str(pinned["predicate"])))
    return str(sql), [_untagged(value) for value in values], str(pinned["recipient"])


def _untagged(value: object) -> object:
    if not isinstance(value, dict):
        return value
    ((tag, text),) = value.items()
    return PAD if tag == _PAD_TAG else _UNTAG[tag](str(text))
