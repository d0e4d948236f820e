"""What departments report of lineage is kept once for each job: the newest run, for some time."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine, delete, func, select

from tests.both_databases import BOTH, postgres, sqlite
from xihu_catalog.lineage import stated
from xihu_catalog.lineage.stated import (
    ReportedColumn,
    ReportedDataset,
    ReportedRun,
    StatedJobs,
    StatedLineageRow,
    is_newer,
    keep_run,
    remove_stated,
)
from xihu_platform.database import transaction
from xihu_platform.errors import Conflict

__all__ = ["postgres"]  # a fixture
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
OURS, THEIRS = "113399001001041148", "11339900100102741M"
IN, OUT = ReportedDataset("xihu", "aa"), ReportedDataset("postgres://db", "算.结果")
RUN = ReportedRun(
    namespace="dbt",
    name="settle",
    run_id=UUID(int=1),
    at=NOW,
    producer="https://example.org/dbt",
    inputs=(IN,),
    outputs=(OUT,),
    columns=(ReportedColumn(OUT, "甲", IN, "kk", "IDENTITY"),),
)


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "postgresql":
        found: Engine = request.getfixturevalue("postgres")
        with transaction(found) as session:
            session.execute(delete(StatedLineageRow))
        yield found
        return
    with sqlite(tmp_path) as engine:
        yield engine


def stored(database: Engine, now: datetime = NOW) -> list[tuple[str, ReportedRun]]:
    return [(one.organisation, one.run) for one in StatedJobs().read(database, now)]


def test_what_is_read_is_what_was_reported(database: Engine) -> None:
    assert keep_run(database, OURS, RUN, NOW) == "kept"
    assert stored(database) == [(OURS, RUN)]


def test_the_newest_run_of_a_job_replaces_the_one_before(database: Engine) -> None:
    keep_run(database, OURS, RUN, NOW)
    newer = replace(RUN, run_id=UUID(int=2), at=NOW + timedelta(hours=1), columns=())
    assert keep_run(database, OURS, newer, NOW) == "kept"
    older = replace(RUN, run_id=UUID(int=3), at=NOW + timedelta(minutes=59))
    assert not is_newer(database, OURS, older)
    assert keep_run(database, OURS, older, NOW) == "unchanged"
    assert stored(database) == [(OURS, newer)]


def test_the_same_run_again_writes_nothing(database: Engine) -> None:
    keep_run(database, OURS, RUN, NOW)
    again = replace(RUN, at=NOW + timedelta(hours=1), inputs=())
    assert keep_run(database, OURS, again, NOW + timedelta(days=1)) == "unchanged"
    with transaction(database) as session:
        assert session.scalars(select(StatedLineageRow.received_at)).all() == [NOW]


def test_jobs_of_the_same_name_are_those_of_two_departments(database: Engine) -> None:
    keep_run(database, OURS, RUN, NOW)
    assert keep_run(database, THEIRS, RUN, NOW) == "kept"
    assert sorted(of for of, _ in stored(database)) == sorted([OURS, THEIRS])


def test_a_reader_sees_what_has_changed_since_it_read(database: Engine) -> None:
    jobs = StatedJobs()
    keep_run(database, OURS, RUN, NOW)
    assert len(jobs.read(database, NOW)) == 1
    newer = replace(RUN, run_id=UUID(int=2), at=NOW + timedelta(hours=1), outputs=())
    keep_run(database, OURS, newer, NOW - timedelta(days=1))  # a clock that is behind
    assert [one.run for one in jobs.read(database, NOW)] == [newer]
    assert len(jobs.read(database, NOW)) == 1


def test_a_job_that_is_not_reported_any_more_is_removed(database: Engine) -> None:
    keep_run(database, OURS, RUN, NOW)
    keep_run(database, THEIRS, RUN, NOW + timedelta(days=1))
    last, after = NOW + timedelta(days=400), NOW + timedelta(days=400, seconds=1)
    assert len(stored(database, last - timedelta(seconds=1))) == 2
    assert [of for of, _ in stored(database, after)] == [THEIRS]
    assert remove_stated(database, after) == 1
    assert remove_stated(database, after) == 0
    with transaction(database) as session:
        assert session.scalar(select(func.count()).select_from(StatedLineageRow)) == 1


def test_one_department_has_so_many_jobs_and_edges(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stated, "JOBS_LIMIT", 2)
    monkeypatch.setattr(stated, "EDGES_LIMIT", 5)
    keep_run(database, OURS, RUN, NOW)  # two edges: of the datasets and of the columns
    keep_run(database, OURS, replace(RUN, name="other"), NOW)
    with pytest.raises(Conflict, match="2 jobs"):
        keep_run(database, OURS, replace(RUN, name="third"), NOW)
    keep_run(database, THEIRS, replace(RUN, name="third"), NOW)
    newer = replace(RUN, run_id=UUID(int=2), at=NOW + timedelta(hours=1))
    keep_run(database, OURS, newer, NOW)  # in the place of the one before
    column = RUN.columns[0]
    many = tuple(replace(column, source=f"k{i}") for i in range(3))
    with pytest.raises(Conflict, match="5 edges"):
        keep_run(
            database,
            OURS,
            replace(newer, run_id=UUID(int=3), at=NOW + timedelta(hours=2), columns=many),
            NOW,
        )
    assert len(stored(database)) == 3
