"""A synthetic sample of a dataset, made from its contract alone: nobody's data.

It is the same each time, and no stored value enters it: nothing can be learnt from it but what the
contract says.
"""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from xihu_catalog.contracts.model import Contract, Field
from xihu_catalog.registry.codes import code_list, divisions

ROWS = 5
_FIRST_DAY = date(2026, 1, 1)
_NAMED = {
    "person_name": "样**",
    "mobile": "139****0000",
    "address": "示例省示例市****",
    "bank_account": "****0000",
    "uscc": "91339900MA0000000X",
    "document_number": "样例编号",
    "citizen_id": "样例编号",
}
_PIECE = re.compile(r"(\[[^\]]+\]|\\d|\(?[^\[\]{}()|?*+\\]\)?)(?:\{(\d+)(?:,\d*)?\})?")


def sample_rows(contract: Contract, rows: int = ROWS) -> list[dict[str, object]]:
    """Rows by field name, with values of the fields' own types."""
    chance = Random(contract.dataset)
    return [{f.name: _value(f, chance, n) for f in contract.fields} for n in range(rows)]


def _value(field: Field, chance: Random, number: int) -> object:
    if field.code_list is not None:
        return chance.choice(_codes(field.code_list))
    if field.type == "DATE":
        return _FIRST_DAY + timedelta(days=chance.randrange(300))
    if field.type == "TIMESTAMP":
        start = datetime(_FIRST_DAY.year, 1, 1, 8)
        return start + timedelta(hours=chance.randrange(300 * 24))
    if field.type == "BOOLEAN":
        return chance.random() < 0.5
    if field.type in {"INTEGER", "BIGINT"}:
        low, high = _bounds(field)
        return chance.randint(int(low), int(high))
    if field.type.startswith("DECIMAL"):
        low, high = _bounds(field)
        return (low + (high - low) * Decimal(chance.randrange(1000)) / 1000).quantize(
            Decimal("0.1")
        )
    if field.identifier in _NAMED:
        return _NAMED[field.identifier]
    return _text(field, chance, number)


def _codes(name: str) -> list[str]:
    if name == "divisions":
        return [code for code, one in divisions().items() if one.level == "county"]
    return list(code_list(name))


def _bounds(field: Field) -> tuple[Decimal, Decimal]:
    low = Decimal(field.options.minimum or "1")
    high = Decimal(field.options.maximum) if field.options.maximum else low + 100
    return low, min(high, low + 1000)


def _text(field: Field, chance: Random, number: int) -> str:
    """By the contract's pattern where it is a plain one, else a word that says what it is."""
    pattern = field.options.pattern
    made = _from_pattern(pattern, chance) if pattern else None
    return made or f"样例{number + 1}"


def _from_pattern(pattern: str, chance: Random) -> str | None:
    body = pattern.removeprefix("^").removesuffix("$")
    made, end = [], 0
    for found in _PIECE.finditer(body):
        if found.start() != end:
            return None
        end = found.end()
        letter = {"\\d": "0123456789", "[0-9]": "0123456789"}.get(found[1], found[1].strip("[]()"))
        letters = "ABCDEFGHJK" if letter == "A-Z" else letter
        made.append("".join(chance.choice(letters) for _ in range(int(found[2] or 1))))
    text = "".join(made)
    return text if end == len(body) and re.fullmatch(pattern, text) else None
