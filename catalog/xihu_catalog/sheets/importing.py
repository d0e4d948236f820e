"""Imports contracts from the 编制指南 table; each fault names sheet, row, column and remedy."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from xihu_catalog.contracts.errors import BadContract
from xihu_catalog.contracts.load import parse_contract
from xihu_catalog.contracts.unconfirmed import TO_CONFIRM
from xihu_catalog.contracts.written import to_yaml
from xihu_catalog.drafting.terms import name_of
from xihu_catalog.sheets import columns
from xihu_catalog.sheets.columns import SheetColumn
from xihu_catalog.standards.documents import is_uscc
from xihu_platform.errors import BadInput
from xihu_platform.words import Text

# Any: a contract's document is nested maps of many kinds.
_Map = dict[str, Any]
_ID = re.compile(r"[a-z][a-z0-9_]{1,62}")
_DECISIONS = ("resourceCode", "provider", "updateCycle", "shareClass", "openClass", "secrecy")


@dataclass(frozen=True, slots=True)
class SheetFault:
    """One thing to mend; `row` as Excel numbers it, `column` by its title."""

    sheet: str
    row: int
    column: str
    text: Text

    def to(self, language: str) -> str:
        where = f"{self.sheet}!{self.row}" + (f" [{self.column}]" if self.column else "")
        return f"{where}: {self.text.en if language == 'en' else self.text.zh}"


class BadSheet(BadInput):
    """A table that cannot be taken over; `faults` holds all of them."""

    def __init__(self, file: str, faults: list[SheetFault]) -> None:
        super().__init__(
            f"{file} 有 {len(faults)} 处需要改正：\n" + "\n".join(f.to("zh") for f in faults),
            f"{len(faults)} things to mend in {file}:\n" + "\n".join(f.to("en") for f in faults),
        )
        self.faults = faults


@dataclass(frozen=True, slots=True)
class _Row:
    sheet: str
    number: int
    cells: dict[str, str]

    def get(self, title: str) -> str:
        return self.cells.get(title, "")


@dataclass(slots=True)
class _Table:
    """The table as it is read, with the faults found so far."""

    file: str
    faults: list[SheetFault] = field(default_factory=list)

    def fault(self, row: _Row, column: str, zh: str, en: str) -> None:
        self.faults.append(SheetFault(row.sheet, row.number, column, Text(zh, en)))


def import_table(path: Path) -> dict[str, str]:
    """Contract file names and texts. Raises BadSheet with every fault of the table.

    What a department has not decided stands as TO CONFIRM in the text: such a contract is a draft.
    """
    table = _Table(path.name)
    catalogue = _rows(table, path, columns.CATALOGUE_SHEET, columns.CATALOGUE)
    items = _rows(table, path, columns.ITEMS_SHEET, columns.ITEMS)
    if table.faults:
        raise BadSheet(path.name, table.faults)
    own = _by_dataset(table, catalogue, items)
    made: dict[str, str] = {}
    for row in catalogue:
        document = _document(table, row, own.get(row.get("数据集标识"), []))
        text = to_yaml(document)
        made[f"{document['id']}.odcs.yaml"] = text
        if not table.faults and TO_CONFIRM not in text:
            _check(table, row, text)
    if table.faults:
        raise BadSheet(path.name, table.faults)
    return made


def _rows(table: _Table, path: Path, sheet: str, heads: tuple[SheetColumn, ...]) -> list[_Row]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(path)
        found = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except (CalamineError, OSError):
        raise BadInput(
            f"{path.name} 无法作为工作簿打开，或没有工作表“{sheet}”；"
            "请用 xihu contract export 的表样",
            f"{path.name} does not open as a workbook, or has no sheet “{sheet}”: start from "
            "what `xihu contract export` writes",
        ) from None
    titles = [_text(cell) for cell in found[0]] if found else []
    head = _Row(sheet, 1, {})
    for missing in [c.title for c in heads if c.needed and c.title not in titles]:
        table.fault(head, missing, "缺少这一列，请补上", "the column is missing: add it")
    known = {c.title for c in heads}
    for odd in [t for t in titles if t and t not in known]:
        table.fault(head, odd, "不认识这一列，请删去或改名", "unknown column: remove or rename it")
    rows = [
        _Row(sheet, at, {t: _text(c) for t, c in zip(titles, cells, strict=False) if t})
        for at, cells in enumerate(found[1:], 2)
    ]
    return [row for row in rows if any(row.cells.values())]


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell).strip() if cell is not None else ""


def _by_dataset(table: _Table, catalogue: list[_Row], items: list[_Row]) -> dict[str, list[_Row]]:
    own: dict[str, list[_Row]] = {}
    for row in catalogue:
        dataset = row.get("数据集标识")
        if not _ID.fullmatch(dataset):
            table.fault(
                row,
                "数据集标识",
                f"“{dataset}”只能用小写字母、数字和下划线，以字母开头",
                f"“{dataset}” may hold lower-case letters, digits and _, a letter first",
            )
        elif dataset in own:
            table.fault(row, "数据集标识", f"{dataset} 出现两次", f"{dataset} stands twice")
        own[dataset] = []
    for row in items:
        dataset = row.get("数据集标识")
        if dataset in own:
            own[dataset].append(row)
        else:
            table.fault(
                row,
                "数据集标识",
                f"“目录”中没有 {dataset}，请先在“目录”中登记",
                f"{dataset} is not in sheet 目录: enter it there first",
            )
    for row in catalogue:
        if not own[row.get("数据集标识")]:
            table.fault(
                row, "数据集标识", "“信息项”中没有它的字段", "it has no field in sheet 信息项"
            )
    return own


def _document(table: _Table, row: _Row, items: list[_Row]) -> _Map:
    rest = _json(table, row)
    values = dict(_values(table, row, columns.CATALOGUE))
    _check_catalogue(table, row, values)
    custom = {c.name: values[c.name] for c in columns.CATALOGUE if _kept(c, values, "custom")}
    for name in _DECISIONS:
        custom.setdefault(name, TO_CONFIRM)
    custom |= rest.pop("_custom", {})
    about: _Map = {"purpose": TO_CONFIRM, "limitations": TO_CONFIRM}
    about |= {c.name: values[c.name] for c in columns.CATALOGUE if _kept(c, values, "description")}
    about |= rest.pop("_description", {})
    named = rest.pop("_table", {"logicalType": "object", "physicalType": "table"})
    schema = {"name": values.get("id", ""), "businessName": values.get("name", ""), **named}
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": values.get("id", ""),
        "version": str(rest.pop("version", "0.1.0")),
        "status": rest.pop("status", "draft"),
        "name": values.get("name", ""),
        "domain": values.get("domain", TO_CONFIRM),
        **({"tags": values["tags"]} if values.get("tags") else {}),
        "description": about,
        "servers": rest.pop("servers", [_server()]),
        "schema": [{**schema, "properties": _properties(table, items)}],
        **rest,
        "customProperties": _listed(custom),
    }


def _server() -> _Map:
    return {"server": "intake", "type": "local", "path": TO_CONFIRM, "format": "csv"}


def _listed(custom: _Map) -> list[_Map]:
    return [{"property": k, "value": v} for k, v in custom.items()]


def _kept(head: SheetColumn, values: _Map, place: str) -> bool:
    return head.place == place and head.name in values


def _json(table: _Table, row: _Row) -> _Map:
    text = row.get("其他属性")
    try:
        found = json.loads(text) if text else {}
    except json.JSONDecodeError:
        found = None
    if isinstance(found, dict):
        return found
    table.fault(
        row,
        "其他属性",
        "不是平台写出的内容；请恢复原值，或清空",
        "is not what the platform wrote: restore it, or empty the cell",
    )
    return {}


def _values(
    table: _Table, row: _Row, heads: tuple[SheetColumn, ...]
) -> Iterator[tuple[str, object]]:
    """The values of one row by name; empty cells are left out."""
    for head in heads:
        said = row.get(head.title)
        if not said or head.place in {"derived", "rest"}:
            continue
        if head.place == "list":
            yield head.name, [w for w in re.split("[、,，;；]", said) if w.strip()]
        elif head.choices:
            value = head.value_of(said)
            if value is None:
                words = "、".join(w for w, _ in head.choices)
                table.fault(
                    row,
                    head.title,
                    f"“{said}”应为 {words} 之一",
                    f"“{said}” must be one of {words}",
                )
            elif value is not False:
                yield head.name, value
        else:
            yield head.name, said


def _check_catalogue(table: _Table, row: _Row, values: _Map) -> None:
    if not values.get("name"):
        table.fault(row, "信息资源名称", "未填写", "is empty")
    code = str(values.get("resourceCode", ""))
    if code and not re.fullmatch(r"[1-3][0-9A-Za-z]*/[0-9A-Za-z]+", code):
        table.fault(
            row,
            "信息资源代码",
            f"“{code}”应为 分类码/顺序码，首位 1 基础、2 主题、3 部门",
            f"“{code}” must read <class>/<sequence>, first digit 1 base, 2 topic, 3 department",
        )
    said, follows = row.get("信息资源分类"), columns.CLASSES.get(code[:1])
    if said and follows and said.removesuffix("信息资源类") not in follows:
        table.fault(
            row,
            "信息资源分类",
            f"“{said}”与代码 {code} 不符，应为{follows}",
            f"“{said}” does not go with code {code}, which says {follows}",
        )
    provider = str(values.get("provider", ""))
    if provider and not is_uscc(provider):
        table.fault(
            row,
            "提供方代码",
            f"“{provider}”不是正确的统一社会信用代码（校验位不符）",
            f"“{provider}” is no unified social credit code: a check digit is wrong",
        )
    share = values.get("shareClass")
    for kind, column, name in (
        ("conditional", "共享条件", "shareConditions"),
        ("refused", "不予共享依据", "shareBasis"),
    ):
        if share == kind and not values.get(name):
            table.fault(row, column, "此共享类型下必填", "compulsory with this share class")


def _properties(table: _Table, items: list[_Row]) -> list[_Map]:
    made: list[_Map] = []
    for row in items:
        item = _property(table, row)
        if item["name"] in {m["name"] for m in made}:
            table.fault(row, "字段名", f"{item['name']} 出现两次", f"{item['name']} stands twice")
        made.append(item)
    return made


def _property(table: _Table, row: _Row) -> _Map:
    rest = _json(table, row)
    values = dict(_values(table, row, columns.ITEMS))
    title = str(values.get("businessName", ""))
    if not title:
        table.fault(row, "信息项名称", "未填写", "is empty")
    naming = name_of(title or "x", {})
    name = str(values.setdefault("name", naming.name))
    if not _ID.fullmatch(name):
        table.fault(
            row,
            "字段名",
            f"“{name}”只能用小写字母、数字和下划线，以字母开头",
            f"“{name}” may hold lower-case letters, digits and _, a letter first",
        )
    if "classification" not in values:
        table.fault(row, "敏感级别", "未填写，应为 L1 至 L4", "is empty: L1 to L4")
    physical, logical, longest = _type(table, row)
    options = rest.pop("logicalTypeOptions", {}) | longest
    custom = {c.name: values[c.name] for c in columns.ITEMS if _kept(c, values, "custom")}
    custom = {"nameEn": naming.english, "sourceColumn": title} | custom | rest.pop("_custom", {})
    made: _Map = {
        "name": name,
        "businessName": title,
        **({"description": values["description"]} if "description" in values else {}),
        "logicalType": logical,
        "physicalType": physical,
        **_key(table, row, values),
        **{k: True for k in ("required", "unique") if values.get(k)},
        **({"logicalTypeOptions": options} if options else {}),
        "classification": values.get("classification", "L4"),
        **rest,
    }
    return made | {"customProperties": _listed(custom)}


def _key(table: _Table, row: _Row, values: _Map) -> _Map:
    said = values.get("primaryKeyPosition")
    if said is None:
        return {}
    if not re.fullmatch("[1-9]", str(said)):
        table.fault(row, "主键", f"“{said}”应为 1、2、3……", f"“{said}” must be 1, 2, 3 …")
        return {}
    return {"primaryKey": True, "primaryKeyPosition": int(str(said))}


_PLAIN = {"D": ("DATE", "date"), "T": ("TIMESTAMP", "timestamp"), "L": ("BOOLEAN", "boolean")}


def _type(table: _Table, row: _Row) -> tuple[str, str, _Map]:
    """Physical and logical type, and the longest length, of type letter and length."""
    said, length = row.get("数据类型").upper(), row.get("长度").replace("，", ",")
    kind = said[:1]
    if kind in _PLAIN:
        physical, logical = _PLAIN[kind]
        return physical, logical, {}
    if kind == "C" and (not length or length.isdigit()):
        return "VARCHAR", "string", {"maxLength": int(length)} if length else {}
    if kind == "I" and length in {"", "4", "8"}:
        return ("BIGINT" if length == "8" else "INTEGER"), "integer", {}
    if kind in {"N", "Y"} and re.fullmatch(r"([1-9][0-9]?)?(,[0-9]{1,2})?", length):
        whole, _, places = length.partition(",")
        return f"DECIMAL({whole or 18},{places or (0 if whole else 2)})", "number", {}
    if kind in {"C", "I", "N", "Y"}:
        table.fault(row, "长度", f"“{length}”与类型 {kind} 不合", f"“{length}” does not fit {kind}")
    else:
        letters = "、".join(w for w, _ in columns.DATA_TYPES)
        table.fault(row, "数据类型", f"“{said}”应为 {letters}", f"“{said}” must be of {letters}")
    return "VARCHAR", "string", {}


def _check(table: _Table, row: _Row, text: str) -> None:
    """What only the whole contract can show, such as a rule that names no field."""
    try:
        parse_contract(text.encode(), f"{row.get('数据集标识')}.odcs.yaml")
    except BadContract as bad:
        for finding in bad.findings:
            table.fault(row, "", finding.text.zh, finding.text.en)
