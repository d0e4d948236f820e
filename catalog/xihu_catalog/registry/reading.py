"""Reads the registry's files; what is wrong with one is told with file, line and remedy."""

import csv
from pathlib import Path

import yaml
from pydantic import TypeAdapter, ValidationError

from xihu_catalog.contracts.document import line_of
from xihu_catalog.contracts.errors import Finding
from xihu_catalog.registry.folder import registry_folder
from xihu_platform.errors import BadInput
from xihu_platform.safe_yaml import LOADER, read_yaml
from xihu_platform.words import Text

FIRST_ROW = 2
"""The line of a CSV file's first row; no value of the registry spans several lines."""


class BadRegistry(BadInput):
    """Content that cannot be used; `findings` holds every reason."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(
            "登记库有误：\n" + "\n".join(f.to("zh") for f in findings),
            "the registry is wrong:\n" + "\n".join(f.to("en") for f in findings),
        )
        self.findings = findings


def bad(file: str, line: int, zh: str, en: str) -> BadRegistry:
    return BadRegistry([Finding(file, line, Text(zh, en))])


def read_rows(
    name: str, columns: tuple[str, ...], *, optional: bool = False
) -> list[dict[str, str]]:
    """The rows of a CSV file, every value as text. An optional file that is missing has no rows.

    Raises BadRegistry: every line that has not as many values as the header, a missing column.
    """
    text = _read(name, optional=optional)
    if text is None:
        return []
    lines = csv.reader(text.splitlines(), strict=True)
    try:
        header, *rows = list(lines) or [[]]
    except csv.Error as wrong:
        raise bad(
            name, lines.line_num, f"不是 CSV（{wrong}），请改正引号", f"is not CSV ({wrong}): mend its quotes"
        ) from None
    missing = [column for column in columns if column not in header]
    if missing:
        raise bad(
            name,
            1,
            f"缺少列 {'、'.join(missing)}；首行须为 {','.join(columns)}",
            f"the columns {', '.join(missing)} are missing: the first line is {','.join(columns)}",
        )
    findings = [
        Finding(
            name,
            FIRST_ROW + place,
            Text(
                f"有 {len(row)} 个值，首行有 {len(header)} 列；含逗号的值请加引号",
                f"{len(row)} values for {len(header)} columns: quote a value that has a comma",
            ),
        )
        for place, row in enumerate(rows)
        if len(row) != len(header)
    ]
    if findings:
        raise BadRegistry(findings)
    return [dict(zip(header, row, strict=True)) for row in rows]


def read_content[T](name: str, kind: TypeAdapter[T], empty: T | None = None) -> T:
    """A YAML file as what it holds; `empty` stands for a file that is missing, if it may be."""
    text = _read(name, optional=empty is not None)
    return empty if text is None and empty is not None else parse_content(text or "", name, kind)


def parse_content[T](text: str, file: str, kind: TypeAdapter[T]) -> T:
    """Raises BadRegistry with the line of each fault."""
    try:
        node, raw = yaml.compose(text, LOADER), read_yaml(text)
    except yaml.YAMLError as wrong:
        mark = getattr(wrong, "problem_mark", None)
        problem = getattr(wrong, "problem", None) or "invalid characters"
        line = mark.line + 1 if mark else 1
        raise bad(
            file, line, f"YAML 语法有误：{problem}", f"is not YAML: {problem}"
        ) from None
    except ValueError as wrong:  # 2024-13-45
        raise bad(file, 1, f"有一个值写错了：{wrong}", f"holds a wrong value: {wrong}") from None
    try:
        return kind.validate_python(raw)
    except ValidationError as wrong:
        raise BadRegistry(
            [
                Finding(file, line_of(node, fault["loc"]) if node else 1, _words(fault["loc"], fault["msg"]))
                for fault in wrong.errors(include_url=False, include_input=False)
            ]
        ) from None


def _words(place: tuple[int | str, ...], message: str) -> Text:
    where = ".".join(str(step) for step in place) or "file"
    said = message.removeprefix("Value error, ")
    return Text(
        f"{where}：{said}；写法见登记库说明", f"{where}: {said}; the registry's README explains it"
    )


def _read(name: str, *, optional: bool) -> str | None:
    path: Path = registry_folder() / name
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        if optional:
            return None
        folder = registry_folder()
        raise bad(
            name, 1, f"文件不存在，请在 {folder} 中补上", f"the file is missing: add it to {folder}"
        ) from None
    except UnicodeDecodeError as wrong:
        line = wrong.object[: wrong.start].count(b"\n") + 1
        raise bad(name, line, "不是 UTF-8，请另存为 UTF-8", "is not UTF-8: save it as UTF-8") from None
    except OSError as wrong:
        raise bad(
            name,
            1,
            f"无法读取（{wrong.strerror}），请检查权限",
            f"cannot be read ({wrong.strerror}): check its permissions",
        ) from None
