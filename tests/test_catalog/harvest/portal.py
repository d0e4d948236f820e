"""A CKAN portal in memory, which loses its network and gives half a feed."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import Engine, event, func, select

from tests.test_catalog.harvest.feeds import source
from xihu_catalog.datasets.facts import EntryFacts
from xihu_catalog.datasets.stored import StoredEntries, StoredEntryRow, StoredEntryVersionRow
from xihu_catalog.harvest.job import FetchedDocument, HarvestJob, HarvestRun, harvest
from xihu_catalog.harvest.models import HarvestPageRow, HarvestRecordRow
from xihu_platform.database import transaction
from xihu_platform.errors import PlatformError, TransientError

URL = "https://portal.example.org"
NOW = datetime(2026, 11, 30, 4, tzinfo=UTC)
SOURCE = source("ckan", URL)


@dataclass
class Package:
    """A dataset of the portal. `file` is no other package's."""

    id: str
    name: str
    title: str
    file: str

    def document(self) -> dict[str, object]:
        file = {"url": f"https://files.example.org/{self.file}.csv", "format": "CSV"}
        return {"id": self.id, "name": self.name, "title": self.title, "resources": [file]}


@dataclass
class Portal:
    """`down` is what every request raises, after `answers` requests that are still answered."""

    packages: dict[str, Package] = field(default_factory=dict)
    page: int = 3
    down: PlatformError | None = None
    answers: int = 0
    asked: int = 0
    keep_back: int = 0
    """Records that the portal counts and does not give."""

    def add(self, name: str, title: str | None = None) -> None:
        self.packages[name] = Package(
            name, f"name-{name}", title or f"Title {name}", f"file-{name}"
        )

    def __call__(self, address: str) -> FetchedDocument:
        self.asked += 1
        if self.down is not None:
            if self.answers == 0:
                raise self.down
            self.answers -= 1
        start = int(parse_qs(urlsplit(address).query)["start"][0])
        found = sorted(self.packages.values(), key=lambda one: one.id)
        given = found[: len(found) - self.keep_back][start : start + self.page]
        result = {"count": len(found), "results": [one.document() for one in given]}
        content = json.dumps({"success": True, "result": result}).encode()
        return FetchedDocument(content, "application/json")


def run(
    database: Engine, portal: Portal, *, confirm: bool = False, now: datetime = NOW
) -> HarvestRun:
    job = HarvestJob(
        database, portal, lambda: now, "https://xihu.example.cn", confirm_removals=confirm
    )
    return harvest(job, SOURCE)


def lost() -> PlatformError:
    return TransientError("网络中断", "the network is gone")


class Killed(BaseException):
    """The process ends here."""


@contextmanager
def killed_at(database: Engine, commit: int) -> Iterator[None]:
    """The process is killed before its n-th commit takes effect."""
    left = commit

    def count(_connection: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Killed

    event.listen(database, "commit", count)
    try:
        yield
    finally:
        event.remove(database, "commit", count)


def stored(database: Engine) -> dict[str, EntryFacts]:
    entries = StoredEntries(database)
    return entries.find_many(entries.ids(0, 10_000))


def records(database: Engine) -> dict[str, HarvestRecordRow]:
    with transaction(database) as session:
        return {one.record: one for one in session.scalars(select(HarvestRecordRow))}


def entry_of(database: Engine, record: str) -> str:
    found = records(database)[record].entry
    assert found is not None
    return found


def written(database: Engine) -> list[object]:
    """Everything of a harvest but its run rows: what a second run must not change."""
    tables = (HarvestRecordRow, HarvestPageRow, StoredEntryRow, StoredEntryVersionRow)
    with transaction(database) as session:
        rows = [list(session.execute(select(*one.__table__.columns)).all()) for one in tables]
        number = session.scalar(select(func.max(StoredEntryVersionRow.number)))
    return [*(sorted(map(repr, one)) for one in rows), number]
