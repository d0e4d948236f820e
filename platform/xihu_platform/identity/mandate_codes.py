"""Codes by which somebody asks another person to let them act: made by whoever will act, passed on
by hand, and typed by whoever gives the mandate. Nobody names anybody before that.

A code is stored as a keyed hash. Functions take a session and never commit.
"""

import hmac
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from xihu_platform.errors import BadInput, Conflict
from xihu_platform.identity.models import MandateRequestRow

CODE_LIVES = timedelta(hours=24)
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without 0 and O, 1, I and L, which are taken for each other."""
CODE_LENGTH = 8
"""31 ** 8 codes: of a thousand that live, one guess in 850 million is right."""
CODES_USE = "mandate-codes"
"""For what the key of the hashes is derived."""
LIVING_LIMIT = 5
"""Codes of one person that live at the same time."""
KEPT = timedelta(days=30)
"""Codes that were never used are forgotten so long after they ended."""


@dataclass(frozen=True, slots=True)
class MandateRequest:
    """What was asked for by a code."""

    id: int
    agent: str
    items: tuple[str, ...]
    until: date
    expires_at: datetime


class MandateCodes:
    """Makes codes and finds what they were made for."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def make(
        self,
        session: Session,
        agent: str,
        form: str,
        items: tuple[str, ...],
        until: date,
        now: datetime,
    ) -> str:
        """A code. The same form once more, the same code.

        Raises BadInput for a form that was handed in with other content, Conflict where
        `LIVING_LIMIT` of this person live.
        """
        row = MandateRequestRow
        session.execute(
            delete(row).where(row.expires_at <= now - KEPT, row.matter.is_(None))
        )  # a write first: two forms of one person come one after the other
        code = self._code(agent, form)
        said = " ".join(sorted(items))
        before = session.scalar(select(row).where(row.digest == self._digest(code)))
        if before is not None:
            if (before.items, before.until, before.person) != (said, until, agent):
                raise BadInput(
                    "这个表单已提交过，内容不同；请重新打开页面",
                    "this form was handed in before with other content: open the page again",
                )
            if before.matter is not None or before.cancelled or before.expires_at <= now:
                raise Conflict(
                    "这个授权码已经用过、取消或者到期，请重新要一个",
                    "this code was used or cancelled, or has expired: ask for another one",
                )
            return code
        living = select(func.count()).where(*_living(now), row.person == agent)
        if (session.scalar(living) or 0) >= LIVING_LIMIT:
            raise Conflict(
                f"您同时最多有 {LIVING_LIMIT} 个没有用过的授权码，请先取消不用的",
                f"you have {LIVING_LIMIT} codes that nobody has used: cancel one first",
            )
        session.add(
            row(
                person=agent,
                digest=self._digest(code),
                items=said,
                until=until,
                expires_at=now + CODE_LIVES,
            )
        )
        session.flush()
        return code

    def find(self, session: Session, typed: str) -> MandateRequest | None:
        """What a code was made for, whether or not it can still be used: `use_request` says."""
        row = MandateRequestRow
        digest = self._digest(spelled(typed))
        found = session.scalar(select(row).where(row.digest == digest))
        return _request(found) if found is not None else None

    def _code(self, agent: str, form: str) -> str:
        """From the random number of a form that was made for one person."""
        made = hmac.digest(self._secret, f"code\0{agent}\0{form}".encode(), "sha256")
        number, letters = int.from_bytes(made), ""
        for _ in range(CODE_LENGTH):
            number, at = divmod(number, len(ALPHABET))
            letters += ALPHABET[at]
        return letters

    def _digest(self, code: str) -> bytes:
        return hmac.digest(self._secret, f"digest\0{code}".encode(), "sha256")


def use_request(session: Session, request: int, matter: int, now: datetime) -> bool:
    """Take a request for a matter: one that lives, once, whoever comes at the same moment."""
    row = MandateRequestRow
    taken = update(row).where(row.id == request, *_living(now)).values(matter=matter)
    return bool(session.execute(taken).rowcount)  # type: ignore[attr-defined]  # a CursorResult


def get_request(session: Session, request: int) -> MandateRequest:
    return _request(session.get_one(MandateRequestRow, request))


def cancel_request(session: Session, agent: str, request: int) -> None:
    """One of one's own; of another's, and twice, it does nothing."""
    row = MandateRequestRow
    mine = update(row).where(row.id == request, row.person == agent, row.matter.is_(None))
    session.execute(mine.values(cancelled=True))


def living_requests(session: Session, agent: str, now: datetime) -> list[MandateRequest]:
    """Those of somebody whose code nobody has used, the newest first."""
    row = MandateRequestRow
    query = select(row).where(row.person == agent, *_living(now)).order_by(row.id.desc())
    return [_request(one) for one in session.scalars(query)]


def spelled(typed: str) -> str:
    """
    >>> spelled(" abcd-efgh ")
    'ABCDEFGH'
    """
    return "".join(one for one in typed.upper() if one.isalnum())


def _living(now: datetime) -> tuple[ColumnElement[bool], ...]:
    row = MandateRequestRow
    return (row.expires_at > now, row.matter.is_(None), row.cancelled.is_(False))


def _request(row: MandateRequestRow) -> MandateRequest:
    return MandateRequest(row.id, row.person, tuple(row.items.split()), row.until, row.expires_at)
