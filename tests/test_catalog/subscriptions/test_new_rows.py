"""How many rows are new: by key, by appended files, or unknown; each a read in the log."""

import pytest

from tests.contracts import document
from tests.contracts import field as column
from tests.entries import take_over_all
from tests.test_catalog.sharing.test_requests import HEALTH
from tests.test_catalog.subscriptions.conftest import OPENED, STOPS, Room
from xihu_platform.access.new_rows import NewRows, read_new_rows
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery, parse_filter
from xihu_platform.errors import Refused
from xihu_platform.identity.principal import ANONYMOUS

OPEN = Purpose("open")
TAPS = "jt_taps"


def read(room: Room, dataset: str, since: int, now: int, *filters: str, shown: int = 0) -> NewRows:
    asked = tuple(parse_filter(one) for one in filters)
    query = RowQuery(filters=asked, snapshot_id=now)
    gateway = room.services.gateway
    return read_new_rows(gateway, ANONYMOUS, dataset, OPEN, query, since=since, shown=shown)


def keyless(room: Room, mode: str) -> None:
    fields = [column("line"), column("taps", "INTEGER")]
    content = document(TAPS, fields, provider=HEALTH, mode=mode, more=OPENED)
    room.services.catalogue.contracts.publish(content)
    take_over_all(room.node.database)


def test_by_key_a_changed_row_is_not_new_and_a_deleted_one_neither(room: Room) -> None:
    first = room.load("a,330106,1", "b,330105,2", "c,330105,3")
    second = room.load("a,330106,9", "d,330106,4", "b,330105,2", "e,330105,5")
    found = read(room, STOPS, first, second, shown=5)
    assert found.count == 2
    assert found.rows is not None
    assert found.rows.to_pylist() == [
        {"id": "d", "county": "330106", "riders": 4},
        {"id": "e", "county": "330105", "riders": 5},
    ]
    assert read(room, STOPS, first, second, "county:eq:330106").count == 1
    assert read(room, STOPS, second, second).count == 0


def test_a_row_that_meets_the_filter_now_is_new_under_it(room: Room) -> None:
    first = room.load("a,330106,1", "b,330105,2")
    second = room.load("a,330106,150", "b,330105,2")
    assert read(room, STOPS, first, second).count == 0
    assert read(room, STOPS, first, second, "riders:ge:100").count == 1


def test_without_a_key_the_appended_rows_are_new(room: Room) -> None:
    keyless(room, "append")
    head = "line,taps"
    first = room.load("1,10", "2,20", dataset=TAPS, head=head)
    second = room.load("1,10", "1,30", "3,30", dataset=TAPS, head=head)
    found = read(room, TAPS, first, second, shown=2)
    assert found.count == 3
    assert found.rows is not None
    assert found.rows.to_pylist() == [{"line": "1", "taps": 10}, {"line": "1", "taps": 30}]
    assert read(room, TAPS, first, second, "taps:ge:30").count == 2


def test_without_a_key_a_replaced_table_has_no_number(room: Room) -> None:
    keyless(room, "replace")
    first = room.load("1,10", dataset=TAPS, head="line,taps")
    second = room.load("1,10", "2,20", dataset=TAPS, head="line,taps")
    found = read(room, TAPS, first, second, shown=5)
    assert (found.count, found.rows) == (None, None)


def test_a_snapshot_that_is_not_there_any_more_gives_no_number(room: Room) -> None:
    now = room.load("a,330106,1")
    assert read(room, STOPS, 4711, now).count is None
    assert read(room, STOPS, 0, now).count == 1  # there was no data before


def test_each_is_a_read_in_the_log_and_a_refusal_reads_nothing(room: Room) -> None:
    now = room.load("a,330106,1")
    entry = read(room, STOPS, 0, now, shown=5).audit_entry
    assert entry is not None and room.reads(ANONYMOUS) == 1
    with pytest.raises(Refused):
        read(room, "yb_visits", 0, 1)
    assert room.reads(ANONYMOUS) == 1
