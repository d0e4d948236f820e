"""The application database says no value of a statement in what it raises."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import (
    Column,
    Engine,
    Integer,
    MetaData,
    PoolProxiedConnection,
    Table,
    event,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from xihu_platform import database
from xihu_platform.database import (
    KeptConnection,
    erases,
    open_database,
    take_turn,
    transaction,
)
from xihu_platform.errors import TransientError
from xihu_platform.start import Node

SECRET = "canary7f3a"
THINGS = Table("thing", MetaData(), Column("n", Integer, primary_key=True))


@pytest.mark.parametrize(
    "sql",
    ["SELECT * FROM none WHERE name = :name", "INSERT INTO audit_node (level) VALUES (:name)"],
)
def test_an_error_does_not_quote_the_values(node: Node, sql: str) -> None:
    with pytest.raises(SQLAlchemyError) as caught, transaction(node.database) as session:
        session.execute(text(sql), {"name": SECRET})
    assert SECRET not in str(caught.value)


def test_a_kept_connection_says_that_the_database_does_not_answer_and_goes_on_later(
    tmp_path: Path,
) -> None:
    path = tmp_path / "some.db"
    kept = KeptConnection(open_database(f"sqlite:///{path}"))
    assert kept.ask("SELECT 1") == [(1,)]
    kept.ask("CREATE TABLE t (a)")
    path.rename(tmp_path / "away.db")
    path.mkdir()  # the connection is lost, and no other can be made
    kept.close()
    with pytest.raises(TransientError, match="try again"):
        kept.ask("SELECT a FROM t")
    path.rmdir()
    (tmp_path / "away.db").rename(path)
    assert kept.ask("SELECT a FROM t") == []


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Engine]:
    """A file with one table."""
    engine = open_database(f"sqlite:///{tmp_path / 'turns.db'}")
    THINGS.create(engine)
    yield engine
    engine.dispose()


def test_one_writes_after_the_other_and_none_meets_the_lock_of_sqlite(written: Engine) -> None:
    """Whoever met it would sleep, up to a tenth of a second each time; here they would fail."""
    event.listen(written, "connect", lambda raw, _record: raw.execute("PRAGMA busy_timeout=0"))
    written.dispose()

    def write(n: int) -> None:
        with transaction(written) as session:
            session.execute(insert(THINGS).values(n=n))
            time.sleep(0.01)

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(write, range(24)))
    with transaction(written) as session:
        assert session.scalar(select(func.count()).select_from(THINGS)) == 24


def test_a_transaction_makes_no_class_of_its_own(written: Engine) -> None:
    """A class of sessions for each transaction was two thirds of what a page took under load."""
    with transaction(written) as one:
        assert type(one) is Session


def test_a_turn_is_given_back_whatever_becomes_of_the_change(written: Engine) -> None:
    turn = database._TURNS[written]
    with transaction(written) as session:
        session.scalar(select(func.count()).select_from(THINGS))
        assert not turn.taken(), "who reads waits for nobody"
        session.execute(insert(THINGS).values(n=1))
        assert turn.taken()
        session.execute(insert(THINGS).values(n=2))
    assert not turn.taken()
    with pytest.raises(IntegrityError), transaction(written) as session:
        session.execute(insert(THINGS).values(n=1))
    assert not turn.taken()
    with pytest.raises(SQLAlchemyError), transaction(written) as session:
        session.execute(insert(THINGS).values(n=3))
        session.connection().invalidate()
        session.execute(insert(THINGS).values(n=4))
    assert not turn.taken(), "of a connection that is lost"
    raw = written.raw_connection()
    take_turn(written, raw)
    assert turn.taken()
    raw.close()
    assert not turn.taken()


@pytest.fixture
def hanging(written: Engine) -> Iterator[PoolProxiedConnection]:
    """A connection that has the turn and does nothing with it."""
    raw = written.raw_connection()
    take_turn(written, raw)
    yield raw
    raw.close()


def test_who_waits_in_vain_for_a_turn_leaves_it_to_sqlite(
    written: Engine, hanging: PoolProxiedConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_S", 0.05)
    with transaction(written) as session:
        session.execute(insert(THINGS).values(n=7))
    hanging.close()
    assert not database._TURNS[written].taken()


def test_who_has_the_lock_of_sqlite_waits_for_no_turn(
    written: Engine, hanging: PoolProxiedConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever had the turn would wait for that lock meanwhile: each for the other."""

    def write() -> None:
        with transaction(written) as session:
            with monkeypatch.context() as soon:
                soon.setattr(database, "BUSY_S", 0.05)
                session.execute(insert(THINGS).values(n=1))
            session.execute(insert(THINGS).values(n=2))

    with ThreadPoolExecutor(1) as pool:
        one = pool.submit(write)
        try:
            one.result(5)  # half of what it would wait
        finally:
            hanging.close()


def test_turns_go_by_the_order_in_which_they_were_asked_for(written: Engine) -> None:
    turns, order = database._TURNS[written], list[int]()

    def write(n: int) -> None:
        with transaction(written) as session:
            session.execute(insert(THINGS).values(n=n))
            order.append(n)

    with ThreadPoolExecutor(12) as pool:
        with transaction(written) as session:
            session.execute(insert(THINGS).values(n=0))
            for n in range(1, 13):
                pool.submit(write, n)
                while len(turns._line) <= n:
                    time.sleep(0.001)
        write(13)  # at once: whoever had the turn goes to the end of the line
    assert order == list(range(1, 14))


def test_nobody_leaves_a_line_that_moves(written: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Left to SQLite they would meet its lock, and fail here: each turn is short, the line long."""
    event.listen(written, "connect", lambda raw, _record: raw.execute("PRAGMA busy_timeout=0"))
    written.dispose()
    monkeypatch.setattr(database, "BUSY_S", 0.4)

    def write(n: int) -> None:
        with transaction(written) as session:
            session.execute(insert(THINGS).values(n=n))
            time.sleep(0.05)

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(write, range(20)))


def test_a_connection_of_sqlite_keeps_few_pages(written: Engine) -> None:
    with written.connect() as connection:
        assert connection.scalar(text("PRAGMA cache_size")) == -512  # KB: SQLite itself has 2000


CANARY = "canary-of-what-was-erased"


def files_with_it(folder: Path) -> list[str]:
    """The files of the database that have the text in some page."""
    files = sorted(folder.glob("erased.db*"))
    return [one.name for one in files if CANARY.encode() in one.read_bytes()]


def test_what_is_erased_is_in_no_file_of_the_database(tmp_path: Path) -> None:
    """Also not in the write-ahead log; while it is being read, the next transaction clears it."""
    engine = open_database(f"sqlite:///{tmp_path / 'erased.db'}")
    try:
        with transaction(engine) as session:
            session.execute(text("CREATE TABLE said (words TEXT)"))
            session.execute(text("INSERT INTO said VALUES (:words)"), {"words": CANARY})
        assert files_with_it(tmp_path)
        with engine.connect() as reader:
            reader.exec_driver_sql("BEGIN")
            assert reader.exec_driver_sql("SELECT words FROM said").one()[0] == CANARY
            with transaction(engine) as session:
                erases(session)
                session.execute(text("DELETE FROM said"))
            assert files_with_it(tmp_path), "the reader still has it"
        with transaction(engine) as session:
            assert session.execute(text("SELECT words FROM said")).all() == []
        assert files_with_it(tmp_path) == []
    finally:
        engine.dispose()
