"""The custom properties that a contract and its fields may state, and those written elsewhere.

ODCS leaves custom properties free: one that nobody knows says nothing and is no fault. One that is
nearly ours, or is written at the wrong level, would be overlooked without a word.
"""

from collections.abc import Iterator
from difflib import get_close_matches

from xihu_catalog.contracts import odcs
from xihu_platform.words import Text

OF_CONTRACT = frozenset(
    {
        *("nameEn", "summaryEn", "conditionsEn", "provider", "resourceCode", "updateCycle"),
        *("shareClass", "openClass", "secrecy", "synthetic", "sharedKinds", "licence"),
        "standingConsent",
        *("baseDatabase", "shareRules", "shareConditions", "shareConditionsEn", "shareBasis"),
        *("shareBasisEn", "loadMode", "push", "partitionField", "deleteColumn", "deleteValues"),
    }
)
OF_FIELD = frozenset(
    {
        *("nameEn", "descriptionEn", "dataElement", "sourceColumn", "sourceFormat", "steps"),
        *("codeList", "unit", "unitEn", "identifier", "protect", "vault", "region", "time"),
        *("subjectKey", "firmKey", "validFrom", "validTo"),
    }
)
OF_TABLE = frozenset({"claims"})
"""Of the schema object."""
_PLACES: dict[str, tuple[frozenset[str], str, str]] = {
    "contract": (OF_CONTRACT, "契约", "the contract"),
    "table": (OF_TABLE, "schema 对象", "the schema object"),
    "field": (OF_FIELD, "字段", "a field"),
}
"""Of each level: what it may state, and its name."""
_LIKENESS = 0.75

_Path = tuple[int | str, ...]


def overlooked(document: odcs.Odcs) -> Iterator[tuple[_Path, Text]]:
    """Where each property is that nothing would read, and what was probably meant."""
    table = document.schema_[0]
    yield from _of(document.customProperties, (), "contract")
    yield from _of(table.customProperties, ("schema", 0), "table")
    for index, field in enumerate(table.properties):
        at: _Path = ("schema", 0, "properties", index)
        yield from _of(field.customProperties, at, "field")


def _of(given: list[odcs.CustomProperty], at: _Path, level: str) -> Iterator[tuple[_Path, Text]]:
    here = _PLACES[level][0]
    for number, one in enumerate(given):
        path = (*at, "customProperties", number)
        name = one.property
        if name in here:
            continue
        known = next((place for place in _PLACES.values() if name in place[0]), None)
        if known is not None:
            _, zh, en = known
            words = Text(
                f"{name} 须写在{zh}的 customProperties 里，写在这里不会被读取",
                f"{name} belongs to the customProperties of {en}: here nothing reads it",
            )
            yield path, words
        elif likely := get_close_matches(name, here, n=1, cutoff=_LIKENESS):
            words = Text(
                f"{name} 不会被读取，是不是 {likely[0]}？请改正或删去",
                f"nothing reads {name}: write {likely[0]} if that is meant, else take it out",
            )
            yield path, words
