"""A granted dataset in a real PostgreSQL: what arrives, what goes, and what never arrives."""

import random
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import Any

import orjson
import pytest
from sqlalchemy import select, update

from tests import contracts
from tests.harness.postgres import running_postgres
from tests.test_pipelines.exchange.world import (
    ASKING,
    DATASET,
    FIELDS,
    LOOPBACK,
    NOW,
    NUMBER,
    SENT,
    Rows,
    World,
    contract,
    exchange_world,
)
from xihu_catalog.exchange.models import ExchangeRow
from xihu_catalog.exchange.records import exchange_sealing, get_exchange, set_password
from xihu_pipelines.exchange.run import PURPOSE, STEPS, receiver
from xihu_pipelines.housekeeping.rotate import begin_rotation, rotate
from xihu_pipelines.ingest.load import load_file
from xihu_platform.access.disputed import CorrectionMarkRow
from xihu_platform.access.query import RowQuery
from xihu_platform.audit.models import AuditEntry
from xihu_platform.database import transaction
from xihu_platform.errors import Conflict
from xihu_platform.settings import ExchangeSettings, RemoteSettings


class Killed(BaseException):
    """The process ends here."""


ROWS: Rows = {
    "A1": ("一站", Decimal("2.50"), date(2020, 1, 2), datetime(2026, 1, 2, 3, 4, 5), True, "139"),
    "A2": (None, None, None, None, None, None),
    "A3": ('引号 " 与\\反斜线, 逗号', Decimal("-0.01"), date(1999, 12, 31), None, False, "138"),
}
LATER: Rows = {
    "A1": ("一站", Decimal("3.00"), date(2020, 1, 2), datetime(2026, 1, 2, 3, 4, 5), True, "139"),
    "A2": (None, None, None, None, None, "137"),
    "A4": ("四站", Decimal("9999999999.99"), None, None, None, None),
}


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with running_postgres() as found:
        yield found


@pytest.fixture
def world(tmp_path: Path, port: int) -> Iterator[World]:
    with exchange_world(tmp_path, port) as made:
        made.ask("DROP SCHEMA IF EXISTS jt CASCADE")
        made.ask("CREATE SCHEMA jt")
        yield made


def expected(rows: Rows) -> list[tuple[Any, ...]]:
    """What a receiver reads: all but the phone."""
    return [(code, *values[:5]) for code, values in sorted(rows.items())]


def counts(world: World, **how: Any) -> tuple[str, int | None, int | None, int | None, int | None]:
    done = world.sent(**how)
    return done.state, done.rows, done.added, done.changed, done.removed


def test_what_changed_arrives_and_nothing_else_is_written(world: World) -> None:
    world.load(ROWS)
    assert counts(world) == ("committed", 3, 3, 0, 0), world.batches()
    assert world.there() == expected(ROWS)
    before = world.ask("SELECT xmin::text, code FROM jt.stops")
    world.load(LATER)
    assert counts(world) == ("committed", 3, 1, 1, 1)
    assert world.there() == expected(LATER)
    after = world.ask("SELECT xmin::text, code FROM jt.stops")
    assert [one for one in after if one[1] == "A2"] == [one for one in before if one[1] == "A2"]
    assert world.send() is None


def test_a_table_in_step_is_left_alone_and_compared_when_asked_for(world: World) -> None:
    world.load(ROWS)
    world.sent()
    done = world.sent(whole=True)
    assert (done.repaired, done.added, done.changed, done.removed) == (0, 0, 0, 0)


def test_what_a_receiver_changed_is_repaired_row_by_row(world: World) -> None:
    world.load(ROWS)
    world.sent()
    world.ask("UPDATE jt.stops SET fare = 0.01 WHERE code = 'A1'")
    world.ask("INSERT INTO jt.stops (code, xihu_row) VALUES ('A9', 'made up')")
    world.ask("DELETE FROM jt.stops WHERE code = 'A3'")
    done = world.sent(whole=True)
    assert done.repaired == 2  # A1 and A9; A3 is missing
    assert world.there() == expected(ROWS)


@pytest.mark.parametrize("what", ["DROP TABLE jt.stops", "TRUNCATE jt.stops"])
def test_a_table_that_is_gone_or_empty_is_filled(world: World, what: str) -> None:
    world.load(ROWS)
    world.sent()
    world.ask(what)
    world.load(LATER)
    assert world.sent().state == "committed"
    assert world.there() == expected(LATER)


def test_a_receiver_restored_from_a_backup_is_put_right(world: World) -> None:
    world.load(ROWS)
    world.sent()
    world.ask("CREATE TABLE jt.kept AS SELECT * FROM jt.stops")
    world.load(LATER)
    world.sent()
    world.ask("TRUNCATE jt.stops; INSERT INTO jt.stops SELECT * FROM jt.kept")
    world.load({**LATER, "A5": ("五站", None, None, None, None, None)})
    assert world.sent().state == "committed"
    assert [code for (code,) in world.there("code")] == ["A1", "A2", "A4", "A5"]
    assert world.there() == expected({**LATER, "A5": ("五站", None, None, None, None, None)})


def test_a_table_of_another_owner_is_not_touched(world: World) -> None:
    world.load(ROWS)
    world.ask("CREATE TABLE jt.stops (code text); INSERT INTO jt.stops VALUES ('theirs')")
    done = world.sent()
    assert done.state == "failed" and done.error is not None and "jt.stops" in done.error.en
    assert world.ask("SELECT * FROM jt.stops") == [("theirs",)]


def test_nothing_arrives_without_a_grant(world: World) -> None:
    world.load(ROWS)
    world.suspend()
    done = world.sent()
    assert (done.state, done.rows) == ("refused", None)
    assert world.ask("SELECT to_regclass('jt.stops')::text") == [(None,)]


@pytest.mark.parametrize("rule", ["no_bulk", "per_case", "aggregate_only"])
def test_nothing_arrives_on_conditions_that_bar_bulk(world: World, rule: str) -> None:
    world.load(ROWS)
    world.sent()
    world.load(LATER)
    world.grant(*SENT, rules=(rule,))
    assert world.sent().state == "refused"
    assert world.there() == expected(ROWS)


@pytest.mark.parametrize("at", STEPS[2:7])
def test_a_grant_withdrawn_in_the_middle_rolls_the_batch_back(world: World, at: str) -> None:
    """Whenever it is before the section of the commit, in which a withdrawal waits."""
    world.load(ROWS)
    world.sent()
    world.load(LATER)

    def withdraw(name: str) -> None:
        if name == at:
            world.suspend()

    done = world.sent(step=withdraw)
    assert done.state == "refused"
    assert world.there() == expected(ROWS)
    world.suspend(suspended=False)
    assert world.sent().state == "committed"
    assert world.there() == expected(LATER)


def test_a_withdrawal_waits_for_a_commit_and_the_next_batch_for_neither(world: World) -> None:
    world.load(ROWS)
    done_at: list[float] = []

    def suspend() -> None:
        world.suspend()
        done_at.append(time.monotonic())

    withdrawing = Thread(target=suspend)

    def withdraw(name: str) -> None:
        if name == "commit":
            withdrawing.start()
            withdrawing.join(0.5)
            assert not done_at

    assert world.sent(step=withdraw).state == "committed"
    committed_at = time.monotonic()
    withdrawing.join(10)
    assert done_at and done_at[0] > committed_at - 0.5
    world.load(LATER)
    assert world.sent().state == "refused"
    assert world.there() == expected(ROWS)


def test_an_exchange_that_ends_in_the_middle_sends_nothing(world: World) -> None:
    world.load(ROWS)

    def end(name: str) -> None:
        if name == "plan":
            with transaction(world.node.database) as session:
                session.execute(update(ExchangeRow).values(ended=world.now, sealed=None))

    assert world.sent(step=end).state == "failed"
    assert world.ask("SELECT to_regclass('jt.stops')::text") == [(None,)]
    with pytest.raises(Conflict):
        world.send()


def test_a_field_that_is_no_longer_granted_is_emptied_and_comes_back(world: World) -> None:
    world.load(ROWS)
    world.sent()
    world.ask("CREATE VIEW jt.fares AS SELECT fare FROM jt.stops")
    world.grant("code", "name")
    assert world.sent().state == "committed"
    assert world.there("code", "name") == [row[:2] for row in expected(ROWS)]
    assert set(world.there("fare", "opened", "seen", "covered")) == {(None, None, None, None)}
    world.grant(*SENT)
    world.sent()
    assert world.there() == expected(ROWS)


def test_a_further_field_arrives_and_a_type_that_the_receiver_changed_comes_back(
    world: World,
) -> None:
    world.load(ROWS)
    world.sent()
    world.current = contract([*FIELDS, contracts.field("line", grade="L2")], version="1.1.0")
    world.grant(*SENT, "line")
    world.ask("ALTER TABLE jt.stops ALTER COLUMN fare TYPE text")
    world.load({code: (*values, f"L{code}") for code, values in ROWS.items()})
    assert world.sent().state == "committed"
    assert world.there() == expected(ROWS)
    assert world.there("line") == [("LA1",), ("LA2",), ("LA3",)]


def test_rows_without_a_key_are_told_apart_by_all_their_values(world: World) -> None:
    fields = [contracts.field("code", "VARCHAR"), *FIELDS[1:]]
    world.current = contract(fields)
    path = world.folder / "twice.csv"
    head = ",".join(one["name"] for one in fields)

    def load(*lines: str) -> None:
        path.write_text("\n".join((head, *lines)) + "\n", encoding="utf-8")
        load_file(world.node, world.current, path)

    load("A1,x,,,,,", "A1,x,,,,,", "A1,y,,,,,")
    assert counts(world) == ("committed", 3, 3, 0, 0)
    load("A1,x,,,,,", "A1,y,,,,,", "A1,z,,,,,", "A1,z,,,,,")
    assert counts(world) == ("committed", 4, 2, 0, 1)
    assert world.there("name") == [("x",), ("y",), ("z",), ("z",)]


def test_the_read_is_in_the_log_as_the_receivers(world: World) -> None:
    world.load(ROWS)
    world.sent()
    query = select(AuditEntry.body).where(AuditEntry.dataset == DATASET)
    with transaction(world.node.database) as session:
        bodies = [orjson.loads(one) for one in session.scalars(query.order_by(AuditEntry.seq))]
    (read,) = [one for one in bodies if one["exit"] == "exchange" and one["kind"] == "intent"]
    assert (read["principal"], read["organisation"]) == (f"exchange:{NUMBER}", ASKING)
    assert tuple(read["fields"]) == SENT and "SR-2026-000001" in read["basis"]


@pytest.mark.harness
@pytest.mark.parametrize("at", STEPS)
def test_killed_anywhere_the_table_is_the_one_before_or_after(world: World, at: str) -> None:
    world.load(ROWS)
    world.sent()
    world.load(LATER)

    def die(name: str) -> None:
        if name == at:
            raise Killed

    with pytest.raises(Killed):
        world.send(step=die)
    arrived = at == "record"
    assert world.there() == expected(LATER if arrived else ROWS)
    again = world.send()
    assert world.there() == expected(LATER)
    assert {one.state for one in world.batches()} <= {"committed", "failed"}
    committed = [one for one in world.batches() if one.state == "committed"]
    assert committed[-1].rows == 3
    assert (again is None or again.state == "committed") and len(committed) == (3 if arrived else 2)


def test_a_mark_on_a_record_arrives_and_goes(world: World) -> None:
    """A disputed field is named beside its row, as in a download."""
    world.load(ROWS)
    world.sent()
    mark = CorrectionMarkRow(
        dataset=DATASET,
        key=["A1"],
        key_fields=["code"],
        digest="0" * 64,
        field="name",
        snapshot_id=1,
        placed_at=NOW,
        matter=1,
    )
    with transaction(world.node.database) as session:
        session.add(mark)
    assert counts(world) == ("committed", 3, 0, 1, 0)
    assert world.there("code", "xihu_disputed")[:2] == [("A1", "name"), ("A2", None)]
    with transaction(world.node.database) as session:
        session.execute(update(CorrectionMarkRow).values(lifted_at=NOW))
    assert counts(world) == ("committed", 3, 0, 1, 0)
    assert {mark for (mark,) in world.there("xihu_disputed")} == {None}


def test_pseudonyms_of_another_key_version_replace_the_former(world: World) -> None:
    """The receiver has what a download would give it, before and after a rotation."""
    person = contracts.field("holder", grade="L2", required=True, **contracts.PSEUDONYM)
    world.current = contract([FIELDS[0], person])
    world.grant("code", "holder")
    path = world.folder / "people.csv"
    numbers = ("11010119900307109X", "110101199003073298")
    lines = [f"A{at},{number}" for at, number in enumerate(numbers)]
    path.write_text("\n".join(("code,holder", *lines)) + "\n", encoding="utf-8")
    load_file(world.node, world.current, path)
    world.sent()
    before = world.there("code", "holder")
    assert not {number for _, number in before} & set(numbers)
    assert before == downloaded(world)
    begin_rotation(world.node, [world.current])
    rotate(world.node, world.current)
    assert counts(world) == ("committed", 2, 0, 2, 0)
    after = world.there("code", "holder")
    assert after == downloaded(world) and after != before


def downloaded(world: World) -> list[tuple[Any, ...]]:
    """As the receiver's own system reads it. Any: of whatever types."""
    with transaction(world.node.database) as session:
        who = receiver(session, get_exchange(world.node.database, NUMBER))
    page = world.gateway.read_page(who, DATASET, PURPOSE, RowQuery())
    return sorted(zip(*page.table.to_pydict().values(), strict=True))


@pytest.mark.harness
def test_random_changes_always_end_in_the_same_table(world: World) -> None:
    """Against the rows themselves, loaded and sent in any order with receivers that meddle."""
    chance = random.Random(7)
    rows: Rows = {}
    meddling = (
        "DELETE FROM jt.stops WHERE code < 'B3'",
        "UPDATE jt.stops SET xihu_digest = NULL",
        "UPDATE jt.stops SET xihu_row = md5(xihu_row)",
    )
    for round_ in range(25):
        for _ in range(chance.randrange(6)):
            code = f"B{chance.randrange(12)}"
            if chance.random() < 0.3:
                rows.pop(code, None)
            else:
                amount = Decimal(chance.randrange(10**6)).scaleb(-2)
                rows[code] = (chance.choice(["", "名", None]) or None, amount, *(None,) * 4)
        rows = rows or {"B0": (None,) * 6}
        world.load(rows)
        if round_ and chance.random() < 0.4:
            world.ask(chance.choice(meddling))
        done = world.send() or world.sent(whole=True)
        assert done.state == "committed"
        assert world.there() == expected(rows), round_
        world.now += timedelta(hours=1)


def test_an_inside_address_is_refused_unless_its_network_is_allowed(
    tmp_path: Path, port: int
) -> None:
    with exchange_world(tmp_path, port, exchange=ExchangeSettings(tls="disable")) as world:
        world.load(ROWS)
        done = world.sent()
        assert done.state == "failed" and done.error is not None
        assert "XIHU_EXCHANGE__NETWORKS" in done.error.en


def test_a_database_without_tls_gets_nothing_unless_the_operator_says_so(
    tmp_path: Path, port: int
) -> None:
    own = ExchangeSettings(networks=LOOPBACK)
    with exchange_world(tmp_path, port, exchange=own) as world:
        world.load(ROWS)
        assert world.sent().state == "failed"


def test_a_wrong_password_is_said_without_it(world: World) -> None:
    world.load(ROWS)
    sealing = exchange_sealing(world.node.keyring)
    exchange = get_exchange(world.node.database, NUMBER)
    set_password(world.node.database, sealing, exchange, "wrong-password-here")
    done = world.sent()
    assert done.state == "failed" and done.error is not None
    assert "wrong-password-here" not in done.error.en and "steward" not in done.error.en
    assert "authentication failed" in done.error.en


def test_a_spool_is_not_left_behind(world: World) -> None:
    world.load(ROWS)
    world.sent()
    assert not list((world.node.settings.data_dir / "tmp").glob("exchange-*"))


def test_a_receiver_cannot_send_without_end(tmp_path: Path, port: int) -> None:
    with exchange_world(tmp_path, port, remote=RemoteSettings(limit_mb=1)) as world:
        world.ask("DROP SCHEMA IF EXISTS jt CASCADE")
        world.ask("CREATE SCHEMA jt")
        world.load(ROWS)
        world.sent()
        world.ask(
            "INSERT INTO jt.stops (xihu_row, xihu_digest) "
            "SELECT n::text, md5(n::text) FROM generate_series(1, 60000) n"
        )
        world.load(LATER)
        done = world.sent()
        assert done.state == "failed" and done.error is not None and "1 MB" in done.error.en
