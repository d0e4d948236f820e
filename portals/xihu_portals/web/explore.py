"""The parts of the page that explores a dataset: conditions, columns, counts, ways to take it."""

from dataclasses import dataclass
from typing import Literal

from xihu_platform.errors import Reason
from xihu_platform.words import Text
from xihu_portals.web.datasets import ApiExample, DatasetHead, DownloadLink
from xihu_portals.web.parts import (
    Chart,
    Choice,
    Facet,
    Link,
    ShownMoment,
    ShownSource,
    State,
    Table,
    TableColumn,
    Words,
)

ControlKind = Literal["choice", "text", "date", "month", "number"]


@dataclass(frozen=True, slots=True)
class ChoiceGroup:
    """Options of a select under one name: the counties of a city. Without a name, none is drawn."""

    label: Words | None
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class FilterControl:
    """What a field is narrowed with; it shows the condition in force.

    A `choice` is a select, a `text` an operator and a text; the others have two ends.
    """

    field: str
    label: Words
    kind: ControlKind
    unit: Text | None = None
    groups: tuple[ChoiceGroup, ...] = ()
    operators: tuple[Choice, ...] = ()
    value: str = ""
    upto: str = ""
    error: Text | None = None


@dataclass(frozen=True, slots=True)
class FilterForm:
    """Conditions, order and columns in one form of method GET."""

    action: str
    main: tuple[FilterControl, ...]
    others: tuple[FilterControl, ...]
    kept: tuple[tuple[str, str], ...]
    """Parameters that no control shows: conditions of other kinds, the snapshot."""
    sorts: tuple[Choice, ...]
    descending: bool
    columns: tuple[Choice, ...]
    """Every field that may be chosen; `selected` are those shown."""
    problems: tuple[Text, ...] = ()
    open: bool = False
    """Whether the controls that are not the main ones are shown."""


@dataclass(frozen=True, slots=True)
class SortableColumn:
    """A column of the rows with the way to sort by it; None where its order means nothing."""

    column: TableColumn
    href: str | None
    sorted: Literal["ascending", "descending"] | None = None


@dataclass(frozen=True, slots=True)
class ExploredRows:
    """One page of the rows; `first_href` where this is not the first page."""

    table: Table
    columns: tuple[SortableColumn, ...]
    first_href: str | None
    next_href: str | None


@dataclass(frozen=True, slots=True)
class NothingFound:
    """No row meets the conditions: each that may be lifted, and what that would give."""

    title: Text
    lifts: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Explored:
    """What was found under the conditions in force."""

    form: FilterForm
    chosen: tuple[Link, ...]
    """Each condition in words; the link lifts it."""
    clear_href: str
    found: Text
    """How many rows meet the conditions."""
    rows: ExploredRows | NothingFound
    facets: tuple[Facet, ...]
    charts: tuple[Chart, ...]
    uncounted: Reason | None
    """Why there are neither facets nor charts."""
    downloads: tuple[DownloadLink, ...]
    file_rows: Text
    """How many rows a file will hold."""
    no_download: State | None
    api: ApiExample
    source: ShownSource
    snapshot: Link | None
    """The older snapshot that is read; the link goes to the newest."""
    subscribe: str | None = None
    """Where new rows under these conditions are subscribed to."""
    embed: str | None = None
    """The line that shows these rows on another site, of open data."""
    moment: ShownMoment | None = None


@dataclass(frozen=True, slots=True)
class ExploreHead:
    """Of which dataset, and the way back to its page."""

    dataset: DatasetHead
    href: str
