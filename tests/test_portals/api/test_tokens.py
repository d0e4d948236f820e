"""Tokens whose headers and claims are of types that nobody foresaw: refused, never a fault."""

import asyncio
import base64
import json
from typing import Any

import httpx
import pytest

from tests.province import Province

DEEP = 10_000
NESTED = "[" * DEEP + "]" * DEEP
HEADERS: tuple[dict[str, Any], ...] = (
    # Any: a JSON object
    {"alg": ["RS256"], "kid": "x"},
    {"alg": {"RS256": 1}, "kid": "x"},
    {"alg": None, "kid": "x"},
    {"alg": 256, "kid": "x"},
    {"alg": "none", "kid": "x"},
    {"alg": "RS256", "kid": {"x": 1}},
    {"alg": "RS256", "kid": ["x"]},
    {"alg": "RS256", "kid": 7},
    {"alg": "RS256", "kid": None},
    {"alg": "RS256", "kid": "x", "crit": "exp"},
    {"alg": "RS256", "kid": "x", "crit": [1]},
    {"alg": "RS256", "kid": "x", "b64": "no"},
    {"alg": "RS256", "kid": "x", "typ": ["JWT"]},
    {"alg": "RS256", "kid": "x", "jwk": []},
)
CLAIMS: tuple[dict[str, Any], ...] = (
    {"azp": ["xihu-citizen"]},
    {"azp": {"xihu-citizen": 1}},
    {"azp": 7},
    {"exp": "soon"},
    {"exp": "9999999999"},
    {"exp": [1]},
    {"exp": True},
    {"exp": 1e300},
    {"exp": -1},
    {"exp": None},
    {"iat": "now"},
    {"iat": {"at": 1}},
    {"nbf": "now"},
    {"auth_time": "yesterday"},
    {"auth_time": 1e18},
    {"aud": [1, 2]},
    {"aud": 7},
    {"aud": {"xihu-api": 1}},
    {"aud": [["xihu-api"]]},
    {"iss": ["x"]},
    {"iss": 7},
    {"sub": ["x"]},
    {"sub": {"x": 1}},
    {"sid": ["x"]},
    {"sid": 7},
    {"typ": ["Bearer"]},
    {"jti": [1]},
    {"xihu_person": ["x"]},
    {"xihu_person": 7},
)
PAYLOADS = ("[]", "7", '"text"', "null", "true", "{", "", NESTED, f'{{"exp": {NESTED}}}')


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def ask(province: Province, token: str) -> httpx.Response:
    async def once() -> httpx.Response:
        async with province.client(token) as client:
            return await client.get("/api/v1/me?lang=en")

    return asyncio.run(once())


def tell(province: Province, token: str) -> httpx.Response:
    async def once() -> httpx.Response:
        async with province.client() as client:
            return await client.post("/oidc/backchannel", data={"logout_token": token})

    return asyncio.run(once())


def check_refused(province: Province, token: str) -> None:
    answer = ask(province, token)
    assert answer.status_code == 401, answer.text[:300]
    assert answer.json()["error"] == "NotSignedIn"
    told = tell(province, token)
    assert told.status_code == 400, told.text[:300]
    assert told.json()["error"] == "invalid_request"


@pytest.mark.parametrize("header", HEADERS, ids=str)
def test_a_header_of_odd_types_is_refused(province: Province, header: dict[str, Any]) -> None:
    payload = encoded(json.dumps({"iss": "x", "exp": 9999999999}))
    check_refused(province, f"{encoded(json.dumps(header))}.{payload}.{encoded('signature')}")


@pytest.mark.parametrize(
    "text", [NESTED, f'{{"alg": {NESTED}}}', f'{{"alg":"RS256","kid":{NESTED}}}']
)
def test_a_header_nested_without_end_is_refused(province: Province, text: str) -> None:
    check_refused(province, f"{encoded(text)}.{encoded('{}')}.{encoded('signature')}")


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda text: text[:20])
def test_a_payload_that_is_no_object_is_refused(province: Province, payload: str) -> None:
    header = province.token("wang").partition(".")[0]
    check_refused(province, f"{header}.{encoded(payload)}.{encoded('signature')}")


@pytest.mark.parametrize("claims", CLAIMS, ids=str)
def test_claims_of_odd_types_are_refused_though_rightly_signed(
    province: Province, claims: dict[str, Any]
) -> None:
    check_refused(province, province.token("wang", **claims))


@pytest.mark.parametrize(
    "claims",
    [
        {"events": []},
        {"events": "x"},
        {"events": 7},
        {"events": {"http://schemas.openid.net/event/backchannel-logout": {}}, "sid": {"a": 1}},
        {"events": {"http://schemas.openid.net/event/backchannel-logout": {}}, "aud": [7]},
    ],
    ids=str,
)
def test_a_logout_notice_of_odd_types_is_refused(
    province: Province, claims: dict[str, Any]
) -> None:
    token = province.token("wang", **{"aud": ["xihu-citizen"], **claims})
    answer = tell(province, token)
    assert answer.status_code == 400, answer.text[:300]


def test_the_same_token_with_right_types_is_taken(province: Province) -> None:
    assert ask(province, province.token("wang")).status_code == 200


@pytest.mark.parametrize("name", ["X_Xihu_Mandate", "X_Xihu_Behalf"])
def test_the_header_of_a_mandate_is_heard_under_its_former_name_too(
    province: Province, name: str
) -> None:
    async def me() -> dict[str, Any]:
        firm = {name: "firm:91339900202600012U"}
        async with province.client(province.token("zhao"), **firm) as client:
            said: dict[str, Any] = (await client.get("/api/v1/me")).json()
            return said

    assert asyncio.run(me())["mandate"]["kind"] == "firm"
