"""The register: issued in a matter's transaction, changed with a date of effect, listed at once."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from tests.both_databases import BOTH, postgres, sqlite
from tests.test_platform.credentials.made import AT, BASE, identity_of
from xihu_platform.credentials.claims import certificates_of, open_claims, read_status
from xihu_platform.credentials.document import Line
from xihu_platform.credentials.files import CredentialFiles
from xihu_platform.credentials.making import Maker
from xihu_platform.credentials.models import CredentialRow
from xihu_platform.credentials.register import (
    Credential,
    CredentialFacts,
    State,
    StateChange,
    change_state,
    changes_of,
    credentials_of,
    facts_of,
    find_credential,
    issue,
    seen_by_anybody,
    status_list,
)
from xihu_platform.credentials.seal import SealState, check_seal
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, Erased, NotFound
from xihu_platform.matters.models import DefinitionRow, MatterRow
from xihu_platform.matters.texts import MatterTexts
from xihu_platform.vault.keys import Keyring
from xihu_platform.words import Text

__all__ = ["postgres"]  # a fixture
OURS = identity_of(b"m" * 32)
TEXTS = MatterTexts(Keyring(b"m" * 32))
CANARY = "王金丝雀"
HOLDER = "s1_" + "a" * 32


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "postgresql":
        yield request.getfixturevalue("postgres")
        return
    with sqlite(tmp_path) as engine:
        yield engine


DOCUMENT = """
kind: licence_test
version: 1
prefix: LT
title: {zh: 试, en: Test}
law: {zh: 试, en: Test}
initial: open
parties: {office: {zh: 机关, en: office}}
opening: {title: {zh: 开, en: Open}, who: {party: office}}
states:
  open: {title: {zh: 在办, en: Open}, owner: office}
  closed: {title: {zh: 办结, en: Closed}, outcome: done}
events:
  close: {title: {zh: 办结, en: Close}, from: [open], to: closed, who: {party: office}}
"""


def a_matter(session: Session) -> int:
    kind = "licence_test"
    if session.get(DefinitionRow, (kind, 1)) is None:
        row = DefinitionRow(kind=kind, version=1, document=DOCUMENT, sha256="", valid_from=AT)
        session.add(row)
        session.flush()
    made = MatterRow(
        kind=kind, definition=1, state="open", version=1, region="330000", opened_at=AT
    )
    session.add(made)
    session.flush()
    return made.id


def facts(matter: int) -> CredentialFacts:
    return CredentialFacts(
        kind="food_licence",
        title=Text("食品经营许可证", "Food business licence"),
        number="SP-2026-000001",
        issuer="11330000MB00000001",
        issuer_name=Text("示例市市场监督管理局", "Market Regulation Bureau of Sample City"),
        holder=HOLDER,
        holder_name=CANARY,
        matter=matter,
        valid_until=date(2031, 11, 22),
        lines=(Line(Text("经营项目", "Scope"), "预包装食品销售"),),
    )


@pytest.fixture
def issued(database: Engine) -> Credential:
    with transaction(database) as session:
        return issue(session, TEXTS, facts(a_matter(session)), AT)


def changed(
    database: Engine, issued: Credential, state: State, on: date = date(2026, 11, 23)
) -> Credential:
    change = StateChange(state, on, "sub", "position", "理由 reason")
    with transaction(database) as session:
        return change_state(session, TEXTS, issued.id, change, AT + timedelta(days=1))


def bits(session: Session, issued: Credential, purpose: str) -> bool:
    number = issued.place.number("revocation") + (purpose == "suspension")
    token = status_list(session, lambda: OURS, BASE, number, AT)
    found = read_status(open_claims(token, certificates_of(token)[0]))
    assert found.purpose == purpose
    return found.is_set(issued.place.index)


def test_issued_is_valid_and_found_by_its_token(database: Engine, issued: Credential) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", issued.token)  # 192 bits
    assert issued.state == "valid"
    with transaction(database) as session:
        assert find_credential(session, issued.token) == issued
        assert facts_of(session, TEXTS, issued) == facts(issued.matter)
        assert issued in credentials_of(session, [HOLDER])
        assert credentials_of(session, ["s1_" + "b" * 32]) == ()
        with pytest.raises(NotFound):
            find_credential(session, issued.token[:-1])


def test_a_transaction_that_fails_has_issued_nothing(database: Engine) -> None:
    with pytest.raises(RuntimeError), transaction(database) as session:
        one = issue(session, TEXTS, facts(a_matter(session)), AT)
        raise RuntimeError
    with transaction(database) as session, pytest.raises(NotFound):
        find_credential(session, one.token)


def test_what_it_says_is_sealed(database: Engine, issued: Credential) -> None:
    with transaction(database) as session:
        row = session.execute(
            text("SELECT * FROM credential WHERE id = :id"), {"id": issued.id}
        ).one()
    assert CANARY.encode() not in repr(row).encode() + bytes(row.sealed)


@pytest.mark.parametrize(
    ("state", "revoked", "suspended"),
    [
        ("suspended", False, True),
        ("withdrawn", True, False),
        ("annulled", True, False),
        ("deregistered", True, False),
        ("revoked", True, False),
        ("superseded", True, False),
    ],
)
def test_state_and_status_list_change_in_one_transaction(
    database: Engine, issued: Credential, state: State, revoked: bool, suspended: bool
) -> None:
    change = StateChange(state, date(2026, 11, 23), "sub", None, "理由")
    with transaction(database) as session:
        assert not bits(session, issued, "revocation")
        assert not bits(session, issued, "suspension")
        change_state(session, TEXTS, issued.id, change, AT)
        assert bits(session, issued, "revocation") == revoked
        assert bits(session, issued, "suspension") == suspended
        session.rollback()
    with transaction(database) as session:
        assert not bits(session, issued, "revocation")
        assert not bits(session, issued, "suspension")
        assert find_credential(session, issued.token).state == "valid"


def test_suspended_comes_back_and_ended_does_not(database: Engine, issued: Credential) -> None:
    assert changed(database, issued, "suspended").state == "suspended"
    assert changed(database, issued, "valid").state == "valid"
    assert changed(database, issued, "revoked").state == "revoked"
    for state in ("valid", "suspended", "withdrawn", "revoked"):
        with pytest.raises(Conflict):
            changed(database, issued, state)
    with transaction(database) as session:
        assert [
            (one.state, one.effective_on, one.position, one.reason)
            for one in changes_of(session, TEXTS, issued)
        ] == [
            ("suspended", date(2026, 11, 23), "position", "理由 reason"),
            ("valid", date(2026, 11, 23), "position", "理由 reason"),
            ("revoked", date(2026, 11, 23), "position", "理由 reason"),
        ]


def test_a_valid_one_cannot_become_valid(database: Engine, issued: Credential) -> None:
    with pytest.raises(Conflict):
        changed(database, issued, "valid")
    with pytest.raises(NotFound):
        changed(database, replace(issued, id=987_654_321), "suspended")


@pytest.mark.parametrize("on", [date(2026, 11, 22), date(2026, 11, 25)])
def test_day_of_effect_lies_between_issue_and_today(
    database: Engine, issued: Credential, on: date
) -> None:
    with pytest.raises(BadInput):
        changed(database, issued, "withdrawn", on)
    with transaction(database) as session:
        assert find_credential(session, issued.token).state == "valid"


def test_expired_is_derived_from_the_last_day(issued: Credential) -> None:
    assert issued.state_on(date(2031, 11, 22)) == "valid"
    assert issued.state_on(date(2031, 11, 23)) == "expired"
    assert replace(issued, state="revoked").state_on(date(2031, 11, 23)) == "revoked"
    assert replace(issued, valid_until=None).state_on(date(2099, 1, 1)) == "valid"


def test_a_day_before_the_issue_is_no_last_day(database: Engine) -> None:
    with transaction(database) as session:
        wrong = replace(facts(a_matter(session)), valid_until=date(2026, 11, 22))
        with pytest.raises(BadInput):
            issue(session, TEXTS, wrong, AT)


def test_places_are_drawn_and_differ(database: Engine) -> None:
    with transaction(database) as session:
        matter = a_matter(session)
        places = [issue(session, TEXTS, facts(matter), AT).place.index for _ in range(40)]
    assert len(set(places)) == 40
    assert sorted(places) != places
    assert max(places) > 65_536  # one in 2**40 that none is


def test_lists_that_were_never_begun_are_not_there(database: Engine, issued: Credential) -> None:
    with transaction(database) as session:
        for number in (0, -1, 3, 4, 2**40):
            with pytest.raises(NotFound):
                status_list(session, lambda: OURS, BASE, number, AT)


@pytest.mark.parametrize(
    ("state", "on", "today", "said"),
    [
        (None, None, date(2026, 11, 24), ("valid", date(2026, 11, 23))),
        ("revoked", date(2026, 11, 24), date(2026, 11, 25), ("revoked", date(2026, 11, 24))),
        (None, None, date(2031, 11, 23), ("expired", date(2031, 11, 23))),
    ],
)
def test_anybody_is_told_state_and_issuer_and_one_character_of_the_holder(
    database: Engine,
    issued: Credential,
    state: State | None,
    on: date,
    today: date,
    said: tuple[str, date],
) -> None:
    now = changed(database, issued, state, on) if state else issued
    with transaction(database) as session:
        found = seen_by_anybody(session, TEXTS, now, today)
    assert (found.state, found.since) == said
    assert found.holder == "王＊＊"
    assert found.issuer == "11330000MB00000001"
    assert "金丝雀" not in repr(found)
    assert "SP-2026-000001" not in repr(found)


def test_document_is_made_once_and_erased_with_its_matter(
    database: Engine, issued: Credential
) -> None:
    maker = Maker(OURS)
    files = CredentialFiles(database, TEXTS, maker, BASE, sample=True)
    first = files.pdf_of(issued, AT)
    assert check_seal(first, OURS.trust, AT).state == SealState.VALID
    assert files.pdf_of(issued, AT + timedelta(days=9)) == first
    maker.close()
    changed(database, issued, "suspended")
    with transaction(database) as session:
        TEXTS.erase(session, issued.matter)
        TEXTS.new_key(session, issued.matter)  # of something that is written later
    with pytest.raises(Erased):
        files.pdf_of(issued, AT)
    with transaction(database) as session:
        assert facts_of(session, TEXTS, issued) is None
        assert [one.reason for one in changes_of(session, TEXTS, issued)] == [""]
        assert find_credential(session, issued.token).state == "suspended"
        row = session.scalar(select(CredentialRow).where(CredentialRow.id == issued.id))
        assert row is not None
        assert row.sealed == b""
        left = session.execute(text("SELECT count(*) FROM credential_file")).scalar()
        assert left == 0


def test_claims_end_with_the_last_day_in_shanghai(database: Engine, issued: Credential) -> None:
    files = CredentialFiles(database, TEXTS, Maker(OURS), BASE, sample=True)
    said = files._claims(issued, facts(issued.matter))
    assert '"validUntil": "2031-11-23T00:00:00+08:00"' in said
    assert datetime.fromisoformat("2031-11-23T00:00:00+08:00") == datetime(
        2031, 11, 22, 16, tzinfo=UTC
    )
