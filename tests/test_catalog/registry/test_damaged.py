"""Whatever file of a registry is damaged, the check of the start and the doctor's name it.

The files are those of the demo's folder: a file that comes new is damaged here too.
"""

import functools
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.registry import REGISTRY
from xihu_catalog.contracts.errors import Finding
from xihu_catalog.registry import folder
from xihu_catalog.registry.check import check_registry, read_registry
from xihu_catalog.registry.folder import use_registry
from xihu_catalog.registry.reading import BadRegistry

STORES = ("contracts", "metrics")
"""Folders that have stores of their own and are not read at the start."""
EVERY = sorted(str(path.relative_to(REGISTRY)) for path in REGISTRY.rglob("*") if path.is_file())
FILES = [name for name in EVERY if not name.endswith("README.md")]
TABLES = [name for name in FILES if name.endswith(".csv")]
DOCUMENTS = [name for name in FILES if name.endswith(".yaml")]
AT_START = [name for name in FILES if not name.startswith(STORES)]


@functools.cache
def caches() -> "list[functools._lru_cache_wrapper[object]]":
    ours = [module for name, module in sys.modules.items() if name.startswith("xihu_catalog")]
    every = {id(one): one for module in ours for one in vars(module).values()}
    return [one for one in every.values() if isinstance(one, functools._lru_cache_wrapper)]


def forget() -> None:
    """What was read of one registry stays in memory otherwise."""
    for one in caches():
        one.cache_clear()


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("damaged") / "registry"
    shutil.copytree(REGISTRY, copy)
    return copy


@pytest.fixture
def registry(copied: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(folder, "_chosen", [])
    forget()
    yield use_registry(copied)
    forget()


def told_at_start() -> list[Finding]:
    try:
        read_registry()
    except BadRegistry as wrong:
        return wrong.findings
    return []


def told_by_the_check() -> list[Finding]:
    return check_registry({})


def damaged(registry: Path, name: str, content: bytes) -> list[Finding]:
    """What is told once the file holds `content`."""
    path = registry / name
    sound = path.read_bytes()
    assert content != sound
    try:
        path.write_bytes(content)
        forget()
        return told_by_the_check() if name.startswith(STORES) else told_at_start()
    finally:
        path.write_bytes(sound)


def text_of(name: str) -> str:
    return (REGISTRY / name).read_text(encoding="utf-8")


def in_every_line(name: str, change: Callable[[list[str]], list[str]]) -> bytes:
    """The table with its header changed and its rows widened or not, as `change` does."""
    return "\n".join(
        ",".join(change(line.split(","))) for line in text_of(name).splitlines()
    ).encode()


def encoded_otherwise(name: str) -> bytes:
    return text_of(name).encode() + "杭州\n".encode("gb18030")


def without_first_column(name: str) -> bytes:
    return in_every_line(name, lambda values: values[1:])


def with_doubled_column(name: str) -> bytes:
    return in_every_line(name, lambda values: [*values, values[0]])


def with_a_row_twice(name: str) -> bytes:
    lines = text_of(name).splitlines()
    return "\n".join([*lines, lines[1], ""]).encode()


def with_a_key_twice(name: str) -> bytes:
    """The first key of the document again, at its end."""
    first = next(line for line in text_of(name).splitlines() if not line.startswith(("#", "---")))
    return f"{text_of(name).rstrip()}\n{first.partition(':')[0]}: 1\n".encode()


def empty(_name: str) -> bytes:
    return b""


Damage = Callable[[str], bytes]
CASES: list[tuple[str, Damage]] = [
    *((name, damage) for name in AT_START for damage in (encoded_otherwise, empty)),
    *(
        (name, damage)
        for name in TABLES
        for damage in (without_first_column, with_doubled_column, with_a_row_twice)
    ),
    *((name, with_a_key_twice) for name in DOCUMENTS if name in AT_START),
]
STORED = [next(name for name in FILES if name.startswith(store)) for store in STORES]
"""One of each is enough: they are read by one function, and a check of all takes seconds."""
CASES += [(name, damage) for name in STORED for damage in (empty, with_a_key_twice)]


@pytest.mark.parametrize(
    ("name", "damage"), CASES, ids=lambda value: getattr(value, "__name__", value)
)
def test_a_damaged_file_is_named_with_its_line_and_a_remedy(
    registry: Path, name: str, damage: Damage
) -> None:
    findings = damaged(registry, name, damage(name))
    of_file = [finding for finding in findings if finding.file == name]
    assert of_file, findings
    lines = damage(name).count(b"\n") + 1
    assert all(1 <= finding.line <= lines for finding in of_file)
    assert all(finding.text.zh and finding.text.en for finding in of_file)


def test_every_ending_of_the_folder_is_damaged_here() -> None:
    assert {Path(name).suffix for name in FILES} == {".csv", ".yaml"}
    assert len(FILES) == len(TABLES) + len(DOCUMENTS)


@pytest.mark.parametrize("name", AT_START)
def test_a_file_that_cannot_be_opened_is_named(registry: Path, name: str) -> None:
    path = registry / name
    sound = path.rename(registry / "sound")
    path.mkdir()
    try:
        assert name in {finding.file for finding in told_at_start()}
    finally:
        path.rmdir()
        sound.rename(path)


DIVISIONS = "codes/changes/divisions.csv"
ENDED, LISTS, ELEMENTS = "codes/ended/gbt_4754.csv", "code_lists.csv", "elements.csv"


def element(**values: str) -> str:
    """A row of `elements.csv` that is right but for `values`."""
    columns = text_of(ELEMENTS).partition("\n")[0].split(",")
    needed = {"id": "XH99999", "name_zh": "x", "name_en": "X", "definition_zh": "y", "grade": "L1"}
    needed |= {"definition_en": "Y", "type": "string", "format": "an..", "version": "1.0"}
    right = dict.fromkeys(columns, "") | needed | {"representation": "text"}
    return ",".join((right | values).values())


@pytest.mark.parametrize(
    ("name", "line", "words"),
    [
        (DIVISIONS, "3301,x,Y,,2030-01-01,day,330106,y", "code has six digits"),
        (DIVISIONS, "330199,,Y,,2030-01-01,day,330106,y", "name_zh is empty"),
        (DIVISIONS, "330199,x,Y,,soon,day,330106,y", "a date is written as"),
        (DIVISIONS, "330199,x,Y,2031-01-01,2030-01-01,day,330106,y", "must be before valid_to"),
        (DIVISIONS, "330199,x,Y,,2030-01-01,day,330106;999999,y", "“999999” of successors"),
        (DIVISIONS, "330199,x,Y,,2030-01-01,day,,y", "“” of successors"),
        (ENDED, ",x,X,division,A,,2017-10-01,05,y", "code is empty"),
        (ENDED, "98,,X,division,A,,2017-10-01,05,y", "name_zh is empty"),
        (ENDED, "98,x,X,division,A,,2017-13-01,05,y", "valid_to is written as"),
        (ENDED, "98,x,X,division,A,,,05,y", "valid_to is empty"),
        (ENDED, "98,x,X,division,A,2017-10-01,2017-10-01,05,y", "must be before valid_to"),
        (ENDED, "98,x,X,division,A,,2017-10-01,05;00,y", "“00” of successors is not"),
        ("codes/gbt_4754.csv", "98,x,X,division,T,2017-1-1", "valid_from is written as"),
        (LISTS, "none,x,X,s,1,y,Y,whole,", "there is no code list “none”"),
        (ELEMENTS, element(id=""), "id is empty"),
        (ELEMENTS, element(definition_en=""), "definition_en is empty"),
        (ELEMENTS, element(type="text"), "type is one of string"),
        (ELEMENTS, element(representation="word"), "representation is one of name"),
        (ELEMENTS, element(grade="L5"), "grade is one of L1"),
        (ELEMENTS, element(published="1.1.2025"), "a date is written as"),
        (ELEMENTS, element(valid_from="2025-01-01", valid_to="2025-01-01"), "before valid_to"),
        (ELEMENTS, element(successor="XH00001"), "an element with a successor has a valid_to"),
        (ELEMENTS, element(code_list="none"), "there is no code list “none”"),
        (ELEMENTS, element(pattern="("), "pattern is no regular expression"),
        (ELEMENTS, element(related="XH00001;XH0"), "“XH0” of related is no data element"),
        ("codes/city_tiles.csv", "330000,x,a,1", "col “a” must be a whole number"),
        ("codes/city_tiles.csv", "330000,x,1,-1", "row “-1” must be a whole number"),
        ("codes/city_tiles.csv", "990100,x,1,1", "code “990100” is not in"),
        ("codes/tiles.csv", "330000,x,990100,1,1", "city_code “990100” is not in"),
    ],
)
def test_a_row_that_cannot_be_is_told_at_its_line(
    registry: Path, name: str, line: str, words: str
) -> None:
    content = f"{text_of(name).rstrip()}\n{line}\n"
    (found,) = damaged(registry, name, content.encode())
    assert (found.file, found.line) == (name, content.count("\n"))
    assert words in found.text.en


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("statutes/ZJ-2022.yaml", "id: ZJ-2022", "id: CN-809-2025", "is in statutes/CN-809"),
        ("people.yaml", "username: sun", "username: wang", "username wang is there twice"),
    ],
)
def test_an_id_that_is_taken_is_told(
    registry: Path, name: str, old: str, new: str, words: str
) -> None:
    assert old in text_of(name)
    findings = damaged(registry, name, text_of(name).replace(old, new, 1).encode())
    assert any(words in finding.text.en for finding in findings), findings
