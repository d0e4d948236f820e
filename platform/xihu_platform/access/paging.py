"""How the rows of one page are fetched, so that a page costs what it shows and not what there is.

Without a sort the records are read window after window until the page is full. A sort by fields
that leave as they are is done in two steps: the sort fields of all rows first, then the other
fields of the rows that the page shows. Any other page is one statement. All three give the same
rows in the same order: `PageQuery.whole` is that answer's definition.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
from sqlglot import exp

from xihu_platform.access.answers import Plan, select_from
from xihu_platform.access.parameters import Parameters
from xihu_platform.access.query import RowQuery, order_of, rows_after
from xihu_platform.access.treatments import SUBJECT, LateColumns, view_of
from xihu_platform.lake.tables import RECORD, Snapshot
from xihu_platform.lake.windows import RecordWindow, windows_of
from xihu_platform.sql import Relation, Statement, column, generated, integer, render

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
    """The columns that leave, as text: their treatments depend on nothing that a page asks."""
    view: Relation
    conditions: tuple[exp.Expr, ...]
    order: tuple[exp.Ordered, ...]
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
        return self._page(*window.conditions)

    def of_records(self, records: Sequence[int]) -> Statement:
        numbers = [integer(int(number)) for number in records]
        return self._page(exp.In(this=column(RECORD), expressions=numbers or [exp.Null()]))

    @property
    def records(self) -> Statement:
        """The record numbers of the page's rows, in its order."""
        return self._statement(self._first_rows(column(RECORD)))

    def _page(self, *also: exp.Expr) -> Statement:
        rows = self._first_rows(exp.Star(), *also).subquery("t", copy=False)
        tree = exp.Select(expressions=[generated(self.columns)], from_=exp.From(this=rows))
        return self._statement(self._in_order(tree))

    def _first_rows(self, chosen: exp.Expr, *also: exp.Expr) -> exp.Select:
        tree = select_from(self.view, [chosen], [*self.conditions, *also])
        tree.set("limit", exp.Limit(expression=integer(self.rows)))
        return self._in_order(tree)

    def _in_order(self, tree: exp.Select) -> exp.Select:
        tree.set("order", exp.Order(expressions=list(self.order)))
        return tree

    def _statement(self, tree: exp.Expr) -> Statement:
        return Statement(render(tree, self.view.dialect), self.parameters)


def page_query(plan: Plan, query: RowQuery, limit: int, last: list[str | None] | None) -> PageQuery:
    """`last` holds the sort values and the record number of the page before. Raises BadInput.

    What is filtered or sorted by is treated in every row, as everywhere else; the other fields in
    the rows of the page alone.
    """
    parameters = Parameters(plan.parameters)
    policy, allow = plan.policy, plan.allow
    conditions = plan.conditions
    if last is not None:
        conditions = (*conditions, rows_after(policy, allow, query, last, parameters))
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
        order=tuple(order_of(policy, allow, query)),
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
