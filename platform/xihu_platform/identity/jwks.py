"""An issuer's metadata and public keys, fetched once for all who ask and kept for a while."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import cast

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet, KeySetSerialization

from xihu_platform.clock import Clock
from xihu_platform.errors import NotSignedIn, TransientError
from xihu_platform.telemetry.logs import failure_facts

log = logging.getLogger("xihu.identity")

Fetch = Callable[[str], Awaitable[dict[str, object]]]
"""Gets the JSON object at a URL; raises TransientError when it cannot be had."""

TTL = timedelta(minutes=10)
LEAST_INTERVAL_S = 1.0  # a flood of made-up key ids costs the issuer one request a second


def fetch_with(http: httpx.AsyncClient) -> Fetch:
    """A Fetch over an httpx client."""

    async def fetch(url: str) -> dict[str, object]:
        try:
            answer = (await http.get(url)).raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            raise away(url) from error
        if not isinstance(answer, dict):
            raise away(url)
        return answer

    return fetch


def away(url: str) -> TransientError:
    return TransientError(
        f"身份认证服务 {url} 暂时无法访问，请稍后再试。",
        f"The identity issuer at {url} cannot be reached; try again in a moment.",
    )


class IssuerKeys:
    """The keys of one issuer. While it is away the old keys serve on: nobody can get a new token
    then, and the old ones end within minutes."""

    def __init__(
        self, *, issuer: str, fetch: Fetch, clock: Clock, least_interval_s: float = LEAST_INTERVAL_S
    ) -> None:
        self.issuer = issuer
        self._fetch = fetch
        self._clock = clock
        self._least_interval_s = least_interval_s
        self._lock = asyncio.Lock()
        self._metadata: dict[str, object] = {}
        self._keys: dict[str, Key] = {}
        self._fetched_at: datetime | None = None
        self._next_at = 0.0
        self._attempts = 0

    async def endpoint(self, name: str) -> str:
        """An address out of the issuer's metadata, such as `token_endpoint`."""
        metadata = await self.metadata()
        value = metadata.get(name)
        if not isinstance(value, str):
            raise away(f"{self.issuer} ({name})")
        return value

    async def metadata(self) -> dict[str, object]:
        if not self._metadata or self._may_refresh():
            await self._refresh()
        if not self._metadata:
            raise away(self.issuer)
        return self._metadata

    async def find(self, kid: str) -> Key:
        """The signing key of that id; an id not seen before is asked for at once."""
        if kid not in self._keys or self._may_refresh():
            await self._refresh()
        if not self._keys:
            raise away(self.issuer)
        if kid not in self._keys:
            raise NotSignedIn(
                "登录凭证的签名密钥不属于本平台的身份认证服务，请重新登录。",
                "The token is signed with a key that is not the issuer's; sign in again.",
            )
        return self._keys[kid]

    def _may_refresh(self) -> bool:
        """Stale, and nobody is fetching already, and the last attempt is long enough ago."""
        stale = self._fetched_at is None or self._clock() - self._fetched_at > TTL
        return stale and not self._lock.locked() and _monotonic() >= self._next_at

    async def _refresh(self) -> None:
        attempts = self._attempts
        async with self._lock:
            if self._attempts != attempts:
                return  # somebody else asked while this call waited
            await asyncio.sleep(max(0.0, self._next_at - _monotonic()))
            try:
                await self._load()
            except TransientError as error:
                log.warning("the issuer's keys could not be refreshed", extra=failure_facts(error))
            finally:
                self._attempts += 1
                self._next_at = _monotonic() + self._least_interval_s

    async def _load(self) -> None:
        metadata = await self._fetch(f"{self.issuer}/.well-known/openid-configuration")
        if metadata.get("issuer") != self.issuer:
            raise away(f"{self.issuer} (it calls itself {metadata.get('issuer')})")
        uri = metadata.get("jwks_uri")
        if not isinstance(uri, str):
            raise away(f"{self.issuer} (jwks_uri)")
        self._keys = _signing_keys(await self._fetch(uri), uri)
        self._metadata = metadata
        self._fetched_at = self._clock()


def _monotonic() -> float:
    return asyncio.get_running_loop().time()


def _signing_keys(document: dict[str, object], uri: str) -> dict[str, Key]:
    try:
        keys = KeySet.import_key_set(cast("KeySetSerialization", document))
    except (JoseError, KeyError, TypeError, ValueError) as error:
        raise away(uri) from error
    # Keycloak publishes its encryption key in the same set.
    return {key.kid: key for key in keys if key.kid and key.get("use", "sig") == "sig"}
