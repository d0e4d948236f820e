"""What a metric is: data, never code."""

from dataclasses import dataclass
from typing import Literal

from xihu_platform.access.metric_decision import Audience
from xihu_platform.words import Text

Grain = Literal["hour", "day", "month", "quarter", "year"]
GRAINS: tuple[Grain, ...] = ("hour", "day", "month", "quarter", "year")
Level = Literal["province", "city", "county"]
LEVELS: tuple[Level, ...] = ("province", "city", "county")


@dataclass(frozen=True, slots=True)
class Dimension:
    """A field a metric may be broken down and filtered by."""

    field: str
    name: Text
    code_list: str | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """The cells a metric should be made of: each leaf region in each period, by dimension where
    one is named. An event (a visit, a ticket) has no frame: its absence is a zero, not a gap.
    """

    grain: Grain | None
    """One cell is expected in each period of this grain; None where the data has no time."""
    regions: tuple[str, ...]
    """Codes of the leaf regions that report."""
    by: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Dimension field and its values, where each region reports each value."""


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """One registered metric: its 口径 (definition) in words and in SQL, and who may see it.

    `kind` says how periods join: a `flow` adds up, a `stock` takes the last moment of each
    period, a `ratio` divides two sums. A region is the sum of its leaves: only rows whose
    `region_field` is filled count, so a parent's own row is never added to its children's.
    """

    id: str
    name: Text
    definition: Text
    dataset: str
    kind: Literal["flow", "stock", "ratio"]
    numerator: str
    """An aggregate over the contract's fields: `sum(output)`, `count(*)`, `sum(x) FILTER (…)`."""
    denominator: str | None
    scale: str
    """A decimal literal the result is multiplied with, to reach `unit`."""
    decimals: int
    unit: Text
    time_field: str | None
    grain: Grain | None
    """The finest grain the data has."""
    region_field: str | None
    finest_level: Level
    dimensions: tuple[Dimension, ...]
    where: str | None
    """A condition over the contract's fields that every counted row meets."""
    audience: Audience
    smallest_cell: int
    """Groups of fewer subjects than this are suppressed; 0 where nobody could be singled out."""
    better: Literal["up", "down", "neither"]
    brain: Literal["industry", "city", "society", "government"]
    owner: str
    """USCC of the organisation that answers for the definition."""
    frame: Frame | None = None
    """The expected cells (`coverage: cells`); None for events, where absence is zero."""
    seasonal: bool = False
    """Its course repeats within a year and is not adjusted: no period-on-period, no streaks."""

    @property
    def is_rate(self) -> bool:
        """Whether it changes in percentage points (百分点) and not in per cent."""
        return self.unit.en == "%"

    @property
    def is_mean(self) -> bool:
        """Whether it is the mean (平均值) of a field: its sum over its count."""
        numerator, denominator = self.numerator, self.denominator or ""
        if self.is_rate or not numerator.startswith("sum("):
            return False
        return denominator == f"count({numerator.removeprefix('sum(')}"

    @property
    def finest_grain(self) -> Grain | None:
        """The finest grain that is answered."""
        return self.default_grain if self.smallest_cell else self.grain

    @property
    def default_grain(self) -> Grain | None:
        """What API and pages answer with when no grain is asked for."""
        return self.grain_for(broken_down=False)

    def grain_for(self, *, broken_down: bool) -> Grain | None:
        """The default grain: hours become days, and daily counts months. Small cells are kept out
        of sight by longer periods: months for totals, quarters for shares and breakdowns.
        """
        if self.grain is None:
            return None
        finest: Grain = self.grain
        if self.grain == "hour":
            finest = "day"
        elif self.grain == "day" and self.kind != "stock":
            finest = "month"
        if not self.smallest_cell:
            return finest
        published: Grain = "quarter" if broken_down or self.kind == "ratio" else "month"
        return max(finest, published, key=GRAINS.index)
