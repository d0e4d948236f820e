"""Returned data on its page, over HTTP and on the command line: the list as it is in the file."""

import json
import re
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from tests.province import Province
from tests.registry import REGISTRY
from tests.test_portals.api.callers import POSITIONS, Call, send
from tests.test_portals.official.test_request import get, words
from tests.test_portals.pages.rendered import visitor
from xihu_catalog.datasets.service import Catalogue
from xihu_catalog.sharing.backflow import returned
from xihu_node.cli.backflow import backflow as command
from xihu_portals.official import backflow

PAGE, ANSWER = "/official/backflow", "/api/v1/backflow"
NOTHING = "BF-2026-04"
"""The one that the list has no dataset for."""


def read(name: str) -> Any:  # Any: YAML
    return yaml.safe_load((REGISTRY / name).read_text(encoding="utf-8"))


def expected(position: dict[str, Any]) -> set[str]:
    """By the file, the organisations' regions and the codes of GB/T 2260 alone."""
    region_of = {one["uscc"]: one["region"] for one in read("organisations.yaml")["organisations"]}
    lines = read("backflow.yaml")["flows"]
    if {"authority", "chief_data_officer"} & set(position["duties"]):
        area = re.sub(r"(00)+$", "", position["region"])
        return {one["id"] for one in lines if region_of[one["to"]].startswith(area)}
    return {one["id"] for one in lines if position["organisation"] in (one["to"], one["runs"])}


def test_everybody_in_office_sees_the_lines_that_are_theirs_on_page_and_api(
    province: Province,
) -> None:
    positions = {
        one["id"]: one for person in read("people.yaml")["people"] for one in person["positions"]
    }
    seen = set[frozenset[str]]()
    for who, position in POSITIONS.items():
        if "auditor" in positions[position]["duties"]:
            continue
        page = get(province, who, PAGE)
        assert page.status_code == 200, who
        shown = set(re.findall(r"<code>(BF-[A-Z0-9-]+)</code>", page.text))
        assert shown == expected(positions[position]), who
        told = send(province, Call("GET", ANSWER, "", who), "right").json()["flows"]
        assert {one["id"] for one in told} == shown, who
        seen.add(frozenset(shown))
    assert len(seen) >= 4 and frozenset() in seen
    empty = words(get(province, "sun", PAGE))
    assert "清单上没有回流到本单位的数据" in empty


def test_what_came_what_is_late_and_what_returns_nothing(province: Province) -> None:
    page = get(province, "chen", PAGE)
    lines = {
        code: words_of
        for words_of in page.text.split('<li class="card matter-line">')[1:]
        for code in re.findall(r"<code>(BF-[A-Z0-9-]+)</code>", words_of)
    }
    assert "没有回流" in lines[NOTHING] and "2026年1月1日起应当回流，至今没有" in lines[NOTHING]
    assert "href" not in lines[NOTHING].partition("</h2>")[0]
    assert "/official/datasets/zw_service_cases" in lines["BF-2026-01"]
    assert re.search(r"数据截至|装载", lines["BF-2026-01"])
    assert [*lines][0] == NOTHING, "what needs somebody comes first"
    english = words(get(province, "chen", PAGE, "en"))
    assert "Has the data due back to us arrived?" in english and "returns nothing" in english
    assert "Xihu District Civil Affairs Bureau" in english


def _at(moment: datetime) -> datetime:
    return moment


def test_late_is_what_the_catalogue_says_and_is_never_stored(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = province.services.catalogue
    before = {one.flow.id: one.state for one in returned(catalogue)}
    contract = catalogue.contracts.get("zw_service_cases")
    for days in (0, 40):
        later = province.services.node.clock() + timedelta(days=days)
        seen = Catalogue(catalogue.contracts, province.services.node.lake, partial(_at, later))
        state = seen.heartbeat(contract).state
        now = {one.flow.id: one.state for one in returned(seen)}
        assert now["BF-2026-01"] == {"live": "came", "late": "late"}[state]
        assert now[NOTHING] == "nothing"
    assert now["BF-2026-01"] == "late"
    assert {one.flow.id: one.state for one in returned(catalogue)} == before
    monkeypatch.setattr(backflow, "returned_for", lambda *_: returned(seen))
    shown = backflow.fill(visitor(province, province.official("chen", "chen-xihu"), official=True))
    assert [one.state for one in shown.flows][:2] == ["nothing", "late"]


def test_the_operator_sees_the_whole_list(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XIHU_DATA_DIR", str(province.services.node.settings.data_dir))
    run = CliRunner().invoke(command, ["list", "--json"], obj="en", catch_exceptions=False)
    told = [json.loads(line) for line in run.output.splitlines()]
    assert [one["id"] for one in told] == [one["id"] for one in read("backflow.yaml")["flows"]]
    assert {one["id"]: one["state"] for one in told}[NOTHING] == "nothing"
    plain = CliRunner().invoke(command, ["list"], obj="zh", catch_exceptions=False).output
    assert "示例省西湖区民政局  没有回流" in plain
