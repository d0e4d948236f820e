"""One behaviour suite over the embedded issuer and Keycloak: no other code knows which is there."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from tests.test_platform.identity.world import (
    Visitor,
    World,
    b64,
    in_own_thread,
    signin_path,
    who,
)
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import NotSignedIn
from xihu_platform.identity import people
from xihu_platform.identity.jwks import fetch_with
from xihu_platform.identity.tokens import Claims, TokenVerifier

REFRESH_DUE = timedelta(seconds=275)


def verify(world: World, token: str, **changed: str) -> Claims:
    """By a verifier of its own, so that nothing is cached between tests."""

    async def run() -> Claims:
        async with httpx.AsyncClient(timeout=60) as http:
            verifier = TokenVerifier(
                issuer=changed.get("issuer", world.identity.verifier.issuer),
                audience=changed.get("audience", world.settings.identity.audience),
                portals={portal.client_id: portal.name for portal in world.portals},
                clock=world.clock,
                fetch=fetch_with(http),
            )
            return await verifier.verify(token)

    return in_own_thread(run())


def signed_in(world: World, username: str = "wang", portal: str = "citizen") -> Visitor:
    visitor = world.visitor()
    visitor.sign_in(portal, username)
    return visitor


def access_token(world: World) -> str:
    return world.tokens(signed_in(world)).access


@pytest.mark.parametrize("username", ["wang", "li", "zhao", "chen"])
def test_each_person_signs_in_refreshes_and_signs_out(world: World, username: str) -> None:
    visitor = signed_in(world, username)
    seen = who(visitor)
    assert (seen["person"], seen["username"], seen["level"]) == (f"p-{username}", username, 1)
    before = world.tokens(visitor)
    world.clock.shift = REFRESH_DUE
    assert who(visitor)["sid"] == seen["sid"]
    after = world.tokens(visitor)
    assert after.access != before.access and after.refresh != before.refresh
    left = visitor.http.post("/signout", data={"csrf": str(seen["csrf"])}, follow_redirects=False)
    visitor.follow(left.headers["location"])
    assert who(visitor)["person"] is None
    reused = world.ask_for_token(
        "xihu-citizen", grant_type="refresh_token", refresh_token=after.refresh
    )
    assert reused.status_code == 400


def test_the_second_step_leads_to_level_three(world: World) -> None:
    visitor = world.visitor()
    visitor.sign_in("citizen", "wang", level=3)
    assert who(visitor)["level"] == 3


def test_a_signed_in_person_steps_up_within_the_same_session(world: World) -> None:
    visitor = signed_in(world, "zhao")
    low = who(visitor)
    visitor.sign_in("citizen", "zhao", level=3)
    high = who(visitor)
    assert (low["level"], high["level"]) == (1, 3)
    assert low["sid"] == high["sid"]


@pytest.mark.parametrize("level", [2, 3])
def test_nobody_gets_above_the_level_proven_for_them(world: World, level: int) -> None:
    visitor = world.visitor()
    page = visitor.sign_in_at(signin_path("citizen", level), "li")
    assert "实名等级" in page
    assert who(visitor)["person"] is None


def test_a_person_signed_in_low_cannot_step_above_their_proven_level(world: World) -> None:
    visitor = signed_in(world, "li")
    assert "实名等级" in visitor.sign_in_at(signin_path("citizen", 2), None)
    assert who(visitor)["level"] == 1


def test_a_level_lowered_on_the_way_is_noticed(world: World) -> None:
    visitor = world.visitor()
    start = visitor.http.get("/signin?level=2", follow_redirects=False)
    lowered = start.headers["location"].replace("acr_values=2", "acr_values=1")
    page = visitor.sign_in_at(lowered, "wang")
    assert "reached level 1, not the 2 that was asked for" in page
    assert who(visitor)["person"] is None


def test_an_answer_meant_for_another_browser_is_refused(world: World) -> None:
    first, second = world.visitor(), world.visitor()
    start = first.http.get("/signin", follow_redirects=False)
    page = second.sign_in_at(start.headers["location"], "wang")
    assert "began in another browser" in page
    assert who(second)["person"] is None


def test_two_tabs_sign_in_at_once(world: World) -> None:
    visitor = world.visitor()
    tabs = [
        visitor.http.get(f"/signin?next=/citizen/whoami?tab={tab}", follow_redirects=False)
        for tab in (1, 2)
    ]
    for tab in tabs:
        assert '"person":"p-zhao"' in visitor.sign_in_at(tab.headers["location"], "zhao")


def test_an_unknown_level_is_refused_before_the_issuer_is_asked(world: World) -> None:
    answer = world.visitor().http.get("/signin?level=9")
    assert answer.status_code == 422 and "must be 1, 2 or 3" in answer.text


def test_refresh_tokens_rotate_and_reuse_kills_the_family(world: World) -> None:
    visitor = signed_in(world)
    first = world.tokens(visitor).refresh
    second = world.ask_for_token("xihu-citizen", grant_type="refresh_token", refresh_token=first)
    assert second.status_code == 200
    newest = second.json()["refresh_token"]
    for spent in (first, newest):
        again = world.ask_for_token("xihu-citizen", grant_type="refresh_token", refresh_token=spent)
        assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    world.clock.shift = REFRESH_DUE
    assert who(visitor)["person"] is None


def test_sign_out_at_one_portal_ends_the_other_by_back_channel(world: World) -> None:
    visitor = signed_in(world, "chen", "official")
    visitor.sign_in("citizen", None)
    assert who(visitor, "citizen")["sid"] == who(visitor, "official")["sid"]
    csrf = str(who(visitor, "official")["csrf"])
    left = visitor.http.post("/official/signout", data={"csrf": csrf}, follow_redirects=False)
    visitor.follow(left.headers["location"])
    until = time.monotonic() + 30
    while who(visitor)["person"] and time.monotonic() < until:
        time.sleep(0.1)
    assert who(visitor)["person"] is None


def test_many_requests_at_expiry_refresh_once(world: World) -> None:
    visitor = signed_in(world, "chen")
    world.clock.shift = REFRESH_DUE

    async def ask() -> list[str | None]:
        cookies = dict(visitor.http.cookies)
        async with httpx.AsyncClient(base_url=world.base_url, cookies=cookies, timeout=60) as http:
            answers = await asyncio.gather(*(http.get("/citizen/whoami") for _ in range(8)))
        return [answer.json()["person"] for answer in answers]

    assert in_own_thread(ask()) == ["p-chen"] * 8
    newest = world.tokens(visitor).refresh
    answer = world.ask_for_token("xihu-citizen", grant_type="refresh_token", refresh_token=newest)
    assert answer.status_code == 200  # the family is alive: nobody refreshed twice


def test_a_token_for_another_audience_is_refused(world: World) -> None:
    token = access_token(world)
    assert verify(world, token).person == "p-wang"
    with pytest.raises(NotSignedIn, match="its aud is wrong"):
        verify(world, token, audience="another-api")


def test_an_expired_token_is_refused_after_half_a_minute(world: World) -> None:
    token = access_token(world)
    world.clock.shift = timedelta(seconds=320)
    assert verify(world, token).person == "p-wang"
    world.clock.shift = timedelta(seconds=340)
    with pytest.raises(NotSignedIn, match="it has expired"):
        verify(world, token)


def test_a_token_of_a_foreign_issuer_is_refused(world: World) -> None:
    key = ECKey.generate_key("P-256", auto_kid=True)
    claims = _claims(access_token(world)) | {"iss": "https://elsewhere.example/realms/xihu"}
    foreign = jwt.encode({"alg": "ES256", "kid": key.kid}, claims, key, ["ES256"])
    with pytest.raises(NotSignedIn, match="not the issuer's"):
        verify(world, foreign)


def test_an_id_token_is_no_access_token(world: World) -> None:
    token = world.tokens(signed_in(world)).id_token
    with pytest.raises(NotSignedIn, match="its aud is wrong"):
        verify(world, token)
    with pytest.raises(NotSignedIn, match="not an access token"):
        verify(world, token, audience="xihu-citizen")


def test_an_unsigned_token_is_refused(world: World) -> None:
    _, payload, _ = access_token(world).split(".")
    header = b64(json.dumps({"alg": "none"}).encode())
    with pytest.raises(NotSignedIn, match="algorithm is not allowed"):
        verify(world, f"{header}.{payload}.")


def test_a_token_signed_with_the_public_key_as_a_password_is_refused(world: World) -> None:
    token = access_token(world)
    keys = httpx.get(f"{world.identity.verifier.issuer}/protocol/openid-connect/certs").json()
    secret = OctKey.import_key(json.dumps(keys["keys"][0]).ljust(64))
    header = {"alg": "HS256", "kid": keys["keys"][0]["kid"]}
    forged = jwt.encode(header, _claims(token), secret, ["HS256"])
    with pytest.raises(NotSignedIn, match="algorithm is not allowed"):
        verify(world, forged)


def test_a_header_that_names_another_allowed_algorithm_is_refused(world: World) -> None:
    token = access_token(world)
    header = json.loads(_decoded(token.split(".")[0]))
    header["alg"] = "RS256" if header["alg"] == "ES256" else "ES256"
    swapped = ".".join([b64(json.dumps(header).encode()), *token.split(".")[1:]])
    with pytest.raises(NotSignedIn, match="algorithm is not the one of its key"):
        verify(world, swapped)


def test_a_token_that_brings_its_own_key_is_refused(world: World) -> None:
    token = access_token(world)
    kid = json.loads(_decoded(token.split(".")[0]))["kid"]
    key = RSAKey.generate_key(2048)
    header = {"alg": "RS256", "kid": kid, "jwk": key.as_dict(private=False)}
    forged = jwt.encode(header, _claims(token), key, ["RS256"])
    with pytest.raises(NotSignedIn, match="brings its own key|not a signed JWT"):
        verify(world, forged)


def test_a_token_changed_after_signing_is_refused(world: World) -> None:
    header, _, signature = (token := access_token(world)).split(".")
    changed = _claims(token) | {"xihu_person": "p-chen"}
    payload = b64(json.dumps(changed).encode())
    with pytest.raises(NotSignedIn, match="signature is wrong"):
        verify(world, f"{header}.{payload}.{signature}")


def test_a_departments_system_is_never_a_person(world: World) -> None:
    answer = world.ask_for_token("dept-yb", grant_type="client_credentials")
    claims = verify(world, answer.json()["access_token"])
    assert (claims.is_machine, claims.azp, claims.person, claims.level) == (
        True,
        "dept-yb",
        None,
        0,
    )
    with transaction(world.engine) as session:
        today = civil_date(datetime.now(UTC))
        principal = people.principal_of(session, claims, today=today)
    assert (principal.kind, principal.id) == ("system", "dept-yb")
    assert principal.position and principal.position.organisation == "11339900100102741M"


def test_a_machine_token_that_poses_as_a_person_is_refused(world: World) -> None:
    with pytest.raises(NotSignedIn, match="no person signed in for it"):
        verify(world, world.portal_as_machine())


def test_a_portal_may_not_use_client_credentials(world: World) -> None:
    answer = world.ask_for_token("xihu-official", grant_type="client_credentials")
    assert answer.status_code in (400, 401)
    assert answer.json()["error"] == "unauthorized_client"


def _decoded(part: str) -> bytes:
    import base64

    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _claims(token: str) -> dict[str, object]:
    claims: dict[str, object] = json.loads(_decoded(token.split(".")[1]))
    return claims
