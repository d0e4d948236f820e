"""The embedded issuer alone: stricter than its library, and not for production."""

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from tests.test_platform.identity.world import FormVisitor, World, digest, make_settings
from xihu_node.issuer import storage
from xihu_node.issuer.keys import SigningKeys
from xihu_node.issuer.routes import issuer_router
from xihu_platform.clock import system_clock
from xihu_platform.database import transaction
from xihu_platform.errors import TerminalError
from xihu_platform.identity.models import IssuerSession
from xihu_platform.identity.portal import both_portals

VERIFIER = "v" * 64


def query(world: World, **changed: str | None) -> str:
    portal = world.portal("citizen")
    params = {
        "response_type": "code",
        "client_id": portal.client_id,
        "redirect_uri": portal.redirect_uri,
        "scope": "openid profile",
        "state": "s1",
        "code_challenge": digest(VERIFIER),
        "code_challenge_method": "S256",
    } | changed
    return urlencode({name: value for name, value in params.items() if value is not None})


def auth(world: World, **changed: str | None) -> str:
    return (
        f"{world.identity.verifier.issuer}/protocol/openid-connect/auth?{query(world, **changed)}"
    )


def visitor(world: World) -> FormVisitor:
    found = world.visitor()
    assert isinstance(found, FormVisitor)
    return found


def signed_in(world: World, username: str = "wang") -> FormVisitor:
    found = visitor(world)
    found.sign_in("citizen", username)
    return found


def answer(found: FormVisitor, url: str) -> dict[str, str]:
    """What the issuer sends back to the portal."""
    reply = found.http.get(url, follow_redirects=False)
    assert reply.status_code == 302, reply.text
    return dict(parse_qsl(urlsplit(reply.headers["location"]).query))


def code(world: World) -> str:
    return answer(signed_in(world), auth(world))["code"]


def spend(world: World, code: str, verifier: str = VERIFIER) -> httpx.Response:
    return world.ask_for_token(
        "xihu-citizen",
        grant_type="authorization_code",
        code=code,
        redirect_uri=world.portal("citizen").redirect_uri,
        code_verifier=verifier,
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
        {"code_challenge": "short"},
        {"acr_values": "9"},
        {"acr_values": "2 gold"},
        {"max_age": "soon"},
        {"response_type": "token"},
    ],
)
def test_a_wrong_request_goes_back_to_the_portal_with_the_issuers_name(
    embedded: World, changed: dict[str, str | None]
) -> None:
    said = answer(visitor(embedded), auth(embedded, **changed))
    assert said["error"] in ("invalid_request", "unsupported_response_type", "unauthorized_client")
    assert said["state"] == "s1"
    assert said["iss"] == embedded.identity.verifier.issuer


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "nobody"},
        {"client_id": None},
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": None},
        {"response_type": '"西湖"\\'},
        {"client_id": "dept-yb"},
    ],
)
def test_a_request_that_cannot_be_trusted_stays_with_the_person(
    embedded: World, changed: dict[str, str | None]
) -> None:
    reply = visitor(embedded).http.get(auth(embedded, **changed), follow_redirects=False)
    assert reply.status_code in (400, 302)
    assert "evil.example" not in reply.headers.get("location", "")
    if reply.status_code == 400:
        assert "请返回应用重新登录" in reply.text


def test_nobody_signed_in_and_prompt_none_is_login_required(embedded: World) -> None:
    assert answer(visitor(embedded), auth(embedded, prompt="none"))["error"] == "login_required"


def test_a_signed_in_person_gets_a_code_without_a_page_unless_asked_anew(embedded: World) -> None:
    found = signed_in(embedded)
    assert answer(found, auth(embedded, prompt="none"))["code"]
    assert "以此人登录" in found.http.get(auth(embedded, prompt="login")).text
    embedded.clock.shift = timedelta(seconds=20)
    assert "以此人登录" in found.http.get(auth(embedded, max_age="10")).text


def test_a_code_is_spent_once_and_its_second_use_kills_the_tokens(embedded: World) -> None:
    mine = code(embedded)
    tokens = spend(embedded, mine)
    assert tokens.status_code == 200
    assert spend(embedded, mine).json()["error"] == "invalid_grant"
    again = embedded.ask_for_token(
        "xihu-citizen", grant_type="refresh_token", refresh_token=tokens.json()["refresh_token"]
    )
    assert again.json()["error"] == "invalid_grant"


def test_a_wrong_verifier_gets_no_token_and_burns_the_code(embedded: World) -> None:
    mine = code(embedded)
    assert spend(embedded, mine, "w" * 64).json()["error"] == "invalid_grant"
    assert spend(embedded, mine).json()["error"] == "invalid_grant"


def test_a_code_ends_after_a_minute(embedded: World) -> None:
    mine = code(embedded)
    embedded.clock.shift = timedelta(seconds=61)
    assert spend(embedded, mine).json()["error"] == "invalid_grant"


def test_of_many_who_spend_one_code_or_refresh_token_one_gets_through(embedded: World) -> None:
    mine = code(embedded)
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: spend(embedded, mine), range(8)))
    assert sorted(reply.status_code for reply in replies) == [200] + [400] * 7
    refresh = spend(embedded, code(embedded)).json()["refresh_token"]
    with ThreadPoolExecutor(8) as pool:
        replies = list(
            pool.map(
                lambda _: embedded.ask_for_token(
                    "xihu-citizen", grant_type="refresh_token", refresh_token=refresh
                ),
                range(8),
            )
        )
    assert sorted(reply.status_code for reply in replies) == [200] + [400] * 7


def test_another_client_cannot_use_a_refresh_token_nor_kill_it(embedded: World) -> None:
    refresh = spend(embedded, code(embedded)).json()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": refresh}
    assert embedded.ask_for_token("xihu-official", **form).json()["error"] == "invalid_grant"
    assert embedded.ask_for_token("xihu-citizen", **form).status_code == 200


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"grant_type": "password"},
        {"grant_type": "authorization_code"},
        {"grant_type": '"西湖"\\'},
        {"grant_type": "refresh_token", "refresh_token": "\x00"},
    ],
)
def test_a_wrong_token_request_is_a_400(embedded: World, form: dict[str, str]) -> None:
    assert embedded.ask_for_token("xihu-citizen", **form).status_code == 400


def test_a_wrong_client_secret_is_refused(embedded: World) -> None:
    url = f"{embedded.identity.verifier.issuer}/protocol/openid-connect/token"
    reply = httpx.post(url, data={"grant_type": "client_credentials"}, auth=("dept-yb", "wrong"))
    assert (reply.status_code, reply.json()["error"]) == (401, "invalid_client")


def test_userinfo_says_who_and_ends_with_the_session(embedded: World) -> None:
    found = signed_in(embedded)
    tokens = embedded.tokens(found)
    url = f"{embedded.identity.verifier.issuer}/protocol/openid-connect/userinfo"
    headers = {"Authorization": f"Bearer {tokens.access}"}
    assert httpx.get(url, headers=headers).json()["xihu_person"] == "p-wang"
    assert httpx.get(url).status_code == 401
    end = f"{embedded.identity.verifier.issuer}/protocol/openid-connect/logout"
    found.http.get(end, params={"id_token_hint": tokens.id_token})
    assert httpx.get(url, headers=headers).status_code == 401


def test_sign_out_without_a_hint_asks_first(embedded: World) -> None:
    found = signed_in(embedded)
    end = f"{embedded.identity.verifier.issuer}/protocol/openid-connect/logout"
    page = found.http.get(end)
    assert "要退出登录吗" in page.text
    forged = found.http.post(end, data={"confirm": "yes", "form_token": "guessed"})
    assert "要退出登录吗" in forged.text
    assert "您已退出登录" in found.submit(page, confirm="yes").text


def test_sign_out_leads_only_to_an_address_of_that_client(embedded: World) -> None:
    found = signed_in(embedded)
    end = f"{embedded.identity.verifier.issuer}/protocol/openid-connect/logout"
    hint = embedded.tokens(found).id_token
    evil = {"id_token_hint": hint, "post_logout_redirect_uri": "https://evil.example/"}
    assert found.http.get(end, params=evil, follow_redirects=False).status_code == 200
    good = evil | {"post_logout_redirect_uri": embedded.portal("citizen").home, "state": "x y"}
    reply = found.http.get(end, params=good, follow_redirects=False)
    assert reply.headers["location"] == f"{embedded.portal('citizen').home}?state=x+y"


def test_a_form_from_elsewhere_signs_nobody_in(embedded: World) -> None:
    found = visitor(embedded)
    found.http.get(auth(embedded))
    forged = found.http.post(auth(embedded), data={"person": "wang", "form_token": "guessed"})
    assert (forged.status_code, "本页已失效" in forged.text) == (400, True)


def test_a_wrong_second_step_says_so_beside_the_field(embedded: World) -> None:
    found = visitor(embedded)
    page = found.http.get(auth(embedded, acr_values="3"))
    second = found.submit(page, person="wang")
    wrong = found.submit(second, otp="12345x")
    assert wrong.status_code == 400
    assert 'aria-invalid="true"' in wrong.text and "验证码不对" in wrong.text


def test_somebody_else_at_the_same_browser_ends_the_first_session(embedded: World) -> None:
    found = signed_in(embedded, "wang")
    sid = str(found.http.get("/citizen/whoami").json()["sid"])
    found.submit(found.http.get(auth(embedded, prompt="login")), person="li")
    with transaction(embedded.engine) as session:
        assert session.get_one(IssuerSession, sid).ended
    assert found.http.get("/citizen/whoami").json()["person"] != "p-wang"


def test_a_session_that_has_ended_tells_nobody_twice(embedded: World) -> None:
    found = signed_in(embedded)
    sid = str(found.http.get("/citizen/whoami").json()["sid"])
    with transaction(embedded.engine) as session:
        assert storage.end_session(session, sid) == ["xihu-citizen"]
        assert storage.end_session(session, sid) == []


def test_the_page_speaks_english_when_asked(embedded: World) -> None:
    page = visitor(embedded).http.get(auth(embedded, ui_locales="en")).text
    assert '<html lang="en" class="citizen">' in page and "Sign in as this person" in page
    assert "A citizen with a fully proven identity." in page and "合成数据" in page


def test_the_page_follows_what_a_person_chose_on_the_portals(embedded: World) -> None:
    found = visitor(embedded)
    for name, value in (("xihu_elder", "1"), ("xihu_theme", "dark"), ("xihu_language", "en")):
        found.http.cookies.set(name, value, domain="127.0.0.1")
    page = found.http.get("/signin").text
    assert '<html lang="en" class="citizen theme-dark elder">' in page
    found.http.cookies.set("xihu_theme", '"><script>', domain="127.0.0.1")
    assert 'class="citizen elder"' in found.http.get("/signin").text


def test_the_page_can_neither_be_framed_nor_cached(embedded: World) -> None:
    headers = visitor(embedded).http.get(auth(embedded)).headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"


def test_the_key_file_is_private_and_a_rotated_key_keeps_its_predecessor(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    keys = SigningKeys(path, system_clock)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    keys.rotate()
    keys.rotate()
    kids = [key["kid"] for key in keys.public()["keys"]]
    assert len(set(kids)) == 3 and all(kids)
    assert all("d" not in key for key in keys.public()["keys"])
    assert SigningKeys(path, system_clock).public() == keys.public()
    later = SigningKeys(path, lambda: system_clock() + timedelta(days=91))
    assert [key["kid"] for key in later.public()["keys"]][0] == kids[-1]


def test_production_and_plain_http_refuse_to_start(tmp_path: Path, embedded: World) -> None:
    settings = make_settings(
        tmp_path,
        "https://id.example/realms/xihu",
        citizen_secret=SecretStr("a"),
        official_secret=SecretStr("b"),
    )
    production = settings.model_copy(update={"profile": "production"})
    reachable = settings.serve.model_copy(update={"public_url": "http://10.0.0.8:8000"})
    for wrong in (production, settings.model_copy(update={"serve": reachable})):
        with pytest.raises(TerminalError, match="refuses to start|neither https nor loopback"):
            issuer_router(
                settings=wrong,
                engine=embedded.engine,
                clock=system_clock,
                http=embedded.identity.http,
                portals=both_portals(wrong),
            )
