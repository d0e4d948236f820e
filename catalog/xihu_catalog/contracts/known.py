"""The contracts that one reader knows of: all but those whose entry is not published to them."""

from collections.abc import Iterable
from typing import Literal

from xihu_catalog.contracts.model import Contract
from xihu_catalog.contracts.store import ContractStore, ContractVersion


class KnownContracts(ContractStore):
    """Answers about a hidden dataset as about one that there is not."""

    def __init__(self, every: ContractStore, hidden: frozenset[str]) -> None:
        super().__init__(every.database, every.clock)
        self._every = every
        self._hidden = hidden

    def find_digest(self, dataset: str) -> str | None:
        return None if dataset in self._hidden else self._every.find_digest(dataset)

    def read(self, digest: str) -> Contract:
        return self._every.read(digest)

    @property
    def number(self) -> int:
        return self._every.number

    def all(self) -> dict[str, Contract]:
        return {n: one for n, one in self._every.all().items() if n not in self._hidden}

    def about(self, key: Literal["subject", "firm"]) -> list[Contract]:
        return self._without(self._every.about(key))

    def derived_from(self, dataset: str) -> list[Contract]:
        return self._without(self._every.derived_from(dataset))

    def versions(self, dataset: str) -> list[ContractVersion]:
        return [] if dataset in self._hidden else self._every.versions(dataset)

    def _without(self, contracts: Iterable[Contract]) -> list[Contract]:
        return [one for one in contracts if one.dataset not in self._hidden]
