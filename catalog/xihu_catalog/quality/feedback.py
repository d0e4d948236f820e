"""Whether pages were useful to those who read them: counters, and nothing of who answered."""

from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from sqlalchemy import Date, Engine, String, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from xihu_platform.database import Base, transaction

FeedbackAnswer = Literal["useful", "missing", "unclear", "wrong", "slow"]
"""It was useful; or what was sought is missing, the words are unclear, a number is wrong, slow."""
ANSWERS: tuple[FeedbackAnswer, ...] = get_args(FeedbackAnswer)
PAGE_CHARACTERS = 200


class FeedbackRow(Base):
    """How often a page got an answer on a day."""

    __tablename__ = "page_feedback"

    page: Mapped[str] = mapped_column(String(PAGE_CHARACTERS), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    answer: Mapped[str] = mapped_column(String(12), primary_key=True)
    number: Mapped[int]


@dataclass(frozen=True, slots=True)
class PageUsefulness:
    """The answers to one page, by `FeedbackAnswer`."""

    page: str
    answers: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.answers.values())

    @property
    def useful(self) -> int:
        return self.answers.get("useful", 0)


def count_answer(database: Engine, page: str, day: date, answer: FeedbackAnswer) -> None:
    """One more of this answer."""
    chosen = {"page": page, "day": day, "answer": answer}
    one_more = update(FeedbackRow).filter_by(**chosen).values(number=FeedbackRow.number + 1)
    for _ in range(2):  # another process may have added the row in between
        with transaction(database) as session:
            found = session.execute(one_more)
        if found.rowcount:  # type: ignore[attr-defined]  # an update's result has it
            return
        try:
            with transaction(database) as session:
                session.execute(insert(FeedbackRow).values(**chosen, number=1))
        except IntegrityError:
            continue
        return


def usefulness(database: Engine, since: date) -> list[PageUsefulness]:
    """By page, those first that most readers had no use of."""
    query = (
        select(FeedbackRow.page, FeedbackRow.answer, func.sum(FeedbackRow.number))
        .where(FeedbackRow.day >= since)
        .group_by(FeedbackRow.page, FeedbackRow.answer)
    )
    with transaction(database) as session:
        rows = session.execute(query).all()
    answers: dict[str, dict[str, int]] = {}
    for page, answer, number in rows:
        answers.setdefault(str(page), {})[str(answer)] = int(number)
    found = [PageUsefulness(page, counted) for page, counted in answers.items()]
    return sorted(found, key=lambda one: (one.useful - one.total, one.page))
