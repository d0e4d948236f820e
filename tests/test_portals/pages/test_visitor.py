"""The page names who is signed in, in the reader's language where the name is known in it."""

import asyncio

import pytest

from tests.province import Province
from tests.test_portals.api.callers import Call, session_of
from xihu_catalog.registry.people import person_name


@pytest.mark.parametrize(("language", "name"), [("en", "Wang Ruoxi"), ("zh", "王若溪")])
def test_a_person_of_the_registry_is_named_in_the_pages_language(
    province: Province, language: str, name: str
) -> None:
    call = Call("GET", "/search", "", "wang")
    cookie, _ = session_of(province, "right", call)
    kept = province.services.identity.clients["citizen"].portal.cookie

    async def page() -> str:
        headers = {"Cookie": f"{kept}={cookie}", "Accept-Language": language}
        async with province.client(**headers) as client:
            return (await client.get("/search")).text

    found = asyncio.run(page())
    assert name in found
    if language == "en":
        assert "王若溪" not in found


def test_a_person_whom_the_registry_does_not_know_is_named_as_signed_in() -> None:
    assert person_name("p-nobody", "李四").to("en") == "李四"
