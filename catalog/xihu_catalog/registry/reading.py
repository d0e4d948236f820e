"""Reads the registry's files; what is wrong with one is told with file, line and remedy."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, field_validator

from xihu_catalog.contracts.document import line_of, repeated_keys
from xihu_catalog.contracts.errors import Finding
from xihu_catalog.registry.faults import WrongContent, fault_words
from xihu_catalog.registry.folder import registry_folder
from xihu_platform.errors import BadInput
from xihu_platform.safe_yaml import LOADER, read_yaml
from xihu_platform.visible import hidden_characters, is_blank
from xihu_platform.words import Text

FIRST_ROW = 2
"""The line of a CSV file's first row; no value of the registry spans several lines."""


Held = TypeVar("Held")


class ContentPart(BaseModel):
    """A part of a file of the registry: a key that nobody knows is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class BothLanguages(ContentPart):
    """A text in both languages."""

    zh: str
    en: str

    @field_validator("zh", "en")
    @classmethod
    def _is_seen(cls, value: str) -> str:
        if is_blank(value):
            raise WrongContent("是空的，请填写", "is blank")
        if hidden := hidden_characters(value):
            codes = ", ".join(f"U+{ord(one):04X}" for one in hidden)
            raise WrongContent(
                f"有看不见的字符（{codes}），请删去",
                f"holds invisible characters ({codes}): remove them",
            )
        return value

    def text(self) -> Text:
        return Text(self.zh, self.en)


class BadRegistry(BadInput):
    """Content that cannot be used; `findings` has every reason."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(
            "内容有误：\n" + "\n".join(f.to("zh") for f in findings),
            "the content is wrong:\n" + "\n".join(f.to("en") for f in findings),
        )
        self.findings = findings


def bad(file: str, line: int, zh: str, en: str) -> BadRegistry:
    return BadRegistry([Finding(file, line, Text(zh, en))])


def read_rows(
    path: Path, columns: tuple[str, ...], *, key: tuple[str, ...], optional: bool = False
) -> list[dict[str, str]]:
    """The rows of a CSV file, every value as text. An optional file that is missing has no rows.

    Raises BadRegistry for a column that is missing or given twice, for each line with too few or
    too many values, and for each row whose `key` is empty or another row's.
    """
    text, file = _read(path, optional=optional), shown_path(path)
    if text is None:
        return []
    lines = csv.reader(text.splitlines(), strict=True)
    try:
        header, *rows = list(lines) or [[]]
    except csv.Error as wrong:
        zh, en = f"不是 CSV（{wrong}），请改正引号", f"is not CSV ({wrong}): correct its quotes"
        raise bad(file, lines.line_num, zh, en) from None
    if missing := [column for column in columns if column not in header]:
        raise bad(
            file,
            1,
            f"缺少列 {'、'.join(missing)}；首行须有 {','.join(columns)}",
            f"the column {', '.join(missing)} is missing: the first line has {','.join(columns)}",
        )
    _check_header(file, header)
    uneven = [
        (line, len(row)) for line, row in enumerate(rows, FIRST_ROW) if len(row) != len(header)
    ]
    if uneven:
        raise BadRegistry([_uneven(file, line, found, len(header)) for line, found in uneven])
    found = [dict(zip(header, row, strict=True)) for row in rows]
    if findings := list(_key_faults(file, found, key)):
        raise BadRegistry(findings)
    return found


def check_rows(
    path: Path, rows: list[dict[str, str]], faults: Callable[[dict[str, str]], Iterable[Text]]
) -> None:
    """Raises BadRegistry with what `faults` says of each row, by line."""
    file = shown_path(path)
    findings = [
        Finding(file, line, words)
        for line, row in enumerate(rows, FIRST_ROW)
        for words in faults(row)
    ]
    if findings:
        raise BadRegistry(findings)


def _check_header(file: str, header: list[str]) -> None:
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise bad(
            file,
            1,
            f"列 {'、'.join(twice)} 出现两次，请删去一列",
            f"the column {', '.join(twice)} is there twice: take one out",
        )


def _key_faults(file: str, rows: list[dict[str, str]], key: tuple[str, ...]) -> Iterator[Finding]:
    seen: dict[tuple[str, ...], int] = {}
    for line, row in enumerate(rows, FIRST_ROW):
        value = tuple(row[column] for column in key)
        shown, named = " ".join(value), " + ".join(key)
        if hidden := hidden_characters(value[0]):
            codes = ", ".join(f"U+{ord(one):04X}" for one in hidden)
            words = Text(
                f"{key[0]} 中有看不见的字符（{codes}），请删去",
                f"{key[0]} holds invisible characters ({codes}): remove them",
            )
            yield Finding(file, line, words)
        elif is_blank(value[0]):
            words = Text(f"{key[0]} 是空的，请填写", f"{key[0]} is empty: fill it in")
            yield Finding(file, line, words)
        elif (first := seen.setdefault(value, line)) != line:
            words = Text(
                f"{named}“{shown}”在第 {first} 行已有，请删去一行",
                f"{named} “{shown}” is in line {first} already: take one out",
            )
            yield Finding(file, line, words)


def check_unique(path: Path, what: str, names: Iterable[str]) -> None:
    """Raises BadRegistry for each name that a YAML file gives twice, with its second line."""
    counts = Counter(names)
    findings = []
    for name in (name for name, count in counts.items() if count > 1):
        words = Text(
            f"{what} {name} 出现两次，请删去一处", f"{what} {name} is there twice: take one out"
        )
        findings.append(Finding(shown_path(path), _second_line(path, name), words))
    if findings:
        raise BadRegistry(findings)


def _second_line(path: Path, name: str) -> int:
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    whole = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    found = [number for number, line in enumerate(lines, 1) if whole.search(line)]
    return found[1] if len(found) > 1 else 1


def _uneven(file: str, line: int, found: int, wanted: int) -> Finding:
    words = Text(
        f"有 {found} 个值，首行有 {wanted} 列；含逗号的值请加引号",
        f"{found} values for {wanted} columns: put a value that has a comma in quotes",
    )
    return Finding(file, line, words)


def read_content(path: Path, kind: TypeAdapter[Held], empty: Held | None = None) -> Held:
    """The content of a YAML file; `empty` is used for a file that is missing, where it may be.

    Raises BadRegistry with the line of each fault.
    """
    text = _read(path, optional=empty is not None)
    if text is None:
        assert empty is not None
        return empty
    node, raw = _parse(text, shown_path(path))
    if node is not None and (twice := list(repeated_keys(node))):
        raise BadRegistry([Finding(shown_path(path), line, words) for line, words in twice])
    try:
        return kind.validate_python(raw)
    except ValidationError as wrong:
        faults = wrong.errors(include_url=False, include_input=False)
        raise BadRegistry(
            [
                Finding(
                    shown_path(path),
                    line_of(node, fault["loc"]) if node else 1,
                    _words(
                        fault["loc"], fault_words(fault["type"], fault["msg"], fault.get("ctx", {}))
                    ),
                )
                for fault in faults
            ]
        ) from None


def _parse(text: str, file: str) -> tuple[yaml.Node | None, object]:
    try:
        return yaml.compose(text, LOADER), read_yaml(text)
    except yaml.MarkedYAMLError as wrong:
        line = wrong.problem_mark.line + 1 if wrong.problem_mark else 1
        zh, en = f"YAML 语法有误：{wrong.problem}", f"is not YAML: {wrong.problem}"
        raise bad(file, line, zh, en) from None
    except (yaml.YAMLError, ValueError) as wrong:  # a control character; 2024-13-45
        raise bad(file, 1, f"有一个值写错了：{wrong}", f"holds a wrong value: {wrong}") from None


def _words(place: tuple[int | str, ...], said: Text) -> Text:
    where = ".".join(str(step) for step in place) or "file"
    return Text(
        f"{where}：{said.zh}；写法见登记库的 README.md",
        f"{where}: {said.en}; the registry's README.md explains it",
    )


def shown_path(path: Path) -> str:
    """A file as messages name it: its path in the registry, else the whole path."""
    folder = registry_folder()
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)


def _read(path: Path, *, optional: bool) -> str | None:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        if optional:
            return None
        zh, en = "文件不存在，请补上", "the file is missing: add it"
        raise bad(str(path), 1, zh, en) from None
    except UnicodeDecodeError as wrong:
        line = wrong.object[: wrong.start].count(b"\n") + 1
        zh, en = "不是 UTF-8，请另存为 UTF-8", "is not UTF-8: save it as UTF-8"
        raise bad(shown_path(path), line, zh, en) from None
    except OSError as wrong:
        zh = f"无法读取（{wrong.strerror}），请检查权限"
        en = f"cannot be read ({wrong.strerror}): check its permissions"
        raise bad(shown_path(path), 1, zh, en) from None
