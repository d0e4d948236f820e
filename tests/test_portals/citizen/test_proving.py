"""How to prove who one is: a page of words for anybody, in both languages."""

import pytest

from tests.province import Province

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("language", "where"), [("zh", "政务服务中心"), ("en", "service centre")])
async def test_the_steps_are_said_to_anybody(province: Province, language: str, where: str) -> None:
    async with province.client(accept_language=language) as client:
        answer = await client.get("/proving")
    assert answer.status_code == 200
    steps = answer.text.partition('class="steps"')[2].partition("</ol>")[0]
    assert steps.count("<li") == 3
    assert where in steps
    assert 'href="tel:12345"' in answer.text
