"""What a reader chooses on a metric's page: place, grain and periods, all of them in the URL."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from xihu_catalog.registry.codes import divisions, province
from xihu_platform.brain.periods import shift
from xihu_platform.brain.query import MetricQuery
from xihu_platform.brain.spec import GRAINS, LEVELS, Grain, MetricSpec
from xihu_platform.errors import BadInput
from xihu_platform.regions import Region
from xihu_platform.words import Text
from xihu_portals.api.at_moment import MOMENT_LENGTH
from xihu_portals.pages.describe import region_name
from xihu_portals.pages.places import place_of
from xihu_portals.web.parts import Choice, Select

GRAIN_NAMES = {
    "hour": Text("小时", "hour"),
    "day": Text("日", "day"),
    "month": Text("月", "month"),
    "quarter": Text("季度", "quarter"),
    "year": Text("年", "year"),
}
PERIODS_SHOWN = 26
"""Without a first period: two years of months, and the one that is running."""
NAMES = ("place", "region", "grain", "from", "to", "as_of", "lang")
"""Parameters of a choice in an address."""
_WRITTEN = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?")


@dataclass(frozen=True, slots=True)
class MetricChoice:
    """The choice as it was understood. A metric without regions or without time has none."""

    place: str
    """Code of a division: the province's where the metric has no regions."""
    grain: Grain | None
    start: date | None
    end: date | None
    first: str = ""
    """The first and the last period as they were typed."""
    last: str = ""
    as_of: str = ""
    """The moment whose data is shown, as it was asked for; empty of now."""

    def query(self, spec: MetricSpec) -> MetricQuery:
        """The question for the series."""
        return MetricQuery(
            grain=self.grain,
            parent=self.place if spec.region_field else None,
            start=self.start,
            end=self.end,
            latest=PERIODS_SHOWN if self.grain and not self.start else None,
            compare=self.grain is not None,
        )

    def pairs(self, spec: MetricSpec) -> dict[str, str]:
        """As parameters of an address, without what is the default."""
        grain = self.grain if self.grain != spec.default_grain else None
        by_place = spec.region_field is not None and spec.finest_level != "province"
        place = self.place if by_place else ""
        found = {"place": place, "grain": grain, "from": self.first, "to": self.last}
        found["as_of"] = self.as_of
        return {name: value for name, value in found.items() if value}


@dataclass(frozen=True, slots=True)
class ChoiceForm:
    """The form of a choice; a field that the metric does not have is None."""

    place: Text | None
    places: tuple[Text, ...]
    """Names to choose from while typing."""
    grain: Select | None
    first: str
    last: str
    timed: bool


def check_names(asked: QueryParams, *more: str) -> None:
    """For a file or a frame, which does not show what it was made by; `more` names are
    allowed as well. Raises BadInput."""
    known = (*NAMES, *more)
    for name in asked:
        if name not in known or len(asked.getlist(name)) > 1:
            raise BadInput(
                f"参数“{name[:40]}”没有或重复，可用的参数各写一次：{'、'.join(known)}",
                f"the parameter “{name[:40]}” is unknown or repeated; there are, once each, "
                f"{', '.join(known)}",
            )


def check_frame(asked: QueryParams, *more: str) -> None:
    """For what another site shows, which is always of now. Raises BadInput."""
    check_names(asked, *more)
    if asked.get("as_of"):
        raise BadInput(
            "嵌入的内容始终是最新的，不能写 as_of",
            "what is embedded is always of now: leave as_of out",
        )


def grains_of(spec: MetricSpec) -> tuple[Grain, ...]:
    """The grains that a page offers, from the metric's default on."""
    if spec.default_grain is None:
        return ()
    return GRAINS[GRAINS.index(spec.default_grain) :]


def choice_of(spec: MetricSpec, asked: Mapping[str, str], home: str | None = None) -> MetricChoice:
    """What the address asks for (its parameters); without a place `home`, else the province.

    Raises BadInput for what cannot be understood and for what the metric does not have.
    """
    grain = _grain(spec, asked.get("grain") or "")
    first, last = asked.get("from") or "", asked.get("to") or ""
    if spec.time_field is None and (first or last):
        raise BadInput(f"指标 {spec.id} 没有时间", f"metric {spec.id} has no time")
    start = _bounds(first, "from")[0] if first else None
    end = _bounds(last, "to")[1] if last else None
    as_of = (asked.get("as_of") or "")[:MOMENT_LENGTH]
    return MetricChoice(_place(spec, asked, home), grain, start, end, first, last, as_of)


def _place(spec: MetricSpec, asked: Mapping[str, str], home: str | None) -> str:
    typed = asked.get("place") or asked.get("region") or ""
    if typed:
        code = place_of(typed).code
        if spec.region_field is None and code != province().code:
            raise BadInput(f"指标 {spec.id} 不分地区", f"metric {spec.id} has no regions")
        return code
    if home is None or spec.region_field is None or spec.finest_level == "province":
        return province().code
    deeper = LEVELS.index(Region(home).level) > LEVELS.index(spec.finest_level)
    return Region(home).at(spec.finest_level).code if deeper else home


def _grain(spec: MetricSpec, text: str) -> Grain | None:
    offered = grains_of(spec)
    if not text:
        return spec.default_grain
    found = next((one for one in offered if one == text), None)
    if found is None:
        names = [GRAIN_NAMES[one] for one in offered]
        raise BadInput(
            f"指标 {spec.id} 不能按“{text[:20]}”看，可选："
            f"{'、'.join(f'{g}（{n.zh}）' for g, n in zip(offered, names, strict=True)) or '无'}",
            f"metric {spec.id} cannot be shown by “{text[:20]}”; it has "
            f"{', '.join(offered) or 'no periods'}",
        )
    return found


def _bounds(text: str, name: str) -> tuple[date, date]:
    """The first and the last day of a year, a month or a day as it is typed.

    >>> _bounds("2026-02", "from")[1], _bounds("2026", "to")[1]
    (datetime.date(2026, 2, 28), datetime.date(2026, 12, 31))
    """
    written = _WRITTEN.fullmatch(text.strip())
    try:
        if written is None:
            raise ValueError
        year, month, day = (int(part) if part else None for part in written.groups())
        first = date(year or 0, month or 1, day or 1)
    except ValueError:
        raise BadInput(
            f"{name} 的“{text[:20]}”不是时间，请写成年、年-月或年-月-日，如 2026-09",
            f"“{text[:20]}” in {name} is no time: write a year, a month or a day, "
            "for example 2026-09",
        ) from None
    grain: Grain = "day" if day else "month" if month else "year"
    after = shift(datetime(first.year, first.month, first.day), grain, 1)
    return first, (after - timedelta(days=1)).date()


def form_of(spec: MetricSpec, choice: MetricChoice) -> ChoiceForm:
    by_place = spec.region_field is not None and spec.finest_level != "province"
    grains = tuple(Choice(g, GRAIN_NAMES[g], g == choice.grain) for g in grains_of(spec))
    return ChoiceForm(
        place=region_name(choice.place) if by_place else None,
        places=tuple(region_name(code) for code in divisions()) if by_place else (),
        grain=Select("grain", Text("时间粒度", "Periods"), grains) if len(grains) > 1 else None,
        first=choice.first,
        last=choice.last,
        timed=spec.time_field is not None,
    )


def with_choice(path: str, pairs: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(pairs)}" if pairs else path
