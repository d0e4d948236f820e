"""What the demo's applicants and desks have done, through the kernel."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import func, select

from tests.province import NOW, Province, make_province
from xihu_catalog.services.models import CaseMeasureRow
from xihu_catalog.services.ratings import RatingRow
from xihu_catalog.services.slots import BookingRow
from xihu_catalog.voices.shown import list_voices
from xihu_node.lives import Lives
from xihu_pipelines.demo.lives import load_lives
from xihu_platform.access.grounds import GroundRow
from xihu_platform.audit.models import AuditEntry
from xihu_platform.clock import SHANGHAI, civil_date
from xihu_platform.credentials.models import CredentialRow
from xihu_platform.database import transaction
from xihu_platform.matters.models import MatterClockRow, MatterEventRow, MatterRow

CASE = MatterRow.kind.startswith("svc")


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Province, dict[str, str]]]:
    """A province of its own: the cases would be counted in every test of a shared one."""
    for province in make_province(tmp_path_factory.mktemp("lived")):
        lives = Lives(province.services)
        ended = {one.id: lives.play(one.id) for one in load_lives()}
        lives.write_down()
        yield province, ended


def test_every_life_ends_as_the_list_says(lived: tuple[Province, dict[str, str]]) -> None:
    assert lived[1] == {one.id: one.ends for one in load_lives()}


def test_there_is_something_in_every_state(lived: tuple[Province, dict[str, str]]) -> None:
    """Counted by hand in lives.yaml."""
    with transaction(lived[0].services.node.database) as session:
        states = Counter(session.scalars(select(MatterRow.state).where(CASE)))
        items = session.scalar(select(func.count(MatterRow.kind.distinct())).where(CASE))
        offices = session.scalar(select(func.count(CaseMeasureRow.organisation.distinct())))
    assert states == {
        "draft": 3,
        "received": 4,
        "completing": 2,
        "in_review": 7,
        "special": 2,
        "tolerated": 2,
        "reviewed": 2,
        "granted": 2,
        "to_check": 1,
        "delivered": 23,
        "refused": 4,
        "withdrawn": 3,
    }
    assert items == 25 and offices is not None and offices >= 10


def test_a_law_has_spoken_once_and_one_was_late(lived: tuple[Province, dict[str, str]]) -> None:
    event, clock = MatterEventRow, MatterClockRow
    with transaction(lived[0].services.node.database) as session:
        silence = session.scalars(select(event.article).where(event.name == "deem_accepted")).all()
        late = select(clock.duty).where(clock.stopped_on > clock.due_on)
        overran = set(session.scalars(late))
        told = session.scalar(select(func.count()).where(event.name == "ask_completion"))
    assert silence == ["32"]
    assert "service-items/retirement_1" in overran
    assert told == 4


def test_datasets_have_comments_and_a_reuse_that_all_can_read(
    lived: tuple[Province, dict[str, str]],
) -> None:
    services = lived[0].services
    with transaction(services.node.database) as session:
        found = {
            dataset: [one.kind for one in list_voices(session, services.matters.texts, dataset)]
            for dataset in ("zj_parking_occupancy", "hb_air_quality_hourly", "jt_bus_flow")
        }
    assert list(found.values()) == [["data_comment"], ["data_comment"], ["data_reuse"]]


def test_ratings_licences_and_appointments(lived: tuple[Province, dict[str, str]]) -> None:
    with transaction(lived[0].services.node.database) as session:
        bad = session.scalars(
            select(MatterRow.state)
            .join(RatingRow, RatingRow.followed_by == MatterRow.id)
            .order_by(RatingRow.level)
        ).all()
        levels = Counter(session.scalars(select(RatingRow.level)))
        booked = Counter(session.scalars(select(BookingRow.state)))
        licences = session.scalars(select(CredentialRow.kind)).all()
        open_grounds = select(GroundRow.matter).where(GroundRow.closed.is_(None))
        ended = select(MatterRow.id).where(CASE, MatterRow.closed_at.is_not(None))
        left = session.scalars(open_grounds.where(GroundRow.matter.in_(ended))).all()
    assert bad == ["resolved", "received"]
    assert levels == {1: 7, 2: 4, 3: 3, 4: 1, 5: 1}
    assert booked == {"booked": 3, "came": 1, "missed": 1}
    assert {"elder_card", "food_permit", "low_income", "real_estate_certificate"} <= set(licences)
    assert left == []  # nobody reads under a case that ended


def test_offices_act_on_working_days_and_by_day(lived: tuple[Province, dict[str, str]]) -> None:
    """Holidays and working weekends of autumn 2026 as the State Council has published them."""
    free = {date(2026, 9, day) for day in (25, 26, 27)} | {date(2026, 10, n) for n in range(1, 8)}
    worked = {date(2026, 9, 20), date(2026, 10, 10)}
    event = MatterEventRow
    with transaction(lived[0].services.node.database) as session:
        query = select(event.at).join(MatterRow).where(event.organisation.is_not(None))
        moments = [one.astimezone(SHANGHAI) for one in session.scalars(query)]
    assert len(moments) > 100
    for at in moments:
        assert at.date() in worked or (at.date() not in free and at.weekday() < 5), at
        assert time(9) <= at.time() < time(17), at


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 11, 23, 12, tzinfo=SHANGHAI), date(2026, 11, 23)),
        (datetime(2026, 11, 23, 3, tzinfo=SHANGHAI), date(2026, 11, 20)),  # Monday, in the night
        (datetime(2026, 11, 21, 15, tzinfo=SHANGHAI), date(2026, 11, 20)),  # a Saturday
        (datetime(2026, 10, 5, 15, tzinfo=SHANGHAI), date(2026, 9, 30)),  # the National Day
    ],
)
def test_whenever_the_demo_begins_its_acts_are_on_working_days(
    province: Province, now: datetime, day: date
) -> None:
    node = replace(province.services.node, clock=lambda: now)
    lives = Lives(replace(province.services, node=node))
    days = set()
    for ago in range(49):
        lives._at_work(ago, 0)
        moment = lives._clock().astimezone(SHANGHAI)
        assert moment <= now and moment.time() == time(9)
        days.add(moment.date())
    assert max(days) == day
    assert not any(one.weekday() == 6 and one != date(2026, 9, 20) for one in days)


def test_acts_have_their_days_and_the_log_its_own(lived: tuple[Province, dict[str, str]]) -> None:
    event = MatterEventRow
    with transaction(lived[0].services.node.database) as session:
        first = session.scalar(select(func.min(event.at)).join(MatterRow).where(CASE))
        last = session.scalar(select(func.max(event.at)).join(MatterRow).where(CASE))
        logged = session.scalars(select(AuditEntry.at).where(AuditEntry.kind == "matter")).all()
    assert first is not None and civil_date(first) == date(2026, 9, 29)
    # 48 days ago, that is 35 working days, across the National Day holidays
    assert last is not None and last <= NOW + timedelta(hours=1)
    assert min(logged) >= NOW
