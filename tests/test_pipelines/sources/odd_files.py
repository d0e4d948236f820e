"""Malformed and odd files, made by code: each maker writes one file into a folder."""

import gzip
import json
import struct
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.test_pipelines.sources.odd_workbooks import WORKBOOKS

HEADER = "id,name,amount,day\n"
FIRST, SECOND = "1,王若溪,12.50,2024-01-02\n", "2,李明远,7,2024-01-03\n"
GOOD = HEADER + FIRST + SECOND
Maker = Callable[[Path], Path]


def _bytes(name: str, content: bytes | str) -> Maker:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return make


def _text(content: str, encoding: str = "utf-8") -> bytes:
    return content.encode(encoding)


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return target.getvalue()


def _zip_bomb(folder: Path) -> Path:
    """Four hundred million zeros in 400 kB."""
    path = folder / "bomb.csv.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("people.csv", "w") as member,
    ):
        for _ in range(400):
            member.write(b"0" * 1_000_000)
    return path


def _gzip_bomb(folder: Path) -> Path:
    path = folder / "bomb.csv.gz"
    with gzip.open(path, "wb") as packed:
        for _ in range(400):
            packed.write(b"1,a\n" * 250_000)
    return path


def _lying_zip() -> bytes:
    """The directory claims ten bytes."""
    made = bytearray(zipped(("people.csv", GOOD.encode() * 50), method=zipfile.ZIP_STORED))
    entry = made.rindex(b"PK\x01\x02")
    struct.pack_into("<II", made, entry + 20, 10, 10)
    return bytes(made)


def _encrypted_zip() -> bytes:
    """The flag of a password in both headers."""
    made = bytearray(zipped(("people.csv", GOOD.encode())))
    made[6] |= 1
    made[made.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(made)


def _two_gigabytes(folder: Path) -> Path:
    """One line of 2 GB, most of it a hole in the file."""
    path = folder / "line.csv"
    with path.open("wb") as file:
        file.write(HEADER.encode() + b"1,")
        file.truncate(2 << 30)
    return path


def _long_quoted(folder: Path) -> Path:
    """A quote that never closes over 40 MB of lines."""
    path = folder / "unclosed.csv"
    with path.open("wb") as file:
        file.write((HEADER + '1,"王,1,2024-01-01\n').encode())
        for _ in range(40):
            file.write("2,李明远,7,2024-01-03\n".encode() * 40_000)
    return path


def _wide(folder: Path) -> Path:
    path = folder / "wide.csv"
    extra = ",".join(f"x{i}" for i in range(3_000))
    path.write_text(f"id,name,amount,day,{extra}\n1,a,1,2024-01-01,{',' * 2_999}\n")
    return path


def _table() -> pa.Table:
    return pa.table(
        {"id": [1, 2], "name": ["王", "李"], "amount": ["1", "2"], "day": ["2024-01-01"] * 2}
    )


def _parquet(table: pa.Table | None = None) -> bytes:
    sink = BytesIO()
    pq.write_table(table if table is not None else _table(), sink)
    return sink.getvalue()


def _lying_parquet() -> bytes:
    """The footer claims 3 rows where the pages hold 2: its one-byte varints are changed."""
    made = bytearray(_parquet())
    size = int.from_bytes(made[-8:-4], "little")
    footer = len(made) - 8 - size
    # FileMetaData field 3 (num_rows, i64) follows the schema list: zigzag 2 is 0x04.
    schema_end = made.index(b"\x16\x04\x19", footer)
    made[schema_end + 1] = 0x06
    return bytes(made)


def _deep(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


def _arrow(streamed: bool) -> bytes:
    sink = BytesIO()
    make = pa.ipc.new_stream if streamed else pa.ipc.new_file
    with make(sink, _table().schema) as writer:
        writer.write_table(_table())
    return sink.getvalue()


def _json(*records: dict[str, object]) -> str:
    return json.dumps(list(records), ensure_ascii=False)


_ONE = {"id": 1, "name": "王", "amount": 1.5, "day": "2024-01-01"}
_TWO = _ONE | {"id": 2}
_FEATURE = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [120.1, 30.2]}}


def _geojson(kind: str = "FeatureCollection") -> str:
    features = [_FEATURE | {"properties": p} for p in (_ONE, _TWO)]
    return json.dumps({"type": kind, "features": features}, ensure_ascii=False)


def _bytes_of(*makers: tuple[str, bytes | str]) -> dict[str, Maker]:
    return {name: _bytes(name, content) for name, content in makers}


_CSV = _bytes_of(
    ("good.csv", GOOD),
    ("empty.csv", ""),
    ("header_only.csv", HEADER),
    ("header_no_line_end.csv", HEADER.strip()),
    ("blank_lines.csv", HEADER + "\n" + FIRST + "\n\n" + SECOND + "\n"),
    ("no_last_line_end.csv", GOOD.strip()),
    ("crlf.csv", GOOD.replace("\n", "\r\n")),
    ("cr_only.csv", GOOD.replace("\n", "\r")),
    ("mixed_line_ends.csv", HEADER + FIRST.replace("\n", "\r\n") + SECOND),
    ("lone_return.csv", GOOD + "3,王\r小,1,2024-01-01\n"),
    ("short_and_long.csv", GOOD + "3,a,1\n4,b,1,2024-01-01,x\n5,c,1,2024-01-01,x,y,z\n"),
    ("trailing_commas.csv", HEADER + FIRST.replace("\n", ",\n") + SECOND),
    ("text_behind_quote.csv", GOOD + '3,"王"小,1,2024-01-01\n4,丁,1,2024-01-01\n'),
    ("quote_inside.csv", GOOD + '3,5" 管,1,2024-01-01\n'),
    ("quote_swallows.csv", GOOD + '3,"王,1,2024-01-01\n4,"丁",1,2024-01-01\n5,戊,1,2024-01-01\n'),
    ("quote_unclosed.csv", GOOD + '3,"王,1,2024-01-01\n4,丁,1,2024-01-01\n'),
    ("break_in_quotes.csv", HEADER + '1,"王\n若溪",1,2024-01-01\n' + SECOND),
    ("semicolons.csv", GOOD.replace(",", ";")),
    ("nul_in_text.csv", GOOD + "3,王\0小,1,2024-01-01\n"),
    ("nul_only.csv", b"\0" * 4096),
    ("bom.csv", b"\xef\xbb\xbf" + GOOD.encode()),
    ("bom_in_the_middle.csv", GOOD.encode() + b"\xef\xbb\xbf3,a,1,2024-01-01\n"),
    ("header_twice.csv", "id,name,name,amount,day\n1,a,b,1,2024-01-01\n"),
    ("header_blank.csv", "id,name,,amount,day\n1,a,b,1,2024-01-01\n"),
    ("header_missing.csv", "id,name,amount\n1,a,1\n"),
    ("header_repeated_below.csv", GOOD + HEADER),
    ("header_only_number.csv", "id,name,name,,amount,day\n1,a,b,c,1,2024-01-01\n"),
    ("titles.csv", "某某局人员表\n2024年1月\n" + GOOD),
    ("merged_header.csv", "人员,,费用,\nid,name,amount,day\n" + FIRST + SECOND),
    ("totals.csv", GOOD + "合计,,19.50,\n"),
    ("totals_in_the_middle.csv", HEADER + FIRST + "合计,,12.50,\n" + SECOND),
    ("gbk.csv", _text(GOOD, "gb18030")),
    ("gbk_auto.csv", _text(GOOD, "gb18030")),
    ("big5_auto.csv", _text(GOOD.replace("王若溪", "陳國華").replace("李明远", "林麗娟"), "big5")),
    ("ambiguous_auto.csv", HEADER.encode() + b"1,\xb0\xa1\xb0\xa1,1,2024-01-01\n"),
    ("utf16.csv", _text(GOOD, "utf-16")),
    ("utf16_declared_utf8.csv", _text(GOOD, "utf-16")),
    ("utf16_no_bom.csv", _text(GOOD, "utf-16-le")),
    ("utf16_no_bom_auto.csv", _text(GOOD, "utf-16-le")),
    ("utf32.csv", b"\xff\xfe\0\0" + _text(GOOD, "utf-32-le")),
    ("mixed_encodings.csv", GOOD.encode() + _text("3,赵六,1,2024-01-01\n", "gb18030")),
    ("overlong.csv", GOOD.encode() + b"3,\xc0\xaf,1,2024-01-01\n"),
    ("surrogate.csv", GOOD.encode() + b"3,\xed\xa0\x80,1,2024-01-01\n"),
    ("secret_star.csv", GOOD + "3,机密★,1,2024-01-01\n"),
    ("secret_title.csv", "绝密\n" + GOOD),
    ("secret_years.csv", "秘密★10年\n" + GOOD),
    ("人员（机密）.csv", GOOD + "9,a,1,2024-01-01\n"),
    ("keeping_secrets.csv", GOOD + "3,保守国家秘密宣传员,1,2024-01-01\n"),
    ("stars.csv", GOOD + "3,★★★★★,1,2024-01-01\n"),
    ("formula_text.csv", GOOD + "3,=1+1,1,2024-01-01\n"),
    ("wide_digits.csv", HEADER + "１,王,１２．５,2024-01-01\n" + SECOND),
    ("-rf.csv", GOOD),
    ("tabs.tsv", GOOD.replace(",", "\t")),
    ("workbook_named.csv", zipped(("[Content_Types].xml", b"<Types/>"))),
    ("pdf_named.csv", b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"),
    ("html_named.csv", "<html><body><table><tr><td>id</td></tr></table></body></html>"),
)
_PACKED = _bytes_of(
    ("one.csv.zip", zipped(("people.csv", GOOD.encode()))),
    ("two.csv.zip", zipped(("a.csv", GOOD.encode()), ("b.csv", GOOD.encode()))),
    ("two_named.csv.zip", zipped(("a.csv", GOOD.encode()), ("b.csv", HEADER.encode()))),
    ("mac.csv.zip", zipped(("people.csv", GOOD.encode()), ("__MACOSX/._people.csv", b"x"))),
    ("slip.csv.zip", zipped(("../../x.csv", GOOD.encode()))),
    ("absolute.csv.zip", zipped(("/etc/x.csv", GOOD.encode()))),
    ("backslash.csv.zip", zipped(("..\\x.csv", GOOD.encode()))),
    ("bidi.csv.zip", zipped(("x\u202evsc.exe", GOOD.encode()))),
    ("nested.csv.zip", zipped(("inner.zip", zipped(("people.csv", GOOD.encode()))))),
    ("many.csv.zip", zipped(*((f"{i}.csv", b"") for i in range(1_001)))),
    ("lying.csv.zip", _lying_zip()),
    ("password.csv.zip", _encrypted_zip()),
    ("torn.csv.zip", zipped(("people.csv", GOOD.encode() * 100))[:-60]),
    ("empty.csv.zip", zipped()),
    ("secret_member.csv.zip", zipped(("绝密 名单.csv", GOOD.encode()))),
    ("people.csv.gz", gzip.compress(GOOD.encode())),
    ("two_parts.csv.gz", gzip.compress(GOOD.encode()) + gzip.compress(b"3,a,1,2024-01-01\n")),
    ("torn.csv.gz", gzip.compress(GOOD.encode() * 100)[:-20]),
    ("zip_in_gzip.csv.gz", gzip.compress(zipped(("people.csv", GOOD.encode())))),
)
_TREES = _bytes_of(
    ("array.json", _json(_ONE, _TWO)),
    ("wrapped.json", f'{{"data": {{"rows": {_json(_ONE, _TWO)}}}}}'),
    ("no_array.json", json.dumps(_ONE)),
    ("torn.json", _json(_ONE, _TWO)[:-5]),
    ("behind.json", _json(_ONE) + " more"),
    ("empty_array.json", "[]"),
    (
        "keys_twice.json",
        '[{"id": 1, "id": 2, "name": "a", "amount": 1, "day": "2024-01-01"},'
        + json.dumps(_TWO)
        + "]",
    ),
    ("deep.json", "[" * 100_000 + "]" * 100_000),
    ("deep_value.json", '[{"id": 1, "name": ' + "[" * 50_000 + "]" * 50_000 + "}]"),
    ("good.jsonl", "\n".join(json.dumps(r) for r in (_ONE, _TWO))),
    ("nan.jsonl", json.dumps(_ONE) + '\n{"id": 2, "name": "a", "amount": NaN, "day": null}\n'),
    ("huge_int.jsonl", json.dumps(_ONE) + '\n{"id": ' + "9" * 5_000 + ', "name": "a"}\n'),
    (
        "long_decimal.jsonl",
        json.dumps(_ONE)
        + '\n{"id": 2, "name": "a", "amount": 1234567890.12345678901, "day": null}\n',
    ),
    ("broken_lines.jsonl", json.dumps(_ONE) + '\n{"id": 2,\n[1]\nnull\n\n' + json.dumps(_TWO)),
    ("secret_escaped.jsonl", json.dumps(_ONE | {"name": "机密★"}) + "\n"),
    ("places.geojson", _geojson()),
    ("not_a_collection.geojson", _geojson("Thing")),
)
_COLUMNS = _bytes_of(
    ("good.parquet", _parquet()),
    ("torn.parquet", _parquet()[:-30]),
    ("no_magic.parquet", b"NOPE" + _parquet()[4:-4] + b"NOPE"),
    ("encrypted_footer.parquet", b"PARE" + _parquet()[4:-4] + b"PARE"),
    ("rows_claimed.parquet", _lying_parquet()),
    ("text_named.parquet", GOOD),
    ("nested_column.parquet", _parquet(_table().set_column(1, "name", pa.array([[1], [2]])))),
    ("secret.parquet", _parquet(_table().set_column(1, "name", pa.array(["a", "机密★5年"])))),
    ("file.arrow", _arrow(streamed=False)),
    ("stream.arrow", _arrow(streamed=True)),
    ("torn.arrow", _arrow(streamed=False)[:200]),
    ("noise.arrow", b"ARROW1\0\0" + b"\xff" * 300),
)

CONTRACTS: dict[str, bytes] = {
    "aliases.odcs.yaml": b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
    "recursive.odcs.yaml": b"&a [*a]\n",
    "deep.odcs.yaml": _deep(100_000),
    "deep_mappings.odcs.yaml": b"".join(b" " * i + b"a:\n" for i in range(900)),
    "huge_number.odcs.yaml": b"id: " + b"9" * 100_000,
    "huge_hex.odcs.yaml": b"id: 0x" + b"f" * 100_000,
    "python_tag.odcs.yaml": b'!!python/object/apply:os.system ["true"]\n',
    "wrong_kind.odcs.yaml": b"id: !!int x\n",
    "wrong_moment.odcs.yaml": b"id: 2024-13-45\n",
    "two_documents.odcs.yaml": b"a: 1\n---\nb: 2\n",
    "megabytes.odcs.yaml": b"a: " + b"x" * 2_000_000,
    "nul.odcs.yaml": b"a: 1\x00\n",
}
"""Files that are no contracts, though they end in .odcs.yaml."""

MAKERS: dict[str, Maker] = {
    **_CSV,
    **_PACKED,
    **_TREES,
    **_COLUMNS,
    **WORKBOOKS,
    "bidi_name.csv": _bytes("bidi_\u202etxt.csv", GOOD + "7,a,1,2024-01-01\n"),
    "path_name.csv": _bytes("..\\..\\x.csv", GOOD + "8,a,1,2024-01-01\n"),
    "bomb.csv.zip": _zip_bomb,
    "bomb.csv.gz": _gzip_bomb,
    "line.csv": _two_gigabytes,
    "unclosed.csv": _long_quoted,
    "wide.csv": _wide,
}
"""The name of a row of readings.csv to what makes its file."""
