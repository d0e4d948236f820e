"""What CKAN's clients have drafted, as the department's stewards see it."""

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import delete

from tests.province import Province
from tests.test_portals.api.callers import Call, send
from tests.test_portals.api.ckan.test_drafts import OWN, done, write
from xihu_catalog.datasets.drafts import (
    EntryDraftResourceRow,
    EntryDraftRow,
    EntryDraftVersionRow,
)
from xihu_platform.database import transaction

PATH = "/official/drafts"
TITLE = "招聘会场次"


@pytest.fixture(autouse=True)
def no_drafts(province: Province) -> Iterator[None]:
    yield
    with transaction(province.services.node.database) as session:
        for table in (EntryDraftRow, EntryDraftVersionRow, EntryDraftResourceRow):
            session.execute(delete(table))


def page(province: Province, who: str = "he", query: str = "") -> httpx.Response:
    return send(province, Call("GET", PATH + query, "", who), "right")


def act(province: Province, draft: str, do: str, version: int = 1) -> httpx.Response:
    form = f"csrf={{csrf}}&position=sun-rs&draft={draft}&do={do}&version={version}"
    return send(province, Call("POST", PATH, form, "sun"), "right")


def test_a_new_draft_says_what_it_is_and_how_it_goes_on(province: Province) -> None:
    assert "本部门没有目录条目草稿" in page(province).text
    made = done(province, "package_create", name="job-fairs", title=TITLE, notes="每月")
    shown = page(province).text
    assert f'id="{made["id"]}"' in shown
    for said in (TITLE, "每月", "第 1 版", "数据管理员", "xihu contract infer FILE --id job_fairs"):
        assert said in shown, said
    assert "11339900100102741M" in shown
    english = page(province, query="?lang=en").text
    assert f'<span lang="zh">{TITLE}</span>' in english
    assert "Draft a contract from the file" in english


def test_a_change_shows_what_differs_from_the_entry_alone(province: Province) -> None:
    before = done(province, "package_show", id=OWN)
    done(province, "package_patch", id=OWN, notes="新的说明", version=before["version"])
    shown = page(province).text
    assert "新的说明" in shown
    facts = province.services.entries.get(OWN)
    assert facts.description.zh in shown
    assert "与目录中条目的差异" in shown
    rows = shown.partition("与目录中条目的差异")[2].partition("</table>")[0]
    assert rows.count("<tr>") == 2  # the head, and the description
    done(province, "package_patch", id=OWN, notes=before["notes"])
    assert "与目录中的条目相同" in page(province).text


def test_it_is_deleted_and_restored(province: Province) -> None:
    made = done(province, "package_create", name="job-fairs", title=TITLE)
    assert act(province, made["id"], "delete", version=2).status_code == 409
    assert act(province, made["id"], "delete").status_code == 303
    assert write(province, "package_show", id=made["id"]).status_code == 404
    shown = page(province).text
    assert "已删除的草稿" in shown
    assert TITLE in shown
    other = done(province, "package_create", name="job-fairs")
    answer = act(province, made["id"], "restore")
    assert answer.status_code == 409
    assert "先删除它才能恢复" in answer.text
    done(province, "package_delete", id=other["id"])
    assert act(province, made["id"], "restore").status_code == 303
    assert done(province, "package_show", id=made["id"])["title"] == TITLE


def test_no_other_department_and_no_other_duty_sees_it(province: Province) -> None:
    made = done(province, "package_create", name="job-fairs", title=TITLE)
    assert TITLE not in page(province, "tang").text
    form = f"csrf={{csrf}}&position=tang-yb&draft={made['id']}&do=delete&version=1"
    assert send(province, Call("POST", PATH, form, "tang"), "right").status_code == 404
    for who in ("fang", "zhou", "wu"):
        assert page(province, who).status_code == 403
