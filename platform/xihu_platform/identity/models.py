"""Tables of identity: who exists, in which position, who is signed in, what the issuer gave out."""

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from xihu_platform.database import DECIDES, ENDS, Base, UtcDateTime


class OrganisationRow(Base):
    __tablename__ = "organisation"
    __table_args__ = {"info": DECIDES}

    uscc: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str]
    name_zh: Mapped[str]
    name_en: Mapped[str]
    region: Mapped[str]
    kind: Mapped[str]


class PersonRow(Base):
    """A person by opaque id. No document number is ever stored, only its pseudonym."""

    __tablename__ = "person"
    __table_args__ = {"info": DECIDES}

    person: Mapped[str] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    level: Mapped[int]
    subject: Mapped[str | None]
    card_zh: Mapped[str] = mapped_column(default="")
    card_en: Mapped[str] = mapped_column(default="")
    rank: Mapped[int] = mapped_column(default=0)


class PositionRow(Base):
    __tablename__ = "position"
    __table_args__ = {"info": DECIDES}

    id: Mapped[str] = mapped_column(primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.person"), index=True)
    organisation: Mapped[str] = mapped_column(ForeignKey("organisation.uscc"))
    title_zh: Mapped[str]
    title_en: Mapped[str]
    region: Mapped[str]
    duties: Mapped[str]
    """Duties in order, joined by spaces."""
    valid_from: Mapped[date]
    valid_to: Mapped[date]


class MandateRow(Base):
    """Who may act for whom, from when to when, and what it rests on.

    Of the same pair there may be several, each with its own last day and services.
    """

    __tablename__ = "behalf"
    __table_args__ = {"info": DECIDES}

    person: Mapped[str] = mapped_column(ForeignKey("person.person"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    matter: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, default=0, autoincrement=False
    )
    """The matter in which it was agreed to; 0 of one that was registered elsewhere."""
    name_zh: Mapped[str]
    name_en: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    evidence: Mapped[str]
    items: Mapped[str] = mapped_column(default="", server_default="")
    """The services that it is for, in order, joined by spaces; empty: every one."""
    ended_on: Mapped[date | None]
    """Of one that was ended before its last day: it is not in force on that day any more."""


class MandateRequestRow(Base):
    """What somebody asks another person to let them do, and the hash of the code that they pass on
    to them. Who the other is, nobody has said yet."""

    __tablename__ = "mandate_request"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.person"), index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    items: Mapped[str]
    until: Mapped[date]
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    matter: Mapped[int | None] = mapped_column(BigInteger)
    """In which the code was used; once."""
    cancelled: Mapped[bool] = mapped_column(default=False)


class SystemRow(Base):
    __tablename__ = "system"
    __table_args__ = {"info": DECIDES}

    client_id: Mapped[str] = mapped_column(primary_key=True)
    organisation: Mapped[str] = mapped_column(ForeignKey("organisation.uscc"))
    name_zh: Mapped[str]
    name_en: Mapped[str]


class SigninAttempt(Base):
    """One sign-in under way: each tab has its own state, nonce and verifier."""

    __tablename__ = "signin_attempt"

    state: Mapped[str] = mapped_column(primary_key=True)
    """Hash of the state; `browser` is the hash of the cookie that binds it to one browser."""
    portal: Mapped[str]
    browser: Mapped[str]
    nonce: Mapped[str]
    verifier: Mapped[str]
    next_path: Mapped[str]
    level: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class SigninSession(Base):
    """One person signed in at one portal. The table alone is of no use to a thief: the cookie is
    hashed, and the tokens are sealed with a key made from the cookie."""

    __tablename__ = "signin_session"

    id: Mapped[str] = mapped_column(primary_key=True)
    portal: Mapped[str]
    person: Mapped[str]
    sub: Mapped[str]
    sid: Mapped[str]
    level: Mapped[int]
    sealed_tokens: Mapped[bytes]
    position_id: Mapped[str | None]
    mandate: Mapped[str | None] = mapped_column("behalf")
    csrf: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    refreshing_until: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("signin_session_sid", "sid"),
        Index("signin_session_sub", "sub"),
        {"info": ENDS},
    )


class IssuerSession(Base):
    """One person signed in at the embedded issuer (development only)."""

    __tablename__ = "issuer_session"

    sid: Mapped[str] = mapped_column(primary_key=True)
    cookie: Mapped[str] = mapped_column(unique=True)
    """Hash of the cookie."""
    person: Mapped[str]
    acr: Mapped[int]
    auth_time: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended: Mapped[bool] = mapped_column(default=False)


class IssuerCode(Base):
    __tablename__ = "issuer_code"

    code: Mapped[str] = mapped_column(primary_key=True)
    """Hash of the code."""
    client_id: Mapped[str]
    sid: Mapped[str] = mapped_column(index=True)
    family: Mapped[str]
    redirect_uri: Mapped[str]
    scope: Mapped[str]
    nonce: Mapped[str | None]
    acr: Mapped[int]
    code_challenge: Mapped[str]
    used: Mapped[bool] = mapped_column(default=False)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class IssuerRefresh(Base):
    """One refresh token; all that grew from one code are a family and die together."""

    __tablename__ = "issuer_refresh"

    token: Mapped[str] = mapped_column(primary_key=True)
    """Hash of the token."""
    client_id: Mapped[str]
    sid: Mapped[str] = mapped_column(index=True)
    family: Mapped[str] = mapped_column(index=True)
    scope: Mapped[str]
    acr: Mapped[int]
    used: Mapped[bool] = mapped_column(default=False)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
