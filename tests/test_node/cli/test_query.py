"""`xihu query` prints names, comparisons and what a number lacks, in words."""

import json

import click
import pytest
from click.testing import CliRunner

from tests.province import Province
from xihu_node.cli import commands
from xihu_platform.brain.query import MetricQuery
from xihu_platform.brain.service import Answer, ask
from xihu_platform.identity.principal import ANONYMOUS
from xihu_platform.words import Language


def asked(province: Province, metric: str, query: MetricQuery) -> Answer:
    services = province.services
    spec = services.get_metric(metric)
    return ask(services.gateway, ANONYMOUS, spec, query, services.registered)


def printed(
    province: Province, metric: str, query: MetricQuery, language: Language = "zh"
) -> list[str]:
    from xihu_node.cli.points import lines

    return lines(asked(province, metric, query), language, compare=query.compare)


def test_a_running_period_is_said_in_words(province: Province) -> None:
    query = MetricQuery(latest=1)
    beds = "hospital_bed_occupancy"
    assert printed(province, beds, query)[1].endswith("本期尚未结束")
    assert printed(province, beds, query, "en")[1].endswith("The period is still running")


def test_regions_and_parts_are_printed_with_their_names(province: Province) -> None:
    cities = printed(province, "industrial_output", MetricQuery(latest=1, level="city"))
    assert len(cities) == 12
    assert any("330100 杭州市" in line for line in cities)
    english = printed(province, "power_use", MetricQuery(latest=1, by=("sector",)), "en")
    assert any("Households" in line for line in english)


def test_a_comparison_is_printed_with_its_sign_and_unit(province: Province) -> None:
    query = MetricQuery(latest=2, level="city", compare=True)
    answer = asked(province, "industrial_output", query)
    written = printed(province, "industrial_output", query)[1:]
    compared = [p.year_on_year is not None for p in answer.points]
    assert any(compared)
    for point, line in zip(answer.points, written, strict=True):
        if point.year_on_year is not None:
            assert f"同比 {point.year_on_year:+.1f} %" in line
    days = MetricQuery(grain="day", latest=3, compare=True)
    rate = printed(province, "hospital_bed_occupancy", days)
    assert any("个百分点" in line for line in rate)


def test_a_withheld_comparison_says_why(province: Province) -> None:
    query = MetricQuery(latest=2, compare=True)
    written = "\n".join(printed(province, "hotline_on_time", query))
    assert "同比 —（数据没有覆盖上年同期）" in written


def test_the_command_prints_these_lines(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "open_node", lambda _: province.services.node)
    monkeypatch.setattr(commands, "open_services", lambda _: province.services)
    monkeypatch.setattr(type(province.services), "close", lambda _: None)
    command: click.Command = commands.query
    arguments = ["industrial_output", "--level", "city", "--latest", "1", "--compare"]
    found = CliRunner().invoke(command, arguments, obj="zh")
    assert found.exit_code == 0, found.output
    wanted = printed(
        province, "industrial_output", MetricQuery(latest=1, level="city", compare=True)
    )
    assert found.output.splitlines() == wanted


def test_json_is_what_the_api_answers_with_the_digits_that_the_metric_publishes(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "open_node", lambda _: province.services.node)
    monkeypatch.setattr(commands, "open_services", lambda _: province.services)
    monkeypatch.setattr(type(province.services), "close", lambda _: None)
    asked = ["--level", "city", "--json"]
    for metric, decimals in (("industrial_output", 2), ("firms_in_business", 0)):
        found = CliRunner().invoke(commands.query, [metric, *asked], obj="en")
        assert found.exit_code == 0, found.output
        points = json.loads(found.output, parse_float=str, parse_int=str)["points"]
        digits = {len(p["value"].partition(".")[2]) for p in points if p["value"] is not None}
        assert digits == {decimals}
