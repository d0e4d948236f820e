"""What the issuer remembers: sessions, codes and refresh tokens, each spent by one UPDATE."""

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.orm import Session

from xihu_platform.identity.client_secrets import hash_secret
from xihu_platform.identity.models import IssuerCode, IssuerRefresh, IssuerSession, PersonRow

CODE_LIFE = timedelta(minutes=1)
REFRESH_LIFE = timedelta(minutes=30)
SESSION_LIFE = timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person within one sign-in: what tokens are made from. Authlib calls it the user, and
    asks a spent code or refresh token for its scope, client and PKCE challenge."""

    person: PersonRow
    sid: str
    auth_time: datetime
    acr: int
    family: str
    client_id: str
    scope: str
    nonce: str | None = None
    redirect_uri: str = ""
    code_challenge: str = ""
    code_challenge_method: str = "S256"

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def check_client(self, client: object) -> bool:
        return getattr(client, "client_id", None) == self.client_id


def open_session(session: Session, person: str, acr: int, now: datetime) -> tuple[str, str]:
    """Begin a session for somebody who has just signed in; returns its sid and its cookie."""
    for table in (IssuerCode, IssuerRefresh, IssuerSession):
        session.execute(delete(table).where(table.expires_at <= now))
    sid, cookie = str(uuid.uuid4()), secrets.token_urlsafe(32)
    session.add(
        IssuerSession(
            sid=sid,
            cookie=hash_secret(cookie),
            person=person,
            acr=acr,
            auth_time=now,
            expires_at=now + SESSION_LIFE,
        )
    )
    session.flush()
    return sid, cookie


def find_session(session: Session, cookie: str | None, now: datetime) -> IssuerSession | None:
    if not cookie:
        return None
    return session.scalar(
        select(IssuerSession)
        .where(IssuerSession.cookie == hash_secret(cookie))
        .where(IssuerSession.ended.is_(False), IssuerSession.expires_at > now)
    )


def end_session(session: Session, sid: str) -> list[str]:
    """End a session with all its tokens; returns the clients to tell. A second call tells none."""
    ended = session.execute(
        update(IssuerSession)
        .where(IssuerSession.sid == sid, IssuerSession.ended.is_(False))
        .values(ended=True)
    )
    session.execute(update(IssuerCode).where(IssuerCode.sid == sid).values(used=True))
    session.execute(update(IssuerRefresh).where(IssuerRefresh.sid == sid).values(used=True))
    if _count(ended) == 0:
        return []
    clients = select(IssuerRefresh.client_id).where(IssuerRefresh.sid == sid).distinct()
    return sorted(session.scalars(clients))


def save_code(
    session: Session,
    code: str,
    issuer_session: IssuerSession,
    now: datetime,
    *,
    client_id: str,
    redirect_uri: str,
    scope: str,
    nonce: str | None,
    code_challenge: str,
) -> None:
    session.add(
        IssuerCode(
            code=hash_secret(code),
            client_id=client_id,
            sid=issuer_session.sid,
            family=str(uuid.uuid4()),
            redirect_uri=redirect_uri,
            scope=scope,
            nonce=nonce,
            acr=issuer_session.acr,
            code_challenge=code_challenge,
            expires_at=now + CODE_LIFE,
        )
    )
    session.flush()


def spend_code(session: Session, code: str, client_id: str, now: datetime) -> SignedIn | None:
    """Spend a code; the second use kills what grew from the first (RFC 6749 §4.1.2)."""
    spent = session.execute(
        update(IssuerCode)
        .where(IssuerCode.code == hash_secret(code), IssuerCode.client_id == client_id)
        .where(IssuerCode.used.is_(False))
        .values(used=True)
    )
    row = session.get(IssuerCode, hash_secret(code))
    if row is None or row.client_id != client_id:
        return None
    if _count(spent) == 0:
        revoke_family(session, row.family)
        return None
    if row.expires_at <= now:
        return None
    found = _signed_in(session, row.sid, now)
    if found is None:
        return None
    issuer_session, person = found
    return SignedIn(
        person=person,
        sid=row.sid,
        auth_time=issuer_session.auth_time,
        acr=row.acr,
        family=row.family,
        client_id=row.client_id,
        scope=row.scope,
        nonce=row.nonce,
        redirect_uri=row.redirect_uri,
        code_challenge=row.code_challenge,
    )


def save_refresh(session: Session, signed_in: SignedIn, scope: str, now: datetime) -> str:
    token = secrets.token_urlsafe(48)
    session.add(
        IssuerRefresh(
            token=hash_secret(token),
            client_id=signed_in.client_id,
            sid=signed_in.sid,
            family=signed_in.family,
            scope=scope,
            acr=signed_in.acr,
            expires_at=now + REFRESH_LIFE,
        )
    )
    session.flush()
    return token


def spend_refresh(session: Session, token: str, client_id: str, now: datetime) -> SignedIn | None:
    """Spend a refresh token; one that was used before kills its whole family."""
    spent = session.execute(
        update(IssuerRefresh)
        .where(IssuerRefresh.token == hash_secret(token), IssuerRefresh.client_id == client_id)
        .where(IssuerRefresh.used.is_(False))
        .values(used=True)
    )
    row = session.get(IssuerRefresh, hash_secret(token))
    if row is None or row.client_id != client_id:
        return None
    if _count(spent) == 0:
        revoke_family(session, row.family)
        return None
    if row.expires_at <= now:
        return None
    found = _signed_in(session, row.sid, now)
    if found is None:
        return None
    issuer_session, person = found
    return SignedIn(
        person=person,
        sid=row.sid,
        auth_time=issuer_session.auth_time,
        acr=row.acr,
        family=row.family,
        client_id=row.client_id,
        scope=row.scope,
    )


def revoke_family(session: Session, family: str) -> None:
    session.execute(update(IssuerRefresh).where(IssuerRefresh.family == family).values(used=True))


def _signed_in(session: Session, sid: str, now: datetime) -> tuple[IssuerSession, PersonRow] | None:
    issuer_session = session.get(IssuerSession, sid)
    if issuer_session is None or issuer_session.ended or issuer_session.expires_at <= now:
        return None
    person = session.get(PersonRow, issuer_session.person)
    return (issuer_session, person) if person else None


def is_alive(session: Session, sid: str, now: datetime) -> bool:
    return _signed_in(session, sid, now) is not None


def _count(result: object) -> int:
    assert isinstance(result, CursorResult)
    return int(result.rowcount)
