"""Writing through CKAN's API: drafts of a steward's department, and nothing else."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, select

from tests.province import NOW, Province
from tests.test_portals.api.ckan.asking import post
from xihu_catalog.contracts.entries import CatalogueEntryRow
from xihu_catalog.datasets import drafts as drafts_module
from xihu_catalog.datasets.drafts import (
    EntryDraftResourceRow,
    EntryDraftRow,
    EntryDraftVersionRow,
)
from xihu_platform.audit.models import AuditEntry
from xihu_platform.clock import Clock
from xihu_platform.database import transaction
from xihu_platform.errors import Conflict

OWN, OTHERS = "rs_social_insurance", "hb_air_quality_hourly"
"""Datasets of sun's department, and of another one."""
POSITIONS = {"sun": "sun-rs", "he": "he-rs", "tang": "tang-yb", "chen": "chen-yb", "wu": "wu-sh"}
PACKAGE: dict[str, Any] = {
    "name": "job-fairs",
    "title": "招聘会",
    "notes": "每月的招聘会。",
    "url": "https://rs.example/fairs",
    "version": "2",
    "author": "Li",
    "author_email": "li@rs.example",
    "maintainer": "Sun",
    "maintainer_email": "sun@rs.example",
    "license_id": "CC_BY_4_0",
    "tags": [{"name": "招聘"}, {"name": "job fairs"}],
    "groups": [{"name": "employment"}],
    "extras": [{"key": "spatial-text", "value": "西湖区"}, {"key": "b", "value": "1"}],
    "resources": [
        {"name": "CSV", "url": "https://rs.example/a.csv", "format": "CSV", "own_field": "x"},
        {"name": "页面", "url": "https://rs.example/", "format": "HTML"},
    ],
}


@pytest.fixture(autouse=True)
def no_drafts(province: Province) -> Iterator[None]:
    yield
    with transaction(province.services.node.database) as session:
        for table in (EntryDraftRow, EntryDraftVersionRow, EntryDraftResourceRow):
            session.execute(delete(table))


def write(province: Province, action: str, who: str | None = "sun", **sent: Any) -> httpx.Response:
    position = POSITIONS.get(who or "")

    async def once() -> httpx.Response:
        token = province.token(who) if who else None
        headers = {"accept_language": "en"} | ({"x_xihu_position": position} if position else {})
        async with province.client(token, **headers) as client:
            return await client.post(f"/api/3/action/{action}", json=sent)

    return asyncio.run(once())


def done(province: Province, action: str, who: str | None = "sun", **sent: Any) -> Any:
    """The result of a call that succeeds. Any: JSON."""
    answer = write(province, action, who, **sent)
    assert answer.status_code == 200, answer.text[:500]
    return answer.json()["result"]


def wrong(province: Province, action: str, who: str | None = "sun", **sent: Any) -> Any:
    """What a validation error says of each field. Any: JSON."""
    answer = write(province, action, who, **sent)
    assert answer.status_code == 409, answer.text[:500]
    error = answer.json()["error"]
    assert error.pop("__type") == "Validation Error"
    return error


def topic(province: Province) -> str:
    return str(done(province, "package_show", id=OWN)["groups"][0]["name"])


def versions(province: Province) -> int:
    with transaction(province.services.node.database) as session:
        return len(session.scalars(select(EntryDraftVersionRow.digest)).all())


@pytest.fixture
def package(province: Province) -> dict[str, Any]:
    return PACKAGE | {"groups": [{"name": topic(province)}]}


def test_every_field_that_was_sent_comes_back(province: Province, package: dict[str, Any]) -> None:
    made = done(province, "package_create", **package)
    assert made["state"] == "draft"
    assert made["xihu"]["page"].endswith(f"/official/drafts#{made['id']}")
    shown = done(province, "package_show", id="job-fairs")
    assert shown == made
    for name, value in package.items():
        if isinstance(value, list):
            pairs = zip(shown[name], value, strict=True)
            assert [{key: it[key] for key in one} for it, one in pairs] == value, name
        else:
            assert shown[name] == value, name
    resource = shown["resources"][1]
    assert done(province, "resource_show", id=resource["id"]) == resource


def test_only_its_department_knows_of_a_draft(province: Province, package: dict[str, Any]) -> None:
    made = done(province, "package_create", **package)
    resource = made["resources"][0]["id"]
    asked = {"include_drafts": True, "q": "*:*", "rows": 1000, "facet.field": ["tags", "state"]}
    before = done(province, "package_search", None, **asked)
    for who in (None, "tang", "chen", "wang", "wu"):
        for reference in (made["id"], "job-fairs"):
            assert write(province, "package_show", who, id=reference).status_code == 404
        assert write(province, "resource_show", who, id=resource).status_code == 404
        if who is not None:
            action = write(province, "package_patch", who, id=made["id"], title="x")
            assert action.status_code in {403, 404}
        found = done(province, "package_search", who, **asked)
        assert "招聘" not in found["facets"]["tags"]
        assert set(found["facets"]["state"]) == {"active"}
    assert before["count"] == 33
    found = done(province, "package_search", "he", **asked)
    assert found["count"] == 34
    assert found["facets"]["state"] == {"active": 33, "draft": 1}
    assert [one["id"] for one in found["results"] if one["state"] == "draft"] == [made["id"]]
    assert done(province, "package_search", "he", q="招聘会")["count"] == 0
    assert done(province, "package_search", "he", q="招聘会", include_drafts=True)["count"] == 1
    asked |= {"fq": "state:draft AND tags:招聘"}
    assert done(province, "package_search", "he", **asked)["count"] == 1
    assert "job-fairs" not in done(province, "package_list")


def test_whoever_is_no_steward_is_refused_as_ckan_refuses(province: Province) -> None:
    for who in (None, "wang", "chen", "wu"):
        answer = write(province, "package_create", who, **PACKAGE)
        assert answer.status_code == 403, who
        assert answer.json()["error"]["__type"] == "Authorization Error"
    assert versions(province) == 0


def test_a_write_by_get_is_refused(province: Province) -> None:
    async def once() -> httpx.Response:
        async with province.client(province.token("sun")) as client:
            return await client.get("/api/3/action/package_create?name=a-b")

    assert asyncio.run(once()).status_code == 400
    assert versions(province) == 0


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": None}, {"name": ["Missing value"]}),
        ({"name": "A b"}, {"name": [pytest.approx]}),
        ({"name": "a"}, {"name": ["Must be at least 2 characters long"]}),
        ({"name": "a" * 101}, {"name": ["Name must be a maximum of 100 characters long"]}),
        ({"name": "edit"}, {"name": ["That name cannot be used"]}),
        ({"name": OWN}, {"name": ["That URL is already in use."]}),
        ({"name": OTHERS}, {"name": ["That URL is already in use."]}),
        ({"title": ["a"]}, {"title": ["Must be a Unicode string value"]}),
        ({"id": "x"}, {"id": ["The input field id was not expected."]}),
        ({"others": [{"a": 1}]}, {"others": ["The input field others was not expected."]}),
        ({"url": "javascript:x"}, {"url": ["Please provide a valid URL"]}),
        ({"author_email": "a"}, {"author_email": ["Email a is not a valid format"]}),
        ({"tags": "a"}, {"tags": ["Only lists of dicts can be placed against subschema"]}),
        ({"tags": [{"name": "a"}, {}]}, {"tags": [{}, {"name": ["Missing value"]}]}),
        ({"groups": [{"name": "no"}]}, {"groups": ["Group was not found: no"]}),
        ({"extras": [{"key": "a"}]}, {"extras": [{"value": ["Missing value"]}]}),
        (
            {"extras": [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]},
            {"extras": ['Duplicate key "a"']},
        ),
        (
            {"resources": [{"url": "x"}]},
            {"resources": [{"url": ["Please provide a valid URL"]}]},
        ),
        ({"state": "deleted"}, {"state": ["A draft is deleted with package_delete"]}),
    ],
)
def test_what_is_wrong_is_said_field_by_field(
    province: Province, changed: dict[str, Any], said: dict[str, Any]
) -> None:
    found = wrong(province, "package_create", **(PACKAGE | {"groups": []} | changed))
    assert found.keys() == said.keys()
    if said != {"name": [pytest.approx]}:
        assert found == said
    assert versions(province) == 0


def test_a_field_that_packages_do_not_have_is_ignored(province: Province) -> None:
    made = done(province, "package_create", name="a-b", some_field="x", organization={"id": "y"})
    assert "some_field" not in made
    assert made["title"] == "a-b"


def test_a_name_of_what_the_caller_may_not_know_is_free(province: Province) -> None:
    drawn_up = {"state": "draft", "matter": None, "reviewer": None, "region": None}
    with transaction(province.services.node.database) as session:
        row = session.get(CatalogueEntryRow, OTHERS)
        assert row is not None
        before = {name: getattr(row, name) for name in drawn_up}
        for name, value in drawn_up.items():
            setattr(row, name, value)
    try:
        assert done(province, "package_create", name=OTHERS)["state"] == "draft"
    finally:
        with transaction(province.services.node.database) as session:
            row = session.get(CatalogueEntryRow, OTHERS)
            for name, value in before.items():
                setattr(row, name, value)


def test_another_departments_draft_may_have_the_same_name(province: Province) -> None:
    first = done(province, "package_create", name="a-b")
    assert wrong(province, "package_create", "he", name="a-b") == {
        "name": ["That URL is already in use."]
    }
    second = done(province, "package_create", "tang", name="a-b")
    assert second["owner_org"] != first["owner_org"]
    assert done(province, "package_show", "tang", id="a-b")["id"] == second["id"]


def test_a_draft_is_of_ones_own_department(province: Province) -> None:
    own = done(province, "organization_list_for_user")[0]
    others = done(province, "package_show", id=OTHERS)["owner_org"]
    answer = write(province, "package_create", name="a-b", owner_org=others)
    assert (answer.status_code, answer.json()["error"]["__type"]) == (403, "Authorization Error")
    made = done(province, "package_create", name="a-b", owner_org=own["name"])
    assert made["owner_org"] == own["id"]
    assert done(province, "organization_list_for_user", "wang") == []


@pytest.mark.parametrize("state", [[], ["draft"], {}, {"a": 1}, 1, True, "deleted"])
def test_a_state_that_is_none_is_said(province: Province, state: Any) -> None:
    """Any: whatever JSON has."""
    assert "state" in wrong(province, "package_create", name="a-b", state=state)


def test_a_name_that_could_be_the_id_of_another_is_refused(province: Province) -> None:
    made = done(province, "package_create", name="a-b")
    assert "name" in wrong(province, "package_create", name=made["id"])
    assert done(province, "package_show", id=made["id"])["name"] == "a-b"


def test_an_update_is_the_next_version_and_an_equal_one_is_none(
    province: Province, package: dict[str, Any]
) -> None:
    made = done(province, "package_create", **package)
    assert made["xihu"]["version"] == versions(province) == 1
    again = done(province, "package_update", id=made["id"], **package)
    assert again == made
    assert versions(province) == 1
    patched = done(province, "package_patch", id=made["id"], title="招聘会（新）")
    assert patched["xihu"]["version"] == versions(province) == 2
    assert patched["resources"][0]["id"] == made["resources"][0]["id"]
    left = ("notes", "tags", "extras", "groups", "license_id", "author")
    assert [patched[one] for one in left] == [made[one] for one in left]
    updated = done(province, "package_update", id="job-fairs", title="C")
    assert (updated["name"], updated["notes"], updated["resources"]) == ("job-fairs", "", [])


def test_resources_are_added_changed_and_taken_out(province: Province) -> None:
    made = done(province, "package_create", name="a-b")
    one = done(province, "resource_create", package_id="a-b", url="https://a.example/1", name="N")
    assert one["package_id"] == made["id"]
    patched = done(province, "resource_patch", id=one["id"], format="CSV")
    assert (patched["id"], patched["name"], patched["format"]) == (one["id"], "N", "CSV")
    updated = done(province, "resource_update", id=one["id"], url="https://a.example/2")
    assert (updated["id"], updated["name"]) == (one["id"], "")
    done(province, "resource_delete", id=one["id"])
    assert done(province, "package_show", id="a-b")["resources"] == []
    assert write(province, "resource_patch", id=one["id"], name="x").status_code == 404
    answer = write(province, "resource_create", package_id="a-b", upload="x")
    assert "upload" in answer.json()["error"]["resources"][0]


def test_of_two_who_read_the_same_version_the_second_is_refused(province: Province) -> None:
    clock = Ticking(province)
    made = done(province, "package_create", name="a-b")
    clock.pass_on()
    sent = {"id": made["id"], "metadata_modified": made["metadata_modified"]}
    done(province, "package_update", **sent, title="first")
    assert "metadata_modified" in wrong(province, "package_update", "he", **sent, title="second")
    assert done(province, "package_show", id="a-b")["title"] == "first"
    done(province, "package_update", "he", **sent, title="first")  # nothing is lost
    elsewhere = "2020-01-01T00:00:00.000000"
    done(province, "package_update", "he", id="a-b", metadata_modified=elsewhere, title="third")


class Ticking:
    """The clock of tests does not move by itself."""

    def __init__(self, province: Province) -> None:
        self._province = province

    def pass_on(self) -> None:
        """As if everything so far was a minute ago."""
        with transaction(self._province.services.node.database) as session:
            for row in session.scalars(select(EntryDraftRow)):
                row.made_at -= timedelta(minutes=1)
                row.changed_at -= timedelta(minutes=1)


def test_a_write_on_a_version_that_is_no_longer_the_newest_is_refused(province: Province) -> None:
    node = province.services.node
    made = done(province, "package_create", name="a-b")
    organisation = province.official("sun").position
    assert organisation is not None
    drafts = drafts_module.EntryDrafts(node.database, organisation.organisation, node.clock)
    read = drafts.find(made["id"])
    assert read is not None
    drafts.change(read, read.content | {"title": "first"}, "sun-rs")
    with pytest.raises(Conflict, match="changed or deleted meanwhile"):
        drafts.change(read, read.content | {"title": "second"}, "he-rs")
    with pytest.raises(Conflict, match="changed or deleted meanwhile"):
        drafts.delete(read)


def test_a_change_of_a_dataset_is_a_draft_and_the_entry_stays(province: Province) -> None:
    before = done(province, "package_show", id=OWN)
    made = done(province, "package_patch", id=OWN, notes="新说明")
    assert made["id"] != before["id"]
    assert (made["name"], made["state"], made["xihu"]["draft_of"]) == (OWN, "draft", OWN)
    assert (made["title"], made["notes"]) == (before["title"], "新说明")
    assert {r["id"] for r in made["resources"]} == {r["id"] for r in before["resources"]}
    assert done(province, "package_show", id=OWN) == before
    keys = {one["key"] for one in made["extras"]}
    assert "resource_code" in keys and "loaded_at" not in keys
    second = done(province, "package_patch", "he", id=before["id"], title="新名称")
    assert (second["id"], second["notes"]) == (made["id"], "新说明")
    assert "name" in wrong(province, "package_patch", id=made["id"], name="other")
    read = before["metadata_modified"]
    said = wrong(province, "package_update", id=OWN, title="x", metadata_modified=read)
    assert made["id"] in said["metadata_modified"][0]


def test_what_others_publish_is_not_written(province: Province) -> None:
    for action in ("package_update", "package_patch", "package_delete"):
        answer = write(province, action, id=OTHERS, title="x")
        assert (answer.status_code, action) == (403, action)
        assert write(province, action, id="no-such", title="x").status_code == 404
        assert set(wrong(province, action)) == {"name"}
    assert versions(province) == 0


def test_a_dataset_is_never_deleted(province: Province) -> None:
    for reference in (OWN, done(province, "package_show", id=OWN)["id"]):
        (said,) = wrong(province, "package_delete", id=reference)["id"]
        assert "/official/matters/" in said
    made = done(province, "package_patch", id=OWN, title="x")
    assert "id" in wrong(province, "package_delete", id=OWN)
    done(province, "package_delete", id=made["id"])
    assert done(province, "package_show", id=OWN)["state"] == "active"
    with transaction(province.services.node.database) as session:
        row = session.get(CatalogueEntryRow, OWN)
        assert row is not None and row.state == "published"


def test_a_deleted_draft_comes_back_by_its_id(province: Province) -> None:
    made = done(province, "package_create", name="a-b", title="A")
    done(province, "package_delete", id="a-b")
    assert write(province, "package_show", id=made["id"]).status_code == 404
    assert write(province, "package_delete", id=made["id"]).status_code == 404
    back = done(province, "package_update", id=made["id"], title="A")
    assert (back["id"], back["name"], back["title"]) == (made["id"], "a-b", "A")
    done(province, "package_delete", id="a-b")
    done(province, "package_create", name="a-b")
    assert wrong(province, "package_patch", id=made["id"]) == {
        "name": ["That URL is already in use."]
    }


def test_a_departments_drafts_and_their_size_are_limited(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafts_module, "DRAFTS", 2)
    for name in ("a-1", "a-2"):
        done(province, "package_create", name=name)
    assert "2 drafts" in wrong(province, "package_create", name="a-3")["message"]
    done(province, "package_create", "tang", name="a-3")
    done(province, "package_delete", id="a-1")
    done(province, "package_create", name="a-3")
    long = [{"key": str(n), "value": "a" * 90_000} for n in range(4)]
    answer = write(province, "package_update", id="a-2", extras=long)
    assert answer.status_code == 413
    assert "256 KB" in answer.json()["error"]["message"]


def test_each_write_is_in_the_log_and_counts_against_the_limit(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = done(province, "package_create", name="a-b", title="A")
    done(province, "package_update", id="a-b", title="A")  # changes nothing
    done(province, "package_update", id="a-b", title="B")
    done(province, "package_delete", id="a-b")
    done(province, "package_update", id=made["id"], title="B")
    query = select(AuditEntry.body).where(AuditEntry.kind == "draft").order_by(AuditEntry.seq)
    with transaction(province.services.node.database) as session:
        bodies = list(session.scalars(query))
    mine = [one for one in map(as_json, bodies) if one["draft"] == made["id"]]
    assert [one["did"] for one in mine] == ["create", "change", "delete", "restore"]
    assert {one["position"] for one in mine} == {"sun-rs"}
    spent = []
    limits = province.services.gateway.limits
    monkeypatch.setattr(limits, "spend", lambda what, caller: spent.append((what, caller)))
    done(province, "package_patch", id=made["id"], title="C")
    done(province, "package_show", id=made["id"])
    assert [what for what, _ in spent] == ["writes"]


def as_json(body: Any) -> Any:
    """Any: JSON, as the column has it."""
    import orjson

    return orjson.loads(body) if isinstance(body, bytes | str) else body


def test_a_departments_system_writes_too(province: Province) -> None:
    path = "/api/3/action/package_create"
    answer = post(province, path, province.system_token(), json={"name": "a-b"})
    assert answer.status_code == 200
    made = answer.json()["result"]
    assert made["creator_user_id"] == "system:dept-yb"
    assert write(province, "package_show", "sun", id="a-b").status_code == 404
    assert done(province, "package_show", "tang", id="a-b")["id"] == made["id"]


def clock_at(moment: datetime) -> Clock:
    return lambda: moment


def test_what_was_deleted_is_purged_after_its_days(province: Province) -> None:
    database = province.services.node.database
    at = [NOW]
    drafts = drafts_module.EntryDrafts(database, "x", lambda: at[0])
    content = {"name": "a-b", "resources": []}
    made = drafts.create(content, "p")
    drafts.delete(made)
    at[0] = NOW + timedelta(days=29)
    assert [one.id for one in drafts.deleted()] == [made.id]
    at[0] = NOW + timedelta(days=31)
    assert drafts.find_deleted(made.id) is None
    drafts.create(content, "p")
    with transaction(database) as session:
        assert session.get(EntryDraftRow, made.id) is None
