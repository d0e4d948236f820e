"""Lists of pages as CSV files: whole in pieces, and harmless in a spreadsheet."""

import csv
import io

import pytest

from xihu_platform.words import Text
from xihu_portals.pages import csv_file
from xihu_portals.pages.csv_file import csv_pieces

HEADS = (Text("名称", "name"), Text("说明", "note"))


def read(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf"), "Excel reads UTF-8 by its mark alone"
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def test_lines_come_in_pieces_under_one_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_file, "WRITTEN", 2)
    lines = [[f"n{n}", 'with "quotes",\nand a break'] for n in range(5)]
    pieces = list(csv_pieces(HEADS, lines, "zh"))
    assert len(pieces) == 3
    assert read(b"".join(pieces)) == [["名称", "说明"], *lines]


def test_without_lines_there_is_the_head() -> None:
    assert read(b"".join(csv_pieces(HEADS, [], "en"))) == [["name", "note"]]


def test_no_text_is_a_formula() -> None:
    _, *found = read(b"".join(csv_pieces(HEADS, [("=1+1", "@x"), ("+2", "a")], "en")))
    assert found == [["'=1+1", "'@x"], ["'+2", "a"]]
