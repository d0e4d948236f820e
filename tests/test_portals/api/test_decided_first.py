"""Who may not read a dataset is refused before its versions are looked up; the log has it."""

import httpx
import pytest
from sqlalchemy import select

from tests.province import Province
from xihu_platform.audit.models import AuditEntry
from xihu_platform.database import transaction

pytestmark = pytest.mark.anyio
CLOSED, METRIC = "sw_tax_payments", "tax_paid"
EARLY, NOW = "2000-01-01T00:00:00", "2999-01-01T00:00:00"


@pytest.fixture(autouse=True)
def counted(province: Province) -> None:
    """The same refusal within a minute is only counted: those of other tests are written first."""
    province.services.gateway.refusals.flush(whole=True)


def refusals(province: Province, after: int) -> list[str]:
    with transaction(province.services.node.database) as session:
        query = select(AuditEntry).where(AuditEntry.seq > after).order_by(AuditEntry.seq)
        return [one.dataset for one in session.scalars(query) if one.kind == "refusal"]


def last(province: Province) -> int:
    with transaction(province.services.node.database) as session:
        return session.scalars(select(AuditEntry.seq).order_by(AuditEntry.seq.desc())).first() or 0


async def get(province: Province, path: str) -> httpx.Response:
    async with province.client() as client:
        return await client.get(path)


@pytest.mark.parametrize(
    "path",
    [
        f"/api/v1/datasets/{CLOSED}/rows?as_of={{at}}",
        f"/api/v1/datasets/{CLOSED}/download.csv?as_of={{at}}",
        f"/api/v1/brain/metrics/{METRIC}/query?as_of={{at}}",
        f"/api/3/action/datastore_search?resource_id={CLOSED}&as_of={{at}}",
        f"/datasets/{CLOSED}/explore?as_of={{at}}",
        f"/metrics/{METRIC}?as_of={{at}}",
        f"/metrics/{METRIC}/download.csv?as_of={{at}}",
    ],
)
async def test_a_moment_is_looked_up_after_the_decision(province: Province, path: str) -> None:
    for at in (EARLY, NOW):
        before = last(province)
        answer = await get(province, path.format(at=at))
        assert answer.status_code == 403, at
        assert "2026" not in answer.text or "版本" not in answer.text
        province.services.gateway.refusals.flush(whole=True)
        assert refusals(province, before) == [CLOSED]


@pytest.mark.parametrize(
    "path", ["/api/v1/datasets/{}/diff", "/api/v1/datasets/{}/diff.csv", "/datasets/{}/diff.csv"]
)
async def test_two_versions_are_looked_up_after_the_decision(province: Province, path: str) -> None:
    """Of a dataset with one version."""
    before = last(province)
    answer = await get(province, path.format(CLOSED))
    assert answer.status_code == 403
    province.services.gateway.refusals.flush(whole=True)
    assert refusals(province, before) == [CLOSED]


async def test_a_reader_learns_that_there_was_no_version(province: Province) -> None:
    answer = await get(province, f"/api/v1/datasets/fg_penalties/rows?as_of={EARLY}")
    assert (answer.status_code, answer.json()["error"]) == (404, "NotFound")
