"""What was answered to a claim, once for each subject of a ground, and the lists that were asked.

An answer stays as it was given: it is repeated with the snapshot that it rests on, whatever the
data says later. `place` counts the different arguments of one claim, so that the database itself
limits two calls of one moment to one answer and to the limit.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Literal, cast

from sqlalchemy import (
    BigInteger,
    Date,
    Integer,
    LargeBinary,
    Select,
    String,
    UniqueConstraint,
    func,
    insert,
    select,
)
from sqlalchemy import Engine as Database
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from xihu_platform.access import reasons
from xihu_platform.database import Base, UtcDateTime, transaction
from xihu_platform.errors import Conflict, Refused

VerificationAnswer = Literal["match", "no_match", "no_record"]
"""一致, 不一致, 查无记录: there is none, or none that whoever asks may know of."""
ARGUMENT_LIMIT = 36
"""Different arguments of one claim for one subject of a ground: three years by month."""
LEAST_DIFFERENCE = 10
"""Persons that two lists of one organisation must differ by, where they are not equal."""
_TRIES = 8
_DIGEST = 8
"""Bytes that stand for a person in a list: enough to compare lists, none to find anybody by."""


class VerificationRow(Base):
    """One answer. It is written once and never changed."""

    __tablename__ = "verification"
    __table_args__ = (UniqueConstraint("ground", "subject", "dataset", "claim", "argument"),)

    ground: Mapped[str] = mapped_column(String(64), primary_key=True)
    subject: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    dataset: Mapped[str] = mapped_column(String(64), primary_key=True)
    claim: Mapped[str] = mapped_column(String(64), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    """1, 2, …: which of the claim's arguments."""
    argument: Mapped[str] = mapped_column(String(16))
    """Empty for a claim that takes none."""
    key: Mapped[str] = mapped_column(String(40), index=True)
    """The person whom the subject's number stood for."""
    answer: Mapped[str] = mapped_column(String(12))
    snapshot_id: Mapped[int] = mapped_column(BigInteger)
    snapshot_at: Mapped[datetime] = mapped_column(UtcDateTime)
    data_as_of: Mapped[str | None] = mapped_column(String(32))
    answered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_for: Mapped[str] = mapped_column(String(80))
    """The position that it was answered to first."""


class VerificationListRow(Base):
    """One list that was verified: a ground has one a day."""

    __tablename__ = "verification_list"

    ground: Mapped[str] = mapped_column(String(64), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    organisation: Mapped[str] = mapped_column(String(18), index=True)
    dataset: Mapped[str] = mapped_column(String(64))
    claim: Mapped[str] = mapped_column(String(64))
    persons: Mapped[bytes] = mapped_column(LargeBinary)
    """Digests of the persons, sorted."""


@dataclass(frozen=True, slots=True)
class ClaimQuestion:
    """What is asked of one ground, whoever of its subjects it is about."""

    ground: str
    dataset: str
    claim: str
    argument: str
    """Empty for a claim that takes none."""


@dataclass(frozen=True, slots=True)
class AnswerBasis:
    """What fresh answers rest on, and to whom they are given."""

    snapshot_id: int
    snapshot_at: datetime
    data_as_of: str | None
    answered_at: datetime
    answered_for: str


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    subject: int
    answer: VerificationAnswer
    basis: AnswerBasis


def find_answers(
    session: Session, question: ClaimQuestion, persons: Mapping[int, str]
) -> dict[int, RecordedAnswer]:
    """What was answered before of these subjects, by number. `persons`: the key of each number.

    Raises Conflict where a number stood for another person.
    """
    wanted = _rows(question, persons).where(VerificationRow.argument == question.argument)
    found = [row for row in session.scalars(wanted) if row.subject in persons]
    if any(row.key != persons[row.subject] for row in found):
        raise Conflict(
            "该序号的对象已变更，请为现在的对象另立序号",
            "this number stood for another person: give the present one a number of their own",
        )
    return {row.subject: _recorded(row) for row in found}


def check_places(
    session: Session, question: ClaimQuestion, persons: Iterable[int]
) -> dict[int, int]:
    """How many arguments each subject was asked with; none where it was asked with none.

    Raises Refused where a subject that is not answered yet has no place left.
    """
    numbers = list(persons)
    query = _rows(question, numbers).with_only_columns(
        VerificationRow.subject, func.max(VerificationRow.place)
    )
    places = {int(n): int(place) for n, place in session.execute(query.group_by("subject"))}
    if any(places.get(number, 0) >= ARGUMENT_LIMIT for number in numbers):
        raise Refused(reasons.CLAIM_LIMIT)
    return places


def store_answers(
    database: Database,
    question: ClaimQuestion,
    persons: Mapping[int, str],
    answers: Mapping[int, VerificationAnswer],
    basis: AnswerBasis,
    *,
    asked_list: "AskedList | None" = None,
) -> dict[int, RecordedAnswer]:
    """The answers as the record has them now: what another call wrote first counts.

    Raises Refused where the claim has no place left, or another call wrote the day's list.
    """
    for _ in range(_TRIES):
        try:
            with transaction(database) as session:
                found = find_answers(session, question, persons)
                fresh = {n: one for n, one in answers.items() if n not in found}
                places = check_places(session, question, fresh)
                if asked_list is not None:
                    check_today(session, asked_list)
                    session.add(asked_list.row(question))
                if fresh:
                    values = _values(question, persons, fresh, places, basis)
                    session.execute(insert(VerificationRow), values)
            return found | {n: RecordedAnswer(n, one, basis) for n, one in fresh.items()}
        except IntegrityError:  # another call was first: what it wrote counts
            continue
    raise Conflict("同一核验正在办理，请稍后再试", "the same verification is under way: try again")


def forget_answers(database: Database, dataset: str, forms: tuple[str, ...]) -> int:
    """Take away what was answered about a person, by every pseudonym they have had; how many."""
    with transaction(database) as session:
        mine = (VerificationRow.dataset == dataset, VerificationRow.key.in_(forms))
        gone = list(session.scalars(select(VerificationRow).where(*mine)))
        for row in gone:
            session.delete(row)
    return len(gone)


@dataclass(frozen=True, slots=True)
class AskedList:
    """A list as it is compared with others: of whom, by which organisation, on which day."""

    ground: str
    organisation: str
    day: date
    digests: frozenset[bytes]

    def row(self, question: ClaimQuestion) -> VerificationListRow:
        return VerificationListRow(
            ground=self.ground,
            day=self.day,
            organisation=self.organisation,
            dataset=question.dataset,
            claim=question.claim,
            persons=b"".join(sorted(self.digests)),
        )


def digests_of(keys: Iterable[str]) -> frozenset[bytes]:
    return frozenset(sha256(key.encode()).digest()[:_DIGEST] for key in keys)


def check_today(session: Session, asked: AskedList) -> None:
    """Raises Refused where the ground has had its list of the day."""
    if session.get(VerificationListRow, (asked.ground, asked.day)) is not None:
        raise Refused(reasons.LIST_TODAY)


def check_difference(session: Session, question: ClaimQuestion, asked: AskedList) -> None:
    """Raises Refused where an earlier list of the organisation differs by so few that the two
    together tell of them."""
    query = select(VerificationListRow.persons).where(
        VerificationListRow.organisation == asked.organisation,
        VerificationListRow.dataset == question.dataset,
        VerificationListRow.claim == question.claim,
    )
    for persons in session.scalars(query.distinct()):
        if 0 < len(asked.digests ^ _read(persons)) < LEAST_DIFFERENCE:
            raise Refused(reasons.LIST_DIFFERENCE)


def _read(persons: bytes) -> frozenset[bytes]:
    return frozenset(persons[at : at + _DIGEST] for at in range(0, len(persons), _DIGEST))


def _rows(question: ClaimQuestion, persons: Iterable[int]) -> Select[VerificationRow]:
    """Of the claim, whatever the argument; of one subject where one is asked about."""
    query = select(VerificationRow).where(
        VerificationRow.ground == question.ground,
        VerificationRow.dataset == question.dataset,
        VerificationRow.claim == question.claim,
    )
    numbers = list(persons)
    return query.where(VerificationRow.subject == numbers[0]) if len(numbers) == 1 else query


def _values(
    question: ClaimQuestion,
    persons: Mapping[int, str],
    fresh: Mapping[int, VerificationAnswer],
    places: Mapping[int, int],
    basis: AnswerBasis,
) -> list[dict[str, object]]:
    """A row for each answer. Of two calls that have seen the same places one fails."""
    same: dict[str, object] = {
        "ground": question.ground,
        "dataset": question.dataset,
        "claim": question.claim,
        "argument": question.argument,
        "snapshot_id": basis.snapshot_id,
        "snapshot_at": basis.snapshot_at,
        "data_as_of": basis.data_as_of,
        "answered_at": basis.answered_at,
        "answered_for": basis.answered_for,
    }
    return [
        same | {"subject": n, "key": persons[n], "answer": one, "place": places.get(n, 0) + 1}
        for n, one in fresh.items()
    ]


def _recorded(row: VerificationRow) -> RecordedAnswer:
    return RecordedAnswer(
        row.subject,
        cast("VerificationAnswer", row.answer),
        AnswerBasis(
            row.snapshot_id, row.snapshot_at, row.data_as_of, row.answered_at, row.answered_for
        ),
    )
