"""A form with a file, posted as a browser posts it."""

import asyncio

import httpx

from tests.province import Province
from tests.test_portals.api.callers import Call, session_of
from tests.test_portals.official.test_request import get


def attach(
    province: Province,
    who: str,
    matter: str,
    file: tuple[str, bytes],
    *,
    position: str | None = None,
    csrf: str | None = None,
    language: str = "zh",
    to: str | None = None,
    replaces: bool = False,
) -> httpx.Response:
    """`matter` is the path of its page; `position`: as whom the form was opened, else as whom the
    page says; `to`: where the form is sent, else the matter's attachments; `replaces`:
    whether it says that it takes the place of what was added before."""
    path = to or f"{matter}/attachments"
    cookie, token = session_of(province, "right", Call("POST", path, "", who))
    portal = "official" if matter.startswith("/official") else "citizen"
    name = province.services.identity.clients[portal].portal.cookie
    if position is None:
        shown = get(province, who, matter).text
        position = shown.partition('name="position" value="')[2].partition('"')[0]
    data = {"csrf": token if csrf is None else csrf, "position": position}
    data |= {"replaces": "1"} if replaces else {}

    async def send() -> httpx.Response:
        async with province.client() as client:
            headers = {"Cookie": f"{name}={cookie}", "Accept-Language": language}
            files = {"file": (*file, "application/octet-stream")}
            return await client.post(path, headers=headers, data=data, files=files)

    return asyncio.run(send())


def files_of(page: httpx.Response) -> list[str]:
    """The addresses of the files on the page of a matter."""
    return [
        one.partition('"')[0]
        for one in page.text.split('href="')[1:]
        if "/attachments/" in one.partition('"')[0]
    ]
