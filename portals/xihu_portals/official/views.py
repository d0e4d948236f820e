"""What each page of the official portal shows: plain values, filled by the services."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from xihu_platform.errors import Reason
from xihu_platform.words import Text
from xihu_portals.web.datasets import (
    ApiExample,
    DatasetHead,
    DownloadLink,
    RuleCount,
    ShownField,
    ShownQuality,
    Version,
)
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import (
    Action,
    Chart,
    Choice,
    Facet,
    Figure,
    Freshness,
    Link,
    Pager,
    SearchNotes,
    Select,
    ShownSource,
    State,
    Table,
    TileMap,
    Words,
)


@dataclass(frozen=True, slots=True)
class PositionChoice:
    """One office the person holds today."""

    id: str
    title: Text
    organisation: Text
    region: Text
    duties: tuple[Text, ...]
    last_used_at: datetime | None = None
    current: bool = False


@dataclass(frozen=True, slots=True)
class ChoosePosition:
    """7 · In which role am I here? Last used first."""

    frame: PageFrame
    positions: tuple[PositionChoice, ...]
    next_path: str = "/official/"
    """Where to go once chosen."""


@dataclass(frozen=True, slots=True)
class Need:
    """Something that waits for this position."""

    kind: Literal["alert", "late", "request", "broken"]
    title: Words
    line: Words
    href: str
    verb: Text
    since: datetime | None = None
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cockpit:
    """8 · What needs me today, how is my region?"""

    frame: PageFrame
    path: tuple[Link, ...]
    """From the province down to the region shown."""
    region: Text
    needs: tuple[Need, ...]
    figures: tuple[Figure, ...]
    map: TileMap | State
    filters: tuple[Select, ...]
    """Indicator and period of the map, kept in the URL."""


@dataclass(frozen=True, slots=True)
class RegionPage:
    """9 · Why does this region differ?"""

    frame: PageFrame
    path: tuple[Link, ...]
    code: str
    name: Text
    parent: Text
    headline: Figure
    finding: Text
    """The answer in one sentence: by how much it differs, and where that comes from."""
    filters: tuple[Select, ...]
    share_of_parent: Decimal | None
    trend: Chart | State
    siblings: Chart | State
    """In the order of the codes, this region emphasised."""
    breakdown: Table | State
    """This region beside its parent, by what the metric can be broken down by; the province has
    no parent and stands alone."""
    map: TileMap | None
    breakdown_title: Text
    sum_note: Text | None = None
    """Why the parts do not add up to the whole, if they do not."""


@dataclass(frozen=True, slots=True)
class MetricPage:
    """10 · What is this number?"""

    frame: PageFrame
    id: str
    name: Text
    definition: Words
    kind: Text
    """流量, 存量 or 比率, in words."""
    formula: Words
    owner: Text
    unit: Text
    grain: Text
    audience: Text
    headline: Figure
    series: Chart | State
    breakdowns: tuple[Chart | State, ...]
    lineage: "Lineage"
    sql: str
    source: ShownSource
    citation: Words
    downloads: tuple[DownloadLink, ...]
    filters: tuple[Select, ...] = ()


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where something comes from and what is made of it."""

    upstream: tuple[Link, ...]
    here: Words
    downstream: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class CatalogueHit:
    id: str
    href: str
    title: Words
    line: Words
    owner: Text
    freshness: Freshness
    rows: int
    cycle: Text
    share_class: Text
    grades: tuple[str, ...]
    """The grades of its fields: L1 … L4."""
    access: Literal["open", "ground", "request", "closed"]
    """For this position: may be used now, may be requested, may not be shared."""


@dataclass(frozen=True, slots=True)
class CataloguePage:
    """11 · Search over all that the position may know of."""

    frame: PageFrame
    query: str
    terms: tuple[str, ...]
    hits: tuple[CatalogueHit, ...]
    facets: tuple[Facet, ...]
    pager: Pager
    notes: SearchNotes = SearchNotes()
    figures: tuple[Link, ...] = ()
    """The indicators found for the same words."""
    chosen: tuple[Link, ...] = ()
    kept: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class ShareClass:
    """The class with the article it rests on, and its conditions."""

    name: Text
    article: Words
    conditions: Words | None = None


@dataclass(frozen=True, slots=True)
class User:
    """Who uses the dataset, and for what."""

    organisation: Words
    purpose: Words
    reads: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class GroundLookup:
    """Rows of one subject of a ground that the visitor's position holds."""

    case: str
    subject: str
    result: Table | State | None
    """None until a number is given."""
    step_up: Action | None = None
    """Where a further verification would show more fields."""


@dataclass(frozen=True, slots=True)
class OfficialDataset:
    """11 · May I use it, and is it fit?"""

    frame: PageFrame
    head: DatasetHead
    access: Literal["open", "ground", "request", "closed"]
    decision: Text
    """The answer in one sentence, for this position."""
    refusal: Reason | None
    """Why not, when access is not open."""
    how: Action | None
    """What one can do about it here; None where there is nothing to press yet."""
    how_text: Text | None
    state: State | None
    share: ShareClass
    preview: Table | State
    fields: tuple[ShownField, ...]
    quality: ShownQuality | State
    versions: tuple[Version, ...]
    users: tuple[User, ...]
    lineage: Lineage
    downloads: tuple[DownloadLink, ...]
    api: ApiExample
    citation: Words
    lookup: GroundLookup | None = None
    """Where the dataset opens under a ground (业务事由) for this kind of position."""
    loads: tuple["LoadLine", ...] = ()
    """Newest first."""


@dataclass(frozen=True, slots=True)
class Rejects:
    """The first records that broke one rule, for the steward's own position."""

    id: str
    rule: Words
    rows: Table
    """Record number, and the values of the fields that the rule reads."""
    total: int


@dataclass(frozen=True, slots=True)
class RejectsFile:
    """A download of quarantined records: those still open, or all of them."""

    kind: Literal["excel", "csv", "all"]
    href: str


@dataclass(frozen=True, slots=True)
class LoadLine:
    """One load in a list of them, its corrections under it."""

    at: datetime
    file: str
    received: int
    accepted: int
    still_open: int
    href: str
    stopped: bool = False
    corrections: tuple["LoadLine", ...] = ()


Outcome = Literal["clean", "quarantined", "failed", "missing", "none"]


@dataclass(frozen=True, slots=True)
class LoadDay:
    """One day of the strip: what its loads came to."""

    day: date
    outcome: Outcome
    accepted: int = 0
    quarantined: int = 0
    href: str | None = None


@dataclass(frozen=True, slots=True)
class CorrectionFile:
    """One file of corrected records, and what became of it."""

    file: str
    at: datetime
    state: Literal["waiting", "committed", "refused"]
    accepted: int = 0
    quarantined: int = 0
    known: bool = False
    """It had been loaded before: nothing was added."""
    refusal: Text | None = None
    load_href: str | None = None
    """The report of the load it became, or of the one that was stopped."""


@dataclass(frozen=True, slots=True)
class Corrections:
    """Handing corrected records in, for the steward's own position."""

    action: str
    here: str
    limit_mb: int
    closed: State | None
    """Why nothing can be handed in here any more."""
    fault: Text | None
    """What was wrong with the file just handed in."""
    receipts: tuple[CorrectionFile, ...]
    """Newest first."""

    @property
    def waiting(self) -> bool:
        return any(one.state == "waiting" for one in self.receipts)


@dataclass(frozen=True, slots=True)
class LoadReport:
    """12 · What went wrong with my file?"""

    frame: PageFrame
    dataset: Words
    dataset_href: str
    quality: ShownQuality
    file: str
    snapshot: str | None
    rules: tuple[RuleCount, ...]
    rejects: tuple[Rejects, ...] | State
    """The records themselves, or why this position does not see them."""
    downloads: tuple[RejectsFile, ...]
    """Of the quarantined records."""
    history: tuple[LoadDay, ...]
    """Oldest first."""
    state: State | None = None
    notes: tuple[tuple[Words, Words], ...] = ()
    """How the file was read and what was put right, by name and value."""
    corrections: Corrections | None = None
    of: LoadLine | None = None
    """Of a load of corrections: the load that it corrects."""
    loads: tuple[LoadLine, ...] = ()
    """The load and its corrections, where there are any."""
