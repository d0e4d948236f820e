"""The citizen home when something is late, and figures that cannot be given."""

from dataclasses import replace
from datetime import timedelta

from fastapi import Request

from tests.province import NOW, Province
from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.service import Catalogue, Heartbeat
from xihu_platform.brain.service import Point
from xihu_platform.identity.principal import ANONYMOUS
from xihu_portals.citizen import home
from xihu_portals.pages import figures
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.frame import PageFrame

LATER = NOW + timedelta(days=60)


def page(province: Province, language: str) -> str:
    """The home page two months on, when nothing has been loaded since."""
    node = province.services.node
    contracts = province.services.catalogue.contracts
    services = replace(province.services, catalogue=Catalogue(contracts, node.lake, lambda: LATER))
    visitor = Visitor(services, ANONYMOUS, PageFrame("citizen", LATER))
    scope = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "server": ("127.0.0.1", 8000),
        "path": "/",
        "query_string": f"lang={language}".encode(),
        "headers": [],
    }
    return bytes(home.page(Request(scope), visitor).body).decode()


def test_a_notice_says_late_and_names_the_dataset(province: Province) -> None:
    assert (
        '<b>逾期未更新</b> · <a href="/datasets/hb_air_quality_hourly">空气质量小时值</a>'
        in page(province, "zh")
    )
    assert '<b>Late</b> · <a href="/datasets/hb_air_quality_hourly">' in page(province, "en")


def test_the_home_page_asks_the_lake_about_open_datasets_alone(province: Province) -> None:
    asked: list[str] = []

    class Watched(Catalogue):
        def heartbeat(self, contract: Contract) -> Heartbeat:
            asked.append(contract.dataset)
            return super().heartbeat(contract)

    known = province.services.catalogue.contracts
    catalogue = Watched(known, province.services.node.lake, lambda: NOW)
    services = replace(province.services, catalogue=catalogue)
    view = home.fill(Visitor(services, ANONYMOUS, PageFrame("citizen", NOW)))
    opened = {c.dataset for c in known.all().values() if c.open_class == "unconditional"}
    assert view.datasets == len(opened)
    assert set(asked) == opened


def test_a_figure_without_a_value_says_why(province: Province) -> None:
    spec = province.services.get_metric("pm25_mean")
    nothing = figures._unknown(spec, None, "330106")
    assert nothing is not None
    assert nothing.zh == "西湖区还没有已结束且有记录的时期"
    empty = Point("2026-11-01", None, {}, None, suppressed=False)
    assert figures._unknown(spec, empty, None) is not None
    assert figures._unknown(spec, replace(empty, suppressed=True), None) is None
