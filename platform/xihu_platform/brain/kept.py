"""Answers of metrics kept as bytes, given again after a decision of its own and under an own entry.

An answer is a function of question, decision, snapshot, contract, civil day and language. A metric
hides the same cells from everybody, so what its decision allows is all or nothing.
"""

import threading
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256

import orjson
from cachetools import LRUCache

from xihu_platform.access.decision import Deny
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.metric_decision import METRIC_BASES, METRIC_PURPOSES, decide_metric
from xihu_platform.access.policy import Policy
from xihu_platform.access.record import actor
from xihu_platform.audit.entries import MetricRead
from xihu_platform.audit.log import LogEntry
from xihu_platform.brain.envelope import to_json
from xihu_platform.brain.query import MetricQuery
from xihu_platform.brain.service import Answer, question
from xihu_platform.brain.spec import MetricSpec
from xihu_platform.clock import civil_date
from xihu_platform.identity.principal import Principal
from xihu_platform.words import Language

_ENTRY = b'"audit_entry":'
"""Once in each answer: in a text of JSON its quotes would be escaped."""
_Asked = tuple[str, MetricQuery, Language]


@dataclass(frozen=True, slots=True)
class Basis:
    """What an answer rests on, besides question and language."""

    policy: Policy
    location: str
    """Of the table's metadata: another one after every load, erasure and maintenance."""
    day: date
    """Periods close by the day."""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """The bytes of an answer, but for the number of the entry it is given under."""

    spec: MetricSpec
    query: MetricQuery
    basis: Basis
    snapshot_id: int
    rows: int
    etag: str
    """Of the bytes but for the entry's number: periods close by the day, contracts change."""
    before: bytes
    after: bytes

    def body(self, seq: int) -> bytes:
        return b"%b%d%b" % (self.before, seq, self.after)

    def entry(self, principal: Principal) -> LogEntry:
        return MetricRead(
            actor=actor(principal),
            dataset=self.spec.dataset,
            metric=self.spec.id,
            purpose=METRIC_PURPOSES[self.spec.audience],
            basis=METRIC_BASES[self.spec.audience].zh,
            basis_en=METRIC_BASES[self.spec.audience].en,
            snapshot=self.snapshot_id,
            rows=self.rows,
            details=question(self.query),
        ).entry()


class KeptAnswers:
    """The answers of one process, limited by their bytes as the gateway's own are."""

    def __init__(self, gateway: AccessGateway) -> None:
        self._gateway = gateway
        limit_bytes = gateway.answers.limit_bytes
        self._largest = limit_bytes // 8
        self._answers: LRUCache[_Asked, KeptAnswer] = LRUCache(
            limit_bytes, lambda kept: len(kept.before) + len(kept.after)
        )
        self._lock = threading.Lock()

    def basis(self, spec: MetricSpec, number: int) -> Basis | None:
        """As it is at this moment; None where it is not known under the policy version,
        or not published: who may know is asked each time."""
        policy = self._gateway.find_policy(spec.dataset, number)
        location = self._gateway.lake.location(f"data.{spec.dataset}")
        if policy is None or location is None or not policy.published:
            return None
        return Basis(policy, location, civil_date(self._gateway.clock()))

    def find(
        self,
        principal: Principal,
        spec: MetricSpec,
        query: MetricQuery,
        lang: Language,
        number: int,
    ) -> KeptAnswer | None:
        """An answer that this principal may have now. It may leave once its entry is durable.

        `number` is the policy version, read after the last wait.
        """
        now = self._gateway.clock()
        if isinstance(decide_metric(principal, spec.dataset, spec.audience, now=now), Deny):
            return None
        with self._lock:
            found = self._answers.get((spec.id, query, lang))
        if found is None or found.basis != self.basis(spec, number):
            return None
        self._gateway.answers.count_hit()
        return found

    def keep(
        self, answer: Answer, query: MetricQuery, lang: Language, before: Basis | None
    ) -> KeptAnswer:
        """The answer as bytes. It is kept where what it rests on is what it was `before`."""
        cited = replace(answer.citation, audit_entry=0)
        body = orjson.dumps(to_json(replace(answer, citation=cited), lang), default=str)
        head, _, tail = body.partition(_ENTRY)
        made = KeptAnswer(
            spec=answer.metric,
            query=query,
            basis=before or Basis(self._gateway.policy(answer.metric.dataset), "", date.min),
            snapshot_id=answer.citation.snapshot_id,
            rows=answer.rows,
            etag=sha256(head + tail).hexdigest(),
            before=head + _ENTRY,
            after=tail.removeprefix(b"0"),
        )
        small = len(made.before) + len(made.after) <= self._largest
        number = self._gateway.policy_version.read()
        if small and before is not None and before == self.basis(answer.metric, number):
            with self._lock:
                self._answers[answer.metric.id, query, lang] = made
        return made
