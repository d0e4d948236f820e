"""An entry of another catalogue is edited by the data authority, and no harvest undoes it."""

import re

import orjson
import pytest
from sqlalchemy import select

from tests.asking import acted_province
from tests.province import Province
from tests.test_catalog.harvest.portal import Portal, run
from tests.test_portals.official.test_harvest import forget, portal
from tests.test_portals.official.test_request import get, post, words
from xihu_platform.audit.models import AuditEntry
from xihu_platform.database import transaction

__all__ = ["acted_province", "portal"]  # fixtures
PATH = "/official/harvest/entries/src-stops"
POSITION = ("position", "luo-sj")


def form(province: Province, **changed: str) -> list[tuple[str, str]]:
    page = get(province, "luo", PATH).text
    version = re.search(r'name="version" value="(\w*)"', page)
    assert version is not None
    said = dict(re.findall(r'name="(title_\w+|keywords)" type="text"[^>]*value="([^"]*)"', page))
    said |= {"description_zh": "", "description_en": ""} | changed
    return [POSITION, ("version", version[1]), *said.items()]


def title(province: Province) -> str:
    facts = province.services.entries.get("src-stops")
    return f"{facts.title.zh}|{facts.title.en}"


@pytest.fixture
def harvested(province: Province, portal: Portal) -> Portal:
    run(province.services.node.database, portal)
    return portal


def test_an_edit_survives_the_next_harvest_and_is_taken_off(
    province: Province, harvested: Portal
) -> None:
    page = words(get(province, "luo", PATH))
    assert "Stops of night buses" in page and "来源写的是：" in page
    done = post(province, "luo", PATH, form(province, title_zh="夜班车站点", keywords="公交，夜班"))
    assert done.status_code == 303
    saved = get(province, "luo", f"{PATH}?saved=true")
    assert "已保存" in words(saved) and "本平台改过" in words(saved)
    assert title(province) == "夜班车站点|Stops of night buses"
    assert province.services.entries.get("src-stops").keywords == ("公交", "夜班")
    harvested.packages["stops"].title = "Stops, renamed"
    run(province.services.node.database, harvested)
    assert title(province) == "夜班车站点|Stops of night buses"
    assert "Stops, renamed" in words(get(province, "luo", PATH))
    undone = post(province, "luo", PATH, [*form(province), ("do", "restore")])
    assert undone.status_code == 303
    assert title(province) == "|Stops, renamed"


def test_two_who_edit_at_once_lose_nothing(province: Province, harvested: Portal) -> None:
    first, second = form(province, title_zh="甲"), form(province, title_zh="乙")
    assert post(province, "luo", PATH, first).status_code == 303
    late = post(province, "luo", PATH, second)
    assert late.status_code == 409 and "刚刚有人改过" in words(late)
    assert 'value="乙"' in late.text
    assert title(province).startswith("甲|")


def test_what_cannot_be_a_title_is_said_and_kept(province: Province, harvested: Portal) -> None:
    bare = post(province, "luo", PATH, form(province, title_zh="", title_en=""))
    assert bare.status_code == 422 and "标题不能为空" in words(bare)
    long = post(province, "luo", PATH, form(province, title_zh="长" * 301))
    assert long.status_code == 422 and "最多 300 个字" in words(long)
    many = "、".join(f"词{n}" for n in range(51))
    assert "关键词最多 50 个" in words(post(province, "luo", PATH, form(province, keywords=many)))
    script = form(province, title_zh="<script>alert(1)</script>站点")
    assert post(province, "luo", PATH, script).status_code == 303
    assert "<script>alert" not in get(province, "luo", PATH).text
    assert title(province).startswith("站点|")


def test_what_a_source_writes_at_length_stays_as_it_is(province: Province, portal: Portal) -> None:
    """The form asks for less than a harvest takes: only what is changed here is measured."""
    portal.packages["stops"].title = "L" * 400
    run(province.services.node.database, portal)
    kept = form(province, keywords="公交")
    assert post(province, "luo", PATH, kept).status_code == 303
    assert province.services.entries.get("src-stops").keywords == ("公交",)
    restored = [*form(province), ("do", "restore")]
    assert post(province, "luo", PATH, restored).status_code == 303
    assert province.services.entries.get("src-stops").keywords == ()
    longer = form(province, title_en="M" * 401)
    assert post(province, "luo", PATH, longer).status_code == 422


def test_who_is_no_authority_edits_nothing(province: Province, harvested: Portal) -> None:
    for who, position in (("sun", "sun-rs"), ("chen", "chen-xihu"), ("fang", "fang-rs")):
        assert get(province, who, PATH).status_code == 403
        said = [("position", position), ("version", ""), ("title_zh", "x")]
        assert post(province, who, PATH, said).status_code == 403
    assert get(province, "luo", "/official/harvest/entries/src-none").status_code == 404
    assert get(province, "luo", "/official/harvest/entries/sg_firms").status_code == 404
    assert title(province) == "|Stops of night buses"


def test_an_edit_is_in_the_log(province: Province, harvested: Portal) -> None:
    assert post(province, "luo", PATH, form(province, title_zh="记")).status_code == 303
    query = select(AuditEntry.body).where(AuditEntry.kind == "edit").order_by(AuditEntry.seq)
    with transaction(province.services.node.database) as session:
        body = orjson.loads(session.scalars(query).all()[-1])
    assert (body["entry"], body["fields"], body["position"]) == ("src-stops", ["title"], "luo-sj")
    forget(province)
