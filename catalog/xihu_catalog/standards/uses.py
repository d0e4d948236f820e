"""Which fields of contracts use a data element or a code list, and what their loads broke of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from xihu_catalog.contracts.model import Contract, Field, Rule
from xihu_catalog.quality.whole import Whole

VALUE_RULES = frozenset({"code", "region", "pattern", "length", "range", "check_digit"})
"""The kinds of implied rules that come from the range of a field's values."""


@dataclass(frozen=True, slots=True)
class FieldUse:
    """One field of one contract."""

    contract: Contract
    field: Field

    def rules(self) -> tuple[Rule, ...]:
        """The rules on the range of its values."""
        own = (rule for rule in self.contract.all_rules if rule.field == self.field.name)
        return tuple(rule for rule in own if _kind(self.field, rule.id) in VALUE_RULES)

    def broken(self, whole: Whole) -> dict[str, int]:
        """By rule id, how many records of the newest load broke it and are not corrected."""
        counts = whole.rule_counts
        return {rule.id: counts[rule.id] for rule in self.rules() if rule.id in counts}


def _kind(field: Field, rule_id: str) -> str:
    return rule_id.removeprefix(f"{field.name}.")


def uses_of_element(contracts: Iterable[Contract], element: str) -> list[FieldUse]:
    return [one for one in _uses(contracts) if one.field.data_element == element]


def uses_of_list(contracts: Iterable[Contract], name: str) -> list[FieldUse]:
    return [one for one in _uses(contracts) if one.field.code_list == name]


def _uses(contracts: Iterable[Contract]) -> list[FieldUse]:
    known = sorted(contracts, key=lambda one: one.dataset)
    return [FieldUse(contract, field) for contract in known for field in contract.fields]
