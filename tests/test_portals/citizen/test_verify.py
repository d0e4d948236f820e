"""What a stranger learns of a licence by its address: its state, and no more of anybody."""

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete

from tests.province import Province
from tests.test_platform.credentials.test_register import a_matter
from tests.test_portals.citizen.test_licences import issued, logged
from tests.test_portals.official.test_request import get, post, words
from xihu_platform.clock import civil_date
from xihu_platform.credentials.claims import certificates_of, open_claims, read_status
from xihu_platform.credentials.document import Line
from xihu_platform.credentials.models import (
    CredentialAttemptRow,
    CredentialChangeRow,
    CredentialCodeRow,
    CredentialRow,
    CredentialShowingRow,
)
from xihu_platform.credentials.register import (
    Credential,
    CredentialFacts,
    StateChange,
    change_state,
    issue,
)
from xihu_platform.credentials.showing import make_code
from xihu_platform.database import transaction
from xihu_platform.words import Text

pytestmark = pytest.mark.anyio
CANARY, NUMBER, LINE = "王金丝雀", "SP-2026-777001", "麻辣烫金丝雀"
HOLDER = "s1_" + "c" * 32


@dataclass(frozen=True)
class Shown:
    province: Province
    one: Credential

    @property
    def now(self) -> datetime:
        return self.province.services.node.clock()

    def revoke(self) -> None:
        services = self.province.services
        change = StateChange("revoked", civil_date(self.now), "sub", None, "金丝雀的理由")
        with transaction(services.node.database) as session:
            change_state(session, services.matters.texts, self.one.id, change, self.now)

    async def read(self, path: str, language: str = "zh") -> tuple[int, str]:
        async with self.province.client(accept_language=language) as client:
            answer = await client.get(path)
        return answer.status_code, answer.text

    async def bit(self, purpose: str) -> bool:
        number = self.one.place.number("revocation") + (purpose == "suspension")
        _, token = await self.read(f"/api/v1/credentials/status/{number}")
        found = read_status(open_claims(token, certificates_of(token)[0]))
        return found.is_set(self.one.place.index)


@pytest.fixture
def shown(province: Province) -> Iterator[Shown]:
    services = province.services
    with transaction(services.node.database) as session:
        facts = CredentialFacts(
            kind="food_licence",
            title=Text("食品经营许可证", "Food business licence"),
            number=NUMBER,
            issuer="11330000MB00000001",
            issuer_name=Text("示例局", "Sample bureau"),
            holder=HOLDER,
            holder_name=CANARY,
            matter=a_matter(session),
            valid_until=civil_date(services.node.clock()) + timedelta(days=365),
            lines=(Line(Text("经营项目", "Scope"), LINE),),
        )
        one = issue(session, services.matters.texts, facts, services.node.clock())
    yield Shown(province, one)
    with transaction(services.node.database) as session:
        for row in (CredentialCodeRow, CredentialAttemptRow, CredentialShowingRow):
            session.execute(delete(row).where(row.credential == one.id))
        change = CredentialChangeRow
        session.execute(delete(change).where(change.credential == one.id))
        session.execute(delete(CredentialRow).where(CredentialRow.id == one.id))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", ("食品经营许可证", "这份证照目前的状态：有效。", "11330000MB00000001", "王＊＊")),
        ("en", ("Food business licence", "This licence is valid now.", "王＊＊")),
    ],
)
async def test_a_stranger_is_told_kind_state_issuer_and_no_more(
    shown: Shown, language: str, words: tuple[str, ...]
) -> None:
    status, page = await shown.read(f"/verify/{shown.one.token}", language)
    assert status == 200
    for word in words:
        assert word in page
    for secret in ("金丝雀", NUMBER, LINE, HOLDER):
        assert secret not in page


async def test_page_and_list_say_that_it_is_revoked_after_the_same_commit(shown: Shown) -> None:
    assert not await shown.bit("revocation")
    _, before = await shown.read(f"/api/v1/credentials/{shown.one.token}")
    assert json.loads(before)["state"] == "valid"
    shown.revoke()
    assert await shown.bit("revocation")
    assert not await shown.bit("suspension")
    _, told = await shown.read(f"/api/v1/credentials/{shown.one.token}")
    assert json.loads(told) == {
        "kind": "food_licence",
        "state": "revoked",
        "since": "2026-11-23",
        "issuer": "11330000MB00000001",
        "holder": "王＊＊",
    }
    _, page = await shown.read(f"/verify/{shown.one.token}")
    assert "这份证照目前的状态：吊销。" in page
    assert "金丝雀" not in page


async def test_a_token_that_no_licence_has_is_not_found(shown: Shown) -> None:
    wrong = shown.one.token[:-1] + ("A" if shown.one.token[-1] != "A" else "B")
    assert (await shown.read(f"/verify/{wrong}"))[0] == 404
    assert (await shown.read("/verify/" + "A" * 65))[0] in (404, 422)


async def test_a_list_is_whole_and_says_no_names(shown: Shown) -> None:
    status, token = await shown.read("/api/v1/credentials/status/1")
    assert status == 200
    said = repr(open_claims(token, certificates_of(token)[0]))
    assert re.search(r"'statusPurpose': 'revocation'", said)
    for secret in (CANARY, NUMBER, HOLDER, shown.one.token):
        assert secret not in said
    assert (await shown.read("/api/v1/credentials/status/999"))[0] == 404
    assert (await shown.read("/api/v1/credentials/status/0"))[0] in (404, 422)


def test_the_code_of_its_holder_shows_all_of_it_and_the_holder_sees_when(
    province: Province,
) -> None:
    wang = province.citizen("wang")
    one = issued(province, wang.subject or "", "SP-2026-900009", "王金丝雀")
    mine = f"/my/licences/{one.id}"
    assert "还没有凭亮证码出示过" in words(get(province, "wang", mine))
    answer = post(province, "wang", mine, [("position", "")])
    (code,) = re.findall(r'"licence-code"><code>(\w{4} \w{4})<', answer.text)
    before = len(logged(province))
    status, page = asyncio.run(shown_by(province, one.token, code))
    assert status == 200
    for word in ("王金丝雀", "SP-2026-900009", "预包装食品销售", "已凭亮证码出示"):
        assert word in page
    (entry,) = logged(province)[before:]
    assert (entry["did"], entry["credential"], entry["who"]) == ("shown", one.id, "anonymous")
    assert "凭亮证码出示" in words(get(province, "wang", mine)).partition("出示记录")[2]
    assert "shown on 23 Nov 2026" in words(get(province, "wang", mine, "en"))
    _, without = asyncio.run(shown_by(province, one.token, ""))
    assert "金丝雀" not in without


@pytest.mark.parametrize(("age", "status"), [(59, 200), (61, 422)])
async def test_a_code_lives_for_a_minute_by_the_nodes_clock(
    shown: Shown, age: int, status: int
) -> None:
    services = shown.province.services
    with transaction(services.node.database) as session:
        begun = shown.now - timedelta(seconds=age)
        code = make_code(session, services.matters.texts, shown.one, lambda: begun).code
    found, page = await shown_by(shown.province, shown.one.token, code)
    assert found == status
    assert (LINE in page) == (status == 200)
    assert ("亮证码不对，或者已经过期" in page) == (status == 422)


async def test_wrong_codes_say_the_same_as_one_that_ended_and_five_are_enough(
    shown: Shown,
) -> None:
    services = shown.province.services
    with transaction(services.node.database) as session:
        code = make_code(session, services.matters.texts, shown.one, lambda: shown.now).code
    said = [await shown_by(shown.province, shown.one.token, "2222 2222") for _ in range(5)]
    assert [status for status, _ in said] == [422] * 5
    assert all("亮证码不对，或者已经过期" in page for _, page in said)
    status, page = await shown_by(shown.province, shown.one.token, "2222 2222")
    assert status == 429 and "一分钟内输错了 5 次" in page
    assert LINE not in page and "金丝雀" not in page
    _, english = await shown_by(shown.province, shown.one.token, "2222 2222", "en")
    assert "wait a minute" in english
    status, page = await shown_by(shown.province, shown.one.token, code)
    assert status == 200 and LINE in page  # nobody keeps the holder from showing it


async def shown_by(
    province: Province, token: str, code: str, language: str = "zh"
) -> tuple[int, str]:
    async with province.client(accept_language=language) as client:
        answer = await client.post(f"/verify/{token}", data={"code": code})
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.text
