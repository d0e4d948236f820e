"""Every change of what decisions rest on raises one number, in the transaction of the change."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Engine, String, Table, delete, insert, select, update
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from tests.both_databases import BOTH, postgres, sqlite
from xihu_catalog.schema import METADATA
from xihu_platform.database import Base, transaction
from xihu_platform.identity.models import SigninSession
from xihu_platform.identity.sessions import Tokens, end_by_issuer, end_session, open_session
from xihu_platform.identity.tokens import Claims
from xihu_platform.policy_version import PolicyVersion, UnderVersion

__all__ = ["postgres"]  # a fixture
ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
CLAIMS = Claims(
    iss="issuer",
    sub="p-1",
    azp="xihu-citizen",
    sid="sid-1",
    auth_time=NOW,
    acr=3,
    level=3,
    person="p-1",
    username="wang",
    expires_at=NOW + timedelta(hours=1),
    is_machine=False,
)
TABLES = (
    *(
        "behalf",
        "catalogue_entry",
        "contract",
        "correction_mark",
        "grant",
        "ground",
        "ground_item",
        "ground_maker",
        "ground_subject",
    ),
    *("organisation", "person", "position", "signin_session", "system"),
)
"""What a decision rests on: identity, grants, grounds, contracts in force, ends of sessions."""


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "postgresql":
        yield request.getfixturevalue("postgres")
        return
    with sqlite(tmp_path) as engine:
        yield engine


_NUMBER = select(METADATA.tables["policy_version"].c.number)


@pytest.fixture
def reader(database: Engine) -> Iterator[PolicyVersion]:
    version = PolicyVersion(database)
    yield version
    version.close()


def test_the_tables_that_decide_are_these() -> None:
    assert sorted(t.name for t in METADATA.tables.values() if t.info.get("decides")) == sorted(
        TABLES
    )


@pytest.mark.parametrize("name", [name for name in TABLES if name != "signin_session"])
def test_each_kind_of_change_raises_the_number_in_its_transaction(
    database: Engine, reader: PolicyVersion, name: str
) -> None:
    table = METADATA.tables[name]
    column = next(one for one in table.columns if isinstance(one.type, String))
    nobody = column == "nobody"
    changes = (
        delete(table).where(nobody),
        update(table).where(nobody).values({column.name: "nobody"}),
        insert(table).from_select([c.name for c in table.columns], select(table).where(nobody)),
    )
    for change in changes:
        before = reader.read()
        with transaction(database) as session:
            session.execute(change)
            assert session.scalar(_NUMBER) == before + 1
            assert reader.read() == before
        assert reader.read() == before + 1


@pytest.mark.parametrize("mapped", [m for m in Base.__subclasses__() if m.__tablename__ in TABLES])
def test_objects_of_a_session_raise_it_too(
    database: Engine, reader: PolicyVersion, mapped: type[Base]
) -> None:
    before = reader.read()
    with pytest.raises(Undone), transaction(database) as session:
        _no_foreign_keys(session)
        row = mapped(**_filled(mapped.__table__))  # type: ignore[arg-type]
        session.add(row)
        session.flush()
        session.delete(row)
        session.flush()
        ended_only = mapped is SigninSession
        assert session.scalar(_NUMBER) == before + (1 if ended_only else 2)
        raise Undone
    assert reader.read() == before  # what was undone took nothing away


class Undone(Exception):
    pass


def _no_foreign_keys(session: Session) -> None:
    name = session.get_bind().dialect.name
    session.connection().exec_driver_sql(
        "PRAGMA defer_foreign_keys=ON"
        if name == "sqlite"
        else "SET session_replication_role = replica"
    )


def _filled(table: Table) -> dict[str, object]:
    """A row's values. Any: of whatever type a column is."""

    def value(kind: TypeEngine[Any]) -> object:
        if isinstance(kind, JSON):
            return []
        known: dict[type, object] = {str: "x", int: 1, bool: True, bytes: b"x"}
        return known.get(kind.python_type, NOW)

    filled = {column.key: value(column.type) for column in table.columns if not column.nullable}
    return {"mandate" if key == "behalf" else key: one for key, one in filled.items()}


def test_the_end_of_a_session_raises_it_and_a_refresh_does_not(
    database: Engine, reader: PolicyVersion
) -> None:
    before = reader.read()
    with transaction(database) as session:
        session.execute(update(SigninSession).values(refreshing_until=NOW))
    assert reader.read() == before
    with transaction(database) as session:
        end_session(session, "of nobody")
        assert session.scalar(_NUMBER) == before + 1
        end_by_issuer(session, portal="citizen", sid="of nobody", sub=None)
        assert session.scalar(_NUMBER) == before + 2


def test_signing_in_takes_nothing_away(database: Engine, reader: PolicyVersion) -> None:
    """Expired sessions are removed then: no decision finds them before either."""
    with transaction(database) as session:
        _no_foreign_keys(session)
        row = _filled(SigninSession.__table__)  # type: ignore[arg-type]
        session.add(SigninSession(**row | {"id": "expired"}))
    before = reader.read()
    tokens = Tokens("access", NOW + timedelta(hours=1), "refresh", "id")
    with transaction(database) as session:
        cookie = open_session(session, "citizen", CLAIMS, tokens, None, NOW + timedelta(days=1))
    assert reader.read() == before
    with transaction(database) as session:
        assert session.get(SigninSession, "expired") is None
        open_session(session, "citizen", CLAIMS, tokens, cookie, NOW + timedelta(days=1))
    assert reader.read() == before + 1  # a step-up ends the session that it follows


def test_no_statement_in_our_source_goes_past_the_number() -> None:
    """A text would not be seen: statements on these tables are SQLAlchemy's, or a migration's."""
    names = "|".join(TABLES)
    wanted = re.compile(rf'(INSERT INTO|UPDATE|DELETE FROM)\s+"?({names})\b"?', re.IGNORECASE)
    rooms = ("platform", "catalog", "pipelines", "portals", "deploy")
    files = [f for room in rooms for f in (ROOT / room).rglob("*.py") if "versions" not in f.parts]
    assert len(files) > 100
    assert [str(f) for f in files if wanted.search(f.read_text(encoding="utf-8"))] == []


def test_what_is_kept_is_forgotten_with_the_next_change(
    database: Engine, reader: PolicyVersion
) -> None:
    kept: UnderVersion[str, int] = UnderVersion(reader, 2)
    made = iter(range(10))
    assert [kept.get("a", lambda: next(made)) for _ in range(3)] == [0, 0, 0]
    assert kept.find("a", reader.read()) == 0
    with transaction(database) as session:
        session.execute(delete(METADATA.tables["grant"]))
        assert kept.find("a", reader.read()) == 0  # not acknowledged yet
    assert kept.find("a", reader.read()) is None
    assert kept.get("a", lambda: next(made)) == 1


def test_what_was_worked_out_while_something_changed_is_not_kept(
    database: Engine, reader: PolicyVersion
) -> None:
    kept: UnderVersion[str, str] = UnderVersion(reader, 2)

    def slowly() -> str:
        with transaction(database) as session:
            session.execute(delete(METADATA.tables["grant"]))
        return "of before"

    kept.get("a", slowly)
    assert kept.find("a", reader.read()) is None


def test_a_lost_connection_is_opened_again(database: Engine, reader: PolicyVersion) -> None:
    before = reader.read()
    reader._connection._connection.close()
    assert reader.read() == before
