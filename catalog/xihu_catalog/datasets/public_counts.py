"""Counts of closed data about persons or firms, rounded to two figures for the public.

Exact, the rows of a snapshot are the total of every metric that counts them, and from one load to
the next they tell of single persons: a total that is hidden for being small would stand beside.
"""

from xihu_catalog.contracts.model import Contract, policy_of
from xihu_platform.rough import rough


def public_count(contract: Contract, count: int, *, public: bool = True) -> int:
    """The count itself, or a `Rough` one where the public must not know it."""
    if not public or contract.is_open or not policy_of(contract).shows_sample_only:
        return count
    return rough(count)
