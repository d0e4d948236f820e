"""Drafts of entries on both databases: versions, one writer at a time, limits."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine, delete, func, select

from tests.both_databases import BOTH, postgres, sqlite
from xihu_catalog.datasets import drafts as module
from xihu_catalog.datasets.drafts import (
    DraftContent,
    DraftNameInUse,
    EntryDraftResourceRow,
    EntryDraftRow,
    EntryDrafts,
    EntryDraftVersionRow,
)
from xihu_platform.database import transaction
from xihu_platform.errors import Conflict, TooLarge

__all__ = ["postgres"]  # a fixture
NOW = datetime(2026, 11, 30, tzinfo=UTC)
TABLES = (EntryDraftRow, EntryDraftVersionRow, EntryDraftResourceRow)


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "postgresql":
        found: Engine = request.getfixturevalue("postgres")
        with transaction(found) as session:
            for table in TABLES:
                session.execute(delete(table))
        yield found
        return
    with sqlite(tmp_path) as engine:
        yield engine


def of(database: Engine, organisation: str = "a", days: int = 0) -> EntryDrafts:
    return EntryDrafts(database, organisation, lambda: NOW + timedelta(days=days))


def content(name: str = "one", title: str = "甲", *resources: str) -> DraftContent:
    return {"name": name, "title": title, "resources": [{"id": one} for one in resources]}


def count(database: Engine, table: type) -> int:
    with transaction(database) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_equal_content_is_no_version_whatever_the_order_of_its_fields(database: Engine) -> None:
    drafts = of(database)
    made = drafts.create(content(), "p")
    same = dict(reversed(content().items()))
    assert drafts.change(made, same, "q") == made
    changed = drafts.change(made, content(title="乙"), "q")
    assert (changed.number, changed.author) == (2, "q")
    assert [number for number, _, _ in drafts.versions(made.id)] == [2, 1]
    assert drafts.find("one") == drafts.find(made.id) == changed


def test_a_department_knows_of_its_own_alone(database: Engine) -> None:
    made = of(database).create(content("one", "甲", "r"), "p")
    others = of(database, "b")
    assert others.find(made.id) is others.find("one") is others.find_of_resource("r") is None
    assert list(others.current()) == []
    assert others.versions(made.id) == []
    with pytest.raises(Conflict):
        others.change(made, content(title="乙"), "q")
    with pytest.raises(Conflict):
        others.delete(made)
    others.create(content("one", "乙", "r"), "q")
    assert of(database).find("one") == made


def test_of_writers_at_once_exactly_one_writes(database: Engine) -> None:
    drafts = of(database)
    made = drafts.create(content(), "p")
    barrier, done = Barrier(4), list[str]()

    def write(title: str) -> None:
        barrier.wait()
        try:
            drafts.change(made, content(title=title), title)
        except Conflict:
            return
        done.append(title)

    writers = [Thread(target=write, args=(f"t{n}",)) for n in range(4)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    found = drafts.find("one")
    assert found is not None
    assert done == [found.content["title"]]
    assert count(database, EntryDraftVersionRow) == found.number == 2


def test_a_name_and_a_resource_are_used_once(database: Engine) -> None:
    drafts = of(database)
    made = drafts.create(content("one", "甲", "r"), "p")
    other = drafts.create(content("two"), "p")
    with pytest.raises(DraftNameInUse):
        drafts.create(content("one"), "p")
    with pytest.raises(DraftNameInUse):
        drafts.change(other, content("one"), "p")
    with pytest.raises(Conflict, match="resource of the same id"):
        drafts.change(other, content("two", "乙", "r"), "p")
    assert drafts.find("two") == other
    drafts.delete(made)
    drafts.change(other, content("one", "乙", "r"), "p")
    deleted = drafts.find_deleted(made.id)
    assert deleted is not None
    with pytest.raises(DraftNameInUse):
        drafts.restore(deleted)


def test_what_is_deleted_comes_back_until_its_last_day(database: Engine) -> None:
    drafts = of(database)
    made = drafts.create(content("one", "甲", "r"), "p")
    drafts.delete(made)
    with pytest.raises(Conflict):
        drafts.delete(made)
    with pytest.raises(Conflict):
        drafts.change(made, content(title="乙"), "p")  # read before it was deleted
    assert drafts.find(made.id) is drafts.find_of_resource("r") is None
    deleted = of(database, days=29).find_deleted(made.id)
    assert deleted is not None
    assert of(database, days=30).find_deleted(made.id) is None
    back = drafts.restore(deleted)
    assert (back.content, back.deleted_at) == (made.content, None)
    assert drafts.find_of_resource("r") == back


def test_limits(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DRAFTS", 3)
    monkeypatch.setattr(module, "DELETED", 2)
    monkeypatch.setattr(module, "VERSIONS", 2)
    drafts = of(database)
    made = [drafts.create(content(f"n{n}"), "p") for n in range(3)]
    with pytest.raises(Conflict, match="3 drafts"):
        drafts.create(content("n4"), "p")
    for n, one in enumerate(made):
        of(database, days=n).delete(one)
    assert {one.id for one in drafts.deleted()} == {made[1].id, made[2].id}
    assert count(database, EntryDraftVersionRow) == 2
    new = drafts.create(content("n4"), "p")
    for n in range(4):
        new = drafts.change(new, content("n4", f"t{n}"), "p")
    assert [number for number, _, _ in drafts.versions(new.id)] == [5, 4]
    with pytest.raises(TooLarge):
        drafts.change(new, content("n4", "a" * module.CONTENT_BYTES), "p")
    monkeypatch.setattr(module, "TOTAL_BYTES", 1_000_000)
    long = [drafts.create(content(f"long-{n}", "a" * 255_000), "p") for n in range(2)]
    monkeypatch.setattr(module, "TOTAL_BYTES", 300_000)
    with pytest.raises(TooLarge, match="together"):
        drafts.change(long[0], content("long-0", "b" * 255_000), "p")
    assert drafts.find("long-0") == long[0]
    drafts.delete(long[1])
    drafts.change(long[0], content("long-0", "b" * 200_000), "p")
