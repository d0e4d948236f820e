"""What each page of the citizen portal shows: plain values, filled by the services."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from xihu_platform.errors import Reason
from xihu_platform.words import Text
from xihu_portals.web.datasets import (
    ApiExample,
    DatasetHead,
    DownloadLink,
    ShownField,
    ShownQuality,
    Version,
)
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import (
    Choice,
    Facet,
    Figure,
    Freshness,
    Link,
    Pager,
    SearchNotes,
    Select,
    State,
    Table,
    Value,
    Words,
)


@dataclass(frozen=True, slots=True)
class HomeNotice:
    """Something that concerns everyone: late data, a closed office."""

    kind: Literal["late", "broken", "info"]
    text: Words
    since: datetime | None
    href: str


@dataclass(frozen=True, slots=True)
class Home:
    """1 · What can I do here?"""

    frame: PageFrame
    popular: tuple[Link, ...]
    """Searches to start from, under the box."""
    figures: tuple[Figure, ...]
    """Four public indicators."""
    notices: tuple[HomeNotice, ...] = ()
    datasets: int | None = None
    """How many open datasets there are, for the third door."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer of a search; the searched words are marked from `Search.terms`."""

    kind: Literal["dataset", "figure"]
    id: str
    href: str
    title: Words
    line: Words
    owner: Text | None = None
    freshness: Freshness | None = None
    rows: int | None = None
    formats: tuple[str, ...] = ()
    cycle: Text | None = None
    figure: Figure | None = None
    """The number itself, when the hit is one."""


@dataclass(frozen=True, slots=True)
class ClosedGroup:
    """Datasets that are not open to all, for one and the same reason."""

    reason: Reason
    datasets: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """2 · Is there data on …?"""

    frame: PageFrame
    query: str
    terms: tuple[str, ...]
    hits: tuple[Hit, ...]
    facets: tuple[Facet, ...]
    pager: Pager
    figures: int = 0
    """How many public figures were found; the first of them are among the hits."""
    more_figures: tuple[Link, ...] = ()
    notes: SearchNotes = SearchNotes()
    closed: tuple[ClosedGroup, ...] = ()
    """What was found but is not open to all, by the reason."""
    chosen: tuple[Link, ...] = ()
    """The filters in force, each with the address that lifts it."""
    kept: tuple[Choice, ...] = ()
    """Filters the search form must carry on, as hidden fields: name and value."""
    everything: Link | None = None
    """All open datasets, when nothing was found."""


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Titles that begin like what has been typed."""

    frame: PageFrame
    titles: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Dataset:
    """3 · Can I trust it, how do I get it?"""

    frame: PageFrame
    head: DatasetHead
    state: State | None
    """Late or broken: what that means and what still works."""
    preview: Table | State
    fields: tuple[ShownField, ...]
    quality: ShownQuality | State
    versions: tuple[Version, ...]
    downloads: tuple[DownloadLink, ...]
    api: ApiExample | State
    """Examples, or why there are none."""
    citation: Words
    region: Link | None = None
    """Preview and downloads hold this region only; the link lifts that."""


@dataclass(frozen=True, slots=True)
class Holding:
    """One field of one of my records, its name in words."""

    name: Words
    value: Value
    note: Text | None = None
    """How it was treated: 只显示后四位."""
    unit: Text | None = None


@dataclass(frozen=True, slots=True)
class Record:
    title: Words
    fields: tuple[Holding, ...]


@dataclass(frozen=True, slots=True)
class Withheld:
    """A dataset or field that I may not see, and why."""

    name: Words
    reason: Reason


@dataclass(frozen=True, slots=True)
class MyDataset:
    id: str
    title: Words
    source: Words
    """The department that keeps it."""
    phone: str | None
    as_of: datetime | None
    records: tuple[Record, ...]
    withheld: tuple[Withheld, ...] = ()
    freshness: Freshness | None = None


@dataclass(frozen=True, slots=True)
class LifeArea:
    """A part of life, not of government: 身份与户口, 社保, 住房 …"""

    id: str
    name: Text
    icon: str
    """A name of the icon sprite: id-badge-2, health-recognition, home-2, briefcase, school."""
    datasets: tuple[MyDataset, ...]


@dataclass(frozen=True, slots=True)
class MyData:
    """5 · What does the state hold on me?"""

    frame: PageFrame
    areas: tuple[LifeArea, ...]
    withheld: tuple[Withheld, ...] = ()
    """Whole datasets that exist and that I may not see."""
    state: State | None = None
    """In place of the data: real-name level too low, source broken."""
    mandate: Words | None = None
    """The firm or person acted for: the page is then about them."""


@dataclass(frozen=True, slots=True)
class Proving:
    """How do I prove who I am?"""

    frame: PageFrame


@dataclass(frozen=True, slots=True)
class Look:
    """One entry of the log: when, at what."""

    id: str
    at: datetime
    dataset: Words


@dataclass(frozen=True, slots=True)
class UseLine:
    """One look at my data, as the audit log holds it."""

    id: str
    at: datetime
    organisation: Words
    position: Words
    purpose: Words
    case_number: str | None
    dataset: Words
    fields: tuple[Words, ...]
    allowed: bool
    reason: Words | None = None
    """Why it was refused, or on what ground it was allowed."""
    earlier: tuple[Look, ...] = ()
    """The same look earlier that day: each its own entry."""


@dataclass(frozen=True, slots=True)
class OwnDay:
    """All of a day's own looks as one line, so that others' stand out."""

    day: date
    looks: tuple[Look, ...]


@dataclass(frozen=True, slots=True)
class UseMonth:
    month: date
    uses: tuple[UseLine | OwnDay, ...]


@dataclass(frozen=True, slots=True)
class Delayed:
    """Looks that may not be shown yet: counted, with the law that says so."""

    count: int
    law: Text
    until: date | None


@dataclass(frozen=True, slots=True)
class MyUses:
    """6 · Who looked, and why?"""

    frame: PageFrame
    months: tuple[UseMonth, ...]
    filters: tuple[Select, ...]
    pager: Pager
    delayed: tuple[Delayed, ...] = ()
    state: State | None = None
    how_to_check: Text | None = None
    """How a downloaded proof is checked, in a sentence and a command."""
