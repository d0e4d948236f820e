"""Who a token stands for: positions with dates, behalves, systems."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from tests.test_platform.identity.content import content, pseudonym
from tests.test_platform.identity.world import make_settings, seeded
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, NotFound, NotSignedIn
from xihu_platform.identity import people
from xihu_platform.identity.models import MandateRow, PersonRow, PositionRow
from xihu_platform.identity.seeds import parse_content
from xihu_platform.identity.tokens import Claims

TODAY = date(2026, 11, 23)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = seeded(make_settings(tmp_path))
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with transaction(engine) as session:
        yield session


def claims(person: str, *, level: int = 2) -> Claims:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    return Claims(
        iss="i", sub=f"sub-{person}", azp="xihu-citizen", sid="s", auth_time=now, acr=level,
        level=level, person=person, username=person, expires_at=now, is_machine=False,
    )  # fmt: skip


def machine(client_id: str, username: str = "") -> Claims:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    return Claims(
        iss="i", sub="x", azp=client_id, sid=None, auth_time=None, acr=0, level=0, person=None,
        username=username, expires_at=now, is_machine=True,
    )  # fmt: skip


def test_seeding_twice_changes_nothing(session: Session) -> None:
    known = content()
    people.seed(session, known.organisations, known.people, known.systems, pseudonym)
    assert session.scalar(select(func.count()).select_from(PersonRow)) == 4
    assert session.scalar(select(func.count()).select_from(PositionRow)) == 3
    assert not session.dirty and not session.new


def test_no_document_number_is_stored(tmp_path: Path, engine: Engine) -> None:
    files = [path.read_bytes() for path in tmp_path.glob("xihu.db*")]
    assert any(b"p-wang" in data for data in files)
    assert not any(b"339999198804120289" in data for data in files)


def test_positions_hold_from_their_first_to_their_last_day(session: Session) -> None:
    held = {day: [each.id for each in people.list_positions(session, "p-chen", day)] for day in (
        date(2023, 12, 31), date(2024, 1, 1), TODAY, date(2029, 12, 31), date(2030, 1, 1)
    )}  # fmt: skip
    assert list(held.values()) == [
        ["chen-past"], ["chen-mz"], ["chen-mz", "chen-yb"], ["chen-mz", "chen-yb"], [],
    ]  # fmt: skip


def test_an_official_acts_in_the_chosen_position_only(session: Session) -> None:
    principal = people.principal_of(session, claims("p-chen"), position_id="chen-yb", today=TODAY)
    assert (principal.kind, principal.level) == ("official", 2)
    assert principal.position and principal.position.duties == {"handler", "steward"}
    assert principal.position.organisation_zh == "示例省医保局"
    plain = people.principal_of(session, claims("p-chen"), today=TODAY)
    assert (plain.kind, plain.position, plain.id) == ("citizen", None, "p-chen")


@pytest.mark.parametrize("position", ["chen-past", "nobody", ""])
def test_a_position_not_held_today_is_refused(session: Session, position: str) -> None:
    with pytest.raises(NotFound, match="do not hold"):
        people.principal_of(session, claims("p-chen"), position_id=position, today=TODAY)


def test_a_position_of_somebody_else_is_refused(session: Session) -> None:
    with pytest.raises(NotFound):
        people.principal_of(session, claims("p-wang"), position_id="chen-mz", today=TODAY)


def test_a_person_acts_for_a_firm_or_a_child_within_the_dates(session: Session) -> None:
    child = pseudonym("1", "339999201501010015")
    found = [people.mandate_id(each) for each in people.list_mandates(session, "p-zhao", TODAY)]
    assert found == [f"child:{child}", "firm:91339900202600012U"]
    principal = people.principal_of(
        session, claims("p-zhao"), mandate="firm:91339900202600012U", today=TODAY
    )
    assert principal.mandate and principal.mandate.name_en == "Demo Co."
    assert principal.subject == pseudonym("1", "339999197911250244")
    with pytest.raises(NotFound):
        people.principal_of(
            session, claims("p-zhao"), mandate="firm:91339900202600012U", today=date(2029, 1, 1)
        )


def test_an_unknown_person_or_system_is_nobody(session: Session) -> None:
    with pytest.raises(NotSignedIn, match="not tied to a person"):
        people.principal_of(session, claims("p-ghost"), today=TODAY)
    with pytest.raises(NotSignedIn, match="not registered"):
        people.principal_of(session, machine("xihu-admin", "service-account-dept-yb"), today=TODAY)


def test_a_system_ignores_a_position_it_is_given(session: Session) -> None:
    principal = people.principal_of(
        session, machine("dept-yb"), position_id="chen-mz", mandate="firm:1", today=TODAY
    )
    assert principal.kind == "system" and principal.mandate is None
    assert principal.position and principal.position.id == "system:dept-yb"


def test_wrong_content_names_its_place() -> None:
    with pytest.raises(BadInput, match=r"people\.0\.positions\.0\.duties"):
        parse_content(
            {
                "people": [
                    {"username": "a", "person": "p", "name_zh": "甲", "name_en": "A", "level": 1,
                     "positions": [{"id": "x", "title_zh": "甲", "title_en": "A",
                                    "organisation": "o", "region": "330000",
                                    "duties": ["emperor"]}]}
                ]
            }
        )  # fmt: skip


def test_a_level_beyond_three_is_refused(session: Session) -> None:
    known = parse_content(
        {"people": [{"username": "a", "person": "p", "name_zh": "甲", "name_en": "A", "level": 4}]}
    )
    with pytest.raises(BadInput, match="must be 0 to 3"):
        people.seed(session, (), known.people, (), pseudonym)


def test_what_was_ended_is_not_brought_back_by_the_content(session: Session) -> None:
    """Seeds are read at each start; a mandate that was withdrawn since stays withdrawn."""
    row = session.query(MandateRow).filter_by(person="p-zhao").order_by(MandateRow.key).first()
    assert row is not None
    before = people.list_mandates(session, "p-zhao", TODAY)
    row.ended_on = TODAY
    session.flush()
    left = people.list_mandates(session, "p-zhao", TODAY)
    assert len(left) == len(before) - 1
    known = content()
    people.seed(session, known.organisations, known.people, known.systems, pseudonym)
    assert people.list_mandates(session, "p-zhao", TODAY) == left
