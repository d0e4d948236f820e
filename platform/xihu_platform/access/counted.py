"""Who is counted is logged: the total of a page, and the persons whom counting was about.

A total under a fact about persons tells something about each of them. It is told only where at most
`SUBJECTS_LISTED` persons are counted, and these are listed. Whoever is singled out by all filters
but one has been asked about, even if the total is zero: they are listed too.

Of firms whose records are not published whole a total beyond that is not told under a filter.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from xihu_platform.access.answers import SUBJECTS_LISTED, Plan, select_from
from xihu_platform.access.parameters import Parameters
from xihu_platform.access.policy import Policy
from xihu_platform.access.query import Filter, RowQuery, condition_of
from xihu_platform.access.treatments import SUBJECT
from xihu_platform.sql import Statement, column, is_known, render

SINGLED_OUT = 20
"""So many persons or fewer, left by all filters but one, have been asked about by the one."""
Fetch = Callable[[Statement], pa.Table]


@dataclass(frozen=True, slots=True)
class Counted:
    """What may be told of the number of rows, and whom the log has to name for it."""

    total: int | None
    subjects: tuple[str, ...] = ()
    others: bool = False
    """More were counted than these: the entry refers to a pin."""


def count_rows(
    plan: Plan, query: RowQuery, *, rows: Callable[[Plan], int], fetch: Fetch
) -> Counted:
    """`rows` gives the exact number; it is asked only where it may be told."""
    if plan.policy.subject_key is None:
        total = rows(plan)
        bounded = bool(query.filters) and not plan.policy.is_counted and total > SUBJECTS_LISTED
        return Counted(None if bounded else total)
    named = plan.named_subjects
    if named is not None:
        return Counted(rows(plan), named)
    if not any(is_personal(plan.policy, f) for f in query.filters):
        return Counted(rows(plan), others=True)
    asked = _singled_out(plan, query, fetch)
    counted = _distinct(plan, plan.conditions, plan.parameters, SUBJECTS_LISTED, fetch)
    if counted is None:
        return Counted(None, asked, others=True)
    return Counted(rows(plan), tuple(dict.fromkeys((*counted, *asked))))


def is_personal(policy: Policy, wanted: Filter) -> bool:
    """Whether a filter is on what can be a fact about another person."""
    field = policy.field(wanted.field)
    return wanted.field == policy.subject_key or (field is not None and field.grade != "L1")


def _singled_out(plan: Plan, query: RowQuery, fetch: Fetch) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for left_out in query.filters:
        parameters = Parameters(plan.parameters)
        others = [f for f in query.filters if f is not left_out]
        conditions = [condition_of(plan.policy, plan.allow, f, parameters) for f in others]
        if conditions:
            texts = [render(one, plan.dialect) for one in conditions]
            few = _distinct(plan, texts, tuple(parameters), SINGLED_OUT, fetch)
            found.update(dict.fromkeys(few or ()))
    return tuple(found)


def _distinct(
    plan: Plan,
    conditions: Sequence[str],
    parameters: tuple[object, ...],
    limit: int,
    fetch: Fetch,
) -> tuple[str, ...] | None:
    """The persons under a condition; None where there are more than `limit`."""
    subject = column(SUBJECT)
    tree = select_from(plan.view, [subject], conditions)
    tree.where(is_known(subject), copy=False)
    tree.distinct(copy=False).limit(limit + 1, copy=False)
    found = fetch(Statement(render(tree, plan.dialect), parameters))[SUBJECT].to_pylist()
    return None if len(found) > limit else tuple(sorted(found))


def subjects_of(plan: Plan, page: pa.Table) -> tuple[str, ...]:
    """The persons whose rows a page shows."""
    if plan.policy.subject_key is None:
        return ()
    return tuple(s for s in dict.fromkeys(page[SUBJECT].to_pylist()) if s is not None)
