"""What is stored of verifications, on both databases: one answer, a hard limit, lists compared."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import Engine, delete, func, select

from tests.both_databases import BOTH, postgres, sqlite
from xihu_platform.access.verification_record import (
    ARGUMENT_LIMIT,
    AnswerBasis,
    AskedList,
    ClaimQuestion,
    RecordedAnswer,
    VerificationAnswer,
    VerificationListRow,
    VerificationRow,
    check_difference,
    digests_of,
    find_answers,
    forget_answers,
    store_answers,
)
from xihu_platform.database import transaction
from xihu_platform.errors import Conflict, Refused

__all__ = ["postgres"]  # a fixture
NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
QUESTION = ClaimQuestion("G", "d", "c", "2026-09")
BASIS = AnswerBasis(7, NOW, "2026-10-01", NOW, "p")
PERSONS = {1: "s1_a", 2: "s1_b"}
KEYS = [f"s1_{number}" for number in range(100)]


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "postgresql":
        found: Engine = request.getfixturevalue("postgres")
        with transaction(found) as session:
            session.execute(delete(VerificationRow))
            session.execute(delete(VerificationListRow))
        yield found
        return
    with sqlite(tmp_path) as engine:
        yield engine


def keep(
    database: Engine,
    answer: VerificationAnswer,
    argument: str = "2026-09",
    snapshot: int = 7,
    number: int = 1,
) -> RecordedAnswer:
    stored = store_answers(
        database,
        replace(QUESTION, argument=argument),
        {number: PERSONS[number]},
        {number: answer},
        replace(BASIS, snapshot_id=snapshot),
    )
    return stored[number]


def rows(database: Engine) -> int:
    with transaction(database) as session:
        return session.scalar(select(func.count()).select_from(VerificationRow)) or 0


def test_the_first_answer_stays(database: Engine) -> None:
    assert keep(database, "match").answer == "match"
    later = keep(database, "no_match", snapshot=8)
    assert (later.answer, later.basis) == ("match", BASIS)
    assert keep(database, "no_match", number=2).answer == "no_match"
    assert rows(database) == 2


def test_calls_of_one_moment_write_one_answer(database: Engine) -> None:
    calls = 8
    ready = Barrier(calls)

    def once(number: int) -> VerificationAnswer:
        ready.wait()
        return keep(database, "match" if number % 2 else "no_match", snapshot=number).answer

    with ThreadPoolExecutor(calls) as pool:
        answers = list(pool.map(once, range(calls)))
    assert len(set(answers)) == 1
    assert rows(database) == 1


def test_the_limit_is_stored_by_calls_of_one_moment(database: Engine) -> None:
    for number in range(ARGUMENT_LIMIT - 2):
        keep(database, "match", f"a{number}")
    calls = 6
    ready = Barrier(calls)

    def once(number: int) -> str:
        ready.wait()
        try:
            return keep(database, "match", f"b{number}").answer
        except Refused as refused:
            return refused.reason.code

    with ThreadPoolExecutor(calls) as pool:
        told = sorted(pool.map(once, range(calls)))
    assert told == ["claim_limit"] * 4 + ["match"] * 2
    assert rows(database) == ARGUMENT_LIMIT
    assert keep(database, "no_match", "a3").answer == "match"
    assert keep(database, "no_match", "a3", number=2).answer == "no_match"


def test_a_number_of_somebody_else_is_no_answer(database: Engine) -> None:
    keep(database, "match")
    with transaction(database) as session, pytest.raises(Conflict, match="another person"):
        find_answers(session, QUESTION, {1: "s1_other"})


def test_an_erasure_takes_the_answers_about_a_person_alone(database: Engine) -> None:
    keep(database, "match")
    keep(database, "match", "2026-10")
    keep(database, "match", number=2)
    assert forget_answers(database, "other", ("s1_a", "s2_a")) == 0
    assert forget_answers(database, "d", ("s1_a", "s2_a")) == 2
    assert rows(database) == 1


def asked(keys: list[str], ground: str = "G", **changed: object) -> AskedList:
    made = AskedList(ground, "113399001001041148", date(2026, 11, 23), digests_of(keys))
    return replace(made, **changed)  # type: ignore[arg-type]  # what a test changes


def keep_list(database: Engine, one: AskedList) -> None:
    question = replace(QUESTION, ground=one.ground)
    store_answers(database, question, PERSONS, {1: "match"}, BASIS, asked_list=one)


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        (KEYS, ""),
        (KEYS[1:], "list_difference"),
        (KEYS[9:], "list_difference"),
        (KEYS[10:], ""),
        ([*KEYS, "x"], "list_difference"),
        ([*KEYS[5:], *"abcd"], "list_difference"),
        ([*KEYS[5:], *"abcde"], ""),
        (list("abc"), ""),
    ],
)
def test_lists_are_equal_or_differ_by_ten(database: Engine, keys: list[str], code: str) -> None:
    keep_list(database, asked(KEYS))
    with transaction(database) as session:
        try:
            check_difference(session, QUESTION, asked(keys, "H"))
            told = ""
        except Refused as refused:
            told = refused.reason.code
        assert told == code
        for other in (replace(QUESTION, claim="o"), replace(QUESTION, dataset="o")):
            check_difference(session, other, asked(keys, "H"))
        check_difference(session, QUESTION, asked(keys, "H", organisation="other"))


def test_a_ground_has_one_list_a_day(database: Engine) -> None:
    keep_list(database, asked(KEYS))
    with pytest.raises(Refused) as refused:
        keep_list(database, asked(KEYS))
    assert refused.value.reason.code == "list_today"
    keep_list(database, asked(KEYS, day=date(2026, 11, 24)))
    keep_list(database, asked(KEYS, "H"))


def test_lists_of_one_moment_are_one(database: Engine) -> None:
    ready = Barrier(4)

    def once(_: int) -> str:
        ready.wait()
        try:
            keep_list(database, asked(KEYS))
        except Refused as refused:
            return refused.reason.code
        return ""

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(once, range(4))) == ["", *["list_today"] * 3]
