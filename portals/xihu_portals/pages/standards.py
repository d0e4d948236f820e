"""What the pages of data standards share: searching, days in addresses, who uses a standard."""

import re
from collections.abc import Iterable, Sequence
from datetime import date

from xihu_catalog.contracts.model import policy_of
from xihu_catalog.datasets.public_counts import count_of_fields
from xihu_catalog.quality.whole import newest_whole
from xihu_catalog.registry.code_lists import CodeListFacts, code_lists
from xihu_catalog.registry.elements import DataElement, elements
from xihu_catalog.standards.uses import FieldUse
from xihu_platform.errors import BadInput
from xihu_platform.rough import Rough
from xihu_platform.words import Text
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.parts import Link, Table, TableColumn, Value

STANDARDS_PATH = "/standards"
CODES_PATH = f"{STANDARDS_PATH}/codes"
ELEMENTS_PATH = f"{STANDARDS_PATH}/elements"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NOT_LOADED = Text("还没有装载", "not loaded yet")
_CONFORMS = Text("没有不符合的记录", "every record conforms")
_TOGETHER = Text("各项检查合计，只公布约数", "all checks together, roughly")


def find_lists(typed: str) -> list[CodeListFacts]:
    """By id, name or standard; all of them where nothing is typed."""
    return [
        one
        for one in code_lists().values()
        if _has(typed, (one.id, one.name.zh, one.name.en, one.standard))
    ]


def find_elements(typed: str) -> list[DataElement]:
    """By id, name, synonym or standard; all of them where nothing is typed."""
    return [
        one
        for one in elements().values()
        if _has(typed, (one.id, one.name.zh, one.name.en, one.standard, *one.synonyms))
    ]


def _has(typed: str, texts: Iterable[str]) -> bool:
    return any(typed.casefold() in text.casefold() for text in texts)


def day_in(text: str) -> date | None:
    """A day of a page's address. Raises BadInput."""
    if not text:
        return None
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise BadInput(
        "网址中的 on 应为 2020-01-01 这样的日期", "on in the address must be a day: 2020-01-01"
    )


def used_by(visitor: Visitor, uses: Sequence[FieldUse]) -> Table:
    """The fields that use a standard, and the records of the newest load that broke its rules.

    Counts are those of the load's summary, as the public page of the dataset has them.
    """
    rows = [row for use in uses for row in _rows(visitor, use)]
    return Table(
        caption=Text("使用它的数据项", "Fields that use it"),
        columns=(
            TableColumn(Text("数据集", "Dataset")),
            TableColumn(Text("数据项", "Field")),
            TableColumn(Text("最近一次装载", "Newest load")),
            TableColumn(Text("不符合的记录数", "Records that do not conform"), numeric=True),
        ),
        rows=tuple(rows),
    )


def _rows(visitor: Visitor, use: FieldUse) -> list[tuple[Value, ...]]:
    contract, services = use.contract, visitor.services
    link = Link(contract.title, f"/datasets/{contract.dataset}")
    whole = newest_whole(services.catalogue, services.node.database, contract)
    if whole is None:
        return [(link, use.field.title, _NOT_LOADED, None)]
    broken = use.broken(whole)
    unreadable = policy_of(contract).closed_fields

    def shown(count: int) -> int:
        return count_of_fields(
            contract, (use.field.name,), count, public=True, unreadable=unreadable
        )

    every = shown(sum(broken.values()))
    if isinstance(every, Rough):  # a rule's name would say that some record breaks it
        return [(link, use.field.title, _TOGETHER, every)]
    if not broken:
        return [(link, use.field.title, _CONFORMS, 0)]
    return [
        (link, use.field.title, contract.title_of(rule), shown(count))
        for rule, count in broken.items()
    ]
