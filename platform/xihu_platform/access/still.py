"""A download that is under way ends with the right to it: asked again before each batch leaves.

What decisions rest on has a number (`policy_version.py`): while it is the same, on the same day,
nothing is decided anew. A suspension, a new contract or a position that ended is seen by the next
batch.
"""

from collections.abc import Callable, Iterator

import pyarrow as pa

from xihu_platform.access import reasons
from xihu_platform.access.answers import Plan
from xihu_platform.access.decision import Allow, Decision
from xihu_platform.access.subjects import of_key_version
from xihu_platform.clock import Clock, civil_date
from xihu_platform.engines.protocol import BatchStream
from xihu_platform.errors import Refused
from xihu_platform.policy_version import PolicyVersion
from xihu_platform.vault.keys import Keyring


class StillAllowed:
    """Raises Refused once the decision that a plan was made on is no longer the same."""

    def __init__(
        self,
        version: PolicyVersion,
        clock: Clock,
        keyring: Keyring,
        plan: Plan,
        decide: Callable[[], Decision],
    ) -> None:
        self._version = version
        self._clock = clock
        self._keyring = keyring
        self._plan = plan
        self._decide = decide
        self._seen: tuple[int, object] | None = None

    def __call__(self) -> None:
        now = self._version.read(), civil_date(self._clock())
        if now == self._seen:
            return
        decision = self._decide()
        if not isinstance(decision, Allow):
            raise Refused(decision.reason)
        policy, key_version = self._plan.policy, self._plan.snapshot.key_version
        decision = of_key_version(decision, policy, self._keyring, key_version)
        for name in self._plan.fields:
            before, after = self._plan.allow.field_decision(name), decision.field_decision(name)
            if before is None or after is None or after.treatment != before.treatment:
                raise Refused((after.reason if after else None) or reasons.NO_LONGER)
            if after.bulk is not None:
                raise Refused(after.bulk)
        if decision.rows != self._plan.allow.rows:
            raise Refused(reasons.NO_LONGER)
        self._seen = now


class WhileAllowed(Iterator[pa.RecordBatch]):
    """The batches of a download, each handed on only while it may leave."""

    def __init__(self, rows: BatchStream, check: StillAllowed) -> None:
        self._rows = rows
        self._check = check

    def __next__(self) -> pa.RecordBatch:
        batch = next(self._rows)
        self._check()
        return batch

    def close(self) -> None:
        self._rows.close()

    def interrupt(self) -> None:
        self._rows.interrupt()
