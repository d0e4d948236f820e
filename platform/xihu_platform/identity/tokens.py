"""Verifies tokens and reads their claims: one verifier for both issuers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import cast

from cachetools import TTLCache
from joserfc import jws, jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError, MissingClaimError
from joserfc.jwt import ClaimsOption

from xihu_platform.clock import Clock
from xihu_platform.errors import NotSignedIn
from xihu_platform.identity.jwks import Fetch, IssuerKeys
from xihu_platform.identity.principal import PortalName

ALGORITHMS = frozenset({"RS256", "ES256"})
LEEWAY_S = 30
KEPT_S = 5
"""Nothing that a signature and claims say is taken back sooner: what may be is read each time."""
KEPT_TOKENS = 4096
LEVELS = {"1": 1, "2": 2, "3": 3}
_OWN_KEY_HEADERS = frozenset({"jwk", "jku", "x5c", "x5u"})


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified access token says."""

    iss: str
    sub: str
    azp: str
    sid: str | None
    auth_time: datetime | None
    acr: int
    """Level reached in this sign-in, 0 to 3."""
    level: int
    """min(acr, level proven for this person)."""
    person: str | None
    username: str
    expires_at: datetime
    is_machine: bool
    name: str = ""
    portal: PortalName | None = None
    """The portal whose client the token was made for; None for a machine."""


@dataclass(frozen=True, slots=True)
class Signed:
    """Header and claims of a token whose signature holds."""

    header: Mapping[str, object]
    claims: Mapping[str, object]


def token_refusal(zh: str, en: str) -> NotSignedIn:
    return NotSignedIn(
        f"登录凭证无效：{zh}。请重新登录。", f"The token does not hold: {en}. Sign in again."
    )


async def read_signed(token: str, keys: IssuerKeys) -> Signed:
    """Check the signature of a token against the issuer's own keys, and nothing else."""
    header = _header(token)
    # A header is untyped JSON: whatever is used of it is typed first.
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise token_refusal("签名算法不被允许", "its signing algorithm is not allowed")
    if _OWN_KEY_HEADERS & header.keys():
        raise token_refusal("自带密钥", "it brings its own key")
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise token_refusal("未指明签名密钥", "it does not name its signing key")
    key = await keys.find(kid)
    if key.get("alg") not in (None, algorithm):
        raise token_refusal("签名算法与密钥不符", "its algorithm is not the one of its key")
    try:
        decoded = jwt.decode(token, key, algorithms=[algorithm])
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        # The last three: what a header or a payload of an unforeseen type makes of the library.
        raise token_refusal("签名不符", "its signature is wrong") from error
    return Signed(decoded.header, _typed(decoded.claims))


def _typed(claims: object) -> Mapping[str, object]:
    """The claims whose types the rest relies on, before anything is done with them."""
    if not isinstance(claims, Mapping):
        raise token_refusal("内容不是对象", "its payload is no object")
    for name in ("iss", "sub", "azp", "typ", "sid", "jti"):
        if not isinstance(claims.get(name, ""), str):
            raise token_refusal(f"{name} 的类型有误", f"its {name} is not a text")
    for name in ("exp", "iat", "nbf", "auth_time"):
        value = claims.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**33:
            raise token_refusal(f"{name} 的类型有误", f"its {name} is not a time")
    audience = claims.get("aud", "")
    parts = audience if isinstance(audience, list) else [audience]
    if not all(isinstance(part, str) for part in parts):
        raise token_refusal("aud 的类型有误", "its aud is not a text or a list of texts")
    return claims


def _header(token: str) -> dict[str, object]:
    try:
        return dict(jws.extract_compact(token.encode("ascii")).protected)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise token_refusal("格式有误", "it is not a signed JWT") from error


def check_claims(
    claims: Mapping[str, object],
    clock: Clock,
    *,
    issuer: str,
    audience: str | list[str],
    essential: tuple[str, ...] = (),
) -> None:
    """Issuer, audience, expiry and subject, which must all be there; joserfc checks none of them
    unless told so."""
    audiences = audience if isinstance(audience, list) else [audience]
    registry = jwt.JWTClaimsRegistry(
        now=int(clock().timestamp()),
        leeway=LEEWAY_S,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "values": audiences},
        exp={"essential": True},
        **{name: ClaimsOption(essential=True) for name in essential},
    )
    try:
        registry.validate(dict(claims))
    except ExpiredTokenError as error:
        raise token_refusal("已过期", "it has expired") from error
    except MissingClaimError as error:
        raise token_refusal(f"缺少 {error.claim}", f"it lacks {error.claim}") from error
    except InvalidClaimError as error:
        raise token_refusal(f"{error.claim} 不符", f"its {error.claim} is wrong") from error


class TokenVerifier:
    """Verifies access tokens of one issuer for one audience."""

    def __init__(
        self,
        *,
        issuer: str,
        audience: str,
        portals: Mapping[str, PortalName],
        clock: Clock,
        fetch: Fetch,
    ) -> None:
        self.issuer = issuer
        self.keys = IssuerKeys(issuer=issuer, fetch=fetch, clock=clock)
        self._audience = audience
        self._portals = portals
        self._clock = clock
        self._kept: TTLCache[bytes, Claims] = TTLCache(KEPT_TOKENS, KEPT_S)
        """By the token's SHA-256. Used on the event loop alone."""

    async def verify(self, token: str) -> Claims:
        """The claims of an access token; raises NotSignedIn with the reason where it fails.

        What holds is kept for KEPT_S; when it expires is looked at each time.
        """
        mark = sha256(token.encode()).digest()
        verified = self._kept.get(mark)
        if verified is not None and not self._has_expired(verified):
            return verified
        claims = await self._verified(token)
        self._kept[mark] = claims
        return claims

    def _has_expired(self, claims: Claims) -> bool:
        return claims.expires_at + timedelta(seconds=LEEWAY_S) < self._clock()

    async def _verified(self, token: str) -> Claims:
        signed = await read_signed(token, self.keys)
        claims = signed.claims
        check_claims(
            claims,
            self._clock,
            issuer=self.issuer,
            audience=self._audience,
            essential=("sub", "azp", "iat"),
        )
        # An ID, refresh or logout token is signed with the same key and is no access token.
        if claims.get("typ") != "Bearer":
            raise token_refusal("不是访问令牌", "it is not an access token")
        return self._person(claims) if claims["azp"] in self._portals else _machine(claims)

    def _person(self, claims: Mapping[str, object]) -> Claims:
        """A person signs in through a portal: a session and a time of sign-in must be named."""
        sid, auth_time, person = (
            claims.get("sid"),
            claims.get("auth_time"),
            claims.get("xihu_person"),
        )
        if not isinstance(sid, str) or not isinstance(auth_time, int):
            raise token_refusal(
                "没有本人登录的会话", "no person signed in for it (no session, no time of sign-in)"
            )
        if not isinstance(person, str) or not person:
            raise token_refusal("未指明人员", "it names no person")
        acr = level_of(claims.get("acr"))
        return Claims(
            iss=self.issuer,
            sub=str(claims["sub"]),
            azp=str(claims["azp"]),
            sid=sid,
            auth_time=datetime.fromtimestamp(auth_time, UTC),
            acr=acr,
            level=min(acr, level_of(claims.get("xihu_level"))),
            person=person,
            username=_text(claims, "preferred_username"),
            expires_at=_moment(claims, "exp"),
            is_machine=False,
            name=_text(claims, "name"),
            portal=self._portals[str(claims["azp"])],
        )


def _machine(claims: Mapping[str, object]) -> Claims:
    """A department's system; a token made for one never carries a person's session."""
    if claims.keys() & {"sid", "auth_time", "xihu_person"}:
        raise token_refusal(
            "由门户以外的系统取得，却指向个人", "it names a person but was not made for a portal"
        )
    return Claims(
        iss=str(claims["iss"]),
        sub=str(claims["sub"]),
        azp=str(claims["azp"]),
        sid=None,
        auth_time=None,
        acr=0,
        level=0,
        person=None,
        username="",
        expires_at=_moment(claims, "exp"),
        is_machine=True,
    )


def level_of(value: object) -> int:
    """A level as claims write it; "0" (impersonation by an administrator) and anything unknown
    is no level.

    >>> [level_of(value) for value in ("3", "1", "0", "gold", None, 2, ["2"])]
    [3, 1, 0, 0, 0, 2, 2]
    """
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return LEVELS.get(str(value), 0)


def _text(claims: Mapping[str, object], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""


def _moment(claims: Mapping[str, object], name: str) -> datetime:
    return datetime.fromtimestamp(cast("float", claims[name]), UTC)
