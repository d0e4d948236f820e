"""Acts of an office that read no dataset obey the rule of reads, and their refusals are logged."""

import httpx
import pytest
from sqlalchemy import select

from tests.province import Province
from tests.test_portals.api.callers import POSITIONS
from xihu_platform.audit.models import AuditEntry
from xihu_platform.database import transaction

pytestmark = pytest.mark.anyio
DATASET = "hb_air_quality_hourly"
CITIZEN_PORTAL = {"azp": "xihu-citizen"}


@pytest.fixture(autouse=True)
def counted(province: Province) -> None:
    """Of who is not signed in, the same refusal within a minute is counted and no entry: what other
    tests were refused is written first."""
    province.services.gateway.refusals.flush(whole=True)


def newest(province: Province) -> tuple[int, str | None, str]:
    with transaction(province.services.node.database) as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)).one()
        return entry.seq, entry.kind, entry.dataset


def as_official(
    province: Province, who: str, acr: int, claims: dict[str, object]
) -> httpx.AsyncClient:
    held = {"X_Xihu_Position": POSITIONS[who]} if who in POSITIONS else {}
    return province.client(province.token(who, acr, **claims), **held)


@pytest.mark.parametrize(
    ("who", "acr", "claims", "code"),
    [
        ("wu", 3, CITIZEN_PORTAL, "portal"),
        ("wu", 1, {}, "office_level"),
        ("zhou", 3, {}, "auditors_only"),
        ("wang", 3, {}, "auditors_only"),
    ],
)
async def test_heads_and_proofs_are_for_an_auditor_at_work(
    province: Province, who: str, acr: int, claims: dict[str, object], code: str
) -> None:
    for path in ("/api/v1/audit/head", "/api/v1/audit/entries/1/proof"):
        before = newest(province)[0]
        async with as_official(province, who, acr, claims) as client:
            answer = await client.get(path)
        assert (answer.status_code, answer.json()["reason"]["code"]) == (403, code)
        assert newest(province) == (before + 1, "refusal", "audit")


@pytest.mark.parametrize(
    ("who", "acr", "claims", "code"),
    [
        ("chen", 3, CITIZEN_PORTAL, "portal"),
        ("chen", 1, {}, "office_level"),
        ("wang", 3, {}, "officials_only"),
        (None, 0, {}, "officials_only"),
    ],
)
async def test_a_metric_for_duties_is_for_officials_at_work(
    province: Province, who: str | None, acr: int, claims: dict[str, object], code: str
) -> None:
    before = newest(province)[0]
    caller = province.client() if who is None else as_official(province, who, acr, claims)
    async with caller as client:
        answer = await client.get("/api/v1/brain/metrics/hospital_visits/query?latest=1")
    assert (answer.status_code, answer.json()["reason"]["code"]) == (403, code)
    assert newest(province) == (before + 1, "refusal", "yb_hospital_visits")


@pytest.mark.parametrize("who", ["chen", "wu", "gao"])
async def test_a_metric_for_duties_is_told_to_whoever_is_at_work(
    province: Province, who: str
) -> None:
    """An auditor too: a metric is no record."""
    async with as_official(province, who, 3, {}) as client:
        answer = await client.get("/api/v1/brain/metrics/hospital_visits/query?latest=1")
    assert answer.status_code == 200


async def test_below_level_two_nobody_is_told_who_used_their_data(province: Province) -> None:
    for path in ("/api/v1/me/uses", "/api/v1/me/uses/1/proof"):
        async with province.client(province.token("wang", 1)) as client:
            answer = await client.get(path)
        assert (answer.status_code, answer.json()["reason"]["code"]) == (403, "real_name")


@pytest.mark.parametrize(
    ("who", "acr", "claims", "code"),
    [
        ("sun", 3, CITIZEN_PORTAL, "portal"),
        ("sun", 1, {}, "office_level"),
        ("sun", 3, {}, "not_provider"),
        ("wang", 3, {}, "not_provider"),
    ],
)
async def test_only_the_provider_at_work_may_push(
    province: Province, who: str, acr: int, claims: dict[str, object], code: str
) -> None:
    before = newest(province)[0]
    async with as_official(province, who, acr, claims) as client:
        answer = await client.post(
            f"/api/v1/ingest/{DATASET}", content=b"", headers={"Idempotency-Key": "1"}
        )
    assert (answer.status_code, answer.json()["reason"]["code"]) == (403, code)
    assert newest(province) == (before + 1, "refusal", DATASET)
