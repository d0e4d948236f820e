"""Counts of closed data about persons or firms, rounded to two figures for the public.

Exact, the rows of a snapshot are the total of every metric that counts them, and from one load to
the next they tell of single persons: a total that is hidden for being small would stand beside.
"""

from collections.abc import Collection

from xihu_catalog.contracts.model import Contract, policy_of
from xihu_platform.rough import rough


def public_count(contract: Contract, count: int, *, public: bool = True) -> int:
    """The count itself, or a `Rough` one where the public must not know it."""
    return rough(count) if public and policy_of(contract).hides_counts else count


def count_of_fields(
    contract: Contract,
    fields: Collection[str],
    count: int,
    *,
    public: bool,
    unreadable: frozenset[str],
) -> int:
    """How many records meet or break something that reads these fields: `Rough` also where one of
    them is `unreadable`, a closed field of persons or firms."""
    return rough(count) if unreadable & {*fields} else public_count(contract, count, public=public)
