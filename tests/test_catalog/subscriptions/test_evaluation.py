"""What happens is noticed once: new rows, changes of a schema, late data, breaks of quality."""

from dataclasses import replace
from datetime import timedelta

import pyarrow as pa
import pytest
from sqlalchemy import Engine, select, update

from tests.contracts import document
from tests.contracts import field as column
from tests.entries import accept_change, publish_entry, unpublished_meanwhile
from tests.test_catalog.sharing.test_requests import HEALTH
from tests.test_catalog.subscriptions.conftest import FIELDS, OPENED, PEOPLE, STOPS, Room
from xihu_catalog.subscriptions import evaluation
from xihu_catalog.subscriptions.changes import mark_of
from xihu_catalog.subscriptions.evaluation import Evaluated
from xihu_catalog.subscriptions.model import Kind, KnownWorld, Subscription, WatchedFor
from xihu_catalog.subscriptions.models import SubscriptionEventRow
from xihu_catalog.subscriptions.payload import Event, compose
from xihu_catalog.subscriptions.service import Wanted, read_event
from xihu_platform.access.policy import Purpose
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, NotFound, Refused
from xihu_platform.identity.models import PositionRow
from xihu_platform.lake.maintenance import forget
from xihu_platform.sql import Statement

ROWS = Wanted("new_rows", STOPS)
HIGH = replace(ROWS, question=WatchedFor(("county:eq:330106",)))
DUTY = Purpose("duty")


def test_new_rows_that_match_are_an_event_and_others_are_none(room: Room) -> None:
    room.load("a,330106,1", "b,330105,2")
    every = room.subscribe(room.citizen(), ROWS)
    some = room.subscribe(room.citizen(), HIGH)
    assert room.tick() == Evaluated()
    room.load("a,330106,1", "b,330105,2", "c,330105,3")
    assert room.tick() == Evaluated(looked=2, events=1)
    assert (len(room.events(every)), len(room.events(some))) == (1, 0)
    room.load("a,330106,1", "b,330105,2", "c,330105,3", "d,330106,4")
    assert room.tick() == Evaluated(looked=2, events=2)
    assert room.tick() == Evaluated()
    assert (len(room.events(every)), len(room.events(some))) == (2, 1)
    assert room.reads(room.citizen()) == 4


def test_a_load_of_the_same_rows_is_no_event(room: Room) -> None:
    room.load("a,330106,1", "b,330105,2")
    one = room.subscribe(room.citizen(), ROWS)
    room.load("b,330105,2", "a,330106,5")
    assert room.tick() == Evaluated(looked=1)
    assert room.events(one) == []


def test_the_first_load_of_an_empty_dataset_is_an_event(room: Room) -> None:
    one = room.subscribe(room.citizen(), ROWS)
    assert room.tick() == Evaluated()
    room.load("a,330106,1")
    assert room.tick() == Evaluated(looked=1, events=1)
    assert [what for what, _ in room.events(one)] == ["new_rows"]


def test_of_data_about_persons_an_update_is_told_and_no_condition_taken(room: Room) -> None:
    tang = room.official("p-steward-yb", "tang-yb")
    wanted = Wanted("new_rows", PEOPLE, purpose=DUTY)
    with pytest.raises(BadInput, match="about persons"):
        room.subscribe(tang, replace(wanted, question=WatchedFor(("county:eq:330106",))))
    one = room.subscribe(tang, wanted)
    room.load("1,330106199001010018,330106", dataset=PEOPLE, head="no,citizen,county")
    room.tick()
    assert [what for what, _ in room.events(one)] == ["new_rows"]


def test_what_may_not_be_read_is_not_subscribed_to(room: Room) -> None:
    with pytest.raises(Refused):
        room.subscribe(room.citizen(), Wanted("new_rows", PEOPLE))
    with pytest.raises(BadInput, match="own records"):
        room.subscribe(room.citizen(), Wanted("new_rows", PEOPLE, purpose=Purpose("own")))


def test_what_is_not_published_is_as_what_there_is_not(room: Room) -> None:
    with unpublished_meanwhile(room.node.database, STOPS):
        said = []
        for name in (STOPS, "jt_none"):
            for kind in ("new_rows", "schema_change", "late", "quality_break"):
                with pytest.raises(NotFound) as caught:
                    room.subscribe(room.citizen(), Wanted(kind, name))
                said.append(str(caught.value).replace(name, ""))
    assert len(said) == 8
    assert len(set(said)) == 1


@pytest.mark.parametrize("kind", ["new_rows", "schema_change", "late", "quality_break"])
def test_what_is_unpublished_ends_and_says_no_more(room: Room, kind: str) -> None:
    room.load("a,330106,1")
    one = room.subscribe(room.citizen(), Wanted(kind, STOPS))  # type: ignore[arg-type]
    with unpublished_meanwhile(room.node.database, STOPS):
        assert room.tick() == Evaluated(looked=1, ended=1)
    found = room.subscriptions.get(room.citizen(), one.id)
    assert (found.state, found.reason) == ("ended", "gone")
    assert room.events(one) == [("ended", {})]


def test_its_own_department_goes_on_with_what_is_unpublished(room: Room) -> None:
    room.load("a,330106,1")
    tang = room.official("p-steward-yb", "tang-yb")
    one = room.subscribe(tang, replace(ROWS, purpose=DUTY))
    with unpublished_meanwhile(room.node.database, STOPS):
        assert room.tick() == Evaluated(looked=1)
        room.load("a,330106,1", "b,330106,1")
        assert room.tick() == Evaluated(looked=1, events=1)
    assert room.tick() == Evaluated(looked=1)
    assert len(room.events(one)) == 1


def test_a_new_field_is_a_change_of_the_schema_and_a_new_text_is_none(room: Room) -> None:
    one = room.subscribe(room.citizen(), Wanted("schema_change", STOPS))
    publish = room.services.catalogue.contracts.publish
    publish(document(STOPS, FIELDS, provider=HEALTH, more=OPENED, name="公交站"))
    accept_change(room.node.database, STOPS)
    assert room.tick() == Evaluated(looked=1)
    publish(document(STOPS, [*FIELDS, column("line")], provider=HEALTH, more=OPENED))
    accept_change(room.node.database, STOPS)
    assert room.tick() == Evaluated(looked=1, events=1)
    assert [what for what, _ in room.events(one)] == ["schema_change"]


def test_late_data_is_told_once_for_each_date_that_is_missed(room: Room) -> None:
    room.load("a,330106,1")
    one = room.subscribe(room.citizen(), Wanted("late", STOPS))
    assert room.tick() == Evaluated()
    room.clock.ahead = timedelta(days=30)
    assert room.tick() == Evaluated(looked=1, events=1)
    room.clock.ahead = timedelta(days=31)
    assert room.tick() == Evaluated()
    assert len(room.events(one)) == 1


def test_what_is_late_already_is_told_at_once_and_only_once(room: Room) -> None:
    room.load("a,330106,1")
    room.clock.ahead = timedelta(days=30)
    one = room.subscribe(room.citizen(), Wanted("late", STOPS))
    assert room.tick() == Evaluated(looked=1, events=1)
    room.clock.ahead = timedelta(days=31)
    assert room.tick() == Evaluated()
    assert [what for what, _ in room.events(one)] == ["late"]
    subscriptions, known = room.subscriptions, room.services.known_to(room.citizen())
    now = room.clock()
    subscriptions.change(known, room.citizen(), one.id, "paused", now)
    subscriptions.change(known, room.citizen(), one.id, "active", now)
    assert room.tick() == Evaluated(), "who goes on has heard of it"


def test_a_load_with_many_bad_records_is_a_break_of_quality(room: Room) -> None:
    room.load("a,330106,1")
    one = room.subscribe(room.citizen(), Wanted("quality_break", STOPS))
    good = [f"{n},330106,1" for n in range(19)]
    room.load(*good, "x,330106,many")  # 1 of 20: five per cent
    assert room.tick() == Evaluated(looked=1, events=1)
    room.load(*good, "y,330106,1", "z,330106,many")  # 1 of 21
    assert room.tick() == Evaluated(looked=1)
    assert len(room.events(one)) == 1


def test_new_and_changed_entries_of_a_search_are_told(room: Room) -> None:
    asked = WatchedFor(text="公交站")
    stop = document("jt_stop_list", FIELDS, provider=HEALTH, more=OPENED, name="公交站名录")
    search = room.subscribe(room.citizen(), Wanted("search", question=asked))
    fresh = room.subscribe(room.citizen(), Wanted("new_entry", question=asked))
    room.services.catalogue.contracts.publish(stop)
    room.tick()
    assert room.events(search) == []  # it is a draft
    publish_entry(room.node.database, "jt_stop_list")
    room.tick()
    said = {"entries": ["jt_stop_list"]}
    assert room.events(search) == [("search", said)]
    assert room.events(fresh) == [("new_entry", said)]
    changed = document(
        "jt_stop_list", [*FIELDS, column("line")], provider=HEALTH, more=OPENED, name="公交站名录"
    )
    room.services.catalogue.contracts.publish(changed)
    accept_change(room.node.database, "jt_stop_list")
    room.tick()
    assert room.events(search) == [("search", said), ("search", said)]
    assert len(room.events(fresh)) == 1


def test_a_position_that_is_another_persons_now_ends_the_subscription(room: Room) -> None:
    tang = room.official("p-steward-yb", "tang-yb")
    one = room.subscribe(tang, replace(ROWS, purpose=DUTY))
    room.load("a,330106,1")
    with transaction(room.node.database) as session:
        moved = update(PositionRow).where(PositionRow.id == "tang-yb")
        session.execute(moved.values(person="p-official-two"))
    assert room.tick() == Evaluated(looked=1, ended=1)
    assert room.subscriptions.get(tang, one.id).reason == "position"


def test_the_same_twice_is_one_and_ended_it_goes_on(room: Room) -> None:
    first, second = (room.subscribe(room.citizen(), ROWS) for _ in range(2))
    assert first.id == second.id
    subscriptions, who = room.subscriptions, room.citizen()
    known = room.services.known_to(who)
    subscriptions.change(known, who, first.id, "ended", room.clock())
    room.load("a,330106,1")
    again = room.subscribe(who, ROWS)
    assert (again.id, again.state, again.reason) == (first.id, "active", None)
    assert room.tick() == Evaluated()  # begins with what is there


def test_a_daily_one_is_looked_at_once_a_day(room: Room) -> None:
    room.load("a,330106,1")
    one = room.subscribe(room.citizen(), replace(ROWS, frequency="daily"))
    room.load("a,330106,1", "b,330106,1")
    assert room.tick().events == 1
    room.load("a,330106,1", "b,330106,1", "c,330106,1")
    assert room.tick() == Evaluated()
    room.clock.ahead = timedelta(hours=20)  # 8 in the morning of the next day in Shanghai
    assert room.tick().events == 1
    assert len(room.events(one)) == 2


def test_a_thousand_of_one_dataset_make_the_engine_count_once(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.load("a,330106,1")
    people = ["p-citizen3", "p-citizen1", "p-firm-handler", "p-elder"]
    for person in people:
        room.subscribe(room.citizen(person), ROWS)
    room.load("a,330106,1", "b,330106,1")
    engine, asked = room.services.gateway.engine, list[Statement]()
    fetch = engine.fetch

    def counted(one: Statement) -> pa.Table:
        asked.append(one)
        return fetch(one)

    monkeypatch.setattr(engine, "fetch", counted)
    assert room.tick() == Evaluated(looked=4, events=4)
    assert len(asked) == 1


def test_no_one_has_more_than_a_hundred(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xihu_catalog.subscriptions.service.OWNED_LIMIT", 2)
    for value in ("1", "2"):
        room.subscribe(room.citizen(), replace(ROWS, question=WatchedFor((f"riders:eq:{value}",))))
    with pytest.raises(Exception, match="2 subscriptions at most"):
        room.subscribe(room.citizen(), ROWS)
    room.subscribe(room.citizen("p-elder"), ROWS)


def test_a_dataset_that_cannot_be_looked_at_keeps_no_other_waiting(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.load("a,330106,1")
    one = room.subscribe(room.citizen(), ROWS)
    late = room.subscribe(room.citizen(), Wanted("late", STOPS))
    whole = mark_of

    def broken(world: KnownWorld, database: Engine, kind: Kind, subject: str) -> str:
        if kind == "late":
            raise ValueError("a broken file")
        return whole(world, database, kind, subject)

    monkeypatch.setattr(evaluation, "mark_of", broken)
    room.load("a,330106,1", "b,330105,2")
    assert room.tick() == Evaluated(looked=1, events=1)
    assert len(room.events(one)) == 1 and room.events(late) == []


def test_a_notice_whose_snapshot_has_expired_ends_nothing(room: Room) -> None:
    """Events are stored for longer than snapshots: it says that there was an update."""
    room.load("a,330106,1")
    one = room.subscribe(room.citizen(), ROWS)
    gone = room.load("a,330106,1", "b,330105,2")
    room.tick()
    room.load("a,330106,1", "b,330105,2", "c,330105,3")
    forget(room.node.lake, f"data.{STOPS}", [gone])
    (event, *_) = inbox_events(room, one)
    known = room.services.known_to(room.citizen())
    said = compose(known, room.node.database, room.citizen(), one, event)
    assert said.lines[0].en == "The data has been updated." and said.count is None


def inbox_events(room: Room, one: Subscription) -> list[Event]:
    row = SubscriptionEventRow
    with transaction(room.node.database) as session:
        found = session.scalars(select(row).where(row.subscription == one.id).order_by(row.id))
        return [read_event(each) for each in found]
