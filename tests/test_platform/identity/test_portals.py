"""The portals' side: cookies, forms, callbacks, back-channel messages, what lies in the table."""

import asyncio
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from tests.test_platform.identity.world import World, make_settings, sign_as_issuer, who
from xihu_node.issuer.keys import SigningKeys
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, NotFound, TransientError
from xihu_platform.identity.backchannel import LOGOUT_EVENT
from xihu_platform.identity.client import PortalClient, check_csrf
from xihu_platform.identity.models import SigninSession
from xihu_platform.identity.portal import both_portals
from xihu_platform.identity.tokens import TokenVerifier


def row_of(world: World) -> SigninSession:
    with transaction(world.engine) as session:
        return session.scalars(select(SigninSession)).one()


def signed_in(world: World, username: str = "wang") -> httpx.Client:
    with transaction(world.engine) as session:
        for old in session.scalars(select(SigninSession)):
            session.delete(old)
    visitor = world.visitor()
    visitor.sign_in("citizen", username)
    return visitor.http


def logout_token(world: World, *, typ: str = "logout+jwt", **changed: object) -> str:
    now = int(world.clock().timestamp())
    claims: dict[str, object] = {
        "iss": world.identity.verifier.issuer,
        "aud": "xihu-citizen",
        "iat": now,
        "exp": now + 60,
        "jti": "j",
        "events": {LOGOUT_EVENT: {}},
        "sid": row_of(world).sid,
    }
    keys = SigningKeys(world.settings.data_dir / "identity" / "signing-keys.json", world.clock)
    merged = {name: value for name, value in (claims | changed).items() if value is not None}
    return keys.sign(merged, typ=typ)


def send(world: World, token: str) -> httpx.Response:
    return httpx.post(f"{world.base_url}/oidc/backchannel", data={"logout_token": token})


def test_cookie_and_tokens_do_not_lie_in_the_table(embedded: World) -> None:
    http = signed_in(embedded)
    cookie = http.cookies["xihu_citizen"]
    tokens = next(
        embedded.tokens(visitor) for visitor in embedded._visitors if visitor.http is http
    )
    row = row_of(embedded)
    assert cookie not in row.id
    for text in (cookie, tokens.access, tokens.refresh, tokens.id_token):
        assert text.encode() not in row.sealed_tokens


def test_the_session_cookie_is_closed_to_scripts_and_other_sites(embedded: World) -> None:
    visitor = embedded.visitor()
    visitor.sign_in("citizen", "wang")
    again = visitor.http.get("/signin", follow_redirects=False)
    back = visitor.http.get(again.headers["location"], follow_redirects=False)
    done = visitor.http.get(back.headers["location"], follow_redirects=False)
    cookie = done.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Secure" not in cookie


def test_over_https_the_cookie_is_secure_and_bound_to_its_host(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    serve = settings.serve.model_copy(update={"public_url": "https://xihu.example"})
    citizen, official = both_portals(settings.model_copy(update={"serve": serve}))
    assert (citizen.cookie, citizen.is_secure) == ("__Host-xihu_citizen", True)
    assert official.cookie == "__Host-xihu_official"


def test_a_new_sign_in_makes_a_new_cookie_and_ends_the_old(embedded: World) -> None:
    http = signed_in(embedded)
    old = http.cookies["xihu_citizen"]
    http.get("/signin?next=/citizen/whoami&level=2")
    assert http.cookies["xihu_citizen"] != old
    stale = httpx.get(f"{embedded.base_url}/citizen/whoami", cookies={"xihu_citizen": old})
    assert stale.json()["person"] is None


def test_a_cookie_of_one_portal_opens_no_other(embedded: World) -> None:
    cookie = signed_in(embedded).cookies["xihu_citizen"]
    other = httpx.get(f"{embedded.base_url}/official/whoami", cookies={"xihu_official": cookie})
    assert other.json()["person"] is None


def test_a_callback_is_good_once_and_from_our_issuer_only(embedded: World) -> None:
    visitor = embedded.visitor()
    visitor.sign_in("citizen", "wang")
    start = visitor.http.get("/signin", follow_redirects=False)
    back = visitor.http.get(start.headers["location"], follow_redirects=False).headers["location"]
    foreign = back.replace("iss=http", "iss=https")
    assert visitor.http.get(foreign).status_code == 401
    first = visitor.http.get(back, follow_redirects=False)
    assert first.status_code == 303
    assert visitor.http.get(back).status_code == 401


@pytest.mark.parametrize(
    "answer", ["", "?code=x", "?state=x&code=y", "?error=access_denied&state=x"]
)
def test_a_made_up_callback_is_a_401(embedded: World, answer: str) -> None:
    assert embedded.visitor().http.get(f"/callback{answer}").status_code == 401


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example", "/%00", "/%5Cevil"])
def test_next_leads_only_to_this_site(embedded: World, path: str) -> None:
    visitor = embedded.visitor()
    visitor.sign_in("citizen", "wang")
    start = visitor.http.get(f"/signin?next={path}", follow_redirects=False)
    back = visitor.http.get(start.headers["location"], follow_redirects=False)
    done = visitor.http.get(back.headers["location"], follow_redirects=False)
    assert done.headers["location"] == "/"


def test_sign_out_needs_the_form_of_this_session(embedded: World) -> None:
    http = signed_in(embedded)
    for csrf in ({}, {"csrf": "guessed"}):
        assert http.post("/signout", data=csrf).status_code == 422
    assert http.get("/signout").status_code == 405
    assert http.get("/citizen/whoami").json()["person"] == "p-wang"
    with pytest.raises(BadInput, match="reload the page"):
        check_csrf(row_of(embedded), None)


def test_an_official_at_level_two_whatever_the_link_says(embedded: World) -> None:
    visitor = embedded.visitor()
    visitor.sign_in("official", "chen", level=1)
    assert who(visitor, "official")["level"] == 2


def test_choices_are_checked_and_kept_through_a_step_up(embedded: World) -> None:
    visitor = embedded.visitor()
    visitor.sign_in("citizen", "chen")
    client = embedded.identity.clients["citizen"]
    cookie = visitor.http.cookies["xihu_citizen"]
    asyncio.run(client.choose_position(cookie, "chen-mz"))
    with pytest.raises(NotFound):
        asyncio.run(client.choose_position(cookie, "chen-past"))
    with pytest.raises(NotFound):
        asyncio.run(client.choose_mandate(cookie, "firm:91339900202600012U"))
    visitor.sign_in("citizen", "chen", level=3)
    found = asyncio.run(client.find(visitor.http.cookies["xihu_citizen"]))
    assert found and (found.position_id, found.level) == ("chen-mz", 3)


def test_a_session_ends_after_eight_hours_whatever_is_refreshed(embedded: World) -> None:
    http = signed_in(embedded)
    embedded.clock.shift = timedelta(hours=8, seconds=1)
    assert http.get("/citizen/whoami").json()["person"] is None


def test_an_issuer_that_is_away_ends_no_session(embedded: World) -> None:
    cookie = signed_in(embedded).cookies["xihu_citizen"]

    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("away", request=request)

    async def person() -> str | None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(away)) as http:
            client = PortalClient(
                embedded.portal("citizen"),
                secret="x",
                verifier=embedded.identity.verifier,
                engine=embedded.engine,
                clock=embedded.clock,
                http=http,
            )
            found = await client.session_claims(cookie)
            return found[0].person if found else None

    embedded.clock.shift = timedelta(seconds=275)  # a refresh is due, the token still holds
    assert asyncio.run(person()) == "p-wang"
    embedded.clock.shift = timedelta(seconds=301)
    with pytest.raises(TransientError, match="cannot be reached"):
        asyncio.run(person())
    back = httpx.get(f"{embedded.base_url}/citizen/whoami", cookies={"xihu_citizen": cookie})
    assert back.json()["person"] == "p-wang"


def test_a_genuine_logout_token_ends_the_session_and_may_come_twice(embedded: World) -> None:
    http = signed_in(embedded)
    token = logout_token(embedded)
    assert [send(embedded, token).status_code for _ in range(2)] == [200, 200]
    assert http.get("/citizen/whoami").json()["person"] is None


@pytest.mark.parametrize(
    "changed",
    [
        {"typ": "JWT"},
        {"aud": "dept-yb"},
        {"iss": "https://elsewhere.example"},
        {"exp": 1},
        {"events": {}},
        {"events": None},
        {"nonce": "n"},
        {"sid": None},
    ],
)
def test_a_wrong_logout_token_ends_nothing(embedded: World, changed: dict[str, object]) -> None:
    http = signed_in(embedded)
    reply = send(embedded, logout_token(embedded, **changed))  # type: ignore[arg-type]
    assert (reply.status_code, reply.json()["error"]) == (400, "invalid_request")
    assert http.get("/citizen/whoami").json()["person"] == "p-wang"


def test_an_empty_back_channel_message_is_a_400(embedded: World) -> None:
    assert send(embedded, "").status_code == 400
    assert httpx.post(f"{embedded.base_url}/oidc/backchannel").status_code == 400


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"sid": "s"}, "no person signed in"),
        ({"auth_time": 1}, "no person signed in"),
        ({"sid": "s", "auth_time": 1, "xihu_person": None}, "names no person"),
        ({"azp": "dept-yb"}, "not made for a portal"),
        ({"azp": "stranger", "sid": "s", "auth_time": 1}, "not made for a portal"),
        ({"azp": None}, "lacks azp"),
        ({"sub": None}, "lacks sub"),
        ({"aud": None}, "lacks aud"),
        ({"exp": None}, "lacks exp"),
        ({"typ": "Refresh"}, "not an access token"),
    ],
)
def test_a_token_that_is_no_persons_is_refused(
    embedded: World, changed: dict[str, object], why: str
) -> None:
    token = sign_as_issuer(embedded.settings, embedded.clock, embedded.identity, **changed)
    reply = _verified(embedded, token)
    assert why in reply


@pytest.mark.parametrize(
    ("acr", "proven", "level"),
    [("3", "1", 1), ("1", "3", 1), ("0", "3", 0), ("gold", "3", 0), ("3", "9", 0), ("2", "3", 2)],
)
def test_the_level_is_the_lower_of_reached_and_proven(
    embedded: World, acr: str, proven: str, level: int
) -> None:
    token = sign_as_issuer(
        embedded.settings, embedded.clock, embedded.identity,
        acr=acr, xihu_level=proven, sid="s", auth_time=1,
    )  # fmt: skip
    assert _verified(embedded, token) == str(level)


def _verified(world: World, token: str) -> str:
    """The level of a token, or why it is refused; within the process, by a verifier of its own."""
    from xihu_platform.errors import NotSignedIn
    from xihu_platform.identity.jwks import fetch_with

    async def run() -> str:
        async with httpx.AsyncClient() as http:
            verifier = TokenVerifier(
                issuer=world.identity.verifier.issuer,
                audience=world.settings.identity.audience,
                portals={"xihu-citizen": "citizen", "xihu-official": "official"},
                clock=world.clock,
                fetch=fetch_with(http),
            )
            try:
                return str((await verifier.verify(token)).level)
            except NotSignedIn as error:
                return error.text.en

    return asyncio.run(run())
