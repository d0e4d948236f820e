"""Values that ODCS leaves free, or that a contract states twice, of which only some are right."""

import re
from collections.abc import Iterator
from pathlib import PureWindowsPath
from typing import get_args

from xihu_catalog.contracts import odcs
from xihu_catalog.contracts.model import BaseDatabase, Contract
from xihu_catalog.contracts.properties import overlooked
from xihu_catalog.lineage.columns import tables_of
from xihu_catalog.registry.codes import code_list, is_code_list
from xihu_catalog.registry.forbidding import forbidding_provisions, provisions_in_words
from xihu_platform.access.written import read_new_sql
from xihu_platform.errors import BadInput
from xihu_platform.words import Text

Path = tuple[int | str, ...]
Stated = Iterator[tuple[Path, Text]]
STATUSES = ("proposed", "draft", "active", "deprecated", "retired")
"""The examples of ODCS's own schema."""
_VERSION = re.compile(r"v?\d+(\.\d+){0,3}([-+][0-9A-Za-z][0-9A-Za-z.+-]*)?", re.ASCII)
_PHYSICAL = {
    "string": ("VARCHAR",),
    "integer": ("INTEGER", "BIGINT", "DECIMAL"),
    "number": ("DECIMAL", "INTEGER", "BIGINT"),
    "boolean": ("BOOLEAN",),
    "date": ("DATE",),
    "timestamp": ("TIMESTAMP",),
}
"""The types of the lake that values of a logical type can have."""
_LONGEST_NAME = 255
"""Bytes of a file's name, on every system that a node runs on."""
_ONCE = ("time", "firmKey", "region", "validFrom", "validTo")
"""Marks that one field of a contract bears; the reader tells of a second subjectKey itself."""


def stated_faults(document: odcs.Odcs, contract: Contract) -> Stated:
    """Where each is, and what is wrong with it."""
    yield from _words(document, contract)
    yield from _refusal(document, contract)
    yield from _servers(document, contract)
    yield from overlooked(document)
    yield from _marks(document)
    yield from _types(contract)
    yield from _times(contract)
    yield from _regions(contract)
    yield from _claims(contract)


def _words(document: odcs.Odcs, contract: Contract) -> Stated:
    if document.status not in STATUSES:
        yield (
            ("status",),
            Text(
                f"status“{document.status[:64]}”须为 {'、'.join(STATUSES)} 之一",
                f"status “{document.status[:64]}” must be one of {', '.join(STATUSES)}",
            ),
        )
    if not _VERSION.fullmatch(document.version):
        yield (
            ("version",),
            Text(
                f"version“{document.version[:64]}”应写成 1.0.0 这样的版本号",
                f"version “{document.version[:64]}” must be a version such as 1.0.0",
            ),
        )
    known = get_args(BaseDatabase)
    base = contract.base_database
    if base is not None and base not in known:
        names = [one.property for one in document.customProperties]
        yield (
            ("customProperties", names.index("baseDatabase")),
            Text(
                f"baseDatabase 须为 {'、'.join(known)} 之一",
                f"baseDatabase must be one of {', '.join(known)}",
            ),
        )


def _refusal(document: odcs.Odcs, contract: Contract) -> Stated:
    """不予共享 needs a provision that expressly forbids sharing (Order 809 art. 15)."""
    basis = contract.share_basis.zh if contract.share_basis else ""
    if contract.share_class != "refused" or any(
        one.is_named_in(basis) for one in forbidding_provisions()
    ):
        return
    known, names = provisions_in_words(), [one.property for one in document.customProperties]
    yield (
        ("customProperties", names.index("shareBasis")),
        Text(
            f"shareBasis 没有写明明令禁止共享的条款（{known.zh}）；法律只规定条件的，"
            "请改为 shareClass: conditional，在 shareConditions 写明条件",
            f"shareBasis names no provision that expressly forbids sharing ({known.en}); where a "
            "law states conditions only, write shareClass: conditional and say them in "
            "shareConditions",
        ),
    )


def _servers(document: odcs.Odcs, contract: Contract) -> Stated:
    if len(document.servers) > 1:
        yield (
            ("servers", 1),
            Text(
                "servers 只能有一项：数据只从一处来，其余的不会读取，请删去",
                "there is one server only: the data comes from one place and no other would be "
                "read, so take the others out",
            ),
        )
    if leaves_folder(contract.source.path):
        yield (
            ("servers", 0, "path"),
            Text(
                "servers[0].path 须是交换目录内的相对路径，不含 ..、反斜杠和开头的 /",
                "servers[0].path must be a path inside the intake folder: no .., no backslash, no "
                "/ at its beginning",
            ),
        )
    elif _is_no_file_name(contract.source.path):
        yield (
            ("servers", 0, "path"),
            Text(
                "servers[0].path 的每一段须是文件名：首尾没有空白，没有换行，"
                f"至多 {_LONGEST_NAME} 字节",
                "each part of servers[0].path is the name of a file: no blanks around it, no line "
                f"feeds, at most {_LONGEST_NAME} bytes",
            ),
        )
    if contract.source.query is not None and (words := _query_fault(contract.source.query)):
        yield ("servers", 0), words


def leaves_folder(path: str) -> bool:
    """Whether a path, as any system reads it, is not below the folder that it is taken from.

    >>> [leaves_folder(p) for p in ("a/b.csv", "../a", "/a", "a/../../b", "C:a", ".")]
    [False, True, True, True, True, True]
    """
    parts = path.split("/")
    odd = "\\" in path or PureWindowsPath(path).drive or path.startswith(("/", "~"))
    return bool(odd) or ".." in parts or parts[-1] in {"", "."}


def _is_no_file_name(path: str) -> bool:
    """Whether no file can have the path, or nobody would see which one it is.

    >>> [_is_no_file_name(p) for p in ("a/b.csv", "   ", "a\\nb.csv", "a /b.csv", "x" * 256)]
    [False, True, True, True, True]
    """
    return any(
        part != part.strip() or len(part.encode()) > _LONGEST_NAME or not part.isprintable()
        for part in path.split("/")
    )


def _query_fault(query: str) -> Text | None:
    try:
        read_new_sql(query, "query")
        names = tables_of(query)
    except BadInput as bad:
        return bad.text
    if names:
        return None
    return Text(
        "query 没有读取任何数据集：派生数据集须由其他数据集得出",
        "the query reads no dataset: a derived dataset is made from others",
    )


def _marks(document: odcs.Odcs) -> Stated:
    marked: dict[str, list[int]] = {}
    for index, field in enumerate(document.schema_[0].properties):
        for custom in field.customProperties:
            if custom.property in _ONCE and custom.value:
                marked.setdefault(custom.property, []).append(index)
    for name, places in marked.items():
        if len(places) > 1:
            yield (
                ("schema", 0, "properties", places[1]),
                Text(
                    f"{name}: true 只能有一个字段，请只留一处",
                    f"only one field is `{name}: true`: keep one of them",
                ),
            )


def _types(contract: Contract) -> Stated:
    for index, field in enumerate(contract.fields):
        allowed = _PHYSICAL.get(field.logical_type)
        if allowed is not None and field.type.partition("(")[0] not in allowed:
            yield (
                ("schema", 0, "properties", index),
                Text(
                    f"{field.name} 的 logicalType {field.logical_type} 与 physicalType "
                    f"{field.type} 矛盾，后者应为 {'、'.join(allowed)}",
                    f"{field.name}: logicalType {field.logical_type} contradicts physicalType "
                    f"{field.type}, which should be {', '.join(allowed)}",
                ),
            )


def _times(contract: Contract) -> Stated:
    for index, field in enumerate(contract.fields):
        if field.time and field.type not in {"DATE", "TIMESTAMP"}:
            yield (
                ("schema", 0, "properties", index),
                Text(
                    f"{field.name} 标为 time: true，physicalType 须为 DATE 或 TIMESTAMP",
                    f"{field.name} is marked time: true: its physicalType must be DATE or "
                    "TIMESTAMP",
                ),
            )


def _regions(contract: Contract) -> Stated:
    """Officials see the rows of their region: of free text nobody could say which region it is."""
    for index, field in enumerate(contract.fields):
        steps = {step.name for step in field.steps}
        if field.region and field.code_list != "divisions" and "region" not in steps:
            yield (
                ("schema", 0, "properties", index),
                Text(
                    f"{field.name} 标为 region: true，须写明 codeList: divisions；"
                    "值为地名的，另加 steps: [region]",
                    f"{field.name} is marked region: true: state codeList: divisions, and where "
                    "its values are names of places, steps: [region] too",
                ),
            )


def _claims(contract: Contract) -> Stated:
    """A value that its code list does not have: the claim would be 不一致 of everybody."""
    for claim in contract.claims:
        for condition in claim.where:
            field = contract.field(condition.field)
            listed = field.code_list if field is not None else None
            if listed is None or not is_code_list(listed):
                continue
            for value in condition.values:
                if str(value) not in code_list(listed):
                    yield (
                        ("schema", 0, "customProperties"),
                        Text(
                            f"claim {claim.id}：{value} 不在代码表 {listed} 中",
                            f"claim {claim.id}: {value} is not in the code list {listed}",
                        ),
                    )
