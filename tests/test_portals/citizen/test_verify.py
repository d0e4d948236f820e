"""What a stranger learns of a licence by its address: its state, and no more of anybody."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete

from tests.province import Province
from tests.test_platform.credentials.test_register import a_matter
from xihu_platform.clock import civil_date
from xihu_platform.credentials.claims import certificates_of, open_claims, read_status
from xihu_platform.credentials.document import Line
from xihu_platform.credentials.models import CredentialChangeRow, CredentialRow
from xihu_platform.credentials.register import (
    Credential,
    CredentialFacts,
    StateChange,
    change_state,
    issue,
)
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
    shown.revoke()
    assert await shown.bit("revocation")
    assert not await shown.bit("suspension")
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
