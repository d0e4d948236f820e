"""The portals' sessions and sign-ins under way, as rows: short blocking functions."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import TypeAdapter
from sqlalchemy import CursorResult, delete, or_, select, update
from sqlalchemy.orm import Session

from xihu_platform.database import TAKES_NOTHING
from xihu_platform.identity.client_secrets import hash_secret
from xihu_platform.identity.models import SigninAttempt, SigninSession
from xihu_platform.identity.tokens import Claims

ATTEMPT_LIFE = timedelta(minutes=15)
SESSION_LIFE = timedelta(hours=8)
REFRESH_LEASE = timedelta(seconds=15)  # longer than the HTTP timeout of a refresh


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the issuer gave for one session; kept sealed."""

    access: str
    access_expires_at: datetime
    refresh: str
    id_token: str


_TOKENS = TypeAdapter(Tokens)


def seal(cookie: str, tokens: Tokens) -> bytes:
    """Encrypt with a key that only the browser holds: the table alone opens nothing."""
    nonce = secrets.token_bytes(12)
    return nonce + AESGCM(_key(cookie)).encrypt(nonce, _TOKENS.dump_json(tokens), None)


def unseal(cookie: str, sealed: bytes) -> Tokens | None:
    try:
        plain = AESGCM(_key(cookie)).decrypt(sealed[:12], sealed[12:], None)
    except InvalidTag:
        return None
    return _TOKENS.validate_json(plain)


def _key(cookie: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"xihu signin tokens").derive(cookie.encode())


def save_attempt(
    session: Session,
    *,
    state: str,
    portal: str,
    browser: str,
    nonce: str,
    verifier: str,
    next_path: str,
    level: int,
    now: datetime,
) -> None:
    session.execute(delete(SigninAttempt).where(SigninAttempt.expires_at <= now))
    session.add(
        SigninAttempt(
            state=hash_secret(state),
            portal=portal,
            browser=hash_secret(browser),
            nonce=nonce,
            verifier=verifier,
            next_path=next_path,
            level=level,
            expires_at=now + ATTEMPT_LIFE,
        )
    )


def take_attempt(
    session: Session, *, state: str, portal: str, browser: str, now: datetime
) -> SigninAttempt | None:
    """The sign-in that this answer belongs to, once, and only in the browser that began it."""
    found = session.scalar(
        select(SigninAttempt)
        .where(SigninAttempt.state == hash_secret(state), SigninAttempt.portal == portal)
        .where(SigninAttempt.browser == hash_secret(browser), SigninAttempt.expires_at > now)
    )
    if found is None:
        return None
    session.expunge(found)
    taken = session.execute(delete(SigninAttempt).where(SigninAttempt.state == found.state))
    return found if count(taken) else None


def open_session(
    session: Session, portal: str, claims: Claims, tokens: Tokens, old: str | None, now: datetime
) -> str:
    """A fresh session with a fresh cookie; the one it follows (a step-up) ends, and hands on its
    chosen position when it was the same person's."""
    cookie = secrets.token_urlsafe(32)
    before = find_session(session, portal, old, now)
    same = before is not None and before.person == claims.person
    expired = delete(SigninSession).where(SigninSession.expires_at <= now)
    session.execute(expired, execution_options=TAKES_NOTHING)
    if before is not None:
        session.delete(before)
    session.add(
        SigninSession(
            id=hash_secret(cookie),
            portal=portal,
            person=claims.person,
            sub=claims.sub,
            sid=claims.sid,
            level=claims.level,
            sealed_tokens=seal(cookie, tokens),
            position_id=before.position_id if before and same else None,
            mandate=before.mandate if before and same else None,
            csrf=secrets.token_urlsafe(24),
            created_at=now,
            expires_at=now + SESSION_LIFE,
        )
    )
    return cookie


def find_session(
    session: Session, portal: str, cookie: str | None, now: datetime
) -> SigninSession | None:
    if not cookie:
        return None
    return session.scalar(
        select(SigninSession)
        .where(SigninSession.id == hash_secret(cookie), SigninSession.portal == portal)
        .where(SigninSession.expires_at > now)
    )


def lease_refresh(session: Session, row: SigninSession, now: datetime) -> bool:
    """Whether this caller may refresh: one at a time, over all web nodes, and only while the
    tokens are still those it read. The loser of a refresh race would kill the whole family."""
    leased = session.execute(
        update(SigninSession)
        .where(SigninSession.id == row.id, SigninSession.sealed_tokens == row.sealed_tokens)
        .where(or_(SigninSession.refreshing_until.is_(None), SigninSession.refreshing_until <= now))
        .values(refreshing_until=now + REFRESH_LEASE)
    )
    return count(leased) == 1


def release_refresh(session: Session, session_id: str) -> None:
    session.execute(
        update(SigninSession).where(SigninSession.id == session_id).values(refreshing_until=None)
    )


def save_refreshed(session: Session, cookie: str, tokens: Tokens, level: int) -> bool:
    """Keep the new tokens; False when the session was ended meanwhile."""
    saved = session.execute(
        update(SigninSession)
        .where(SigninSession.id == hash_secret(cookie))
        .values(sealed_tokens=seal(cookie, tokens), level=level, refreshing_until=None)
    )
    return count(saved) == 1


def end_session(session: Session, session_id: str) -> None:
    session.execute(delete(SigninSession).where(SigninSession.id == session_id))


def end_by_issuer(session: Session, *, portal: str, sid: str | None, sub: str | None) -> int:
    """End what a back-channel logout names: one session by `sid`, all of a person by `sub`."""
    wanted = SigninSession.sid == sid if sid else SigninSession.sub == sub
    return count(
        session.execute(delete(SigninSession).where(wanted, SigninSession.portal == portal))
    )


def count(result: object) -> int:
    assert isinstance(result, CursorResult)
    return int(result.rowcount)
