"""Values as people read them: a code by its name, a table's first rows, a sample."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from xihu_catalog.contracts.model import Contract, Field
from xihu_catalog.datasets.sample import sample_rows
from xihu_catalog.registry.codes import code_list, divisions
from xihu_catalog.registry.people import organisation_name, organisations
from xihu_platform.access.decision import Allow, FieldDecision
from xihu_platform.access.disputed import DisputedRow
from xihu_platform.words import Text
from xihu_portals.pages.describe import region_name
from xihu_portals.web.parts import Cell, Disputed, Period, Table, TableColumn, Value


def preview(
    contract: Contract,
    allow: Allow,
    rows: list[dict[str, object]],
    disputed: Iterable[DisputedRow] = (),
) -> Table:
    """The first rows, headers in words, codes with their meaning."""
    fields = [f for f in contract.fields if (v := allow.field_decision(f.name)) and v.treatment]
    verified = {one.row: one.fields for one in disputed}
    return Table(
        caption=Text(f"{contract.title.zh}：前 {len(rows)} 行", f"First {len(rows)} rows"),
        columns=columns(fields),
        rows=tuple(
            tuple(
                said(
                    value(f, row.get(f.name), allow.field_decision(f.name)),
                    disputed=f.name in verified.get(place, ()),
                )
                for f in fields
            )
            for place, row in enumerate(rows)
        ),
    )


def said(one: Cell, *, disputed: bool) -> Value:
    """A value, with the mark 核实中 where it is being verified."""
    return Disputed(one) if disputed else one


def columns(fields: Iterable[Field]) -> tuple[TableColumn, ...]:
    """Headers in words, with units."""
    return tuple(
        TableColumn(
            f.title,
            f.unit,
            numeric=f.logical_type in {"integer", "number"},
            code=f.identifier is not None,
        )
        for f in fields
    )


def sample(contract: Contract) -> Table:
    """Made-up rows, from the contract alone: what the data looks like, and nobody's record."""
    rows = sample_rows(contract)
    return Table(
        caption=Text(
            "样例：按数据契约生成，不是真实记录", "A sample made from the contract: no real records"
        ),
        columns=columns(contract.fields),
        rows=tuple(tuple(value(f, row[f.name]) for f in contract.fields) for row in rows),
        note=Text(
            "样例：按数据契约生成，不是真实记录。",
            "A synthetic sample made from the contract: no real records.",
        ),
    )


def value(one: Field, raw: object, decided: FieldDecision | None = None) -> Cell:
    """A value as people read it: a code by its name, a treated value as it is."""
    if raw is None:
        return None
    if isinstance(raw, date) and decided is not None and decided.treatment == "mask":
        return Period(raw, "year")  # a masked date has its year only
    if isinstance(raw, date) and one.options.grain is not None:
        return Period(raw, one.options.grain)
    if one.code_list is not None:
        known = names_of(one.code_list).get(str(raw))
        if known is not None:
            return known
    if one.identifier == "uscc" and str(raw) in organisations():
        return organisation_name(str(raw))
    if isinstance(raw, bool) or is_flag(one):
        return Text("是", "yes") if raw else Text("否", "no")
    if isinstance(raw, int) and one.unit is None:
        return str(raw)  # a year or a grade is no quantity: 2025, not 2,025
    if isinstance(raw, int | float | Decimal | date | datetime):
        return raw
    return str(raw)


def is_flag(one: Field) -> bool:
    """A 0/1 column that departments title 是否…"""
    return one.logical_type == "integer" and one.title.zh.startswith("是否")


def names_of(name: str) -> dict[str, Text]:
    """Each code of a list by its name."""
    if name == "divisions":
        return {code: region_name(code) for code in divisions()}
    return code_list(name)
