"""What is wrong in a file of the registry is told with its line, all of it at once."""

from datetime import date
from pathlib import Path

import pytest
from pydantic import BaseModel, TypeAdapter

from xihu_catalog.registry.reading import BadRegistry, read_content, read_rows


class Sample(BaseModel):
    name: str
    since: date
    parts: list[int] = []


SAMPLE = TypeAdapter(Sample)


def _told(path: Path, text: str | bytes) -> list[tuple[int, str]]:
    """Line and words of each finding, by the file's ending."""
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(BadRegistry) as wrong:
        if path.suffix == ".csv":
            read_rows(path, ("code", "name"), key=("code",))
        else:
            read_content(path, SAMPLE)
    assert all(str(path) == finding.file for finding in wrong.value.findings)
    return [(finding.line, finding.text.en) for finding in wrong.value.findings]


@pytest.mark.parametrize(
    ("text", "lines", "words"),
    [
        ("code\n1\n", [1], "the column name is missing"),
        ("", [1], "the column code, name is missing"),
        ("code,name\n1,a\n2\n3,a,b\n", [3, 4], "values for 2 columns"),
        ('code,name\n1,"a"b\n', [2], "correct its quotes"),
        ("code,name\n1,杭州\n".encode("gb18030"), [2], "save it as UTF-8"),
        ("code,name,code\n1,a,2\n", [1], "the column code is there twice"),
        ("code,name\n1,a\n2,b\n1,c\n", [4], "code “1” is in line 2 already"),
        ("code,name\n ,a\n,b\n", [2, 3], "code is empty"),
    ],
)
def test_rows_that_cannot_be_read_are_told_by_line(
    tmp_path: Path, text: str, lines: list[int], words: str
) -> None:
    told = _told(tmp_path / "list.csv", text)
    assert [line for line, _ in told] == lines
    assert all(words in said for _, said in told)


@pytest.mark.parametrize(
    ("text", "lines", "words"),
    [
        ("name: a\nsince: [\n", [3], "is not YAML"),
        ("name: a\nsince: 2024-13-45\n", [1], "holds a wrong value"),
        ("name: a\nsince: 2024-01-02\nparts:\n  - 1\n  - x\n  - y\n", [5, 6], "parts.1"),
        ("- name\n", [1], "file"),
        ("name: a\nsince: 2024-01-02\nname: b\n", [1], "name is given twice"),
        ("name: a\n<<: {since: 2024-01-02}\n", [2], "the merge key <<"),
        ("", [1], "file"),
    ],
)
def test_a_document_that_cannot_be_read_is_told_by_line(
    tmp_path: Path, text: str, lines: list[int], words: str
) -> None:
    told = _told(tmp_path / "part.yaml", text)
    assert [line for line, _ in told] == lines
    assert words in told[0][1]


def test_a_file_that_may_be_missing_is_empty_and_another_is_told(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    empty = Sample(name="", since=date.min)
    assert read_content(gone, SAMPLE, empty) is empty
    assert read_rows(gone, ("code",), key=("code",), optional=True) == []
    for read in (
        lambda: read_content(gone, SAMPLE),
        lambda: read_rows(gone, ("code",), key=("code",)),
    ):
        with pytest.raises(BadRegistry, match="add it"):
            read()


def test_a_byte_order_mark_and_quoted_commas_are_read(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text('\ufeffcode,name\n1,"a, b"\n', encoding="utf-8")
    assert read_rows(path, ("code",), key=("code",)) == [{"code": "1", "name": "a, b"}]
