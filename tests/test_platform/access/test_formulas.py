"""No text of a file of ours becomes a formula, whatever the file is split at."""

import csv
import re
import shutil
import subprocess
from io import StringIO
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xihu_platform.access.formulas import as_before, harmless

HARMLESS = {
    "=1": "'=1",
    "\n=1": "'\n'=1",
    "甲\n=1": "甲\n'=1",
    "甲\r\n ＝1": "甲\r\n' ＝1",
    "a;=1": "a;'=1",
    "a; \u200b=1": "a;' \u200b=1",
    'a;"=1': "a;'\"=1",
    "a\t+1": "a\t'+1",
    "a;=1;@b;-2": "a;'=1;'@b;'-2",
    "a|=1": "a|'=1",
    "=1;=2": "'=1;'=2",
    "a;;=1": "a;;'=1",
    "\u2028=1": "'\u2028'=1",
}
PLAIN = ["a=1", "1+1;b", "张三；李四", "", "2026-01-01", "a;b", "a\nb", "a - b", "a,b"]


@pytest.mark.parametrize("value", HARMLESS)
def test_a_formula_behind_a_separator_is_guarded_and_comes_back(value: str) -> None:
    guarded = harmless(pa.array([value, None]))
    assert guarded.to_pylist() == [HARMLESS[value], None]
    assert as_before(guarded).to_pylist() == [value, None]


@pytest.mark.parametrize("value", PLAIN)
def test_a_text_without_one_stays_as_it_is(value: str) -> None:
    assert harmless(pa.array([value])).to_pylist() == [value]
    assert as_before(pa.array([value])).to_pylist() == [value]


SIGNS = "=+@-＝＋－＠"
SEPARATORS = ";|\t\r\n\u2028\u2029"
BLANKS = ' "\u200b\u3000\x0b'


def begins_formula(text: str, by: str) -> bool:
    """Whether a cell of the text, split at any of the characters of `by`, is run.

    A quote before the sign is a character of the text at its beginning, where the file doubles it,
    and opens a cell behind a separator.
    """
    first, *others = re.split(f"[{by}]", text)
    bare = [first.lstrip(BLANKS.replace('"', "")), *(cell.lstrip(BLANKS) for cell in others)]
    return any(cell[:1] in {*SIGNS} for cell in bare)


@settings(max_examples=300)
@given(st.lists(st.none() | st.text(SIGNS + SEPARATORS + BLANKS + "a甲，\xef", max_size=8)))
def test_no_cell_begins_a_formula_however_a_text_is_split(values: list[str | None]) -> None:
    texts = pa.array(values, pa.string())
    guarded = harmless(texts)
    assert harmless(texts.slice(len(values) // 2)) == guarded.slice(len(values) // 2)
    assert as_before(guarded).to_pylist() == values
    for value, made in zip(values, guarded.to_pylist(), strict=True):
        if value is None:
            assert made is None
            continue
        assert not any(begins_formula(made, by) for by in (SEPARATORS, *SEPARATORS))
        if not any(sign in value for sign in SIGNS + "\t\r"):
            assert made == value


def _lines(values: list[str]) -> str:
    """Each text as the last of a row of three, as our exports write it."""
    target = StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(["编号", "名称", "说明"])
    writer.writerows([str(number), "甲乙", value] for number, value in enumerate(values))
    return target.getvalue()


def _formulas(folder: Path, name: str, content: str, separators: str) -> int:
    """How many cells LibreOffice takes for formulas, evaluated as in its own import dialogue."""
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.fail("LibreOffice is not installed: .ci/servers all")
    path = folder / f"{name}.csv"
    path.write_text(content, encoding="utf-8")
    # Token 15, of the filter's options, is "evaluate formulas".
    options = f"CSV:{separators},34,76,1,,0,false,true,false,false,false,-1,true"
    command = [office, f"-env:UserInstallation=file://{folder}/profile", "--headless"]
    command += [f"--infilter={options}", "--convert-to", "fods", "--outdir", str(folder), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    made = (folder / f"{name}.fods").read_text(encoding="utf-8")
    assert "甲乙" in made
    return made.count("table:formula=")


@pytest.mark.harness
@pytest.mark.parametrize("separators", ["44", "59", "9", "44/59/9"])
def test_libreoffice_finds_no_formula_whatever_it_splits_at(
    separators: str, tmp_path: Path
) -> None:
    raw = [*HARMLESS, '=HYPERLINK("http://x")', 'a;=HYPERLINK("http://x")', "b\n=1+1\nc"]
    guarded = [str(value) for value in harmless(pa.array(raw)).to_pylist()]
    assert _formulas(tmp_path, "guarded", _lines(guarded), separators) == 0
    if separators != "9":  # a tab alone leaves each line whole, and none begins with a sign
        assert _formulas(tmp_path, "raw", _lines(raw), separators) > 0
