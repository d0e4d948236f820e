"""Principals and claims that are kept: never longer than what they rest on."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, event, update

from tests.test_platform.identity.test_people import claims
from tests.test_platform.identity.world import make_settings, seeded
from xihu_platform.database import transaction
from xihu_platform.errors import NotFound
from xihu_platform.identity.models import MandateRow, PersonRow, PositionRow
from xihu_platform.identity.principals import Principals
from xihu_platform.identity.tokens import Claims, TokenVerifier
from xihu_platform.policy_version import PolicyVersion

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
CHEN = claims("p-chen")


class Hands:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = seeded(make_settings(tmp_path))
    yield engine
    engine.dispose()


@pytest.fixture
def version(engine: Engine) -> Iterator[PolicyVersion]:
    version = PolicyVersion(engine)
    yield version
    version.close()


@pytest.fixture
def principals(engine: Engine, hands: Hands, version: PolicyVersion) -> Principals:
    return Principals(engine, hands, version)


def position_of(engine: Engine) -> str:
    with transaction(engine) as session:
        held = session.query(PositionRow).filter_by(person="p-chen").order_by(PositionRow.id)
        return held.first().id  # type: ignore[union-attr]  # seeded


def test_a_principal_is_read_once_while_nothing_changes(
    engine: Engine, principals: Principals, version: PolicyVersion
) -> None:
    position = position_of(engine)
    asked: list[str] = []
    event.listen(engine, "before_execute", lambda *given: asked.append(str(given[1])))
    first = principals.get(CHEN, position, None)
    reads = len(asked)
    assert reads > 0
    assert (
        principals.get(CHEN, position, None)
        is first
        is principals.find(CHEN, position, None, version.read())
    )
    assert len(asked) == reads


def test_a_position_that_was_taken_away_is_refused_at_once(
    engine: Engine, principals: Principals, version: PolicyVersion
) -> None:
    position = position_of(engine)
    assert principals.get(CHEN, position, None).position is not None
    with transaction(engine) as session:
        session.execute(delete(PositionRow).where(PositionRow.id == position))
    assert principals.find(CHEN, position, None, version.read()) is None
    with pytest.raises(NotFound):
        principals.get(CHEN, position, None)


def test_a_position_ends_at_midnight_though_nothing_changes(
    engine: Engine, principals: Principals, hands: Hands, version: PolicyVersion
) -> None:
    position = position_of(engine)
    with transaction(engine) as session:
        last = update(PositionRow).where(PositionRow.id == position)
        session.execute(last.values(valid_to=NOON.date()))
    assert principals.get(CHEN, position, None).position is not None
    hands.now = NOON + timedelta(hours=12)  # the next day in Shanghai
    assert principals.find(CHEN, position, None, version.read()) is None
    with pytest.raises(NotFound):
        principals.get(CHEN, position, None)


def test_a_mandate_that_was_taken_away_is_refused_at_once(
    engine: Engine, principals: Principals
) -> None:
    with transaction(engine) as session:
        row = session.query(MandateRow).order_by(MandateRow.person).first()
        assert row is not None
        who, chosen = claims(row.person), f"{row.kind}:{row.key}"
    assert principals.get(who, None, chosen).mandate is not None
    with transaction(engine) as session:
        session.execute(delete(MandateRow))
    with pytest.raises(NotFound):
        principals.get(who, None, chosen)


def test_a_lower_level_of_this_sign_in_is_another_principal(principals: Principals) -> None:
    assert principals.get(claims("p-wang", level=3), None, None).level == 3
    assert principals.get(claims("p-wang", level=1), None, None).level == 1


def test_another_document_of_a_person_is_seen_at_once(
    engine: Engine, principals: Principals
) -> None:
    assert principals.get(CHEN, None, None).subject != "s1_other"
    with transaction(engine) as session:
        changed = update(PersonRow).where(PersonRow.person == "p-chen")
        session.execute(changed.values(subject="s1_other"))
    assert principals.get(CHEN, None, None).subject == "s1_other"


class Counting(TokenVerifier):
    """Counts how often a token was really looked at."""

    looked = 0

    async def _verified(self, token: str) -> Claims:
        self.looked += 1
        return claims(token)


@pytest.mark.anyio
async def test_claims_are_kept_for_seconds_and_by_their_own_token(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xihu_platform.identity.tokens.KEPT_S", 0.05)

    async def nowhere(_url: str) -> dict[str, object]:
        raise AssertionError

    verifier = Counting(issuer="i", audience="a", portals={}, clock=hands, fetch=nowhere)
    hands.now = CHEN.expires_at
    assert [(await verifier.verify("p-chen")).person for _ in range(3)] == ["p-chen"] * 3
    assert (await verifier.verify("p-wang")).person == "p-wang"
    assert verifier.looked == 2
    hands.now = CHEN.expires_at + timedelta(seconds=31)  # expired: looked at, which then refuses
    await verifier.verify("p-chen")
    assert verifier.looked == 3
    hands.now = CHEN.expires_at
    time.sleep(0.1)
    await verifier.verify("p-wang")
    assert verifier.looked == 4
