"""Two versions of a dataset beside each other: rows removed, added and changed, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.versions import DatasetVersion
from xihu_platform.access.decision import Allow
from xihu_platform.access.diff import DiffCounts, DiffPage, DiffQuery, RowChange
from xihu_platform.access.policy import Purpose
from xihu_platform.errors import NotFound, Refused
from xihu_platform.words import Text
from xihu_portals.api.at_moment import versions_of
from xihu_portals.api.versions import AskedDiff, compare_versions, diff_query, schema_changes
from xihu_portals.pages.values import value
from xihu_portals.pages.versions import version_words
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Cell, Choice, Link, State, Words

ROWS = 50
KINDS = {
    "removed": Text("删去", "Removed"),
    "added": Text("新增", "Added"),
    "changed": Text("变更", "Changed"),
}
_ANY = Text("全部", "All")
_NO_EARLIER = State(
    "empty",
    Text("只有一个版本，没有可比的", "There is one version only: nothing to compare"),
)
_SAME = State(
    "empty",
    Text("这两个版本没有差异", "The two versions do not differ"),
    Text(
        "按您能看到的记录和数据项比较，没有删去、新增或变更。",
        "In the records and fields that you may see, nothing was removed, added or changed.",
    ),
)


@dataclass(frozen=True, slots=True)
class ComparedValue:
    """A field with its value before and after; of a removed or added row, one of them."""

    field: Words
    old: Cell
    new: Cell
    changed: bool


@dataclass(frozen=True, slots=True)
class ShownDifference:
    """One row that differs."""

    kind: str
    name: Text
    key: tuple[tuple[Words, Cell], ...]
    values: tuple[ComparedValue, ...]
    same: int
    """Fields of a changed row that are the same."""
    copies: int


@dataclass(frozen=True, slots=True)
class ComparePage:
    """What changed between two versions?"""

    frame: PageFrame
    title: Text
    back: str
    versions: str
    before: tuple[Choice, ...]
    after: tuple[Choice, ...]
    kinds: tuple[Choice, ...]
    fields: tuple[Choice, ...]
    filters: tuple[str, ...]
    """As an address has them; they are kept in the form."""
    counts: DiffCounts | None
    rows: tuple[ShownDifference, ...]
    state: State | None
    """Why there are no rows."""
    notes: tuple[Text, ...]
    schema: tuple[tuple[str, Text], ...]
    next: str | None
    first: str | None
    downloads: tuple[Link, ...]


def fill_compare(
    visitor: Visitor,
    dataset: str,
    purpose: Purpose,
    folder: str,
    asked: AskedDiff,
    filters: Sequence[str],
    cursor: str | None,
) -> ComparePage:
    """`folder`: the portal's datasets. Raises NotFound, Erased, BadInput, TooLarge."""
    services, who = visitor.services, visitor.principal
    contract = services.catalogue.contracts.get(dataset)
    path = f"{folder}/{dataset}"
    try:
        query = diff_query(services, who, contract, purpose, asked)
        page = compare_versions(services, who, dataset, purpose, query, limit=ROWS, cursor=cursor)
    except Refused as refused:
        state = State("refused", refused.reason.text, reason=refused.reason)
        return _without(visitor, contract, path, state)
    except NotFound as missing:
        if asked.before is not None or missing.status != NotFound.status:
            raise
        return _without(visitor, contract, path, _NO_EARLIER)
    pairs = _pairs(query, filters)
    kept = [one for one in versions_of(services, who, contract, purpose) if one.fate == "kept"]
    here = f"{path}/compare?{urlencode(pairs)}"
    return ComparePage(
        frame=visitor.frame,
        title=contract.title,
        back=path,
        versions=f"{path}/versions",
        before=_chosen(kept, query.before),
        after=_chosen(kept, query.after),
        kinds=_kinds(query.kind),
        fields=_fields(contract, page, query.changed),
        filters=tuple(filters),
        counts=page.counts,
        rows=tuple(_shown(visitor, contract, purpose, one) for one in page.rows),
        state=None if page.rows else _SAME,
        notes=tuple(_notes(contract, page)),
        schema=tuple(
            (one.where, one.text) for one in schema_changes(services, who, contract, purpose, query)
        ),
        next=f"{here}&{urlencode({'cursor': page.next_cursor})}" if page.next_cursor else None,
        first=here if cursor else None,
        downloads=tuple(
            Link(name, f"{path}/diff.{form}?{urlencode(pairs)}")
            for form, name in (("csv", "CSV"), ("parquet", "Parquet"))
        ),
    )


def _without(visitor: Visitor, contract: Contract, path: str, state: State) -> ComparePage:
    return ComparePage(
        frame=visitor.frame,
        title=contract.title,
        back=path,
        versions=f"{path}/versions",
        before=(),
        after=(),
        kinds=(),
        fields=(),
        filters=(),
        counts=None,
        rows=(),
        state=state,
        notes=(),
        schema=(),
        next=None,
        first=None,
        downloads=(),
    )


def _pairs(query: DiffQuery, filters: Sequence[str]) -> list[tuple[str, str]]:
    pairs = [("from", str(query.before)), ("to", str(query.after))]
    pairs += [("kind", query.kind)] if query.kind else []
    pairs += [("changed", query.changed)] if query.changed else []
    return pairs + [("filter", one) for one in filters]


def _chosen(kept: Sequence[DatasetVersion], snapshot: int) -> tuple[Choice, ...]:
    return tuple(
        Choice(str(one.snapshot_id), version_words(one), one.snapshot_id == snapshot)
        for one in kept
    )


def _kinds(chosen: str | None) -> tuple[Choice, ...]:
    every = (Choice("", _ANY, chosen is None),)
    return (*every, *(Choice(one, words, one == chosen) for one, words in KINDS.items()))


def _fields(contract: Contract, page: DiffPage, chosen: str | None) -> tuple[Choice, ...]:
    """The fields that can change; none where rows are compared without a key."""
    if not page.basis.key:
        return ()
    names = page.basis.fields[len(page.basis.key) :]
    titles = {one.name: one.title for one in contract.fields}
    every = (Choice("", _ANY, chosen is None),)
    return (*every, *(Choice(one, titles.get(one, one), one == chosen) for one in names))


def _shown(
    visitor: Visitor, contract: Contract, purpose: Purpose, one: RowChange
) -> ShownDifference:
    fields = {field.name: field for field in contract.fields}
    decision = visitor.services.gateway.decide(visitor.principal, contract.dataset, purpose)

    def cell(name: str, raw: object) -> Cell:
        decided = decision.field_decision(name) if isinstance(decision, Allow) else None
        return value(fields[name], raw, decided)

    names = one.changed if one.kind == "changed" else tuple(one.old or one.new or {})
    values = tuple(
        ComparedValue(
            fields[name].title,
            cell(name, one.old[name]) if one.old is not None else None,
            cell(name, one.new[name]) if one.new is not None else None,
            one.kind == "changed",
        )
        for name in names
    )
    return ShownDifference(
        kind=one.kind,
        name=KINDS[one.kind],
        key=tuple((fields[name].title, cell(name, raw)) for name, raw in one.key.items()),
        values=values,
        same=len(one.old or {}) - len(names) if one.kind == "changed" else 0,
        copies=one.copies,
    )


def _notes(contract: Contract, page: DiffPage) -> list[Text]:
    """How rows were compared, where that is not by a unique key, and what was left out."""
    notes = []
    if not page.basis.key:
        notes.append(
            Text(
                "没有可用的主键：整行比较，只分删去和新增。",
                "No key to compare by: whole rows are compared, which are only removed or added.",
            )
        )
    if page.counts is not None and page.counts.duplicate_keys:
        n = page.counts.duplicate_keys
        notes.append(
            Text(
                f"有 {n:,} 个主键值不唯一，相应记录只分删去和新增。",
                f"{n:,} keys are not unique: their rows are only removed or added.",
            )
        )
    titles = {one.name: one.title for one in contract.fields}
    if left := [titles[one] for one in page.basis.left_out if one in titles]:
        notes.append(
            Text(
                f"两个版本的脱敏编号密钥不同，未比较：{'、'.join(one.zh for one in left)}。",
                "The pseudonyms of the two versions have different keys, so these were not "
                f"compared: {', '.join(one.en for one in left)}.",
            )
        )
    if page.counts is None:
        notes.append(
            Text(
                "差异涉及的人数或企业数超过一千，不给出条数。",
                "More than a thousand persons or firms differ: no numbers are given.",
            )
        )
    return notes
