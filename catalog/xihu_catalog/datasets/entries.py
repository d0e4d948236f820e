"""All entries of the catalogue as one reader knows them: compiled from contracts, and stored ones.

Ids of contracts have no hyphen, ids of stored entries have one, so that no id is in both.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from xihu_catalog.datasets.compiled import entry_facts
from xihu_catalog.datasets.facts import EntryFacts
from xihu_catalog.datasets.service import Catalogue, Entry
from xihu_catalog.datasets.stored import StoredChange, StoredEntries
from xihu_platform.access.unpublished import no_dataset
from xihu_platform.clock import Clock


def is_stored(entry: str) -> bool:
    """Whether an id is that of a stored entry.

    >>> is_stored("hz-bus-stops"), is_stored("jt_bus_flow")
    (True, False)
    """
    return "-" in entry


class Entries:
    """`catalogue` is the one that the reader knows: what is not published to them is not in it."""

    def __init__(
        self, catalogue: Catalogue, stored: StoredEntries, base_url: str, clock: Clock
    ) -> None:
        self._catalogue = catalogue
        self._stored = stored
        self._base_url = base_url
        self._clock = clock

    def find(self, entry: str) -> EntryFacts | None:
        return self.find_many([entry]).get(entry)

    def get(self, entry: str) -> EntryFacts:
        """Raises NotFound."""
        found = self.find(entry)
        if found is None:
            raise no_dataset(entry)
        return found

    def find_many(self, entries: Sequence[str]) -> dict[str, EntryFacts]:
        """By id, without those that the reader does not know of."""
        stored = self._stored.find_many([one for one in entries if is_stored(one)])
        now = self._clock()
        found = {name: _at(facts, now) for name, facts in stored.items()}
        for name in entries:
            if not is_stored(name) and (facts := self._compiled(name)) is not None:
                found[name] = facts
        return found

    def count(self) -> int:
        return len(self._names()) + self._stored.count()

    def ids(self, offset: int, limit: int) -> list[str]:
        """Those of contracts first, each kind in the order of the ids."""
        names = self._names()
        first = names[offset : offset + limit]
        rest = limit - len(first)
        return first + (self._stored.ids(max(0, offset - len(names)), rest) if rest else [])

    def page(self, offset: int, limit: int) -> list[EntryFacts]:
        """In the same order."""
        ids = self.ids(offset, limit)
        found = self.find_many(ids)
        return [found[one] for one in ids if one in found]

    def newest(self, limit: int) -> list[EntryFacts]:
        """Those with the newest load, and those stored last, `limit` of each at most."""
        loaded = [
            (entry.heartbeat.loaded_at, entry.contract.dataset)
            for entry in self._catalogue.entries()
            if entry.heartbeat.loaded_at is not None
        ]
        names = [name for _, name in sorted(loaded, reverse=True)[:limit]]
        return list(self.find_many([*names, *self._stored.newest(limit)]).values())

    def contract_entries(self) -> list[Entry]:
        """Those of contracts alone, with their state now; `compiled` makes their facts."""
        return [self._catalogue.get_entry(name) for name in self._names()]

    def contract_entry(self, name: str) -> Entry | None:
        """One of them; None where the reader knows of none."""
        if self._catalogue.contracts.find_digest(name) is None:
            return None
        return self._catalogue.get_entry(name)

    def compiled(self, entry: Entry) -> EntryFacts:
        find = self._catalogue.contracts.find
        return entry_facts(entry, base_url=self._base_url, now=self._clock(), find=find)

    def stored_count(self) -> int:
        return self._stored.count()

    def stored_after(self, entry: str, limit: int) -> list[EntryFacts]:
        """The next stored entries behind an id, in the order of the ids."""
        return self._stored.after(entry, limit)

    def stored_number(self) -> int:
        """Of the newest change of a stored entry; 0 before the first."""
        return self._stored.number()

    def stored_changed(self, after: int) -> tuple[int, int]:
        """How many stored entries have changed after a number and are there, and are not there."""
        return self._stored.changed(after)

    def stored_changes(self, after: int, limit: int) -> list[StoredChange]:
        """The next changes of the stored entries, which every reader knows of."""
        return self._stored.changes(after, limit)

    def versions(self, stored: Sequence[str]) -> dict[str, str]:
        """Of stored entries, each with the number of its newest change."""
        return self._stored.versions(stored)

    def _names(self) -> list[str]:
        return sorted(self._catalogue.contracts.all())

    def _compiled(self, name: str) -> EntryFacts | None:
        entry = self.contract_entry(name)
        return self.compiled(entry) if entry is not None else None


def _at(facts: EntryFacts, now: datetime) -> EntryFacts:
    """As it is at a moment: an attestation is late once the day of its review has passed."""
    due = facts.state.due_at
    if facts.kind != "attestation" or due is None or now < due:
        return facts
    return replace(facts, state=replace(facts.state, state="late"))
