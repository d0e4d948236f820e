"""The public catalogue of metrics lists the public ones, each once, and no other."""

import pytest

from tests.province import Province
from tests.test_portals.api.callers import Call, send
from xihu_platform.errors import NotFound
from xihu_platform.identity.principal import ANONYMOUS
from xihu_portals.citizen.metrics import fill
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.frame import PageFrame


def anybody(province: Province) -> Visitor:
    frame = PageFrame("citizen", province.services.node.clock())
    return Visitor(province.services, ANONYMOUS, frame)


def test_the_public_metrics_and_no_others_are_listed(province: Province) -> None:
    view = fill(anybody(province))
    listed = sorted(one.href for _, group in view.brains for one in group)
    public = [n for n, spec in province.services.metrics.items() if spec.audience == "public"]
    assert listed == sorted(f"/metrics/{name}" for name in public)
    assert view.count == len(public) < len(province.services.metrics)


def test_an_owner_of_other_metrics_alone_is_not_found(province: Province) -> None:
    """That nobody learns from a filter which department keeps numbers to itself."""
    public = {s.owner for s in province.services.metrics.values() if s.audience == "public"}
    others = {s.owner for s in province.services.metrics.values()} - public
    for owner in {*others, "91110000600037341L"}:
        with pytest.raises(NotFound):
            fill(anybody(province), owner=owner)


def test_brain_and_owner_stand_in_the_address(province: Province) -> None:
    text = send(province, Call("GET", "/metrics?brain=city", "", "wang"), "no_token").text
    assert 'href="/metrics/pm25_mean"' in text
    assert 'href="/metrics/gdp"' not in text
    assert '<option value="city" selected>' in text
