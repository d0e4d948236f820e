"""The parts of a dataset's page that both portals show."""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal

from xihu_platform.words import Text
from xihu_portals.web.parts import Freshness, Link, Words


def floor_share(share: Decimal) -> Decimal:
    """A share to tenths of a per cent, rounded down: 98.96 % is not shown as a goal that was met.

    >>> floor_share(Decimal("0.98968"))
    Decimal('0.989')
    """
    return share.quantize(Decimal("0.001"), ROUND_FLOOR)


@dataclass(frozen=True, slots=True)
class DatasetHead:
    """The top of the page: what it is, who answers for it, how fresh it is."""

    id: str
    title: Words
    summary: Words
    owner: Words
    freshness: Freshness
    cycle: Text
    """Update cycle: 每日, 每月."""
    rows: int
    licence: Words
    open_class: Text
    topic: Words
    region: Text
    owner_href: str | None = None
    """The page of its publisher, in a portal that has one."""
    topic_href: str | None = None


@dataclass(frozen=True, slots=True)
class ShownField:
    """One field; `treatment` and `reason` are for the caller who looks, official portal only."""

    name: str
    title: Words
    meaning: Words
    type: Text
    grade: str
    """L1 to L4."""
    code_list: Link | None = None
    """Its name, and its public page; no address where there is none."""
    treatment: Text | None = None
    """原样, 部分隐去, 脱敏编号, 不可见 …"""
    visible: bool = True
    reason: Text | None = None


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How many records broke one rule, in words."""

    rule: Words
    field: str | None
    count: int
    anchor: str | None = None
    """Id of the examples of this rule on the same page."""


@dataclass(frozen=True, slots=True)
class ShownQuality:
    """The last load and its corrections: what came, what was accepted, what is still open."""

    load: str
    loaded_at: datetime
    received: int
    accepted: int
    quarantined: int
    reasons: tuple[RuleCount, ...] = ()
    load_href: str | None = None
    corrected: int = 0
    """Records that the load quarantined and that have been corrected since."""
    notes: tuple[Text, ...] = ()
    """What the corrections came to, in sentences."""
    overlapping: bool = False
    """Whether some record broke several rules, so that the reasons add up to more."""

    rough: bool = False
    """Whether the counts are rough."""
    share: Decimal | None = None
    """Of the accepted records, where the counts are rough; None of few records."""

    @property
    def accepted_share(self) -> Decimal | None:
        """Rounded down to tenths of a per cent, as everywhere: 98.96 % meets no goal of 99 %."""
        if self.rough:
            return self.share
        return floor_share(Decimal(self.accepted) / self.received if self.received else Decimal(1))


@dataclass(frozen=True, slots=True)
class Version:
    """One snapshot one can still read and cite."""

    snapshot: str
    at: datetime
    rows: int
    change: Words
    href: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class DownloadLink:
    format: Words
    """CSV, Excel, Parquet, Arrow."""
    href: str | None
    """None for Excel where the rows are too many for a sheet."""


@dataclass(frozen=True, slots=True)
class ApiExample:
    """Lines a reader can copy and run without a change."""

    curl: str
    python: str
    r: str
