"""Which rules of contracts name a field: its own, those of its dataset, and foreign keys to it."""

from collections.abc import Iterable, Iterator

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from xihu_catalog.contracts.model import Contract, Rule
from xihu_platform.sql import WRITTEN_IN
from xihu_platform.words import Text

NamedRule = tuple[str, str, Text]
"""The dataset whose contract has it, its id, and what it says."""


def rules_of_field(
    contract: Contract, field: str, known: Iterable[Contract]
) -> Iterator[NamedRule]:
    """Rules that read a field of `contract`; foreign keys to it of the contracts that are known."""
    for rule in contract.all_rules:
        if rule.field == field or field in _columns(rule):
            yield contract.dataset, rule.id, rule.title
    for other in known:
        for reference in other.references:
            mine = other.dataset == contract.dataset and field in reference.fields
            if mine or (reference.dataset == contract.dataset and field in reference.to):
                yield other.dataset, reference.rule.id, reference.rule.title


def _columns(rule: Rule) -> frozenset[str]:
    try:
        tree = parse_one(rule.condition, dialect=WRITTEN_IN)
    except SqlglotError:
        return frozenset()
    return frozenset(one.name for one in tree.find_all(exp.Column))
