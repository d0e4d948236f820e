"""The course of a metric in another site's frame: drawn by the server, with its table below."""

import re
from html import unescape

import httpx
import pytest

from tests.province import Province
from tests.test_portals.api.callers import Call, Kind, send
from tests.test_portals.citizen.test_embed_table import framed, plain

CHART = "/embed/charts/industrial_output"


def chart(province: Province, query: str = "", kind: Kind = "no_token") -> httpx.Response:
    return framed(province, query, kind, CHART)


def table(html: str) -> list[tuple[str, ...]]:
    part = html.partition("<details>")[2]
    rows = re.findall(r"<tr>(.*?)</tr>", part.partition("<tbody>")[2], re.S)
    return [tuple(plain(one) for one in re.findall("<td.*?</td>", row, re.S)) for row in rows]


def test_it_is_drawn_with_words_for_those_who_do_not_see_it(province: Province) -> None:
    text = chart(province, "?lang=en").text
    labels = re.findall(r'<svg class="plot plot-\w+"[^>]* role="img" aria-label="([^"]+)"', text)
    assert len(labels) == 2
    assert labels[0] == labels[1]
    assert "unit:" in labels[0]
    assert not re.search("[\u4e00-\u9fff]", labels[0])
    assert "<details>" in text
    assert 'href="http://127.0.0.1:8000/metrics/industrial_output?place=330000"' in text


def test_the_table_below_has_the_values_of_the_api(province: Province) -> None:
    text = chart(province, "?place=330100").text
    rows = table(text)
    call = Call("GET", "/metrics/industrial_output/download.csv?place=330100", "", "wang")
    pages = send(province, call, "no_token").text
    lines = [line.split(",") for line in pages.lstrip("\ufeff").splitlines() if ",330100," in line]
    assert len(rows) == len(lines) > 12
    for row, line in zip(rows, lines, strict=True):
        assert row[0] == line[2]
        assert float(re.sub(r"[^0-9.]", "", row[1])) == float(line[4])


def test_the_end_of_the_line_has_the_newest_value(province: Province) -> None:
    text = chart(province).text
    ends = re.findall(r'class="plot-end"[^>]*>([^<]+)<', text)
    newest = table(text)[-1][1].split(" ")[0]
    assert [one.strip() for one in ends] == [newest, newest]


def test_bars_begin_at_zero(province: Province) -> None:
    text = chart(province, "?shape=bars").text
    assert "<rect" in text
    assert "plot-line" not in text
    assert "纵轴不从零开始" not in text
    assert re.search(r'text-anchor="end">0<', text)


def test_an_axis_that_does_not_begin_at_zero_says_so(province: Province) -> None:
    text = chart(province).text
    zero = bool(re.search(r'text-anchor="end">0<', text))
    assert ("纵轴不从零开始" in text) == (not zero)


def test_a_signed_in_reader_gets_the_same_as_an_anonymous_one(province: Province) -> None:
    assert chart(province, kind="right").text == chart(province).text
    for kind in ("right", "no_token"):
        answer = send(province, Call("GET", "/embed/charts/aid_recipients", "", "sun"), kind)
        assert answer.status_code == 403
        assert "frame-ancestors *" in answer.headers["content-security-policy"]
        assert '<svg class="plot' not in answer.text


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?place=nowhere", 422),
        ("?grain=hour", 422),
        ("?shape=pie", 422),
        ("?shape=line&shape=bars", 422),
        ("?from=x", 422),
        ("?from=2099-01&to=2098-01", 422),
        ("?colour=red", 422),
        ("?from=2099-01", 200),
        ("?grain=year", 200),
        ("?place=西湖", 200),
    ],
)
def test_a_wrong_parameter_is_explained_within_the_frame(
    province: Province, query: str, status: int
) -> None:
    answer = chart(province, query)
    assert answer.status_code == status
    if status != 200 or "2099" in query:
        assert '<svg class="plot' not in answer.text
        assert '<main class="embedded' in answer.text


def test_a_metric_that_is_not_there_is_not_found(province: Province) -> None:
    assert framed(province, path="/embed/charts/none").status_code == 404


def test_every_public_metric_is_drawn_or_says_why_not(province: Province) -> None:
    for spec in province.services.metrics.values():
        answer = framed(province, path=f"/embed/charts/{spec.id}")
        assert answer.status_code == (200 if spec.audience == "public" else 403)
        if answer.status_code == 200 and '<svg class="plot' not in answer.text:
            said = answer.text.partition("</h1>")[2]
            assert "没有时间序列" in said or "没有可以画的数值" in said, spec.id


def test_the_metrics_page_has_both_lines_to_copy(province: Province) -> None:
    call = Call("GET", "/metrics/industrial_output?place=330100", "", "wang")
    page = unescape(send(province, call, "no_token").text)
    for what in ("metrics", "charts"):
        address = f"http://127.0.0.1:8000/embed/{what}/industrial_output?place=330100"
        assert f'<iframe src="{address}"' in page
