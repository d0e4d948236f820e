"""Codes that show a credential: for a minute, of one credential, and not to be guessed."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from tests.both_databases import postgres
from tests.test_platform.credentials.made import AT
from tests.test_platform.credentials.test_register import TEXTS, a_matter, database, facts, issued
from xihu_platform.credentials.models import CredentialAttemptRow, CredentialCodeRow
from xihu_platform.credentials.register import Credential, issue
from xihu_platform.credentials.showing import make_code, show_by_code, showings_of
from xihu_platform.database import transaction
from xihu_platform.errors import Conflict, Erased

__all__ = ["database", "issued", "postgres"]  # fixtures


def made(database: Engine, credential: Credential, seconds: float = 0) -> str:
    with transaction(database) as session:
        return make_code(session, TEXTS, credential, lambda: AT + timedelta(seconds=seconds)).code


def tried(database: Engine, credential: Credential, code: str, seconds: float) -> str:
    with transaction(database) as session:
        return show_by_code(
            session, TEXTS, credential, code, lambda: AT + timedelta(seconds=seconds)
        )


def test_a_code_is_eight_characters_that_nobody_takes_for_others(
    database: Engine, issued: Credential
) -> None:
    code = made(database, issued)
    assert len(code) == 8
    assert not set(code) & set("01OIL") and code == code.upper() and code.isalnum()
    with transaction(database) as session:
        row = CredentialCodeRow
        (digest,) = session.scalars(select(row.digest).where(row.credential == issued.id))
    assert code.encode() not in digest and len(digest) == 32


@pytest.mark.parametrize(("seconds", "came_to"), [(0, "shown"), (59, "shown"), (61, "wrong")])
def test_a_code_lives_for_a_minute(
    database: Engine, issued: Credential, seconds: int, came_to: str
) -> None:
    code = made(database, issued)
    assert tried(database, issued, code, seconds) == came_to
    with transaction(database) as session:
        shown = showings_of(session, issued)
    assert shown == ((AT + timedelta(seconds=seconds),) if came_to == "shown" else ())


def test_a_code_may_be_typed_with_small_letters_and_spaces(
    database: Engine, issued: Credential
) -> None:
    code = made(database, issued)
    assert tried(database, issued, f" {code[:4]} {code[4:].lower()} ", 1) == "shown"


def test_a_code_is_of_one_credential(database: Engine, issued: Credential) -> None:
    with transaction(database) as session:
        other = issue(session, TEXTS, facts(a_matter(session)), AT)
    assert tried(database, other, made(database, issued), 1) == "wrong"


def test_at_most_three_live_at_a_time(database: Engine, issued: Credential) -> None:
    for _ in range(3):
        made(database, issued)
    with pytest.raises(Conflict, match="at most 3"):
        made(database, issued, 59)
    assert len(made(database, issued, 61)) == 8


def test_after_five_wrong_ones_another_waits_a_minute_and_the_right_one_is_taken(
    database: Engine, issued: Credential
) -> None:
    code = made(database, issued)
    for second in range(5):
        assert tried(database, issued, "22222222", second) == "wrong"
    assert tried(database, issued, "22222222", 6) == "too_many"
    assert tried(database, issued, code, 6) == "shown"
    later = made(database, issued, 59)
    assert tried(database, issued, later, 61) == "shown"  # the first two no longer count
    with transaction(database) as session:
        row = CredentialAttemptRow
        left = session.scalars(select(row.id).where(row.credential == issued.id)).all()
    assert len(left) == 3


def test_wrong_ones_of_another_credential_do_not_count(
    database: Engine, issued: Credential
) -> None:
    with transaction(database) as session:
        other = issue(session, TEXTS, facts(a_matter(session)), AT)
    for _ in range(6):
        tried(database, other, "22222222", 1)
    assert tried(database, issued, made(database, issued), 2) == "shown"


def test_what_was_erased_is_not_shown(database: Engine, issued: Credential) -> None:
    code = made(database, issued)
    with transaction(database) as session:
        TEXTS.erase(session, issued.matter)
    with pytest.raises(Erased):
        tried(database, issued, code, 1)
    with pytest.raises(Erased):
        made(database, issued)
