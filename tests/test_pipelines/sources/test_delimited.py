"""CSV: every record keeps its number, nothing is dropped or glued, whatever the quotes do."""

import gzip
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from xihu_catalog.contracts.model import Source, TotalRow
from xihu_pipelines.sources.files import open_records
from xihu_platform.errors import BadInput

COLUMNS = ["a", "b", "c"]
Row = tuple[str | None, str | None, str | None, bool]
"""The three values, and whether the record is quarantined."""


def read(path: Path, source: Source | None = None, columns: list[str] = COLUMNS) -> list[Row]:
    """Values and faults of all records; their numbers must run from 1."""
    found: list[Row] = []
    with open_records(path, source or Source(path.name, "csv"), columns) as records:
        for batch in records:
            for row in batch.to_pylist():
                assert row["_record"] == len(found) + 1
                found.append((*(row[c] for c in columns), row["_shape"] is not None))
    return found


def write(folder: Path, content: str | bytes, name: str = "x.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@dataclass
class Reference:
    """RFC 4180 by the letter, one character at a time; what it does not allow is a fault.

    Independent of the reader under test. One blank before an opening quote and any behind a
    closing one are no text.
    """

    text: str
    at: int = 0
    rows: list[list[str] | str] = field(default_factory=list)
    """Fields of a good record, the whole text of a faulty one."""

    def read(self) -> list[list[str] | str] | None:
        """None where a quote never closes."""
        if self.text and not self.text.endswith("\n"):
            self.text += "\n"
        while self.at < len(self.text):
            if self._end():
                self.at += self._end()
            elif not self._record():
                return None
        return self.rows

    def _end(self) -> int:
        return next((len(e) for e in ("\r\n", "\n") if self.text.startswith(e, self.at)), 0)

    def _record(self) -> bool:
        start, fields = self.at, list[str]()
        while True:
            begin = self.at
            quoted = self.text.startswith(('"', ' "'), self.at)
            value = self._quoted() if quoted else self._plain()
            if value is None:
                return False
            fields.append(value)
            if self.text.startswith(",", self.at):
                self.at += 1
            elif self._end():
                faulty = "\0" in self.text[start : self.at]
                self._close(start, None if faulty else fields)
                return True
            else:
                self.at = self.at if quoted else begin
                self._close(start, None)
                return True

    def _close(self, start: int, fields: list[str] | None) -> None:
        if fields is None:
            self.at = self.text.index("\n", self.at)
            self.rows.append(self.text[start : self.at].removesuffix("\r"))
        else:
            self.rows.append(fields)
        self.at += self._end() or 1

    def _plain(self) -> str:
        begin = self.at
        while self.text[self.at] not in ",\r\n":
            self.at += 1
        return self.text[begin : self.at]

    def _quoted(self) -> str | None:
        self.at += self.text[self.at] == " "
        self.at += 1
        begin = self.at
        while True:
            close = self.text.find('"', self.at)
            if close < 0:
                return None
            self.at = close + 1
            if not self.text.startswith('"', self.at):
                break
            self.at += 1
        value = self.text[begin:close].replace('""', '"')
        while self.text[self.at] == " ":
            self.at += 1
        return value


def expected(text: str) -> list[Row] | None:
    rows = Reference(text).read()
    if rows is None:
        return None
    found = [_row(row) for row in rows]
    return [
        row
        for row, cells in zip(found, rows, strict=True)
        if isinstance(cells, str) or len(cells) > len(COLUMNS) or any(map(_text, cells))
    ]


def _text(cell: str) -> str:
    return cell.strip(" \t\u3000\xa0")


def _row(row: list[str] | str) -> Row:
    if isinstance(row, str):
        return (row or None, None, None, True)
    cells = [cell or None for cell in row[:3]]
    cells += [None] * (3 - len(cells))
    return (cells[0], cells[1], cells[2], len(row) != 3)


pieces = st.lists(
    st.sampled_from(
        ["a", "b", ",", ",", '"', '"', '""', "\n", "\n", "\r\n", "\r", " ", "\0", "，"]
    ),
    max_size=40,
).map("".join)


def has_the_records_of_the_rfc(folder: Path, body: str) -> None:
    path = write(folder, "a,b,c\n" + body)
    wanted = expected(body)
    if wanted is None:
        with pytest.raises(BadInput, match="never closes"):
            read(path)
    else:
        assert read(path) == wanted


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=pieces)
@example(body='1,"x"y,3\n4,5,6\n')
@example(body='1,"x" "y",3\n')
@example(body='1,"x" ,3\n4, "5,5",6\n')
@example(body='1,"x"y"z,3\n4,5,6\n7,"8\n8",9')
@example(body="1,2\r2,3\r\n4,5,6\n")
@example(body=",,,,a")
def test_records_are_those_of_the_letter_of_the_rfc(tmp_path: Path, body: str) -> None:
    has_the_records_of_the_rfc(tmp_path, body)


@pytest.mark.harness
@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=pieces)
def test_records_of_a_thousand_odd_files_are_those_of_the_rfc(tmp_path: Path, body: str) -> None:
    has_the_records_of_the_rfc(tmp_path, body)


LATE = 300_000  # records; the second batch begins before them


def _many(*late: str) -> str:
    good = '"x, y",2,3\n'
    return "a,b,c\n" + good * LATE + "".join(late) + good * 10


@pytest.mark.parametrize(
    ("late", "wanted"),
    [
        ('"x"y,2,3\n', ('"x"y,2,3', None, None, True)),
        ('"x\ny",2,3\n', ("x\ny", "2", "3", False)),
        ('"x\ny",2\n', ("x\ny", "2", None, True)),
        ("x,2,3,4,5\n", ("x", "2", "3", True)),
        ("x,2,3\r\n", ("x", "2", "3", False)),
        ("x\ry,2,3\n", ("x\ry,2,3", None, None, True)),
    ],
)
def test_a_late_odd_record_keeps_its_number_and_those_behind_it_theirs(
    tmp_path: Path, late: str, wanted: Row
) -> None:
    found = read(write(tmp_path, _many(late)))
    assert len(found) == LATE + 11
    assert found[LATE] == wanted
    assert set(found[:LATE] + found[LATE + 1 :]) == {("x, y", "2", "3", False)}


def test_a_late_quote_that_never_closes_refuses_the_file(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="never closes"):
        read(write(tmp_path, _many() + '"x\n' + "x,y,z\n" * 50))


def test_bytes_that_are_not_utf8_are_refused_wherever_they_stand(tmp_path: Path) -> None:
    path = write(tmp_path, _many().encode() + b"\xff,2,3\n")
    with pytest.raises(BadInput, match="is not UTF-8"):
        read(path)


def test_nothing_quotes_where_the_contract_says_so(tmp_path: Path) -> None:
    path = write(tmp_path, 'a,b,c\n"x",2,3\n"y,2,3\n1\r1,2,3\n')
    assert read(path, Source("x.csv", "csv", quote="")) == [
        ('"x"', "2", "3", False),
        ('"y', "2", "3", False),
        ("1\r1,2,3", None, None, True),
    ]


def test_the_notes_say_how_a_file_was_read(tmp_path: Path) -> None:
    text = "人员登记情况\na,,c\n1,2,3\n合计,,3\n"
    path = tmp_path / "x.csv.gz"
    path.write_bytes(gzip.compress(text.encode("gb18030")))
    source = Source(
        "x.csv",
        "csv",
        encoding="auto",
        title_rows=1,
        blank_headers="number",
        total_row=TotalRow("a", "合计"),
    )
    with open_records(path, source, ["a", "column_2"]) as records:
        assert sum(batch.num_rows for batch in records) == 1
        assert records.notes() == {
            "format": "csv",
            "encoding": "gb18030",
            "encoding_detected": "yes",
            "title_rows": 1,
            "left_out_totals": 1,
            "header": "blank names numbered",
        }


def test_columns_come_in_the_order_and_number_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path, "a,b,c\n1,2,3\n")
    assert read(path, columns=["c", "b", "a"]) == [("3", "2", "1", False)]
