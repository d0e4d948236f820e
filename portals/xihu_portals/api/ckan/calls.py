"""One call of an action: who calls, with what, and the entries as that caller knows them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from fastapi.responses import Response

from xihu_catalog.datasets.facts import EntryFacts
from xihu_catalog.datasets.package_records import PackageRecord
from xihu_catalog.formats.ckan import ckan_package
from xihu_platform.access.outcome import RecordSource
from xihu_platform.identity.address import caller_of
from xihu_platform.identity.principal import Principal
from xihu_platform.words import Language
from xihu_portals.api.ckan.answers import (
    HEADERS,
    Json,
    NoSuchThing,
    dump,
    success,
    success_head,
)
from xihu_portals.api.ckan.catalogue import PackageCatalogue
from xihu_portals.api.ckan.parameters import CkanParameters
from xihu_portals.api.ckan.selection import BY_NAME, Selection, in_batches
from xihu_portals.edge.streams import Download, Slot
from xihu_portals.services import Services

PAGE = 1000
"""Entries of an answer that is made in one piece; a longer one is sent as it is made."""
_BATCH = 100


@dataclass(frozen=True)
class CkanCall:
    """What an action works with."""

    action: str
    services: Services
    caller: Principal
    language: Language
    asked: CkanParameters
    drafts: dict[str, Json] = field(default_factory=dict)
    """Packages of drafts that this answer may show, by the keys of their entries."""

    @property
    def base_url(self) -> str:
        return self.services.node.settings.base_url

    @cached_property
    def packages(self) -> PackageCatalogue:
        return PackageCatalogue(self.services, self.language)

    def get_record(self, reference: str) -> PackageRecord:
        """Raises NoSuchThing."""
        found = self.packages.find(reference)
        if found is None:
            raise NoSuchThing("Package was not found.")
        return found

    def facts_of(self, record: PackageRecord) -> EntryFacts:
        """Raises NotFound where it was taken out of the catalogue at this moment."""
        return self.services.entries.get(record.entry)

    def whole(self, entries: Iterable[str]) -> Iterator[Json]:
        """The packages of entries, read in batches."""
        for some in in_batches(entries, _BATCH):
            facts = self.services.entries.find_many([e for e in some if e not in self.drafts])
            for one in some:
                if one in self.drafts:
                    yield self.drafts[one]
                elif one in facts:
                    yield ckan_package(facts[one], self.language)

    def answer(self, result: Json) -> Response:
        return success(self.base_url, self.action, result)

    def answer_with(
        self,
        head: dict[str, Json],
        name: str,
        found: Selection,
        page: tuple[str, int, int | None] = (BY_NAME, 0, None),
        change: Callable[[Json], Json] = lambda package: package,
    ) -> Response:
        """`head` with one more member: a list of packages of any length. `page`: sort, start and
        number of rows."""
        entries, rows = _page_of(found, page)
        packages = map(change, self.whole(entries))
        if rows <= PAGE:
            return self.answer(head | {name: list(packages)})
        start = dump(head).removesuffix(b"}") + (b", " if head else b"")
        opened = success_head(self.base_url, self.action) + start + dump(name) + b": ["
        return self.stream(_joined(opened, packages, b"]}}"))

    def answer_list(self, found: Selection, page: tuple[str, int, int | None]) -> Response:
        """A list of packages of any length."""
        entries, rows = _page_of(found, page)
        return self.answer_items(self.whole(entries), rows)

    def answer_items(self, items: Iterable[Json], rows: int) -> Response:
        if rows <= PAGE:
            return self.answer(list(items))
        opened = success_head(self.base_url, self.action) + b"["
        return self.stream(_joined(opened, items, b"]}"))

    def take_slot(self) -> Slot:
        """The right to one stream. Raises TooMany."""
        who = caller_of(self.caller)
        self.services.gateway.limits.spend("streams", who)
        return self.services.streams.take(who)

    def stream(
        self, body: Iterator[bytes], source: RecordSource | None = None, slot: Slot | None = None
    ) -> Response:
        return Download(
            body,
            source=source or NothingOpen(),
            slot=slot or self.take_slot(),
            media_type="application/json",
            headers=HEADERS,
        )


class NothingOpen:
    """The source of a stream that has no rows: there is nothing to free."""

    def close(self) -> None:
        return None

    def interrupt(self) -> None:
        return None

    def when_interrupted(self, stop: Callable[[], object]) -> None:
        del stop


def _page_of(found: Selection, page: tuple[str, int, int | None]) -> tuple[Iterator[str], int]:
    """The entries of a page, and how many."""
    sort, start, rows = page
    left = max(0, found.count - start)
    rows = left if rows is None else min(rows, left)
    return found.pages(sort, start, rows), rows


def _joined(opened: bytes, items: Iterable[Json], closed: bytes) -> Iterator[bytes]:
    between = b""
    yield opened
    for item in items:
        yield between + dump(item)
        between = b", "
    yield closed
