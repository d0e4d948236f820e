"""Every file of `cases/` gets its right value or its refusal in words, by the commands' own way."""

import bz2
import lzma
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.sampling import sampled
from tests.test_pipelines.sources.drafting import (
    Published,
    draft,
    publish_by_hand,
    publish_draft,
)
from xihu_catalog.contracts.errors import BadContract
from xihu_catalog.contracts.load import load_contract
from xihu_catalog.schema import upgrade
from xihu_pipelines.drafting.layout import AskedLayout
from xihu_platform.errors import BadInput
from xihu_platform.settings import Settings
from xihu_platform.start import Node, open_node

HERE = Path(__file__).parent / "cases"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Node:
    node = open_node(Settings(data_dir=tmp_path_factory.mktemp("cases") / "data"))
    upgrade(node.database)
    return node


ZONES = [
    "America/New_York",
    pytest.param("UTC", marks=pytest.mark.harness),
    pytest.param("Asia/Shanghai", marks=pytest.mark.harness),
]


@pytest.fixture(params=ZONES)
def anywhere(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A machine in another time zone."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield request.param
    time.tzset()


@dataclass(frozen=True, slots=True)
class Right:
    """What a file must become: its columns, its first records, what is quarantined and why."""

    file: str
    headers: str
    rows: tuple[tuple[str | None, ...], ...]
    quarantined: tuple[tuple[str, int], ...] = ()
    asked: AskedLayout | None = None
    note: str = ""
    """Words that the draft must say of the file."""
    more: int = 0
    """Records behind those of `rows`."""

    def __str__(self) -> str:
        return self.file


RIGHT = (
    Right(
        "case_twins.csv",
        "id Name name",
        (("1", "Zhang", "a"), ("2", "Li", "b"), ("3", "Wang", "c")),
    ),
    Right("case_twins.jsonl", "id Name name", (("a", "x", "y"), ("b", "z", "w"))),
    Right("case.jsonl", "id Code code", (("1", "A", "x"), ("2", "B", "y"))),
    Right(
        "geo_name.geojson",
        "Name name geometry",
        (
            ("甲", "a", '{"type":"Point","coordinates":[120,30]}'),
            ("乙", "b", '{"type":"Point","coordinates":[121,30]}'),
        ),
    ),
    Right("zeros_format.xlsx", "编码 占比 金额", (("001234", "0.125", "10"),), more=2),
    Right("errors2.xlsx", "id 地名 备注", (("3", "5", "c"),), (("row.error", 2),)),
    Right(
        "merged.xlsx",
        "部门 项目 金额",
        (
            *(("教育局", "甲", "1"), ("教育局", "乙", "2"), ("教育局", "丙", "3")),
            *(("民政局", "丁", "4"), ("民政局", "戊", "5")),
        ),
    ),
    Right("emptyformula.xlsx", "id 地名 备注", (("1", "5", None), ("2", "7", "x"))),
    Right(
        "olddates.xlsx", "id d1900 t dur", (("1", "1900-01-15", "08:05:00", "30:05:00"),), more=2
    ),
    Right(
        "blank_header.xlsx",
        "序号 单位 column_3",
        (("1", "甲局", "x"), ("2", "乙局", "y"), ("3", "丙局", "z")),
        note="blankHeaders: number",
    ),
    Right(
        "pandas_index.csv",
        "column_1 city aqi",
        (("0", "330100", "61"), ("1", "330200", "55"), ("2", "330300", "70")),
        note="blankHeaders: number",
    ),
    Right(
        "namibia.csv",
        "country_code country",
        (("NA", "Namibia"), ("CN", "China"), (None, "unknown"), ("NO", "Norway")),
    ),
    Right(
        "nullname.csv",
        "plate owner",
        (("浙A12345", "Null"), ("浙A23456", "None"), ("浙A34567", "李"), ("浙A45678", None)),
    ),
    Right(
        "headless.csv",
        "column_1 column_2 column_3",
        (("330106", "330106", "100"), ("330108", "330108", "200"), ("330109", "330109", "300")),
        note="looks like data",
    ),
    Right(
        "semicolon_decimal.csv",
        "name lat lon",
        (("A", "30,25", "120,15"), ("B", "30,5", "120,75"), ("C", "31,0", "121,5")),
    ),
    Right("blanktop.csv", "id v w", (("1", "a", "x"), ("2", "b", "y"))),
    Right(
        "excel_tail.csv",
        "编号 名称 数量",
        (("1", "甲", "10"), ("2", "乙", "20"), ("3", "丙", "30")),
    ),
    Right(
        "footnote.csv",
        "编号 名称 数量",
        (("1", "甲", "10"), ("2", "乙", "20"), ("3", "丙", "30")),
        note="totals or notes",
    ),
    Right("nested.json", "id v", (("1", "a"), ("2", "b"))),
    Right("doubled.json", "id v", (("1", "a"), ("2", "b"))),
    Right("keyed_arrays.json", "n", (("d",), ("e",)), asked=AskedLayout(record_path="330109")),
    Right(
        "jsonnullprops.geojson",
        "n geometry",
        (
            ("1", '{"type":"Point","coordinates":[120,30]}'),
            (None, '{"type":"Point","coordinates":[120,31]}'),
        ),
    ),
    Right(
        "numbers.jsonl",
        "id x y z",
        (
            ("2", "250000.0", "2.0", "0.5"),
            ("3", "0.0", "100.0", "12345678901234567890.0"),
        ),
        (("row.digits", 1),),
    ),
    Right("pq_u32.parquet", "id u32", (("1", "4294967295"), ("2", "1"))),
    Right(
        "pq_ns.parquet",
        "id ns",
        (("1", "2024-03-01 09:10:00.123456789"), ("2", "2024-03-01 09:10:00.000000001")),
        note="nanoseconds",
    ),
    Right(
        "pq_dec256.parquet",
        "id dec256",
        (("1", "12345678901234567890123456789012345678901.25"), ("2", "1.50")),
        note="38 digits",
    ),
    Right(
        "trailing_sep.csv",
        "站点 水位 状态",
        (("A1", "3.2", "正常"), ("A2", "3.4", "正常"), ("A3", "3.9", "超警")),
    ),
    Right(
        "latin_ok.csv",
        "id name city",
        (("1", "Müller", "Köln"), ("2", "Jäger", "Düsseldorf")),
        asked=AskedLayout(encoding="cp1252"),
        more=2,
    ),
    Right(
        "euckr.csv",
        "번호 이름",
        (("1", "서울특별시"), ("2", "부산광역시"), ("3", "대구광역시")),
        asked=AskedLayout(encoding="euc-kr"),
    ),
    Right("big5name.zip", "id name", (("1", "a"), ("2", "b"))),
    Right("eqquote.csv", "编码 名称", (("000123", "甲"), ("000456", "乙"), ("000789", "丙"))),
)


@pytest.mark.parametrize("right", sampled(RIGHT, 12), ids=str)
def test_a_drafted_file_is_published_with_the_right_values(shared: Node, right: Right) -> None:
    found = publish_draft(shared, HERE / right.file, right.asked)
    width = len(right.rows[0])
    assert found.headers[:width] == right.headers.split()
    assert [row[:width] for row in found.rows[: len(right.rows)]] == list(right.rows)
    assert len(found.rows) == len(right.rows) + right.more
    assert found.outcome.rule_counts == dict(right.quarantined)
    assert right.note in found.notes


REFUSED = {
    "euckr.csv": "cannot be told (gb18030, euc-kr)",
    "latin_ok.csv": "--encoding for a draft",
    "html.xls": "is a web page (HTML) under the name .xls",
    "xml2003.xls": "XML Spreadsheet 2003",
    "internal_names.csv": "has columns _record, _shape, names that the platform keeps",
    "keyed_arrays.json": "330106 (2)、330109 (2)、330108 (1); name one with --record-path",
}


@pytest.mark.parametrize("file", REFUSED)
def test_a_file_that_cannot_be_drafted_is_refused_in_words(file: str) -> None:
    with pytest.raises(BadInput) as refused:
        draft(HERE / file)
    assert REFUSED[file] in refused.value.text.en
    assert file in refused.value.text.zh


def test_numbers_of_more_digits_than_a_cell_holds_are_quarantined(shared: Node) -> None:
    with pytest.raises(BadInput) as refused:
        publish_draft(shared, HERE / "longids_excel.xlsx")
    assert "more digits than the file can hold exactly: write it as text: 2" in str(refused.value)


def test_special_words_and_two_digit_years_are_no_dates(shared: Node) -> None:
    found = publish_draft(shared, HERE / "special_date.csv")
    assert found.outcome.rule_counts == {"day.type": 4}
    days = [row[1] for row in found.rows]
    assert min(d for d in days if d) >= "2024-01-01"
    assert len(days) == 199


def test_two_columns_that_differ_in_case_keep_their_own_values(shared: Node) -> None:
    rows = publish_by_hand(shared, HERE / "case_twins.csv", HERE / "h_case.odcs.yaml").rows
    assert rows == [("1", "Zhang", "a"), ("2", "Li", "b"), ("3", "Wang", "c")]
    rows = publish_by_hand(shared, HERE / "case_twins.jsonl", HERE / "h_casej.odcs.yaml").rows
    assert rows == [("a", "x", "y"), ("b", "z", "w")]


TIMES = {
    "tz_plus8.csv": (
        "tz_plus8",
        ["2024-03-01 00:30:00", "2024-03-01 17:30:00", "2024-03-01 18:30:00"],
    ),
    "utc_ts.csv": ("utc_ts", ["2024-03-02 00:30:00", "2024-03-01 17:30:00", "2024-03-01 21:00:00"]),
    "utc.parquet": ("utc_parquet", ["2024-03-02 00:30:00"]),
}


@pytest.mark.parametrize("file", TIMES)
def test_an_instant_is_beijing_time_wherever_the_machine_stands(
    file: str, anywhere: str, tmp_path: Path
) -> None:
    contract, right = TIMES[file]
    node = open_node(Settings(data_dir=tmp_path / "data"))
    upgrade(node.database)
    by_hand = publish_by_hand(node, HERE / file, HERE / f"{contract}.odcs.yaml")
    assert [row[1] for row in by_hand.rows] == right
    assert [row[1] for row in publish_draft(node, HERE / file).rows] == right


GUARDS = {
    "tab behind": "{}\t",
    "tab before": "\t{}",
    "apostrophe": "'{}",
    "formula": '"=""{}"""',
    "direction marks": "\u202d{}\u202c",
    "no-break space": "\xa0{}",
    "byte-order mark": "\ufeff{}",
}


def _guarded(folder: Path, guard: str, header: str = "证件") -> Path:
    first, *lines = (HERE / "plainid.csv").read_text(encoding="utf-8").splitlines()
    made = [",".join([guard.format(line.split(",")[0]), line.split(",")[1]]) for line in lines]
    path = folder / f"guarded_{len(header)}.csv"
    path.write_text("\n".join([f"{header},姓名", *made]) + "\n", encoding="utf-8")
    assert first == "证件,姓名"
    return path


@pytest.mark.parametrize("guard", GUARDS.values(), ids=GUARDS)
@pytest.mark.parametrize("header", sampled(["证件", "身份证号"]))
def test_a_guarded_document_number_is_the_same_person(
    shared: Node, tmp_path: Path, guard: str, header: str
) -> None:
    plain = publish_draft(shared, HERE / "plainid.csv")
    guarded = publish_draft(shared, _guarded(tmp_path, guard, header))
    assert [row[0] for row in guarded.rows] == [row[0] for row in plain.rows]
    assert len(plain.rows) == 30
    _is_personal(guarded)


@pytest.mark.parametrize("file", ["tabid_tail.csv", "eqid.csv"])
def test_guarded_numbers_are_graded_and_protected(shared: Node, file: str) -> None:
    found = publish_draft(shared, HERE / file)
    assert len(found.rows) == 30
    _is_personal(found)


def _is_personal(found: Published) -> None:
    field = found.contract.fields[0]
    assert (field.identifier, field.grade, field.protect) == ("citizen_id", "L4", "pseudonym")
    assert all(row[0] and row[0].startswith("s1_") for row in found.rows)


def test_a_table_of_many_columns_is_drafted_and_published(shared: Node) -> None:
    found = publish_draft(shared, HERE / "wide100.csv")
    assert (len(found.headers), len(found.rows)) == (100, 30)
    assert found.rows[2][:7] == ("0", "2", "4", "6", "1", "3", "5")


def test_the_draft_of_a_long_text_lets_it_through(shared: Node) -> None:
    found = publish_draft(shared, HERE / "longtext.csv")
    lines = (HERE / "longtext.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert [row[1] for row in found.rows] == [line.split(",")[1] for line in lines]


def test_a_decimal_beyond_the_lake_is_refused_by_the_contract() -> None:
    with pytest.raises(BadContract, match=r"DECIMAL\(50,2\) cannot enter the lake"):
        load_contract(HERE / "pq_dec256.odcs.yaml")


@pytest.mark.parametrize(
    ("suffix", "pack", "kind"),
    [("bz2", bz2.compress, "bzip2"), ("xz", lzma.compress, "xz")],
)
def test_another_compression_is_named(tmp_path: Path, suffix: str, pack: object, kind: str) -> None:
    path = tmp_path / f"a.csv.{suffix}"
    path.write_bytes(pack(b"id,v\n1,a\n"))  # type: ignore[operator]  # one of two functions
    with pytest.raises(BadInput, match=f"is compressed with {kind}; only zip and gzip"):
        draft(path)


def test_each_file_of_the_folder_is_judged_here() -> None:
    here = Path(__file__).read_text(encoding="utf-8")
    files = {p.name for p in HERE.iterdir()} - {"README.md"}
    assert len(files) >= 48
    told = (HERE / "README.md").read_text(encoding="utf-8")
    missing = [f for f in files if f.removesuffix(".odcs.yaml") not in here or f not in told]
    assert not missing
