"""Contracts as the 编制指南 table: an Excel file that a department's clerk can fill in."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xihu_catalog.contracts.document import read_document
from xihu_catalog.registry.people import organisation_name
from xihu_catalog.sheets import columns
from xihu_catalog.sheets.columns import SheetColumn

# Any: a contract's document is nested maps of many kinds.
_Map = dict[str, Any]
LIST_ROWS = 2_000  # rows that get drop-down lists


def export_table(contracts: Mapping[str, bytes], target: Path) -> int:
    """Write the table of contracts by their files' names; returns how many there are.

    Raises BadContract.
    """
    documents = [read_document(content, name)[0] for name, content in contracts.items()]
    catalogue = [_catalogue_row(document) for document in documents]
    items = [row for document in documents for row in _item_rows(document)]
    _write(target, catalogue, items)
    return len(documents)


def sheet_rows(content: bytes, name: str) -> tuple[dict[str, str], list[dict[str, str]]]:
    """The cells of one contract, of its row and of its items' rows, by the titles of their columns.

    `name` of the contract's file, for messages. Raises BadContract.
    """
    document = read_document(content, name)[0]
    entry = zip((one.title for one in columns.CATALOGUE), _catalogue_row(document), strict=True)
    titles = [one.title for one in columns.ITEMS]
    return dict(entry), [dict(zip(titles, row, strict=True)) for row in _item_rows(document)]


def _write(target: Path, catalogue: list[list[str]], items: list[list[str]]) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(target), {"in_memory": True}) as book:
        for title, heads, rows in (
            (columns.CATALOGUE_SHEET, columns.CATALOGUE, catalogue),
            (columns.ITEMS_SHEET, columns.ITEMS, items),
        ):
            _sheet(book, title, heads, rows)
        notes = book.add_worksheet(columns.NOTES_SHEET)
        notes.set_column(0, 1, 18)
        notes.set_column(2, 2, 90)
        for at, line in enumerate(_notes()):
            for column, text in enumerate(line):
                notes.write_string(at, column, text)


def _sheet(book: Any, title: str, heads: tuple[SheetColumn, ...], rows: list[list[str]]) -> None:
    # Any: xlsxwriter has no types.
    sheet = book.add_worksheet(title)
    bold = book.add_format({"bold": True, "bg_color": "#DDE7F0", "text_wrap": True})
    plain = book.add_format({"num_format": "@", "text_wrap": False})
    sheet.freeze_panes(1, 1)
    for at, head in enumerate(heads):
        sheet.set_column(at, at, head.width, plain)
        sheet.write_string(0, at, head.title, bold)
        if head.choices:
            words = [w for w, _ in head.choices]
            sheet.data_validation(
                1, at, LIST_ROWS, at, {"validate": "list", "source": words, "ignore_blank": True}
            )
    for row, cells in enumerate(rows, 1):
        for at, cell in enumerate(cells):
            if cell:  # as a text, always: a code's zeros stay and nothing is a formula
                sheet.write_string(row, at, cell)


def _notes() -> list[tuple[str, str, str]]:
    lines = [("工作表", "列", "说明")]
    for sheet, heads in (
        (columns.CATALOGUE_SHEET, columns.CATALOGUE),
        (columns.ITEMS_SHEET, columns.ITEMS),
    ):
        for head in heads:
            words = "、".join(w for w, _ in head.choices)
            said = "；".join(p for p in (head.note, f"可填：{words}" if words else "") if p)
            lines.append((sheet, head.title, said))
    return lines


def _catalogue_row(document: _Map) -> list[str]:
    custom = _custom(document)
    derived = {
        "class": columns.CLASSES.get(str(custom.get("resourceCode", ""))[:1], ""),
        "providerName": _name(str(custom.get("provider", ""))),
        "format": _format(document["servers"][0]),
        "grade": max(
            (p["classification"] for p in document["schema"][0]["properties"]), default=""
        ),
    }
    return _row(columns.CATALOGUE, document, custom, derived, _rest(document, custom))


def _item_rows(document: _Map) -> list[list[str]]:
    rows = []
    for item in document["schema"][0]["properties"]:
        # Said in the table even where the contract leaves it out: a blank there means the title.
        custom = {"sourceColumn": item["name"]} | _custom(item)
        kind, length = _type(item, custom)
        derived = {"dataset": document["id"], "type": kind, "length": length}
        rest = _rest_of_item(item, custom)
        rows.append(_row(columns.ITEMS, item, custom, derived, rest))
    return rows


def _custom(part: _Map) -> _Map:
    return {p["property"]: p["value"] for p in part.get("customProperties", ())}


def _name(provider: str) -> str:
    name = organisation_name(provider).zh
    return "" if name == provider else name


def _format(server: _Map) -> str:
    kind = {"postgresql": "数据库", "mysql": "数据库", "api": "服务接口"}.get(server["type"])
    return kind or columns.FORMATS.get(str(server.get("format")), "电子文件")


def _type(item: _Map, custom: _Map) -> tuple[str, str]:
    """Data type and length of the 编制指南."""
    physical = str(item["physicalType"]).upper().replace(" ", "")
    if physical.startswith("DECIMAL"):
        money = str(custom.get("unit", "")).endswith("元")
        return ("Y" if money else "N"), physical[len("DECIMAL(") : -1]
    if physical == "VARCHAR":
        return "C", str(item.get("logicalTypeOptions", {}).get("maxLength", ""))
    lengths = {"INTEGER": "4", "BIGINT": "8"}
    words = {"INTEGER": "I", "BIGINT": "I", "DATE": "D", "TIMESTAMP": "T", "BOOLEAN": "L"}
    return words[physical], lengths.get(physical, "")


def _row(
    heads: tuple[SheetColumn, ...], part: _Map, custom: _Map, derived: dict[str, str], rest: _Map
) -> list[str]:
    def cell(head: SheetColumn) -> str:
        if head.place == "derived":
            return derived[head.name]
        if head.place == "rest":
            return json.dumps(rest, ensure_ascii=False) if rest else ""
        source = custom if head.place == "custom" else part
        if head.place == "description":
            source = part.get("description", {})
        value = source.get(head.name)
        if value is None:
            return ""
        if head.place == "list" or isinstance(value, list):
            return "、".join(map(str, value))
        return head.words_of(value)

    return [cell(head) for head in heads]


def _rest(document: _Map, custom: _Map) -> _Map:
    """What no column holds: servers, service levels, other properties."""
    keys = {c.name for c in columns.CATALOGUE if c.place in {"key", "list"}}
    named = {c.name for c in columns.CATALOGUE if c.place == "custom"}
    spared = {"apiVersion", "kind", "schema", "description", "customProperties"}
    kept: _Map = {k: v for k, v in document.items() if k not in keys | spared}
    usage = {
        k: v
        for k, v in document.get("description", {}).items()
        if k not in {"purpose", "limitations"}
    }
    table = document["schema"][0]
    about = {k: v for k, v in table.items() if k not in {"name", "businessName", "properties"}}
    others = {k: v for k, v in custom.items() if k not in named}
    return _given(kept | {"_description": usage, "_table": about, "_custom": others})


def _rest_of_item(item: _Map, custom: _Map) -> _Map:
    keys = {c.name for c in columns.ITEMS if c.place == "key"}
    named = {c.name for c in columns.ITEMS if c.place == "custom"}
    spared = {"logicalType", "physicalType", "primaryKey", "customProperties"}
    kept = {k: v for k, v in item.items() if k not in keys | spared}
    options = dict(kept.pop("logicalTypeOptions", {}))
    options.pop("maxLength", None)
    others = {k: v for k, v in custom.items() if k not in named}
    return _given(kept | {"logicalTypeOptions": options, "_custom": others})


def _given(values: _Map) -> _Map:
    return {k: v for k, v in values.items() if v not in ({}, [], None)}
