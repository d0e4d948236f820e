"""The pieces pages are made of: frozen values that templates draw and services fill."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from xihu_platform.brain.spec import Grain
from xihu_platform.errors import Reason
from xihu_platform.words import Text

Words = Text | str
"""A `Text` is ours, in both languages; a plain `str` is data and is shown as it is."""


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A value withheld because it is made of fewer than `fewer_than` subjects."""

    fewer_than: int


@dataclass(frozen=True, slots=True)
class Partial:
    """A value of a table's cell that lacks some of the cells it should be made of."""

    value: "Number | Suppressed | None"
    running: bool = False
    """Its period has not ended yet."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A number of a table's cell with a bar: `largest` is the size of the longest one."""

    value: "Number"
    largest: "Number"

    @property
    def length(self) -> int:
        """In hundredths of the longest, from -100 to 100."""
        return round(100 * float(self.value) / float(self.largest)) if self.largest else 0


@dataclass(frozen=True, slots=True)
class Period:
    """One period of a series, written as people say it: 2026年10月, Q3 2026."""

    start: date
    grain: Grain = "month"


@dataclass(frozen=True, slots=True)
class Link:
    label: Words
    href: str
    current: bool = False


Number = int | float | Decimal
Cell = str | Number | date | datetime | Text | Period | Link | Suppressed | Partial | Bar | None


@dataclass(frozen=True, slots=True)
class Disputed:
    """A value that somebody says is wrong and that is being verified: 核实中."""

    value: Cell


Value = Cell | Disputed
"""What may be in a cell of a table; None is unknown and is drawn as —."""


@dataclass(frozen=True, slots=True)
class Action:
    """A button: what it does, in a verb, and where it leads."""

    label: Text
    href: str


StateKind = Literal["live", "empty", "late", "broken", "refused", "proof"]


@dataclass(frozen=True, slots=True)
class State:
    """The state of something, and what to do about it; never a blank panel."""

    kind: StateKind
    title: Text
    text: Text | None = None
    since: datetime | None = None
    reason: Reason | None = None
    action: Action | None = None


@dataclass(frozen=True, slots=True)
class Freshness:
    """The state dot of a dataset with its words: 按时更新 · 数据截至 2026年11月22日."""

    kind: Literal["live", "late", "broken"]
    loaded_at: datetime | None
    due_at: datetime | None = None
    data_as_of: date | datetime | Period | None = None
    """How far the data reaches; None where the dataset has no time field."""


@dataclass(frozen=True, slots=True)
class ShownSource:
    """The source strip under a number: where it comes from; it opens on a click."""

    dataset: Words
    dataset_href: str
    snapshot: str
    snapshot_at: datetime | None
    definition: Words
    definition_href: str | None = None
    """The metric's own page."""
    sql: str | None = None
    lineage: tuple[Link, ...] = ()
    download_href: str | None = None
    citation: Words | None = None
    sample: Text | None = None
    """That the dataset is a sample, and of how many."""


@dataclass(frozen=True, slots=True)
class ShownChange:
    """A comparison with another period: 同比 (a year before) or 环比 (the period before)."""

    against: Literal["year", "period"]
    ratio: Decimal | None
    """0.087 is 8.7 %. None: nothing to compare with."""
    points: bool = False
    """Of a rate: `ratio` is the difference in percentage points (百分点), 0.087 is 8.7."""
    why: Text | None = None
    """Why there is nothing to compare with, where more can be said than that."""


@dataclass(frozen=True, slots=True)
class Gap:
    """What a number lacks, in amber, with a link to the reason; it carries no comparison."""

    text: Text
    href: str | None


@dataclass(frozen=True, slots=True)
class Figure:
    """One indicator: value, unit, period, comparisons, course and source."""

    id: str
    name: Text
    value: Number | Suppressed | None
    unit: Text
    period: Period | None
    source: ShownSource
    decimals: int = 0
    changes: tuple[ShownChange, ...] = ()
    spark: tuple[Number | None, ...] = ()
    href: str | None = None
    state: Freshness | None = None
    unknown: Text | None = None
    """Why there is no value, where there is none."""
    gap: Gap | None = None
    """What the value lacks; None where it is complete."""


@dataclass(frozen=True, slots=True)
class Series:
    name: Words
    values: tuple[Number | Suppressed | None, ...]
    incomplete: frozenset[int] = frozenset()
    """Indices of the values that lack cells."""
    running: frozenset[int] = frozenset()
    """Indices of those whose period has not ended yet."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart whose title says what it shows; its table is made from the same values."""

    id: str
    title: Text
    kind: Literal["line", "bar", "rows"]
    """`rows`: lying bars, for names that need room."""
    axis: Text
    """What the labels are: the header of the table's first column."""
    labels: tuple[Period | Words, ...]
    series: tuple[Series, ...]
    unit: Text
    source: ShownSource | None = None
    decimals: int = 0
    emphasis: int | None = None
    """Index of the label to emphasise: this region among its siblings."""
    gap: Gap | None = None
    """What its values lack, all of them together."""


@dataclass(frozen=True, slots=True)
class TableColumn:
    title: Words
    unit: Text | None = None
    numeric: bool = False
    decimals: int | None = None
    """Digits after the point of every number in the column."""
    code: bool = False
    """Set in the fixed-width face: codes, identifiers, field names."""


@dataclass(frozen=True, slots=True)
class Table:
    caption: Text
    columns: tuple[TableColumn, ...]
    rows: tuple[tuple[Value, ...], ...]
    emphasis: int | None = None
    note: Text | None = None
    """One line above it, where something else than its length has to be said."""
    gap: Gap | None = None
    """What its values lack, all of them together."""
    total: bool = False
    """The last row is the total of those above it."""
    links: tuple[Link | None, ...] = ()
    """One for each row, after its values; none at all where rows lead nowhere."""


@dataclass(frozen=True, slots=True)
class Pager:
    """Keyset paging: no page numbers, only onwards and back."""

    shown: int
    total: int | None
    previous_href: str | None = None
    next_href: str | None = None
    first: int | None = 1
    """Ordinal of the first row shown; None where nothing counted the rows before it."""


@dataclass(frozen=True, slots=True)
class Lacking:
    """Something that was searched for and that is in no dataset."""

    what: Text
    ask: Text | None
    near: tuple[Link, ...]
    """Datasets that come close."""


@dataclass(frozen=True, slots=True)
class SearchNotes:
    """What must be said about the results of a search."""

    corrected: str | None = None
    """The spelling that was searched for, because the typed one found nothing."""
    lacking: tuple[Lacking, ...] = ()
    former: tuple[Text, ...] = ()
    """Names of places that are no more, and what became of them."""
    service: bool = False
    """Somebody wants something done, and no service is found for it."""


@dataclass(frozen=True, slots=True)
class FacetOption:
    label: Words
    count: int
    href: str
    """The page with this option switched on or off."""
    selected: bool = False


@dataclass(frozen=True, slots=True)
class Facet:
    name: Text
    options: tuple[FacetOption, ...]
    href: str | None = None
    """The page of all its values, in a portal that has one."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a select: its form value and its words."""

    value: str
    label: Words
    selected: bool = False


@dataclass(frozen=True, slots=True)
class Select:
    """A filter as a select in a GET form, so that it is in the URL."""

    name: str
    label: Text
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Tile:
    """One division on the tile map; `col` and `row` from the registry, row 0 is north."""

    code: str
    name: Text
    short: Text
    """The name without its last word: 西湖, 景宁."""
    city: str
    """Code of its city: tiles of one city share a heavy border. A city's own code for itself."""
    col: int
    row: int
    value: Number | Suppressed | None
    href: str
    late: bool = False
    incomplete: bool = False
    """Its value lacks cells."""


@dataclass(frozen=True, slots=True)
class TileMap:
    """A metric over the divisions; `cities` is what a narrow screen shows, `counties` a wide one.

    Either may be empty: a city's own page has only its counties. Each has its title.
    """

    id: str
    cities_title: Text
    counties_title: Text
    unit: Text
    period: Period | None
    cities: tuple[Tile, ...]
    counties: tuple[Tile, ...]
    source: ShownSource
    decimals: int = 0
    gap: Gap | None = None
    """What its values lack, all of them together."""


@dataclass(frozen=True, slots=True)
class ShownMoment:
    """That a page shows data as it was at a moment, and the form that asks for one."""

    action: str
    kept: tuple[tuple[str, str], ...]
    """Parameters of the page that the form sends along."""
    value: str = ""
    """As a control of date and time has it; empty of a page of now."""
    at: datetime | None = None
    snapshot: str = ""
    now_href: str = ""
    first: str = ""
    """The earliest moment that there is a version of, where an earlier one was asked for."""
