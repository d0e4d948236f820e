"""What leaves beside the rows: refusals in the log, names of people, words of errors."""

import asyncio

import orjson
from sqlalchemy import select

from tests.province import Province
from xihu_platform.audit.models import AuditEntry
from xihu_platform.database import transaction

ROWS = "/api/v1/datasets/{}/rows"


def ask(province: Province, token: str | None, url: str, **headers: str) -> dict[str, object]:
    async def get() -> dict[str, object]:
        async with province.client(token, **headers) as client:
            answer: dict[str, object] = (await client.get(url)).json()
            return answer

    return asyncio.run(get())


def last_entry(province: Province, dataset: str) -> dict[str, object]:
    with transaction(province.services.node.database) as session:
        newest = select(AuditEntry).where(AuditEntry.dataset == dataset)
        entry = session.scalars(newest.order_by(AuditEntry.seq.desc()).limit(1)).one()
        body: dict[str, object] = orjson.loads(entry.body)
        return body


def test_a_refused_field_in_a_filter_is_a_refusal_in_the_log(province: Province) -> None:
    dataset = "sg_firms"
    url = f"{ROWS.format(dataset)}?purpose=duty&filter=contact_phone:eq:13800000000"
    answer = ask(province, province.token("zhou"), url, X_Xihu_Position="zhou-sj")
    assert answer["error"] == "Refused"
    entry = last_entry(province, dataset)
    assert (entry["kind"], entry["position"]) == ("refusal", "zhou-sj")
    assert (entry["field"], entry["reason"]) == ("contact_phone", answer["reason"]["code"])  # type: ignore[index]
    assert "13800000000" not in str(entry)


def test_who_used_my_data_names_the_office_and_never_the_official(province: Province) -> None:
    official = province.official("sun")
    ask(
        province,
        province.token("sun"),
        f"{ROWS.format('rs_social_insurance')}?case=XH-2026-000124&limit=1000",
        X_Xihu_Position="sun-rs",
    )
    uses = ask(province, province.token("wang"), "/api/v1/me/uses")["uses"]
    assert isinstance(uses, list)
    assert uses
    assert {use["person"] for use in uses} <= {None, "self"}
    assert official.id not in str(uses)


def test_a_missing_snapshot_names_the_dataset_and_not_its_table(province: Province) -> None:
    answer = ask(province, None, f"{ROWS.format('fg_penalties')}?purpose=open&snapshot=7&lang=en")
    assert "fg_penalties has no snapshot 7" in str(answer["detail"])
    assert "data." not in str(answer["detail"])


def test_a_wrong_parameter_is_told_in_the_language_asked_for(province: Province) -> None:
    zh = ask(province, None, f"{ROWS.format('fg_penalties')}?limit=0&lang=zh")
    en = ask(province, None, f"{ROWS.format('fg_penalties')}?limit=0&lang=en")
    assert "limit：不得小于 1" in str(zh["detail"])
    assert "limit: Input should be greater than or equal to 1" in str(en["detail"])
