"""A receiver that means no good, or is not as it should be: the node goes on, and says so."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import update

from tests import contracts
from tests.harness.postgres import running_postgres
from tests.test_pipelines.exchange.test_run import LATER, ROWS, expected
from tests.test_pipelines.exchange.world import (
    FIELDS,
    NUMBER,
    SENT,
    World,
    contract,
    exchange_world,
)
from xihu_catalog.exchange.models import ExchangeRow
from xihu_pipelines.exchange import target
from xihu_pipelines.exchange.due import due_exchanges, send_due
from xihu_platform.access.models import ErasureRow
from xihu_platform.database import transaction
from xihu_platform.settings import RemoteSettings


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with running_postgres() as found:
        yield found


@contextmanager
def a_world(folder: Path, port: int, **settings: Any) -> Iterator[World]:
    with exchange_world(folder, port, **settings) as made:
        made.ask("DROP SCHEMA IF EXISTS jt CASCADE")
        made.ask("CREATE SCHEMA jt")
        yield made


@pytest.fixture
def world(tmp_path: Path, port: int) -> Iterator[World]:
    with a_world(tmp_path, port) as made:
        yield made


class Proxy:
    """Between the node and its receiver; from `freeze` on it hands nothing on."""

    def __init__(self, to: int) -> None:
        self._to, self._frozen = to, threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def freeze(self) -> None:
        self._frozen.set()

    def close(self) -> None:
        self._listening.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                inner = self._listening.accept()[0]
                outer = socket.create_connection(("127.0.0.1", self._to))
                for one, other in ((inner, outer), (outer, inner)):
                    threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while block := one.recv(65536):
                if not self._frozen.is_set():
                    other.sendall(block)
            other.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def proxy(world: World) -> Iterator[Proxy]:
    with closing(Proxy(world.port)) as made:
        with transaction(world.node.database) as session:
            session.execute(update(ExchangeRow).values(port=made.port))
        yield made


def at_step(name: str, do: Callable[[], object]) -> Callable[[str], None]:
    def step(now: str) -> None:
        if now == name:
            do()

    return step


def test_a_commit_that_is_never_answered_locks_nothing_for_long(
    world: World, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What became of it is asked of the receiver by the next batch."""
    monkeypatch.setattr(target, "COMMIT_S", 1.0)
    world.load(ROWS)
    begun = threading.Event()

    def freeze() -> None:
        proxy.freeze()
        begun.set()

    sending = threading.Thread(target=lambda: world.send(step=at_step("commit", freeze)))
    sending.start()
    assert begun.wait(20)
    before = time.monotonic()
    world.suspend()
    assert time.monotonic() - before < 5
    sending.join(20)
    assert not sending.is_alive()
    assert [one.state for one in world.batches()] == ["open"]
    with transaction(world.node.database) as session:
        session.execute(update(ExchangeRow).values(port=world.port))
    world.suspend(suspended=False)
    assert world.sent().state == "committed"
    assert [one.state for one in world.batches()] == ["failed", "committed"]
    assert world.there() == expected(ROWS)


@pytest.mark.harness
@pytest.mark.parametrize("step", ["begin", "prepare", "write", "plan"])
def test_a_receiver_that_falls_silent_is_hung_up_on(tmp_path: Path, port: int, step: str) -> None:
    remote = RemoteSettings(statement_timeout_s=1, timeout_s=1)
    with a_world(tmp_path, port, remote=remote) as world, closing(Proxy(port)) as proxy:
        world.load(ROWS)
        world.sent()
        world.load(LATER)
        with transaction(world.node.database) as session:
            session.execute(update(ExchangeRow).values(port=proxy.port))
        before = time.monotonic()
        done = world.sent(step=at_step(step, proxy.freeze))
        assert done.state == "failed" and time.monotonic() - before < 15
        assert world.there() == expected(ROWS)


def test_what_a_receiver_does_at_a_commit_it_does_before_it(tmp_path: Path, port: int) -> None:
    """A deferred trigger that sleeps keeps no suspension waiting."""
    with a_world(tmp_path, port) as world:
        world.load(ROWS)
        world.sent()
        world.load(LATER)
        world.ask(
            """CREATE FUNCTION jt.p() RETURNS trigger LANGUAGE plpgsql AS
            $$BEGIN PERFORM pg_sleep(3); RETURN NULL; END$$;
            CREATE CONSTRAINT TRIGGER t AFTER INSERT ON jt.stops DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW WHEN (NEW.code = 'A4') EXECUTE FUNCTION jt.p()"""
        )
        took: list[float] = []

        def suspend() -> None:
            before = time.monotonic()
            world.suspend()
            took.append(time.monotonic() - before)

        suspending = threading.Thread(target=suspend)
        world.send(step=at_step("commit", suspending.start))
        suspending.join(10)
        assert took and took[0] < 2


@pytest.mark.parametrize("comment", [f"Xihu {NUMBER} batch {'9' * 5000}", "Xihu BX-1 batch 3", "x"])
def test_a_comment_that_is_none_of_ours_fails_the_batch_alone(world: World, comment: str) -> None:
    world.load(ROWS)
    world.ask(f"CREATE TABLE jt.stops (x int); COMMENT ON TABLE jt.stops IS '{comment}'")
    assert world.sent().state == "failed"
    assert [name for name, _ in send_due(world.node, world.gateway)] == []  # it rests


def test_names_mean_the_servers_own_functions(world: World) -> None:
    world.load(ROWS)
    world.sent()
    world.ask(
        """DROP SCHEMA IF EXISTS evil CASCADE; CREATE SCHEMA evil;
        CREATE FUNCTION evil.step(text) RETURNS text LANGUAGE sql AS 'SELECT $1';
        CREATE AGGREGATE evil.count(*) (SFUNC = evil.step, STYPE = text, INITCOND = 'x')"""
    )
    world.ask("ALTER ROLE steward SET search_path = evil, pg_catalog")
    try:
        world.load(LATER)
        assert world.sent().state == "committed"
        assert world.there() == expected(LATER)
    finally:
        world.ask("ALTER ROLE steward RESET ALL")


@pytest.mark.parametrize("name", ["xihu_row", "file_row_number", "ctid"])
def test_a_field_whose_name_the_table_cannot_have_is_said(world: World, name: str) -> None:
    world.current = contract([*FIELDS, contracts.field(name, grade="L2")])
    world.grant(*SENT, name)
    world.load({code: (*values, f"x{code}") for code, values in ROWS.items()})
    done = world.sent()
    assert done.state == "failed" and done.error is not None
    assert "the platform failed" not in done.error.en or name == "file_row_number"


def test_what_a_killed_batch_spooled_is_gone_with_the_next_one(world: World) -> None:
    """SIGKILL runs no `finally`: as a file that another process left."""
    folder = world.node.settings.data_dir / "tmp"
    folder.mkdir(exist_ok=True)
    (folder / "exchange-7-0badcafe.parquet").write_bytes(b"rows")
    (folder / "exchange-8-0badcafe.parquet").write_bytes(b"of another, which may be at work")
    world.load(ROWS)
    world.sent()
    assert [one.name for one in folder.glob("exchange-*")] == ["exchange-8-0badcafe.parquet"]


def test_a_database_in_another_encoding_gets_the_text_or_nothing(world: World) -> None:
    world.ask("DROP DATABASE IF EXISTS latin")
    world.ask(
        "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
    )
    address = world.address.replace("dbname=postgres", "dbname=latin")
    with psycopg.connect(address, autocommit=True) as session:
        session.execute("CREATE SCHEMA jt")
    with transaction(world.node.database) as mine:
        mine.execute(update(ExchangeRow).values(database="latin"))
    world.load(ROWS)
    assert world.sent().state == "failed"


def test_an_error_has_no_control_characters(world: World) -> None:
    world.load(ROWS)
    world.sent()
    world.load(LATER)
    world.ask(
        r"""CREATE FUNCTION jt.t() RETURNS trigger LANGUAGE plpgsql AS
        $$BEGIN RAISE EXCEPTION E'permission denied for table \x1b[2J\x1b]0;x\x07'; END$$;
        CREATE TRIGGER t BEFORE INSERT ON jt.stops FOR EACH ROW EXECUTE FUNCTION jt.t()"""
    )
    error = world.sent().error
    assert error is not None and error.en.isprintable() and error.zh.isprintable()


def test_a_table_that_lost_its_key_is_not_believed(world: World) -> None:
    world.load(ROWS)
    world.sent()
    world.ask("ALTER TABLE jt.stops DROP CONSTRAINT stops_pkey")
    world.ask("INSERT INTO jt.stops SELECT * FROM jt.stops")
    done = world.sent(whole=True)
    assert done.state == "failed" and done.error is not None and "primary key" in done.error.en


def test_what_was_deleted_between_read_and_commit_does_not_arrive(world: World) -> None:
    world.load(ROWS)
    less = {code: values for code, values in ROWS.items() if code != "A1"}
    assert world.sent(step=at_step("plan", lambda: world.load(less))).state == "failed"
    assert world.ask("SELECT to_regclass('jt.stops')::text") == [(None,)]
    assert world.sent().state == "committed"
    assert world.there() == expected(less)


def test_an_erasure_is_due_at_once(world: World) -> None:
    world.load(ROWS)
    sent = world.sent()
    assert due_exchanges(world.node) == []
    with transaction(world.node.database) as session:
        session.add(
            ErasureRow(
                dataset="jt_stops",
                snapshot_id=sent.snapshot,
                ground="依法删除",
                erased_on=world.now.date(),
            )
        )
    assert due_exchanges(world.node) == [NUMBER]


def test_why_a_commit_was_refused_is_said(world: World) -> None:
    world.load(ROWS)
    world.sent()
    world.load(LATER)
    world.ask(
        """CREATE FUNCTION jt.p() RETURNS trigger LANGUAGE plpgsql AS
        $$BEGIN RAISE EXCEPTION 'x'; END$$;
        CREATE CONSTRAINT TRIGGER t AFTER INSERT ON jt.stops DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION jt.p()"""
    )
    assert world.sent().state == "failed"
    assert world.there() == expected(ROWS)


def test_one_exchange_that_fails_keeps_no_other_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*_any: object) -> None:
        raise ValueError("anything")

    world.load(ROWS)
    with monkeypatch.context() as patched:
        patched.setattr("xihu_pipelines.exchange.run.Target", fault)
        ((name, batch),) = send_due(world.node, world.gateway)
    assert name == NUMBER and getattr(batch, "state", None) == "failed"
