"""Sketches of the values of a field: the smallest of their keyed digests, by which two fields are
compared without a value leaving the platform.

A sketch is made only of a field that may be compared (`may_sketch`): text, grade L1 or L2, in the
clear for its own department, neither identifier nor key of any kind, and never of data about
persons: there, that a value is present would be a fact about one of them.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sqlglot import exp

from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.parameters import Parameters
from xihu_platform.access.policy import FieldPolicy, Policy, Purpose
from xihu_platform.access.query import RowQuery
from xihu_platform.access.treatments import keyed_hash
from xihu_platform.identity.principal import Principal
from xihu_platform.sql import column, integer, is_known, named, ordered, table, with_tables

EXIT = "sketch"
"""The exit that the log names for making one."""
SIZE = 4096
"""Digests that a sketch has at most."""
DIGITS = 16
"""Hexadecimal digits of a digest: 64 bits."""
USE = "sketch"
"""What the key of the digests is derived for; it never leaves the engine."""
_GRADES = frozenset({"L1", "L2"})
Digests = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class ValueSketch:
    """The smallest digests of a field's different values, in ascending order."""

    snapshot: int
    digests: Digests
    is_complete: bool
    """Whether each different value has its digest here."""


def may_sketch(policy: Policy, field: FieldPolicy) -> bool:
    """Whether values of a field may be compared with those of others at all."""
    return (
        policy.subject_key is None
        and field.grade in _GRADES
        and field.type == "VARCHAR"
        and not field.pseudonym
        and field.identifier is None
        and field.name not in {policy.firm_key, *policy.primary_key}
    )


def sketch_values(
    gateway: AccessGateway, principal: Principal, dataset: str, field: str, *, purpose: Purpose
) -> ValueSketch | None:
    """Of the rows that the principal may see; None where the decision gives the field in another
    form than in the clear, or not at all.

    The read is in the log before the engine is asked. Raises Refused for a dataset, NotFound where
    it has no data, ValueError for a field that may not be compared.
    """
    policy = gateway.policy(dataset)
    found = next((one for one in policy.fields if one.name == field), None)
    if found is None or not may_sketch(policy, found):
        raise ValueError(f"{dataset}.{field} may not be compared")
    parameters = Parameters()
    query = RowQuery(fields=(field,))
    plan = gateway.plan(principal, dataset, purpose, query, parameters=parameters)
    decided = plan.allow.field_decision(field)
    if decided is None or decided.treatment != "clear":
        return None
    gateway.record_derivation(principal, plan, purpose, EXIT)
    pads = gateway.keyring.pads(USE)
    outer, inner = parameters.place(pads.outer), parameters.place(pads.inner)
    value = exp.Lower(this=exp.Trim(this=column("value")))
    digest = exp.Left(this=keyed_hash(outer, inner, value), expression=integer(DIGITS))
    tree = exp.Select(expressions=[named(digest, "digest")], from_=exp.From(this=table("known")))
    tree = tree.distinct(copy=False)
    tree = tree.order_by(ordered("digest"), copy=False).limit(SIZE + 1, copy=False)
    known = plan.select(named(column(field), "value")).distinct(copy=False)
    source = exp.Select(expressions=[column("value")], from_=exp.From(this=table("listed")))
    source.set("where", exp.Where(this=is_known(column("value"))))
    whole = with_tables(tree, {"listed": known, "known": source})
    statement = parameters.statement(whole, plan.dialect)
    texts = gateway.engine.fetch(statement)["digest"].to_pylist()
    digests = np.array([int(one, 16) for one in texts[:SIZE]], np.uint64)
    return ValueSketch(plan.snapshot.id, digests, len(texts) <= SIZE)
