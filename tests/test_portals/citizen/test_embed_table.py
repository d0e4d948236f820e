"""An open table in another site's frame: anonymous, without cookie, script or form, and limited."""

import csv
import io
import re
from collections.abc import Iterator
from html import unescape

import httpx
import pytest
from sqlalchemy import select

from tests.province import Province, make_province
from tests.test_portals.api.callers import Call, Kind, send
from tests.test_portals.citizen.counted import contracts
from tests.test_portals.citizen.test_harvested import harvested, put
from tests.test_portals.citizen.test_publishers import get
from tests.test_portals.test_known import set_state
from xihu_platform.audit.models import AuditEntry
from xihu_platform.database import transaction

PATH = "/embed/datasets/fg_penalties"
RATINGS = "zw_ratings"


def framed(
    province: Province, query: str = "", kind: Kind = "no_token", path: str = PATH
) -> httpx.Response:
    answer = send(province, Call("GET", f"{path}{query}", "", "wang"), kind)
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors *" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "x-frame-options" not in answer.headers
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"] in {"private, no-cache", "no-store"}
    assert '<main class="embedded' in answer.text
    for piece in ("<script", "<form", "<nav", "csrf", "style="):
        assert piece not in answer.text
    return answer


def cells(html: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", html.partition("<tbody>")[2], re.S)
    return [[plain(one) for one in re.findall("<td.*?</td>", row, re.S)] for row in rows]


def plain(cell: str) -> str:
    return unescape(re.sub("<[^>]+>", "", cell)).strip()


def downloaded(province: Province, query: str) -> list[dict[str, str]]:
    text = get(province, f"/datasets/fg_penalties/download.csv?{query}")
    lines = text.lstrip("\ufeff").splitlines()
    return list(csv.DictReader(io.StringIO("\n".join(lines))))


def test_it_shows_the_first_rows_with_what_a_reader_must_know(province: Province) -> None:
    text = framed(province).text
    assert len(cells(text)) == 20
    for words in ("行政处罚信息", "合成数据", "装载于", "使用许可", "CC-BY-4.0", "快照"):
        assert words in text
    assert 'target="_blank" rel="noopener"' in text
    assert '/datasets/fg_penalties"' in text


def test_fields_filters_sort_and_limit_are_those_of_the_rows(province: Province) -> None:
    query = "filter=amount_cny:ge:5000&sort=-amount_cny"
    text = framed(province, f"?field=penalty_no&field=amount_cny&{query}&limit=7").text
    expected = downloaded(province, f"fields=penalty_no,amount_cny&{query}")
    shown = [(row[0], row[1].replace(",", "")) for row in cells(text)]
    assert len(shown) == 7
    assert [one for one, _ in shown] == [row["penalty_no"] for row in expected[:7]]
    assert [float(one) for _, one in shown] == [float(row["amount_cny"]) for row in expected[:7]]
    assert "处罚决定文书号" in text
    assert "企业名称" not in text
    assert text.count("<th scope") == 2


def test_a_signed_in_reader_gets_the_same_as_an_anonymous_one(province: Province) -> None:
    assert framed(province, kind="right").text == framed(province).text


def test_nothing_but_open_data_is_shown(province: Province) -> None:
    closed = [n for n, one in contracts().items() if one["open_class"] != "unconditional"]
    assert len(closed) == 19
    for dataset in closed:
        for kind in ("no_token", "right"):
            answer = framed(province, kind=kind, path=f"/embed/datasets/{dataset}")
            assert answer.status_code == 403, dataset
            assert "<td" not in answer.text


def test_every_open_dataset_is_shown_or_says_why_not(province: Province) -> None:
    for dataset in (n for n, one in contracts().items() if one["open_class"] == "unconditional"):
        contract = province.services.catalogue.contracts.get(dataset)
        personal = any(f.subject_key for f in contract.fields)
        above = any(f.grade != "L1" for f in contract.fields)
        firms = any(f.firm_key for f in contract.fields) and above
        answer = framed(province, path=f"/embed/datasets/{dataset}?limit=1")
        if personal or firms:
            assert answer.status_code == 403, dataset
            assert "样例" in answer.text
            assert "<td" not in answer.text
        else:
            assert answer.status_code == 200, dataset
            assert len(cells(answer.text)) == 1
            titles = [f.title.zh for f in contract.fields if f.grade != "L1"]
            assert not [title for title in titles if f">{title}<" in answer.text]


def test_no_field_above_l1_of_an_open_dataset_is_shown(province: Province) -> None:
    """The registry has one such dataset: of firms, with a representative and a telephone."""
    closed = []
    for dataset in (n for n, one in contracts().items() if one["open_class"] == "unconditional"):
        contract = province.services.catalogue.contracts.get(dataset)
        for one in contract.fields:
            if one.grade != "L1":
                closed.append((dataset, one.name))
                path = f"/embed/datasets/{dataset}?field={one.name}"
                assert framed(province, path=path).status_code == 403
    assert closed == [("sg_firms", "legal_representative"), ("sg_firms", "contact_phone")]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?field=nothing", 422),
        ("?filter=nothing:eq:1", 422),
        ("?filter=amount_cny", 422),
        ("?filter=amount_cny:eq:x", 422),
        ("?filter=amount_cny:eq:%00", 422),
        ("?filter=firm_name:eq:a%00", 422),
        ("?filter=firm_name:eq:%F0%9F%98%80%ED%A0%80", 200),
        ("?sort=nothing", 422),
        ("?sort=", 422),
        ("?limit=0", 422),
        ("?limit=101", 422),
        ("?limit=1e2", 422),
        ("?limit=99999999999999999999", 422),
        ("?limit=100", 200),
        ("?fields=penalty_no", 422),
        ("?purpose=duty", 422),
        ("?snapshot=1", 422),
        (f"?{'&'.join(['sort=amount_cny'] * 51)}", 422),
        (f"?{'&'.join(['filter=amount_cny:ge:1'] * 51)}", 422),
        (f"?field={','.join(['penalty_no'] * 51)}", 422),
        ("?filter=firm_name:contains:'%20OR%201=1--", 200),
        ("?lang=xx", 200),
    ],
)
def test_a_wrong_parameter_is_explained_within_the_frame(
    province: Province, query: str, status: int
) -> None:
    answer = framed(province, query)
    assert answer.status_code == status
    assert ("<td" in answer.text or "没有符合条件的记录" in answer.text) == (status == 200)


@pytest.mark.parametrize("dataset", ["nothing", "hz-none", "a%00b"])
def test_what_is_not_there_is_not_found(province: Province, dataset: str) -> None:
    assert framed(province, path=f"/embed/datasets/{dataset}").status_code == 404


def test_what_was_sent_is_text_in_the_frame(province: Province) -> None:
    text = framed(province, "?field=<img src=x onerror=alert(1)>").text
    assert "<img" not in text


def test_each_table_is_a_read_in_the_log_of_no_person(province: Province) -> None:
    database = province.services.node.database

    def newest() -> AuditEntry:
        with transaction(database) as session:
            found = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
        assert found is not None
        return found

    before = newest().seq
    framed(province, "?limit=3", kind="right")
    after = newest()
    assert after.seq == before + 1
    assert "fg_penalties" in str(after.body)
    assert province.citizen("wang").id not in str(after.body)


def test_in_english_no_chinese_is_unmarked_and_codes_have_names(province: Province) -> None:
    text = framed(province, "?lang=en&limit=5").text
    visible = re.sub(r'<span lang="zh">.*?</span>', "", text.partition("<body>")[2])
    assert not re.search("[\u4e00-\u9fff]", visible)
    assert "The first 5 of" in text


def test_an_entry_that_is_not_published_is_not_there(province: Province) -> None:
    """The entry of another dataset is set back: an open one is hidden in the same way."""
    set_state(province, "draft")
    try:
        answer = framed(province, path="/embed/datasets/zw_service_cases")
    finally:
        set_state(province, "published")
    assert answer.status_code == 404


def test_late_data_says_so_in_the_frame(province: Province) -> None:
    catalogue = province.services.catalogue
    names = [n for n, one in contracts().items() if one["open_class"] == "unconditional"]
    late = [n for n in names if catalogue.get_entry(n).heartbeat.state == "late"]
    assert 0 < len(late) < len(names)
    for dataset in names:
        answer = framed(province, path=f"/embed/datasets/{dataset}?limit=1")
        assert ("逾期未更新" in answer.text) == (dataset in late), dataset


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    for province in make_province(tmp_path_factory.mktemp("framed")):
        put(province, harvested("quay", "游船码头名录"))
        yield province


def test_data_of_another_catalogue_is_not_shown_as_ours(joined: Province) -> None:
    answer = framed(joined, path="/embed/datasets/hz-quay")
    assert answer.status_code == 422
    assert "不在本平台" in answer.text


def test_the_line_to_copy_is_on_the_pages_of_open_data_alone(province: Province) -> None:
    for dataset, one in contracts().items():
        page = get(province, f"/datasets/{dataset}")
        line = f'<iframe src="http://127.0.0.1:8000/embed/datasets/{dataset}?limit=20"'
        contract = province.services.catalogue.contracts.get(dataset)
        personal = any(f.subject_key for f in contract.fields)
        above = any(f.grade != "L1" for f in contract.fields)
        firms = any(f.firm_key for f in contract.fields) and above
        offered = one["open_class"] == "unconditional" and not personal and not firms
        assert (line in page) == offered, dataset


def test_the_line_to_copy_keeps_the_region_of_the_page(province: Province) -> None:
    page = get(province, "/datasets/hb_air_quality_hourly?region=330106")
    assert "/embed/datasets/hb_air_quality_hourly?filter=county_code:eq:330106&" in page


def test_an_explored_selection_has_a_line_that_shows_the_same_rows(province: Province) -> None:
    query = "filter=amount_cny:ge:5000&sort=-amount_cny&fields=penalty_no,amount_cny"
    page = get(province, f"/datasets/fg_penalties/explore?{query}")
    line = re.search(r'<iframe src="http://127.0.0.1:8000(/embed/[^"]+)"', page)
    assert line is not None
    text = framed(province, path=unescape(line[1])).text
    expected = downloaded(province, query)[:20]
    assert [row[0] for row in cells(text)] == [row["penalty_no"] for row in expected]
    answer = send(
        province, Call("GET", "/official/datasets/fg_penalties/explore", "", "sun"), "right"
    )
    assert answer.status_code == 200
    assert "iframe" not in answer.text
