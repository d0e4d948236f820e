"""What leaves through the access gateway: a planned query, its page or stream, its citation."""

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import pyarrow as pa
from cachetools import LRUCache
from sqlglot import exp

from xihu_platform.access.decision import Allow
from xihu_platform.access.disputed import DisputedRow
from xihu_platform.access.outcome import RecordSource
from xihu_platform.access.policy import Policy
from xihu_platform.access.treatments import Rekey
from xihu_platform.lake.snapshot import Snapshot
from xihu_platform.sql import Relation, Statement, conjunction, named, raw_sql, render

TEXTS_KEPT = 256
"""Statements whose text is kept: to make one of its tree takes longer than to look it up."""
SUBJECTS_LISTED = 1000
"""How many persons an entry lists; a total by facts about more is not told."""


@dataclass(frozen=True, slots=True)
class Citation:
    """What an answer rests on; asking again with this snapshot gives the same answer."""

    dataset: str
    snapshot_id: int
    committed_at: str
    rows: int
    synthetic: bool
    audit_entry: int | None = None
    pseudonyms: int | None = None
    """Key version of the pseudonyms in the answer: those of two are not comparable."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of rows: `table` holds the visible fields only."""

    table: pa.Table
    total: int | None
    """None where more than `SUBJECTS_LISTED` persons were counted by facts about them."""
    next_cursor: str | None
    decision: Allow
    citation: Citation
    about_persons: bool
    """Whether the dataset has a subject key: its answers are stored nowhere."""
    disputed: tuple[DisputedRow, ...] = ()
    """Rows with fields that are being verified (核实中)."""
    records: tuple[int, ...] = ()
    """The number of each row in its snapshot, for the gateway itself."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A whole answer: the first batch is empty and carries the schema."""

    batches: Iterator[pa.RecordBatch]
    source: RecordSource
    """To be closed by whoever sends it."""
    decision: Allow
    citation: Citation
    check: Callable[[], None] = lambda: None
    """Raises Refused where it may not leave any longer; asked before each batch, and by whoever
    sends what was spooled."""


@dataclass(frozen=True, slots=True)
class AggregateAnswer:
    """A registered aggregate over a whole dataset."""

    table: pa.Table
    citation: Citation
    sql: str
    """The statement for a reader: it names the dataset where the one that ran has its files."""
    key: str
    """The same for the same statement over the same snapshot."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A decided and rewritten query, before its order and page."""

    policy: Policy
    allow: Allow
    snapshot: Snapshot
    fields: tuple[str, ...]
    relation: Relation
    view: Relation
    """The dataset as its reader may see it."""
    conditions: tuple[str, ...]
    """The filters of the query as text; none where it asks for all rows."""
    parameters: tuple[object, ...]
    rekey: Rekey

    @property
    def named_subjects(self) -> tuple[str, ...] | None:
        """The persons whose rows alone the decision allows; None where it names none."""
        key = self.policy.subject_key
        return next((r.values for r in self.allow.rows if key and r.field == key), None)

    @property
    def is_whole(self) -> bool:
        """Whether it asks for all rows of the snapshot."""
        return not self.allow.rows and not self.conditions

    @property
    def dialect(self) -> str:
        return self.relation.dialect

    def select(self, *columns: exp.Expr) -> exp.Select:
        """A tree that reads columns of the rows that are asked for."""
        return select_from(self.view, columns, self.conditions)

    def count(self) -> Statement:
        """The number `n` of the rows that are asked for."""
        return Statement(_count_text(self.view, self.conditions), self.parameters)

    def statement(self, tree: exp.Expr) -> Statement:
        return Statement(render(tree, self.dialect), self.parameters)

    def over(self, relation: Relation) -> "Plan":
        """The same question to another scan of the same columns."""
        view = self.view.sql.replace(self.relation.sql, relation.sql)
        return replace(self, relation=relation, view=replace(self.view, sql=view))


def select_from(
    view: Relation, columns: Iterable[exp.Expr], conditions: Iterable[str]
) -> exp.Select:
    """A tree that reads columns of the rows of a view that meet all conditions."""
    tree = exp.Select(expressions=list(columns), from_=exp.From(this=view.table("t")))
    where = [raw_sql(condition) for condition in conditions]
    if where:
        tree.set("where", exp.Where(this=conjunction(where)))
    return tree


@lru_cache(TEXTS_KEPT)
def _count_text(view: Relation, conditions: tuple[str, ...]) -> str:
    tree = select_from(view, [named(exp.Count(this=exp.Star()), "n")], conditions)
    return render(tree, view.dialect)


def citation(policy: Policy, snapshot: Snapshot, seq: int | None) -> Citation:
    """What an answer over a snapshot rests on; `seq` is its entry in the log."""
    return Citation(
        dataset=policy.dataset,
        snapshot_id=snapshot.id,
        committed_at=snapshot.committed_at.isoformat(),
        rows=snapshot.rows,
        synthetic=policy.synthetic,
        audit_entry=seq,
    )


def cite(plan: Plan, seq: int | None) -> Citation:
    """The same for a planned query, with the key version of pseudonyms that it shows."""
    cited = citation(plan.policy, plan.snapshot, seq)
    shown = (plan.allow.field_decision(name) for name in plan.fields)
    if any(decided is not None and decided.treatment == "rekey" for decided in shown):
        return replace(cited, pseudonyms=plan.snapshot.key_version)
    return cited


class AnswerCache:
    """Recently given answers, limited by their bytes; the least recently used goes first."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self._largest = limit_bytes // 8
        self._tables: LRUCache[str, pa.Table] = LRUCache(limit_bytes, lambda table: table.nbytes)
        self._lock = threading.Lock()
        self.hits = 0
        self.misses = 0

    def get(self, key: str) -> pa.Table | None:
        with self._lock:
            found = self._tables.get(key)
            if found is None:
                self.misses += 1
            else:
                self.hits += 1
            return found

    def count_hit(self) -> None:
        """An answer was found where its bytes are kept."""
        with self._lock:
            self.hits += 1

    def put(self, key: str, table: pa.Table) -> None:
        with self._lock:
            if key not in self._tables and table.nbytes <= self._largest:
                self._tables[key] = table
