"""One line of the catalogue report: an entry in the columns of the 编制指南, under its digest.

What is in a line does not depend on loads: an entry changes when its description does. Columns that
say how a department's file is read and protected are left out.
"""

from dataclasses import dataclass
from hashlib import sha256

import orjson

from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.facts import EntryFacts, FieldFacts
from xihu_catalog.formats.clean import clean, one_line
from xihu_catalog.sheets import columns
from xihu_catalog.sheets.export import sheet_rows

REST = "其他属性"
ID = "数据集标识"
INSIDE = frozenset(
    {
        *("源列名", "源格式", "标识类别", "保护方式", "原值入保管库"),
        *("主体标识", "企业标识", "区划字段", "时间字段", REST),
    }
)
"""Columns of the sheet that stay in the node."""
ENTRY_COLUMNS = tuple(one.title for one in columns.CATALOGUE if one.title not in INSIDE)
ITEM_COLUMNS = tuple(
    one.title for one in columns.ITEMS if one.title not in INSIDE and one.title != ID
)
_HEADS = {one.title: one for one in columns.CATALOGUE}
_TYPES = {
    "string": "C",
    "number": "N",
    "integer": "I",
    "date": "D",
    "timestamp": "T",
    "boolean": "L",
}


@dataclass(frozen=True, slots=True)
class ReportLine:
    """An entry as the report says it; `entry` and `items` by the titles of columns, without empty
    cells."""

    id: str
    version: str
    entry: dict[str, str]
    items: tuple[dict[str, str], ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of what the entry says, without its version: it is the same again where an entry
        was changed back."""
        return sha256(canonical({"entry": self.entry, "items": list(self.items)})).hexdigest()

    def line(self) -> bytes:
        return canonical(
            {
                "id": self.id,
                "version": self.version,
                "digest": self.digest,
                "entry": self.entry,
                "items": list(self.items),
            }
        )


def removal(entry: str) -> bytes:
    """The line of an entry that is not published any more."""
    return canonical({"id": entry, "removed": True})


def canonical(value: object) -> bytes:
    """JSON with sorted keys and nothing between its parts, in UTF-8."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def contract_line(contract: Contract, content: bytes) -> ReportLine:
    """Of a contract in force, as it was handed in."""
    cells, items = sheet_rows(content, f"{contract.dataset}.odcs.yaml")
    return ReportLine(
        id=contract.dataset,
        version=contract.version,
        entry=_reported(cells, ENTRY_COLUMNS),
        items=tuple(_reported(one, ITEM_COLUMNS) for one in items),
    )


def _reported(cells: dict[str, str], titles: tuple[str, ...]) -> dict[str, str]:
    return {title: cell for title in titles if (cell := clean(cells[title]))}


def facts_line(facts: EntryFacts, version: str) -> ReportLine:
    """Of an entry that no contract compiles into: what its source says of it."""
    return ReportLine(
        id=facts.id,
        version=version,
        entry=_filled(_entry_cells(facts)),
        items=tuple(_filled(_item_cells(facts, one)) for one in facts.fields),
    )


def _filled(cells: dict[str, str]) -> dict[str, str]:
    return {title: clean(cell) for title, cell in cells.items() if clean(cell)}


def _entry_cells(facts: EntryFacts) -> dict[str, str]:
    code = facts.resource_code or ""
    forms = dict.fromkeys(columns.FORMATS.get(one.form, "电子文件") for one in facts.distributions)
    return {
        ID: facts.id,
        "信息资源分类": columns.CLASSES.get(code[:1], ""),
        "信息资源名称": one_line(facts.title.zh or facts.title.en),
        "英文名称": one_line(facts.title.en),
        "信息资源代码": code,
        "信息资源提供方": one_line(facts.publisher.name.zh or facts.publisher.name.en),
        "信息资源摘要": facts.description.zh or facts.description.en,
        "英文摘要": facts.description.en,
        "信息资源格式": "、".join(forms),
        "开放类型": _words("开放类型", facts.open_class),
        "使用条件": facts.conditions.zh or facts.conditions.en,
        "使用条件（英文）": facts.conditions.en,
        "更新周期": _words("更新周期", facts.update_cycle),
        "发布日期": facts.issued.isoformat()[:10] if facts.issued else "",
        "分级": max((one.grade for one in facts.fields), default=""),
        "领域": one_line(facts.topic[1]) if facts.topic else "",
        "关键词": "、".join(word for word in map(one_line, facts.keywords) if word),
        "合成数据": "是" if facts.synthetic else "",
        "许可协议": one_line(facts.licence or ""),
    }


def _words(column: str, value: str | None) -> str:
    return _HEADS[column].words_of(value) if value else ""


def _item_cells(facts: EntryFacts, one: FieldFacts) -> dict[str, str]:
    position = facts.key.index(one.name) + 1 if one.name in facts.key else None
    return {
        "信息项名称": one_line(one.title.zh or one.title.en or one.name),
        "字段名": one.name,
        "英文名称": one_line(one.title.en),
        "定义": one.description.zh or one.description.en,
        "英文定义": one.description.en,
        "数据类型": _TYPES.get(one.logical_type, "C"),
        "长度": str(one.max_length) if one.max_length is not None else "",
        "主键": str(position) if position else "",
        "必填": "是" if one.required else "",
        "唯一": "是" if one.unique else "",
        "敏感级别": one.grade,
        "计量单位": one_line(one.unit.zh) if one.unit else "",
        "计量单位（英文）": one_line(one.unit.en) if one.unit else "",
        "代码表": one_line(one.code_list or ""),
    }
