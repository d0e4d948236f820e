"""Repeated collection, as the data authority sees it: what is listed and compared, for whom."""

import csv
import io
from collections.abc import Iterator

import pytest
from sqlalchemy import delete

from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.official.test_request import get, words
from xihu_catalog.duplicates.models import ValueOverlapRow, ValueSketchRow
from xihu_catalog.registry.assessments import ImpactAssessment
from xihu_pipelines.duplicates.run import make_sketches
from xihu_platform.database import transaction
from xihu_portals.official import repeats as page

__all__ = ["acted_province"]  # a fixture
PATH = "/official/repeats"


@pytest.fixture
def compared(province: Province) -> Iterator[Province]:
    """The values of the demo's fields are compared; afterwards nothing is left of it."""
    services = province.services
    done = list(make_sketches(services.node, services.gateway, services.catalogue))
    assert not [one.fault for one in done if one.fault is not None]
    yield province
    with transaction(services.node.database) as session:
        for table in (ValueSketchRow, ValueOverlapRow):
            session.execute(delete(table))


def test_what_several_departments_collect_is_listed_with_its_evidence(province: Province) -> None:
    shown = words(get(province, "luo", PATH))
    for said in (
        "用电量",
        "企业名称",
        "姓名",
        "数据元相同",
        "示例省公安厅",
        "birth_date",
    ):
        assert said in shown, said
    assert "本平台内部" not in shown and "示数〔2026〕3号" in shown
    assert "/official/matters/new/data_need" not in get(province, "luo", PATH).text  # not luo's
    assert "在数据需求事项中办理" in shown
    english = words(get(province, "luo", PATH, "en"))
    assert "Output" not in english.split("Information")[0]
    assert "What is collected twice?" in english and "same data element" in english


def test_values_that_are_the_same_are_shown_as_a_band_and_no_value_is(compared: Province) -> None:
    """Firms' names are in five datasets of three departments, drawn from one register."""
    shown = words(get(compared, "luo", PATH))
    assert any(band in shown for band in ("几乎全部重合", "大部分重合", "约一半重合"))
    gateway, services = compared.services.gateway, compared.services
    snapshot = gateway.snapshot(services.catalogue.policy("fg_penalties"))
    assert snapshot.rows
    text = get(compared, "luo", "/official/repeats.csv").content.decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text)))
    names = [one for one in lines if one["信息项"] == "企业名称"]
    assert {one["数据集标识"] for one in names} == {
        *("sg_firms", "sg_permits", "jx_technology_firms"),
        *("fg_credit_evaluations", "fg_penalties"),
    }
    assert {one["字段值"] for one in names} <= {"几乎全部重合", "大部分重合", "约一半重合"}


def test_without_an_assessment_in_force_no_band_is_shown(
    compared: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    none: list[ImpactAssessment | None] = [None]
    monkeypatch.setattr(page, "assessment_of", lambda _what, _today: none[0])
    shown = words(get(compared, "luo", PATH))
    assert "没有在有效期内的影响评估" in shown
    assert "几乎全部重合" not in shown


@pytest.mark.parametrize("who", ["sun", "chen"])
def test_a_department_sees_nothing_of_it(province: Province, who: str) -> None:
    for path in (PATH, "/official/repeats.csv", "/api/v1/repeats"):
        answer = get(province, who, path)
        assert answer.status_code in {401, 403}, path
        assert "birth_date" not in answer.text
    assert PATH not in get(province, who, "/official/").text


def test_the_page_is_in_the_menu_of_those_whose_it_is(province: Province) -> None:
    assert f'href="{PATH}"' in get(province, "luo", "/official/catalogue").text
