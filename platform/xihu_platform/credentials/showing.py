"""Showing a credential to somebody present: its holder makes a code that lives for a minute, and
whoever has the address of the credential and that code is shown all that it says.

A code is stored as a digest under the key of the credential's matter. Functions take a session and
never commit; those that count begin with a write, so that two come one after the other.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from xihu_platform.clock import Clock
from xihu_platform.credentials.models import (
    CredentialAttemptRow,
    CredentialCodeRow,
    CredentialRow,
    CredentialShowingRow,
)
from xihu_platform.credentials.register import Credential
from xihu_platform.errors import Conflict, Erased
from xihu_platform.matters.texts import MatterTexts
from xihu_platform.vault.seal import SealKey

CODE_LIVES = timedelta(seconds=60)
CODES_LIMIT = 3
"""Codes of one credential that live at the same time."""
WRONG_LIMIT, WRONG_WITHIN = 5, timedelta(minutes=1)
"""Wrong codes of one credential within a minute, after which whoever types another is asked to
wait. The right one is taken all the same: nobody keeps a holder from showing what is theirs."""
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without 0 and O, 1, I and L, which are taken for each other."""
CODE_LENGTH = 8
"""31 ** 8 codes: a thousand guesses a second find one that lives in one of five million minutes."""
SHOWINGS_LIMIT = 20
Tried = Literal["shown", "wrong", "too_many"]
"""`wrong` says the same of a code that was never made, of another one's and of one that expired."""


@dataclass(frozen=True, slots=True)
class ShowingCode:
    """A code, as it is told to the holder once."""

    code: str
    expires_at: datetime


def make_code(
    session: Session, texts: MatterTexts, credential: Credential, clock: Clock
) -> ShowingCode:
    """Raises Conflict where `CODES_LIMIT` of this credential live, Erased where what it says was
    erased."""
    _one_at_a_time(session, credential)
    now = clock()
    key = _key(session, texts, credential)
    row = CredentialCodeRow
    session.execute(delete(row).where(row.credential == credential.id, row.expires_at <= now))
    living = select(func.count()).where(row.credential == credential.id)
    if (session.scalar(living) or 0) >= CODES_LIMIT:
        raise Conflict(
            f"一份证照同时最多有 {CODES_LIMIT} 个亮证码，请一分钟后再试",
            f"a licence has at most {CODES_LIMIT} codes at a time: try again in a minute",
        )
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    expires_at = now + CODE_LIVES
    digest = _digest(key, credential, code)
    session.add(row(credential=credential.id, digest=digest, expires_at=expires_at))
    session.flush()
    return ShowingCode(code, expires_at)


def show_by_code(
    session: Session, texts: MatterTexts, credential: Credential, typed: str, clock: Clock
) -> Tried:
    """Whether the code is right now: once others who came before are answered. A right one is
    written down as a showing, a wrong one counts; to be committed whatever it comes to.

    Raises Erased.
    """
    _one_at_a_time(session, credential)
    now = clock()
    key = _key(session, texts, credential)
    row = CredentialAttemptRow
    earlier = row.at <= now - WRONG_WITHIN
    session.execute(delete(row).where(row.credential == credential.id, earlier))
    code = CredentialCodeRow
    living = select(code.digest).where(code.credential == credential.id, code.expires_at > now)
    digest = _digest(key, credential, spelled(typed))
    if any(hmac.compare_digest(digest, one) for one in session.scalars(living).all()):
        session.add(CredentialShowingRow(credential=credential.id, at=now))
        return "shown"
    wrong = select(func.count()).where(row.credential == credential.id)
    if (session.scalar(wrong) or 0) >= WRONG_LIMIT:
        return "too_many"
    session.add(row(credential=credential.id, at=now))
    return "wrong"


def showings_of(session: Session, credential: Credential) -> tuple[datetime, ...]:
    """When it was shown by a code, the newest `SHOWINGS_LIMIT`, newest first."""
    row = CredentialShowingRow
    query = select(row.at).where(row.credential == credential.id)
    return tuple(session.scalars(query.order_by(row.at.desc()).limit(SHOWINGS_LIMIT)))


def spelled(typed: str) -> str:
    """
    >>> spelled(" abcd-efgh ")
    'ABCDEFGH'
    """
    return "".join(one for one in typed.upper() if one.isalnum())


def _key(session: Session, texts: MatterTexts, credential: Credential) -> SealKey:
    key = texts.key(session, credential.matter)
    if key is None:
        raise Erased(
            "这份证照的内容已随事项删除", "what this credential said was erased with its matter"
        )
    return key


def _digest(key: SealKey, credential: Credential, code: str) -> bytes:
    said = f"credential {credential.id} code {code}".encode()
    return hmac.digest(key.secret, said, "sha256")


def _one_at_a_time(session: Session, credential: Credential) -> None:
    row = CredentialRow
    same = update(row).where(row.id == credential.id)
    session.execute(same.values(changes=row.changes))
