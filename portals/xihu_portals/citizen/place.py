"""A place in ten numbers, each with the same number of its city and of the province."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from xihu_catalog.registry.codes import divisions
from xihu_catalog.registry.pages import page_choices
from xihu_platform.brain.spec import LEVELS, MetricSpec
from xihu_platform.errors import NotFound
from xihu_platform.regions import Region
from xihu_platform.words import Text
from xihu_portals.citizen.asker import METRIC_PATH, asker
from xihu_portals.citizen.places import PLACES_PATH
from xihu_portals.pages import figures
from xihu_portals.pages.describe import region_name
from xihu_portals.pages.visitor import CitizenVisitor, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Figure, Link
from xihu_portals.web.render import render

TEN = 10
router = APIRouter()


@dataclass(frozen=True, slots=True)
class Beside:
    """The same number of what a place lies in."""

    place: Text
    figure: Figure


@dataclass(frozen=True, slots=True)
class PlaceNumber:
    """One number of a place; `missing` says why a place has none."""

    name: Text
    href: str
    figure: Figure | None
    missing: Text | None
    above: tuple[Beside, ...]


@dataclass(frozen=True, slots=True)
class PlacePage:
    """How is my county, in ten numbers?"""

    frame: PageFrame
    code: str
    name: Text
    path: tuple[Link, ...]
    numbers: tuple[PlaceNumber, ...]
    fewer: int | None
    """How many public numbers there are, where they are fewer than ten."""


def fill(visitor: Visitor, code: str) -> PlacePage:
    """Raises NotFound for a code that is no division."""
    if code not in divisions():
        raise NotFound(
            f"没有代码为 {code[:12]} 的地区，请在“选地区”页按名称查找",
            f"there is no place {code[:12]}: look for its name on the page of places",
        )
    specs = chosen(visitor)
    chain = _chain(code)
    return PlacePage(
        frame=visitor.frame,
        code=code,
        name=region_name(code),
        path=tuple(
            Link(region_name(one), f"{PLACES_PATH}/{one}", one == code) for one in reversed(chain)
        ),
        numbers=tuple(_number(visitor, spec, chain) for spec in specs),
        fewer=len(specs) if len(specs) < TEN else None,
    )


def chosen(visitor: Visitor) -> list[MetricSpec]:
    """The registry's choice, public metrics by region only; the first ten of them without one."""
    known = visitor.services.metrics
    named = [known[name] for name in page_choices().place_figures if name in known]
    fitting = [s for s in named or known.values() if s.audience == "public" and s.region_field]
    return fitting[:TEN]


def _chain(code: str) -> list[str]:
    """A division, its city and the province."""
    found = [code]
    while (parent := divisions()[found[-1]].parent) is not None:
        found.append(parent)
    return found


def _number(visitor: Visitor, spec: MetricSpec, chain: list[str]) -> PlaceNumber:
    who, code = asker(visitor), chain[0]
    href = f"{METRIC_PATH}/{spec.id}?place={code}"
    if not _reaches(spec, code):
        return PlaceNumber(spec.name, href.partition("?")[0], None, _too_fine(spec), ())
    above = tuple(
        Beside(region_name(one), figures.figure(who, spec, parent=one)) for one in chain[1:]
    )
    own = figures.figure(who, spec, parent=code, href=href)
    return PlaceNumber(spec.name, href, own, None, above)


def _reaches(spec: MetricSpec, code: str) -> bool:
    order = {level: at for at, level in enumerate(LEVELS)}
    return order[Region(code).level] <= order[spec.finest_level]  # type: ignore[index]  # a division


def _too_fine(spec: MetricSpec) -> Text:
    if spec.finest_level == "province":
        return Text("只有全省的数", "told for the whole province only")
    return Text("只有市一级的数", "told by city only")


@router.get("/places/{code}")
def page(request: Request, visitor: CitizenVisitor, code: str) -> HTMLResponse:
    return render(request, "citizen/place.html", fill(visitor, code))
