"""How the rows of one page are fetched, so that a page costs what it shows and not what there is.

Without a sort the records are read window after window until the page is full. A sort by fields
that leave as they are is done in two steps: the sort fields of all rows first, then the other
fields of the rows that the page shows. Any other page is one statement. All three give the same
rows in the same order: `PageQuery.whole` is that answer's definition, and its key.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from xihu_platform.access.answers import Plan
from xihu_platform.access.parameters import Parameters
from xihu_platform.access.query import RowQuery, after_sql, order_sql
from xihu_platform.access.treatments import SUBJECT, late_sql, view_sql
from xihu_platform.lake.tables import RECORD, Snapshot
from xihu_platform.lake.windows import RecordWindow, windows_of
from xihu_platform.sql import Statement, identifier

FIRST_ROWS = 40_960
"""Records of the first window: those of one row group as loads write them."""
GROWTH = 4
"""Each further window is so many times as large: few rows meet the filter."""
TWO_STEPS_FROM = 200_000
"""Rows from which a sort in two steps is faster than one statement over all columns."""
Fetch = Callable[[Statement], pa.Table]


@dataclass(frozen=True, slots=True)
class PageQuery:
    """The parts of a page's statement. `rows` is one more than the page shows."""

    columns: str
    view: str
    where: str
    order: str
    rows: int
    parameters: tuple[object, ...]
    sorted_in_clear: bool
    after: int | None
    """The record number that the page begins behind, where nothing else orders it."""

    @property
    def whole(self) -> Statement:
        """The page as one statement."""
        return self._page(f"SELECT * FROM {self.view} AS t WHERE {self.where}")

    def _page(self, rows: str) -> Statement:
        limited = f"{rows} ORDER BY {self.order} LIMIT {self.rows}"
        text = f"SELECT {self.columns} FROM ({limited}) ORDER BY {self.order}"
        return Statement(text, self.parameters)

    def within(self, window: RecordWindow) -> Statement:
        """The page of the records of one window."""
        return self._page(f"SELECT * FROM {self.view} AS t WHERE {self.where}{window.condition}")

    @property
    def records(self) -> Statement:
        """The record numbers of the page's rows, in its order."""
        text = (
            f"SELECT {RECORD} FROM {self.view} AS t WHERE {self.where} "
            f"ORDER BY {self.order} LIMIT {self.rows}"
        )
        return Statement(text, self.parameters)

    def of_records(self, records: Sequence[int]) -> Statement:
        numbers = ", ".join(str(int(number)) for number in records) or "NULL"
        chosen = f"{self.where} AND {RECORD} IN ({numbers})"
        return self._page(f"SELECT * FROM {self.view} AS t WHERE {chosen}")


def page_query(plan: Plan, query: RowQuery, limit: int, last: list[str | None] | None) -> PageQuery:
    """`last` holds the sort values and the record number of the page before. Raises BadInput.

    What is filtered or sorted by is treated in every row, as everywhere else; the other fields in
    the rows of the page alone.
    """
    parameters = Parameters(plan.parameters)
    policy, allow = plan.policy, plan.allow
    where = plan.where
    if last is not None:
        where += " AND " + after_sql(policy, allow, query, last, parameters)
    sorts = [s.field for s in query.sorts]
    used = {f.field for f in query.filters} | set(sorts)
    changed = frozenset(v.name for v in allow.visible if v.treatment != "clear")
    late = changed - used
    view = view_sql(policy, allow, plan.relation, plan.rekey, parameters, late=late)
    treated = {n: late_sql(policy, allow, n, plan.rekey, parameters) for n in late}
    hidden = [RECORD] + ([SUBJECT] if policy.subject_key else [])
    names = dict.fromkeys((*plan.fields, *sorts, *hidden))
    return PageQuery(
        columns=", ".join(treated.get(name) or identifier(name) for name in names),
        view=view,
        where=where,
        order=order_sql(policy, allow, query),
        rows=limit + 1,
        parameters=tuple(parameters),
        sorted_in_clear=bool(sorts) and changed.isdisjoint(sorts),
        after=int(last[-1] or 0) if last is not None and not sorts else None,
    )


def fetch_page(page: PageQuery, query: RowQuery, snapshot: Snapshot, fetch: Fetch) -> pa.Table:
    """The rows of a page, and one more if there is one."""
    if not query.sorts:
        return _by_windows(page, snapshot, fetch)
    if page.sorted_in_clear and snapshot.rows >= TWO_STEPS_FROM:
        records = fetch(page.records)[RECORD].to_pylist()
        return fetch(page.of_records(records))
    return fetch(page.whole)


def _by_windows(page: PageQuery, snapshot: Snapshot, fetch: Fetch) -> pa.Table:
    found: list[pa.Table] = []
    rows = 0
    for window in _growing(snapshot, page.after):
        table = fetch(page.within(window))
        found.append(table)
        rows += table.num_rows
        if rows >= page.rows:
            break
    return pa.concat_tables(found).slice(0, page.rows)


def _growing(snapshot: Snapshot, after: int | None) -> Iterator[RecordWindow]:
    try:
        windows = windows_of(snapshot, FIRST_ROWS)
    except OSError:  # a file is gone: the engine says so
        windows = (RecordWindow(),)
    begun = [w for w in windows if w.upto is None or after is None or w.upto > after]
    at, size = 0, 1
    while at < len(begun):
        last = begun[min(at + size, len(begun)) - 1]
        yield begun[at].joined(last)
        at, size = at + size, size * GROWTH
