"""Files of the same kinds as `cases/`, in the other formats and with the neighbouring faults."""

import gzip
import io
import json
import tarfile
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from tests.sampling import sampled
from tests.test_pipelines.sources.drafting import Published, decide, draft, publish_draft
from tests.test_pipelines.sources.odd_workbooks import opendocument
from xihu_catalog.contracts.errors import BadContract
from xihu_catalog.contracts.load import parse_contract
from xihu_catalog.drafting.draft import Draft, SourceDraft
from xihu_catalog.quality import quarantine
from xihu_catalog.schema import upgrade
from xihu_pipelines.drafting.layout import AskedLayout
from xihu_platform.errors import BadInput
from xihu_platform.lake.types import iceberg_type
from xihu_platform.settings import Settings
from xihu_platform.start import Node, open_node

pytestmark = pytest.mark.harness  # the same kinds as cases/ in every format


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Node:
    node = open_node(Settings(data_dir=tmp_path_factory.mktemp("kin") / "data"))
    upgrade(node.database)
    return node


@pytest.fixture
def publish(
    shared: Node, tmp_path: Path, request: pytest.FixtureRequest
) -> Callable[..., Published]:
    """Publish by draft; each test's dataset is its own."""

    def run(name: str, content: str | bytes, asked: AskedLayout | None = None) -> Published:
        number = abs(hash(request.node.nodeid)) % 10**8
        path = tmp_path / f"{number}_{name}"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return publish_draft(shared, path, asked)

    return run


def workbook(*rows: tuple[object, ...], merged: tuple[tuple[int, ...], ...] = ()) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        sheet = book.add_worksheet("数据")
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                if cell is not None:
                    sheet.write(at, column, cell)
        for first_row, first, last_row, last, *_ in merged:
            sheet.merge_range(first_row, first, last_row, last, str(rows[first_row][first]))
    return target.getvalue()


def parquet(columns: dict[str, pa.Array]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(list(columns.values()), names=list(columns)), sink)
    return sink.getvalue()


def lines(*objects: Mapping[str, object]) -> str:
    return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in objects)


TWINS = {
    "a.xlsx": workbook(("id", "Name", "name"), (1, "x", "y"), (2, "z", "w")),
    "a.parquet": parquet(
        {"id": pa.array(["1", "2"]), "Name": pa.array(["x", "z"]), "name": pa.array(["y", "w"])}
    ),
    "a.jsonl": lines({"id": 1, "Name": "x", "name": "y"}, {"id": 2, "Name": "z", "name": "w"}),
    "a.json": json.dumps(
        [{"id": 1, "Name": "x", "name": "y"}, {"id": 2, "Name": "z", "name": "w"}]
    ),
    "a.tsv": "id\tName\tname\n1\tx\ty\n2\tz\tw\n",
    "quoted.csv": 'id,Name,name\n1,"x",y\n2,z,"w"\n',
}


@pytest.mark.parametrize("name", sampled(TWINS, 2))
def test_columns_that_differ_in_case_are_apart_in_every_format(
    publish: Callable[..., Published], name: str
) -> None:
    assert [row[1:] for row in publish(name, TWINS[name]).rows] == [("x", "y"), ("z", "w")]


def test_a_quarantined_record_shows_both_columns_that_differ_in_case(
    publish: Callable[..., Published], shared: Node
) -> None:
    body = "id,Name,name\n" + "".join(f"{i},n{i},m{i}\n" for i in range(200)) + "7,again,twice\n"
    found = publish("twice.csv", body)
    assert (len(found.rows), found.outcome.rule_counts) == (200, {"id.unique": 1})
    (rejected,) = quarantine.read(
        shared.lake, shared.keyring, found.contract.dataset, found.outcome.load_id
    )
    assert rejected.values == {"id": "7", "Name": "again", "name": "twice"}


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.jsonl", lines({"_record": 1, "b": 2})),
        ("a.xlsx", workbook(("_Shape", "b"), ("x", 1))),
        ("a.parquet", parquet({"_rules": pa.array(["x"])})),
        ("a.csv", "_RECORD,b\n1,2\n"),
    ],
)
def test_a_column_of_the_platform_s_own_name_is_refused_in_words(
    publish: Callable[..., Published], name: str, body: str | bytes
) -> None:
    with pytest.raises(BadInput, match="names that the platform keeps for itself"):
        publish(name, body)


INSTANTS = (("2024-03-01T16:30:00Z", "2024-03-02 00:30:00"),
            ("2024-03-01 17:30:00+0800", "2024-03-01 17:30:00"),
            ("2024-03-01 18:30:00.25 +05:30", "2024-03-01 21:00:00.25"),
            ("2024-03-01 08:00:00", "2024-03-01 08:00:00"))  # fmt: skip


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.csv", "n,t\n" + "".join(f"{i},{t}\n" for i, (t, _) in enumerate(INSTANTS))),
        ("a.jsonl", lines(*({"n": i, "t": t} for i, (t, _) in enumerate(INSTANTS)))),
        ("a.xlsx", workbook(("n", "t"), *((i, t) for i, (t, _) in enumerate(INSTANTS)))),
    ],
)
def test_texts_with_an_offset_are_beijing_time_in_every_format(
    publish: Callable[..., Published], name: str, body: str | bytes
) -> None:
    assert [row[1] for row in publish(name, body).rows] == [right for _, right in INSTANTS]


@pytest.mark.parametrize(
    "odd", sampled(["infinity", "0099-01-02", "-infinity", "epoch", "99-1-2", "today"], 2)
)
def test_words_and_early_years_are_no_moments(publish: Callable[..., Published], odd: str) -> None:
    good = "".join(f"{i},2024-01-02 08:00:{i % 60:02d}\n" for i in range(200))
    found = publish("a.csv", f"n,t\n{good}200,{odd}\n")
    assert (len(found.rows), found.outcome.rule_counts) == (200, {"column_t.type": 1})


@pytest.mark.parametrize("name", sampled(["a.xlsx", "a.jsonl", "a.parquet"]))
def test_guards_are_taken_off_codes_in_every_format(
    publish: Callable[..., Published], name: str
) -> None:
    codes, names = ["'000123", "\t000456", "000789\t"], ["甲", "乙", "丙"]
    pairs = list(zip(codes, names, strict=True))
    body = {
        "a.jsonl": lines(*({"编码": code, "名称": name} for code, name in pairs)),
        "a.xlsx": workbook(("编码", "名称"), *pairs),
        "a.parquet": parquet({"编码": pa.array(codes), "名称": pa.array(names)}),
    }
    assert [row[0] for row in publish(name, body[name]).rows] == ["000123", "000456", "000789"]


def test_separators_and_blanks_alone_are_no_record(publish: Callable[..., Published]) -> None:
    found = publish("a.csv", "a,b\n1,x\n,\n , \n\t,\n2,y\n,\n")
    assert found.rows == [("1", "x"), ("2", "y")]
    quoted = publish("b.csv", 'a,b\n1,"x, y"\n,\n"",""\n2,y\n')
    assert quoted.rows == [("1", "x, y"), ("2", "y")]


def test_doubles_beyond_their_digits_are_quarantined(publish: Callable[..., Published]) -> None:
    numbers = pa.array([6.2284804021233398e18, 5.0, 2.5, None])
    found = publish("a.parquet", parquet({"k": pa.array(["a", "b", "c", "d"]), "卡号": numbers}))
    assert found.outcome.rule_counts == {"row.digits": 1}
    assert [row[0] for row in found.rows] == ["b", "c", "d"]


def test_parquet_s_own_types_keep_their_values(publish: Callable[..., Published]) -> None:
    moments = [datetime(2024, 3, 1, 8, 0, 0, 250), datetime(2024, 3, 1)]
    found = publish(
        "a.parquet",
        parquet(
            {
                "u64": pa.array([2**64 - 1, 1], pa.uint64()),
                "u16": pa.array([65535, 1], pa.uint16()),
                "ns": pa.array(moments, pa.timestamp("ns")),
                "span": pa.array([timedelta(days=1, hours=6, minutes=5), timedelta(seconds=90)]),
                "d38": pa.array([Decimal("1.5"), Decimal("-2")], pa.decimal128(38, 2)),
            }
        ),
    )
    assert found.types[:3] == ["DECIMAL(20,0)", "INTEGER", "TIMESTAMP"]
    assert found.rows[0] == (
        "18446744073709551615",
        "65535",
        "2024-03-01 08:00:00.00025",
        "30:05:00",
        "1.50",
    )
    assert found.rows[1][3] == "0:01:30"


@pytest.mark.parametrize("kind", ["DECIMAL(39,0)", "DECIMAL(5,7)", "DECIMAL(0,0)", "DECIMAL(76,2)"])
def test_a_decimal_that_the_lake_cannot_hold_is_refused_in_words(kind: str) -> None:
    with pytest.raises(BadInput, match="at most 38 digits"):
        iceberg_type(kind)


def test_a_header_in_two_rows_is_joined(publish: Callable[..., Published]) -> None:
    body = "序号,人口,,面积\n,男,女,\n1,10,12,3.5\n2,20,22,4.5\n"
    found = publish("a.csv", body)
    assert found.headers == ["序号", "人口/男", "人口/女", "面积"]
    assert [row[1:3] for row in found.rows] == [("10", "12"), ("20", "22")]
    book = workbook(
        ("某表", None, None), ("序号", "人口", None), (None, "男", "女"), (1, 10, 12), (2, 20, 22)
    )
    assert publish("b.xlsx", book).headers == ["序号", "人口/男", "人口/女"]


def test_years_and_months_name_columns_and_are_no_data(publish: Callable[..., Published]) -> None:
    years = publish("a.csv", "地区,2021,2022\n甲,1.5,2.5\n乙,3.5,4.5\n")
    assert years.headers == ["地区", "2021", "2022"]
    months = publish("b.csv", "地区,1,2,3\n甲,10,20,30\n乙,30,40,50\n")
    assert (months.headers, len(months.rows)) == (["地区", "1", "2", "3"], 2)


def test_numbers_alone_are_no_header_and_a_line_of_remarks_is_no_part_of_one(
    publish: Callable[..., Published],
) -> None:
    assert len(publish("a.csv", "1,2,3\n4,5,6\n7,8,9\n").rows) == 3
    remarks = "注：快报\n填报单位：某局,,日期：2024-01-01\n"
    found = publish("b.csv", f"{remarks}编码,名称,说明\n1,a,b\n2,c,d\n")
    assert found.headers == ["编码", "名称", "说明"]
    assert publish("c.csv", '="编码","\'名称"\n1,a\n2,b\n').headers == ["编码", "名称"]


def test_floating_point_numbers_are_plain_digits(publish: Callable[..., Published]) -> None:
    numbers = pa.array([1e10, 1e15, 2.5, 1e-7])
    found = publish("a.parquet", parquet({"账号": numbers, "n": pa.array([1, 2, 3, 4])}))
    assert found.outcome.rule_counts == {}
    made = publish("b.parquet", parquet({"k": pa.array(list("abcd")), "值": numbers}))
    values = [Decimal(row[1] or 0) for row in made.rows]
    assert values == [10**10, 10**15, Decimal("2.5"), Decimal("0.0000001")]


def test_leading_zeros_of_a_sheet_with_an_odd_name_are_kept(
    publish: Callable[..., Published],
) -> None:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        book.add_worksheet('说明 & "x"').hide()
        sheet = book.add_worksheet("甲&乙's <表>")
        sheet.activate()
        codes = book.add_format({"num_format": "00000"})
        phones = book.add_format({"num_format": r"000\-0000"})
        sheet.write_row(0, 0, ["编码", "分机"])
        for row, (code, phone) in enumerate([(12, 5711234), (99999, 1)], 1):
            sheet.write_number(row, 0, code, codes)
            sheet.write_number(row, 1, phone, phones)
    rows = publish("a.xlsx", target.getvalue()).rows
    assert rows == [("00012", "571-1234"), ("99999", "000-0001")]


ODS_ROWS = """
<table:table-row><table:table-cell office:value-type="string"><text:p>部门</text:p>
</table:table-cell><table:table-cell office:value-type="string"><text:p>编码</text:p>
</table:table-cell></table:table-row>
<table:table-row><table:table-cell table:number-rows-spanned="3" office:value-type="string">
<text:p>甲局</text:p></table:table-cell><table:table-cell office:value-type="float"
 office:value="1234"><text:p>001234</text:p></table:table-cell></table:table-row>
<table:table-row table:number-rows-repeated="1"><table:covered-table-cell/>
<table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value=""
 calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell></table:table-row>
<table:table-row><table:covered-table-cell/><table:table-cell office:value-type="float"
 office:value="77"><text:p>000077</text:p></table:table-cell></table:table-row>
<table:table-row><table:table-cell office:value-type="string"><text:p>乙局</text:p>
</table:table-cell><table:table-cell office:value-type="float"
 office:value="6.2284804021233398E+18"><text:p>6228480402123340000</text:p></table:table-cell>
</table:table-row>
"""


def test_an_opendocument_sheet_keeps_zeros_errors_merged_cells_and_digits(
    publish: Callable[..., Published],
) -> None:
    content = opendocument("".join(ODS_ROWS.replace("\n ", " ").split("\n")))
    found = publish("a.ods", content)
    assert found.rows == [("甲局", "001234"), ("甲局", "000077")]
    assert found.outcome.rule_counts == {"row.error": 1, "row.digits": 1}


def test_identity_numbers_that_a_file_states_as_numbers_are_texts_and_protected(
    publish: Callable[..., Published],
) -> None:
    plain = (Path(__file__).parent / "cases" / "plainid.csv").read_text(encoding="utf-8")
    numbers = [int(line.split(",")[0]) for line in plain.splitlines()[1:] if "X" not in line]
    found = publish("a.parquet", parquet({"身份证号": pa.array(numbers)}))
    texts = publish("a.csv", "身份证号\n" + "".join(f"{n}\n" for n in numbers))
    assert found.types == ["VARCHAR"]
    assert found.rows == texts.rows
    assert all(row[0] and row[0].startswith("s1_") for row in found.rows)
    text = Draft("zz", "例", found.fields, SourceDraft("a.csv", "csv")).text
    wrong = text.replace("physicalType: VARCHAR", "physicalType: BIGINT")
    assert wrong != text
    with pytest.raises(BadContract, match="its physicalType is VARCHAR"):
        parse_contract(wrong.encode(), "zz.odcs.yaml")


def test_blank_lines_between_json_objects_are_no_records(
    publish: Callable[..., Published],
) -> None:
    found = publish("a.jsonl", '\n{"a": 1}\n  \n\r\n{"a": 2}\n\n')
    assert (found.rows, found.outcome.counts.quarantined) == ([("1",), ("2",)], 0)


def test_a_header_of_another_width_than_its_records_is_refused(
    publish: Callable[..., Published],
) -> None:
    with pytest.raises(BadInput, match=r"looks like a header of 2 columns, records have 3"):
        publish("a.csv", "city,aqi\n0,甲,61\n1,乙,55\n2,丙,70\n")


def test_what_a_person_says_of_the_header_is_not_guessed(
    publish: Callable[..., Published],
) -> None:
    body = "100,200\n1,2\n3,4\n"
    assert publish("a.csv", body, AskedLayout(header_rows=1)).headers == ["100", "200"]
    assert len(publish("b.csv", body, AskedLayout(header_rows=0)).rows) == 3
    assert publish("c.csv", "a|b,c\n1|2,3\n", AskedLayout(delimiter=",")).headers == ["a|b", "c"]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_the_separator_is_the_one_that_makes_an_even_table(
    publish: Callable[..., Published], delimiter: str
) -> None:
    rows = [
        ("名称", "说明", "数"),
        ("甲", "一, 二, 三", "1,5"),
        ("乙", "四, 五", "2,5"),
        ("丙", "无,", "3"),
    ]
    body = "某局统计表\n" + "".join(delimiter.join(row) + "\n" for row in rows)
    found = publish("a.csv", body)
    assert found.headers == list(rows[0])
    assert len(found.rows) == 3


def test_notes_without_separators_and_totals_in_workbooks_are_no_records(
    publish: Callable[..., Published],
) -> None:
    found = publish("a.csv", "县,数\n甲,1\n乙,2\n丙,3\n合　计,6\n注：快报数\n数据来源：某局\n")
    assert [row[1] for row in found.rows] == ["1", "2", "3"]
    assert found.outcome.rule_counts == {}
    book = workbook(
        ("县", "数"), ("甲", 1), ("乙", 2), ("总计", 3), (None, None), ("备注：略", None)
    )
    assert len(publish("b.xlsx", book).rows) == 2


def test_a_total_between_the_records_is_told_of(publish: Callable[..., Published]) -> None:
    found = publish("a.csv", "县,数\n甲,1\n小计,1\n乙,2\n丙,3\n")
    assert "1 rows between the records look like totals" in found.notes


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (
            {"code": 0, "data": {"page": {"list": [{"a": 1}, {"a": 2}], "errors": []}}},
            "data.page.list",
        ),
        ({"fields": [{"name": "a"}] * 9, "records": [{"a": 1}, {"a": 2}]}, "records"),
        ({"empty": [], "rows": [{"a": 1}, {"a": 2}]}, "rows"),
        ({"body": json.dumps({"rows": [{"a": 1}, {"a": 2}]})}, "body.rows"),
        ({"ids": [1, 2, 3], "rows": [{"a": 1}, {"a": 2}]}, "rows"),
    ],
)
def test_the_array_of_records_is_found_below_its_envelope(
    publish: Callable[..., Published], document: dict[str, object], path: str
) -> None:
    found = publish("a.json", json.dumps(document))
    assert (found.contract.source.record_path, len(found.rows)) == (path, 2)


def test_lines_called_json_are_read_and_no_records_are_refused(
    publish: Callable[..., Published],
) -> None:
    assert len(publish("a.json", lines({"a": 1}, {"a": 2})).rows) == 2
    for body in ('{"a": 1}', '{"rows": [[1, 2]]}', "[]", "[1, 2]"):
        with pytest.raises(BadInput, match="no array of objects"):
            publish("b.json", body)


def test_a_property_called_geometry_is_refused_in_words(publish: Callable[..., Published]) -> None:
    feature = {"type": "Feature", "geometry": None, "properties": {"geometry": "x"}}
    with pytest.raises(BadInput, match="a property called geometry"):
        publish("a.geojson", json.dumps({"type": "FeatureCollection", "features": [feature]}))


@pytest.mark.parametrize("columns", [130, pytest.param(300, marks=pytest.mark.harness)])
def test_a_wide_table_is_drafted(tmp_path: Path, columns: int) -> None:
    header = ",".join(f"c{i}" for i in range(columns))
    body = "".join(",".join(f"{(r * i) % 97}x" for i in range(columns)) + "\n" for r in range(40))
    path = tmp_path / "wide.csv"
    path.write_text(f"{header}\n{body}", encoding="utf-8")
    assert len(decide(draft(path)).fields) == columns


def _tar_gz() -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("a.csv"), io.BytesIO())
    return target.getvalue()


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("a.csv.zst", b"\x28\xb5\x2f\xfd" + b"\0" * 9, "compressed with zstd"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c" + b"\0" * 30, "compressed with 7-Zip"),
        ("a.rar", b"Rar!\x1a\x07\x01\x00", "compressed with RAR"),
        ("a.csv.gz", gzip.compress(b"\xfd7zXZ\x00" + b"\0" * 30, mtime=0), "compressed with xz"),
        ("a.tar.gz", _tar_gz(), "compressed with tar"),
        ("a.csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "workbook of Excel 97-2003"),
        ("a.csv", b"%PDF-1.7\n", "is a PDF"),
        ("a.xls", "编号\t名称\n1\t甲\n", "is a text, perhaps CSV"),
        ("a.xlsx", b"<?xml version='1.0'?><data/>", "is an XML file"),
        ("a.xls", b"MIME-Version: 1.0\r\nX: y\r\n", "a web archive"),
        ("a.xls", "\ufeff<table><tr><td>a</td></tr></table>", "a web page"),
        ("a.csv", "名前,住所\n田中さくら,東京都\nすずき,大阪府\n".encode("euc_jp"), "euc-jp"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "bytes",
)
def test_a_file_that_is_something_else_is_named(
    publish: Callable[..., Published], name: str, body: str | bytes, words: str
) -> None:
    with pytest.raises(BadInput) as refused:
        publish(name, body)
    assert words in refused.value.text.en


def test_merged_cells_of_records_are_filled_down_and_those_of_a_header_are_not(
    publish: Callable[..., Published],
) -> None:
    rows = (("部门", "数"), ("甲局", 1), (None, 2), ("乙局", 3), (None, 4))
    book = workbook(*rows, merged=((1, 0, 2, 0), (3, 0, 4, 0)))
    assert [r[0] for r in publish("a.xlsx", book).rows] == ["甲局", "甲局", "乙局", "乙局"]


def test_an_error_value_is_quarantined_in_every_format(publish: Callable[..., Published]) -> None:
    good = "".join(f"{i},甲{i},{i}\n" for i in range(300))
    found = publish("a.csv", f"n,名,数\n{good}300,#REF!,1\n301,乙,#N/A\n")
    assert found.outcome.counts.quarantined == 2
    assert found.outcome.rule_counts["row.error"] == 1
