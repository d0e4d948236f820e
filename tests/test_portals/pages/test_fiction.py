"""One fiction everywhere: organisations and the province are called 示例…, counties keep names."""

import re
from pathlib import Path

import pytest

from tests.province import Province
from tests.registry import REGISTRY
from tests.test_portals.pages.rendered import CITIZEN_PAGES, OFFICIAL_PAGES, html
from xihu_catalog.registry.codes import divisions
from xihu_portals.pages import describe

KINDS = "厅|局|委员会|委|办公室|办|税务局|政府"
NAMES = "|".join(re.escape(one.name.zh) for one in divisions().values())
REAL = re.compile(rf"(?<!示例省)(?:{NAMES})[\u4e00-\u9fff]{{0,8}}?(?:{KINDS})")
PROVINCE = re.compile(r"浙江|Zhejiang")
LAWS = re.compile(r"《[^》]*》|浙江省公共[\u4e00-\u9fff]{2,8}条例|Zhejiang [A-Z][\w ]+Regulation")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("path", [*CITIZEN_PAGES, *OFFICIAL_PAGES])
def test_no_page_names_a_real_organisation_or_the_real_province(
    province: Province, path: str, language: str
) -> None:
    words = LAWS.sub("", re.sub(r"<[^>]+>", " ", html(province, path, language=language)))
    assert REAL.findall(words) == []
    assert PROVINCE.findall(words) == []


def test_the_province_is_shown_as_an_example_and_counties_by_their_names() -> None:
    assert describe.region_name("330000").zh == "示例省"
    assert describe.region_name("330000").en == "Example Province"
    assert describe.region_name("330106").zh == "西湖区"
    assert divisions()["330000"].name.zh == "浙江省"  # the code list keeps what it is


@pytest.mark.parametrize("name", ["organisations.yaml", "people.yaml"])
def test_every_organisation_of_the_registry_is_an_example(name: str) -> None:
    text = (REGISTRY / name).read_text(encoding="utf-8")
    assert REAL.findall(text) == []
    assert re.findall(r"(?<!示例)省[\u4e00-\u9fff]{2,12}?(?:厅|局)", text) == []
    assert "Demo Province" not in text


def test_no_source_of_a_page_names_the_real_province() -> None:
    portals = Path(describe.__file__).parents[1]
    for path in [*portals.rglob("*.py"), *portals.rglob("*.html")]:
        assert PROVINCE.findall(LAWS.sub("", path.read_text(encoding="utf-8"))) == [], path
