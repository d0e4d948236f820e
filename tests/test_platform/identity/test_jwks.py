"""The key cache: asked once, found at once, never flooded, and alive while the issuer is away."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from joserfc.jwk import ECKey

from tests.test_platform.identity.world import ShiftedClock
from xihu_platform.errors import NotSignedIn, TransientError
from xihu_platform.identity.jwks import IssuerKeys

ISSUER = "https://id.example/realms/xihu"


@dataclass
class Issuer:
    """Stands in for an issuer across the network."""

    keys: list[ECKey] = field(default_factory=lambda: [ECKey.generate_key("P-256", auto_kid=True)])
    is_away: bool = False
    name: str = ISSUER
    asked: int = 0

    async def fetch(self, url: str) -> dict[str, object]:
        await asyncio.sleep(0.01)
        if self.is_away:
            raise TransientError("不在", "away")
        if url.endswith("/.well-known/openid-configuration"):
            self.asked += 1
            return {"issuer": self.name, "jwks_uri": f"{ISSUER}/certs"}
        return {"keys": [key.as_dict(private=False) for key in self.keys]}

    @property
    def kid(self) -> str:
        return str(self.keys[-1].kid)


def cache(issuer: Issuer, clock: ShiftedClock | None = None, interval_s: float = 0.2) -> IssuerKeys:
    return IssuerKeys(
        issuer=ISSUER,
        fetch=issuer.fetch,
        clock=clock or ShiftedClock(),
        least_interval_s=interval_s,
    )


def test_many_at_once_ask_the_issuer_once() -> None:
    issuer = Issuer()

    async def run() -> None:
        keys = cache(issuer)
        await asyncio.gather(*(keys.find(issuer.kid) for _ in range(20)))

    asyncio.run(run())
    assert issuer.asked == 1


def test_a_rotated_key_is_found_at_once() -> None:
    issuer = Issuer()

    async def run() -> str | None:
        keys = cache(issuer)
        await keys.find(issuer.kid)
        issuer.keys.append(ECKey.generate_key("P-256", auto_kid=True))
        return (await keys.find(issuer.kid)).kid

    assert asyncio.run(run()) == issuer.kid
    assert issuer.asked == 2


def test_made_up_key_ids_cost_one_request_for_each_interval() -> None:
    issuer = Issuer()

    async def run() -> None:
        keys = cache(issuer)
        await keys.find(issuer.kid)
        answers = await asyncio.gather(
            *(keys.find(f"made-up-{number}") for number in range(50)), return_exceptions=True
        )
        assert all(isinstance(answer, NotSignedIn) for answer in answers)

    asyncio.run(run())
    assert issuer.asked == 2


def test_old_keys_serve_while_the_issuer_is_away_without_waiting() -> None:
    issuer, clock = Issuer(), ShiftedClock()

    async def run() -> None:
        keys = cache(issuer, clock, interval_s=30)
        await keys.find(issuer.kid)
        issuer.is_away = True
        clock.shift = timedelta(hours=1)
        async with asyncio.timeout(10):  # whoever asked the issuer would wait for 30
            for _ in range(3):
                assert (await keys.find(issuer.kid)).kid == issuer.kid

    asyncio.run(run())


def test_an_issuer_never_reached_is_a_passing_error_and_not_a_wrong_token() -> None:
    issuer = Issuer(is_away=True)
    with pytest.raises(TransientError, match="cannot be reached"):
        asyncio.run(cache(issuer).find("any"))


def test_metadata_of_another_issuer_is_not_taken() -> None:
    issuer = Issuer(name="https://elsewhere.example")
    with pytest.raises(TransientError):
        asyncio.run(cache(issuer).find(issuer.kid))
