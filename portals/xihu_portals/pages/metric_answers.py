"""What one page asks of one metric: each question once, so that the log has it once."""

from dataclasses import replace
from datetime import date, datetime
from urllib.parse import urlencode

from xihu_platform.access.gateway import AccessGateway
from xihu_platform.brain.periods import period_start, shift, year_before
from xihu_platform.brain.query import MetricQuery
from xihu_platform.brain.service import Answer, Point, ask
from xihu_platform.brain.spec import Grain, Level, MetricSpec
from xihu_platform.regions import Region
from xihu_portals.pages.figures import Asker, Values, asked_words, last_closed_day


class Answers:
    """The answers of one page; a question that was asked before is not asked again.

    `snapshot`: of the moment `as_of` of the page, as its address has it; None of now.
    """

    def __init__(
        self, asker: Asker, spec: MetricSpec, snapshot: int | None = None, as_of: str = ""
    ) -> None:
        self.asker = asker
        self.spec = spec
        self.snapshot = snapshot
        self.as_of = as_of
        self._known: dict[MetricQuery, Answer] = {}

    @property
    def gateway(self) -> AccessGateway:
        return self.asker.services.gateway

    def ask(self, query: MetricQuery) -> Answer:
        if query.snapshot_id is None and self.snapshot is not None:
            query = replace(query, snapshot_id=self.snapshot)
        if query not in self._known:
            services = self.asker.services
            self._known[query] = ask(
                self.gateway, self.asker.principal, self.spec, query, services.registered
            )
        return self._known[query]

    def values(self, query: MetricQuery) -> Values:
        """An answer as pages draw it; its newest period is the newest that has ended."""
        answer = self.ask(query)
        href = f"{self.asker.values_path.format(metric=self.spec.id)}?{asked_words(query)}"
        if self.as_of:
            href += f"&{urlencode({'as_of': self.as_of})}"
        newest = answer.newest
        if newest is not None and query.grain is not None:
            newest = min(newest, self.closed(query.grain).isoformat())
        return Values(answer.points, answer.sql, answer.citation, href, newest, self.as_of)

    def closed(self, grain: Grain) -> date:
        """The first day of the newest period of a grain that has ended."""
        day = last_closed_day(self.asker.services, grain)
        return period_start(datetime(day.year, day.month, day.day), grain).date()

    def ended_by(self, day: date, grain: Grain, wider: Grain) -> date:
        """The first day of the newest period of a wider grain that ends with the period of `day`
        or before it."""
        after = shift(datetime(day.year, day.month, day.day), grain, 1)
        return shift(period_start(after, wider), wider, -1).date()

    def at(
        self,
        day: date | None,
        grain: Grain | None,
        *,
        place: str,
        level: Level | None = None,
        by: str | None = None,
    ) -> Answer:
        """The points of one period: of a place, or of its parts by level or by dimension."""
        return self.ask(
            MetricQuery(
                grain=grain,
                level=level,
                parent=place if self.spec.region_field else None,
                by=(by,) if by else (),
                start=day,
                end=day,
            )
        )


def before(day: date) -> date:
    """The first day of the same period a year before."""
    return year_before(datetime(day.year, day.month, day.day)).date()


def only(answer: Answer) -> Point | None:
    """The one point of an answer that is not broken down."""
    return answer.points[0] if answer.points else None


def level_below(place: str, spec: MetricSpec) -> Level | None:
    """The level of the parts of a place; None where the metric has none below it."""
    level: Level | None = {"province": "city", "city": "county"}.get(Region(place).level)  # type: ignore[assignment]  # two of the levels
    if level is None or spec.region_field is None or spec.finest_level == "province":
        return None
    return level if level == "city" or spec.finest_level == "county" else None
