"""What an organisation may use of a dataset, and what its grants bind it to."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from xihu_platform.access import reasons
from xihu_platform.access.policy import FieldPolicy, Grant, ShareRule, grants_basis
from xihu_platform.errors import Reason
from xihu_platform.words import Text

_RULE_REASONS: dict[ShareRule, Reason] = {
    "aggregate_only": reasons.AGGREGATE_ONLY,
    "per_case": reasons.PER_CASE,
    "no_bulk": reasons.NO_BULK,
}


@dataclass(frozen=True, slots=True)
class Shared:
    """What an organisation may use of a dataset: its own, what requests in force name, and what is
    open to anybody."""

    basis: Text
    own: bool = False
    grants: tuple[Grant, ...] = ()
    opened: bool = False
    """Whether the dataset is open to anybody, at L1."""
    unconditional: bool = False
    """Whether its provider may refuse nobody: that was never meant for L4."""

    def is_open(self, field: FieldPolicy) -> bool:
        return self.opened and field.grade == "L1" and not field.pseudonym

    def named(self, field: FieldPolicy) -> tuple[Grant, ...]:
        """The grants that a field rests on: above L2, backflow only where no request names it."""
        every = tuple(g for g in self.grants if g.names(field.name))
        asked = tuple(g for g in every if g.kind == "request")
        return asked or every if field.grade in {"L3", "L4"} else every

    def basis_of(self, fields: Iterable[FieldPolicy], barring: Collection[ShareRule]) -> Text:
        """What the fields that are given rest on: the grants that name one of them, and not on a
        condition that gives nothing of the kind."""
        used = {
            one.id
            for field in fields
            if not self.is_open(field)
            for one in self.named(field)
            if one.rules.isdisjoint(barring)
        }
        grants = [one for one in self.grants if one.id in used]
        return grants_basis(grants) if grants else self.basis

    def covers(self, field: FieldPolicy) -> bool:
        return self.own or bool(self.named(field)) or self.is_open(field)

    def is_returned(self, field: FieldPolicy) -> bool:
        """Whether backflow alone gives it: then it is masked for nobody."""
        kinds = {g.kind for g in self.named(field)}
        return not self.own and not self.is_open(field) and kinds == {"backflow"}

    def bars(self, field: FieldPolicy) -> bool:
        return self.unconditional and not self.own and field.grade == "L4"


def bound_by_grant(
    shared: Shared, field: FieldPolicy, *rules: ShareRule, beside: tuple[ShareRule, ...] = ()
) -> Reason | None:
    """Why none of the grants that name a field opens it, where grants alone give it.

    A field opens as far as one single grant opens it: two consents on different conditions never
    come to one without any. Grants with a rule `beside` give nothing of the kind, and do not count.
    """
    mine = [g for g in shared.named(field) if not g.rules & set(beside)]
    if shared.own or shared.is_open(field) or not mine:
        return None
    bound = [next((rule for rule in rules if rule in g.rules), None) for g in mine]
    return None if None in bound else _RULE_REASONS[bound[0]]  # type: ignore[index]  # none is None
