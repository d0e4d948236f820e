"""The contracts that one reader knows of: all but those whose entry is not published to them."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Literal

from sqlalchemy import Engine

from xihu_catalog.contracts.entries import unpublished
from xihu_catalog.contracts.model import Contract, policy_of
from xihu_catalog.contracts.references import without_names
from xihu_catalog.contracts.store import ContractStore, ContractVersion
from xihu_platform.access.policy import Policy
from xihu_platform.access.unpublished import no_dataset


def policies_of(database: Engine, contracts: Iterable[Contract]) -> Callable[[str], Policy]:
    """What a gateway decides with that a pipeline opens: the policies of these contracts, each with
    whether its entry is published. The function raises NotFound for every other dataset."""
    waiting = unpublished(database)
    policies = {
        one.dataset: replace(
            policy_of(one),
            published=one.dataset not in waiting,
            reviewer=waiting.get(one.dataset),
        )
        for one in contracts
    }

    def find(dataset: str) -> Policy:
        if dataset not in policies:
            raise no_dataset(dataset)
        return policies[dataset]

    return find


def known_to_department(contracts: ContractStore, provider: str) -> "KnownContracts":
    """Without what other departments have not published: what a pipeline of this one works with."""
    every = ((name, contracts.find(name)) for name in unpublished(contracts.database))
    hidden = frozenset(name for name, one in every if one is not None and one.provider != provider)
    return KnownContracts(contracts, hidden)


class KnownContracts(ContractStore):
    """Answers about a hidden dataset as about one that there is not, and names it nowhere."""

    def __init__(self, every: ContractStore, hidden: frozenset[str]) -> None:
        super().__init__(every.database, every.clock)
        self._every = every
        self._hidden = hidden

    def hides(self, dataset: str) -> bool:
        return dataset in self._hidden

    def find_digest(self, dataset: str) -> str | None:
        return None if dataset in self._hidden else self._every.find_digest(dataset)

    def read(self, digest: str) -> Contract:
        return without_names(self._every.read(digest), self._hidden)

    @property
    def number(self) -> int:
        return self._every.number

    def all(self) -> dict[str, Contract]:
        return {one.dataset: one for one in self._without(self._every.all().values())}

    def about(self, key: Literal["subject", "firm"]) -> list[Contract]:
        return self._without(self._every.about(key))

    def derived_from(self, dataset: str) -> list[Contract]:
        return self._without(self._every.derived_from(dataset))

    def versions(self, dataset: str) -> list[ContractVersion]:
        return [] if dataset in self._hidden else self._every.versions(dataset)

    def _without(self, contracts: Iterable[Contract]) -> list[Contract]:
        there = (one for one in contracts if one.dataset not in self._hidden)
        return [without_names(one, self._hidden) for one in there]
