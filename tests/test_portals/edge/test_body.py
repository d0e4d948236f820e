"""Bodies in another charset than UTF-8 are refused in words: no form of them is a failure."""

import asyncio

import httpx
import pytest

from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.api.callers import Call, session_of

__all__ = ["acted_province"]  # a fixture


@pytest.mark.parametrize("charset", ["utf-7", "undefined", "gbk", "no-such", '"UTF-16"'])
@pytest.mark.parametrize(
    "path", ["/services/elder_card/apply", "/my/matters/2000000000", "/mandate"]
)
def test_a_form_in_another_charset_is_refused(province: Province, path: str, charset: str) -> None:
    assert asyncio.run(sent(province, path, charset)).status_code == 422


def test_a_form_in_utf_8_is_read(province: Province) -> None:
    assert asyncio.run(sent(province, "/my/matters/2000000000", "UTF-8")).status_code == 404


async def sent(province: Province, path: str, charset: str) -> httpx.Response:
    cookie, token = session_of(province, "right", Call("POST", path, "", "wang"))
    name = province.services.identity.clients["citizen"].portal.cookie
    lines = ["--b", 'Content-Disposition: form-data; name="csrf"', "", token]
    lines += ["--b", 'Content-Disposition: form-data; name="q"', "", "+2AA-", "--b--", ""]
    headers = {
        "Cookie": f"{name}={cookie}",
        "Content-Type": f"multipart/form-data; boundary=b; charset={charset}",
    }
    async with province.client() as client:
        return await client.post(path, headers=headers, content="\r\n".join(lines).encode())
