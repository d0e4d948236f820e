"""How the rows of one page are fetched, so that a page costs what it shows and not what there is.

Without a sort the records are read window after window until the page is full. A sort by fields
that leave as they are is done in two steps: the sort fields of all rows first, then the other
fields of the rows that the page shows. Any other page is one statement. All three give the same
rows in the same order: `PageQuery.whole` is that answer's definition.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import pyarrow as pa
from sqlglot import exp

from xihu_platform.access.answers import TEXTS_KEPT, Plan, select_from
from xihu_platform.access.parameters import Parameters
from xihu_platform.access.query import RowQuery, order_of, rows_after
from xihu_platform.access.treatments import SUBJECT, LateColumns, view_of
from xihu_platform.lake.snapshot import RECORD, Snapshot
from xihu_platform.lake.windows import RecordWindow, windows_of
from xihu_platform.sql import Relation, Statement, column, integer, raw_sql, render

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
    """The columns that leave, as text."""
    view: Relation
    conditions: tuple[str, ...]
    order: str
    rows: int
    parameters: tuple[object, ...]
    sorted_in_clear: bool
    after: int | None
    """The record number that the page begins behind, where nothing else orders it."""
    question: Statement
    """What tells this page from every other, made faster than the text of `whole`."""

    @property
    def whole(self) -> Statement:
        """The page as one statement."""
        return self._page()

    def within(self, window: RecordWindow) -> Statement:
        """The page of the records of one window."""
        return self._page(*(render(one, self.view.dialect) for one in window.conditions))

    def of_records(self, records: Sequence[int]) -> Statement:
        numbers = [integer(int(number)) for number in records]
        chosen = exp.In(this=column(RECORD), expressions=numbers or [exp.Null()])
        return self._page(render(chosen, self.view.dialect))

    @property
    def records(self) -> Statement:
        """The record numbers of the page's rows, in its order."""
        tree = _first_rows(self.view, column(RECORD), self.conditions, self.order, self.rows)
        return Statement(render(tree, self.view.dialect), self.parameters)

    def _page(self, *also: str) -> Statement:
        conditions = (*self.conditions, *also)
        text = _page_text(self.columns, self.view, conditions, self.order, self.rows)
        return Statement(text, self.parameters)


@lru_cache(TEXTS_KEPT)
def _page_text(
    columns: str, view: Relation, conditions: tuple[str, ...], order: str, rows: int
) -> str:
    chosen = _first_rows(view, exp.Star(), conditions, order, rows).subquery("t", copy=False)
    tree = exp.Select(expressions=[raw_sql(columns)], from_=exp.From(this=chosen))
    return render(_in_order(tree, order), view.dialect)


def _first_rows(
    view: Relation, chosen: exp.Expr, conditions: tuple[str, ...], order: str, rows: int
) -> exp.Select:
    tree = select_from(view, [chosen], conditions)
    tree.set("limit", exp.Limit(expression=integer(rows)))
    return _in_order(tree, order)


def _in_order(tree: exp.Select, order: str) -> exp.Select:
    tree.set("order", exp.Order(expressions=[raw_sql(order)]))
    return tree


def page_query(plan: Plan, query: RowQuery, limit: int, last: list[str | None] | None) -> PageQuery:
    """`last` holds the sort values and the record number of the page before. Raises BadInput.

    What is filtered or sorted by is treated in every row, as everywhere else; the other fields in
    the rows of the page alone.
    """
    parameters = Parameters(plan.parameters)
    policy, allow = plan.policy, plan.allow
    conditions = plan.conditions
    if last is not None:
        after = rows_after(policy, allow, query, last, parameters)
        conditions = (*conditions, render(after, plan.dialect))
    sorts = [s.field for s in query.sorts]
    used = {f.field for f in query.filters} | set(sorts)
    changed = frozenset(v.name for v in allow.visible if v.treatment != "clear")
    late = changed - used
    view = view_of(policy, allow, plan.relation, plan.rekey, parameters, late=late)
    hidden = [RECORD] + ([SUBJECT] if policy.subject_key else [])
    names = tuple(dict.fromkeys((*plan.fields, *sorts, *hidden)))
    text = LateColumns(policy, allow, names, late, plan.rekey, plan.dialect).text(parameters)
    return PageQuery(
        columns=text,
        view=view,
        conditions=conditions,
        order=", ".join(render(one, plan.dialect) for one in order_of(policy, allow, query)),
        rows=limit + 1,
        parameters=tuple(parameters),
        sorted_in_clear=bool(sorts) and changed.isdisjoint(sorts),
        after=int(last[-1] or 0) if last is not None and not sorts else None,
        question=Statement(f"{text}\0{view.sql}\0{query}\0{limit}\0{last}", tuple(parameters)),
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


def last_of(query: RowQuery, page: pa.Table) -> list[str | None]:
    """The sort values and the record number of a page's last row."""
    last = page.slice(page.num_rows - 1, 1)
    return [_text(last[name][0].as_py()) for name in (*(s.field for s in query.sorts), RECORD)]


def _text(value: object) -> str | None:
    return None if value is None else str(value)
