"""What every page is looked at for, and an example of each page of both portals."""

from dataclasses import replace
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, Response

from tests import asking, casing
from tests.test_catalog.harvest.portal import Portal, entry_of, run
from tests.test_portals.api.callers import POSITIONS
from tests.test_portals.pages.live import Live, sign_in, take_office
from tests.test_portals.web.squeezed import SQUEEZED
from xihu_catalog.subscriptions.evaluation import evaluate
from xihu_catalog.subscriptions.models import SubscriptionRow
from xihu_catalog.subscriptions.outgoing import end_token
from xihu_catalog.subscriptions.service import Subscriptions, Wanted
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery
from xihu_platform.access.referring import refer
from xihu_platform.credentials.register import Credential, find_credential
from xihu_platform.database import transaction

AXE = (Path(__file__).parents[3] / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
STRAY_CHINESE = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const node = walker.currentNode, parent = node.parentElement;
    if (!/[\\u4e00-\\u9fff]/.test(node.data) || ["SCRIPT", "STYLE"].includes(parent.tagName))
      continue;
    const marked = parent.closest("[lang]");
    if (!marked || !marked.getAttribute("lang").startsWith("zh")) found.push(node.data.trim());
  }
  return found;
}"""
CITIZEN = {
    "home": "/",
    "search": "/search?q=空气",
    "dataset": "/datasets/hb_air_quality_hourly",
    "versions": "/datasets/fg_penalties/versions?snapshot=7",
    "what people say of a dataset": "VOICES",
    "nothing that people say": "/datasets/fg_penalties/voices",
    "to write a comment": "/my/matters/new/data_comment?dataset=fg_penalties",
    "to say what one built": "/my/matters/new/data_reuse?dataset=fg_penalties",
    "nothing to compare": "/datasets/fg_penalties/compare",
    "explore a dataset": "/datasets/hb_air_quality_hourly/explore?filter=aqi:ge:50&sort=-aqi",
    "explore as of a moment": "/datasets/hb_air_quality_hourly/explore?as_of=2026-11-23T12:03",
    "a metric as of a moment": "/metrics/pm25_mean?as_of=2026-11-23T12:03",
    "no such version of the rows yet": "/datasets/hb_air_quality_hourly/explore?as_of=2020-01-01"
    "&filter=county_code:eq:330106",
    "no such version of a metric yet": "/metrics/pm25_mean?as_of=2020-01-01&place=330100",
    "explored and nothing found": "/datasets/zw_ratings/explore?filter=rating:eq:x",
    "my data": "/my/data",
    "who used my data": "/my/uses?who=all",
    "who else used my data": "/my/uses",
    "my matters": "/my/matters",
    "a matter of mine to rate": "RATE",
    "my subscriptions": "/my/subscriptions",
    "a subscription of mine": "SUBSCRIPTION",
    "the way out of a mail": "UNSUBSCRIBE",
    "to subscribe": "/my/subscriptions/new?dataset=hb_air_quality_hourly&filter=aqi:ge:50",
    "to subscribe to a search": "/my/subscriptions/new?q=空气",
    "my mailboxes": "/my/subscriptions/channels",
    "my appointments": "/my/appointments",
    "to book an appointment": "/my/appointments/new/low_income",
    "a matter of mine that was rated": "RATED",
    "a matter of mine": "MINE",
    "a record of mine that is wrong": "WRONG",
    "to apply for a service": "/services/low_income/apply",
    "an application": "CASE",
    "a licence that is verified": "LICENCE",
    "to check a licence": "/verify",
    "my licences": "/my/licences",
    "my mandates": "/my/mandates?service=low_income",
    "a licence of mine": "OWNED",
    "the form of an application": "CASE/form",
    "the papers of an application": "CASE/papers",
    "to complain": "/my/matters/new/complaint",
    "to turn to the hotline": "/my/matters/new/hotline",
    "to ask for data to be opened": "/my/matters/new/opening_request?dataset=yb_hospital_visits",
    "how to prove who I am": "/proving",
    "for developers": "/developers",
    "public figures": "/metrics",
    "public figure": "/metrics/industrial_output?place=330100",
    "figure that hides small cells": "/metrics/service_cases?place=330100",
    "services": "/services?q=退休",
    "services that nobody offers": "/services?q=身份证丢了",
    "a guide of a service": "/services/low_income",
    "a guide of a licence": "/services/food_permit",
    "places": "/places?q=城",
    "a place that nobody knows": "/places?q=巴黎",
    "ten numbers of a place": "/places/330106",
    "data standards": "/standards?q=性别",
    "a standard that is not there": "/standards?q=zzzz",
    "codes of a list": "/standards/codes/gbt_4754",
    "codes on a day": "/standards/codes/divisions?on=2020-01-01",
    "a data element": "/standards/elements/XH00025",
    "a data element that ended": "/standards/elements/XH00226",
    "number in a frame": "/embed/metrics/gdp?place=330106",
    "help": "/help",
    "privacy": "/privacy",
    "accessibility": "/accessibility",
    "about": "/about",
    "contact": "/contact",
    "site map": "/sitemap",
    "thanks for an answer": "/feedback",
    "no such page": "/nothing/at/all",
    "no such dataset": "/datasets/nothing",
    "who signs in": "/signin?level=3&next=/",
}
PUBLIC = {
    "table in a frame": "/embed/datasets/fg_penalties?sort=-amount_cny",
    "chart in a frame": "/embed/charts/industrial_output?place=330100",
    "bars in a frame": "/embed/charts/industrial_output?shape=bars",
    "publishers": "/publishers",
    "a publisher": "/publishers/113399001001109609?order=newest",
    "topics": "/topics",
    "a topic": "/topics/economy",
    "a field": "/datasets/fg_penalties/fields/county_code",
    "a field that is closed": "/datasets/ga_residents/fields/sex",
}
"""Pages of the catalogue and frames; the matrix has a limit of time for each reader."""
GROUND = "/official/grounds/XH-2026-000124"
OFFICIAL = {
    "subscriptions of a position": "/official/subscriptions",
    "a subscription of a position": "SUBSCRIBED",
    "to subscribe in a position": "/official/subscriptions/new?dataset=hb_air_quality_hourly",
    "choose position": "/official/positions",
    "cockpit": "/official/",
    "region": "/official/region/330100?metric=industrial_output",
    "metric": "/official/metrics/satisfaction_rate",
    "metric as of a moment": "/official/metrics/satisfaction_rate?as_of=2026-11-23T12:03",
    "no such version yet": "/official/metrics/satisfaction_rate?as_of=2020-01-01",
    "catalogue of metrics": "/official/metrics",
    "metrics of a brain": "/official/metrics?brain=society",
    "catalogue": "/official/catalogue?q=人口",
    "official dataset": "/official/datasets/rs_social_insurance",
    "a field of an official dataset": "/official/datasets/rs_social_insurance/fields/county_code",
    "to register a data resource": "/official/datasets/rs_social_insurance/registration",
    "lineage of a field": "/official/lineage?node=field:fg_penalties.decided_on&q=处罚",
    "versions of a closed dataset": "/official/datasets/rs_social_insurance/versions",
    "versions that are not compared": "/official/datasets/rs_social_insurance/compare",
    "explore": "/official/datasets/hb_air_quality_hourly/explore?filter=county_code:starts:3301",
    "explore what firms do not publish": "/official/datasets/jx_technology_firms/explore",
    "a use that is not registered": "/official/datasets/sg_inspections",
    "request of unconditional data": "/official/datasets/sg_inspections/request",
    "inbox": "/official/matters",
    "what the organisation has open": "/official/matters?box=open",
    "what is settled": "/official/matters?box=settled",
    "nothing to read": "/official/notices",
    "nothing closed": "/official/matters?box=closed",
    "a request to answer": "MATTER",
    "an incident to report": "/official/matters/new/incident",
    "a flaw to report": "/official/matters/new/vulnerability",
    "to complain of another office": "/official/matters/new/complaint",
    "a need for data": "/official/matters/new/data_need?q=care",
    "an incident": "INCIDENT",
    "my cases": "/official/desk",
    "my grounds": "/official/grounds",
    "nobody to come today": "/official/appointments",
    "a ground opened by hand": "/official/grounds/new",
    "a look under a ground": f"{GROUND}?dataset=rs_social_insurance&subject=1",
    "no counter for mandates": "/official/mandates/new",
    "periods and calendar": "/official/duties",
    "returned data": "/official/backflow",
    "what of mine is catalogued": "/official/uncatalogued",
    "batch exchange": "/official/exchanges",
    "other catalogues": "/official/harvest?q=nothing-of-the-kind",
    "a batch exchange to ask for": "/official/matters/new/batch_exchange",
    "a new entry of the catalogue": "/official/matters/new/catalogue_entry",
    "how a request goes": "/official/kinds/sharing_request",
    "a record that is wrong": "WRONG",
    "load report": "LOAD",
    "answers to pages": "/official/feedback",
    "drafts of entries": "/official/drafts",
    "help for officials": "/official/help",
    "officials' site map": "/official/sitemap",
    "about, for officials": "/official/about",
    "privacy of officials": "/official/privacy",
    "accessibility for officials": "/official/accessibility",
    "contact for officials": "/official/contact",
    "corrections": "LOAD/corrections",
    "no such page": "/official/nothing",
}
OVERSIGHT = {
    "chen": {
        "request of conditional data": "/official/datasets/mz_aid_recipients/request",
        "a request that was sent": "MATTER",
        "what was agreed": "AGREED/agreement",
        "a dispute to raise": "AGREED/dispute",
        "what is new": "/official/notices",
        "a case at the desk": "DESK",
        "a mandate at the counter": "/official/mandates/new",
        "a licence to change": "CHANGED",
        "what I started": "/official/matters?box=started",
    },
    "xxjd-cases-1": {"a public notice to print": "POSTED/notice"},
    "luo": {
        "an entry of another catalogue to edit": "EDITED",
        "what is not catalogued": "/official/uncatalogued",
        "repeated collection": "/official/repeats",
        "the catalogue for the superior node": "/official/catalogue-report",
    },
    "zhou": {
        "today": "/official/",
        "what falls short": "/official/oversight",
        "scorecards": "/official/scorecards",
        "a scorecard": "/official/scorecards/11339900100123294E",
    },
    "wu": {
        "today": "/official/",
        "the log": "/official/audit",
        "refusals in the log": "/official/audit?kind=refusal#entries",
        "a filter that is wrong": "/official/audit?since=x",
        "who read what": "/official/audit/readers",
        "nobody read": "/official/audit/readers?month=2025-11",
    },
}

CITIZENS = {"wang": CITIZEN, "zhao": PUBLIC}
PEOPLE = CITIZENS | {"sun": OFFICIAL} | OVERSIGHT
"""Who looks at which pages."""


def axe(page: Page, *, contrast: bool = False, but: str = "") -> list[str]:
    """What axe-core finds serious, each with the first place; of contrast alone, or everything
    `but` a rule."""
    page.evaluate(AXE)
    chosen = {"type": "rule", "values": ["color-contrast"]} if contrast else RULES
    found = page.evaluate("chosen => axe.run(document, {runOnly: chosen})", chosen)
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}"
        for one in found["violations"]
        if one["impact"] in {"serious", "critical"} and one["id"] != but
    ]


def overflow(page: Page) -> list[str]:
    """What is wider than the screen, or so narrow that a few letters stand on a line."""
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    found = [f"{wide} pixels too wide"] if wide > 0 else []
    return found + [str(one) for one in page.evaluate(SQUEEZED)]


def check(page: Page, language: str) -> None:
    assert axe(page) == []
    assert overflow(page) == []
    assert page.locator(".banner").is_visible()
    assert "合成数据" in page.locator(".banner").inner_text()
    if language == "en":
        assert page.evaluate(STRAY_CHINESE) == []


def wrong_record(live: Live, who: str) -> str:
    """The form that says what is wrong with a record: of one's own, or of a firm that is public."""
    gateway, province = live.province.services.gateway, live.province
    if who == "wang":
        dataset, reader, purpose = "rs_social_insurance", province.citizen(who), Purpose("own")
    else:
        dataset, reader, purpose = "fg_penalties", province.official(who), Purpose("open")
    page = gateway.read_page(reader, dataset, purpose, RowQuery(), limit=1)
    (ref,) = refer(gateway, reader, dataset, page, purpose.code)
    room = "/my/data" if who == "wang" else "/official/datasets"
    return f"{room}/{dataset}/correction?row={ref}"


def pages_of(live: Live, who: str) -> dict[str, str]:
    catalogue = live.province.services.catalogue
    load = catalogue.loads(catalogue.contracts.get("rs_social_insurance"))[0].load_id
    pages = PEOPLE[who]
    made = {"MATTER": asking.sent, "AGREED": asking.agreed, "INCIDENT": asking.incident}
    made |= {"MINE": asking.complaint, "RATE": asking.to_rate, "RATED": asking.rated}
    stands_for = {"LOAD": f"/official/loads/{load}"}
    if "WRONG" in pages.values():
        stands_for["WRONG"] = wrong_record(live, who)
    for mark, make in made.items():
        if any(path.startswith(mark) for path in pages.values()):
            portal = "/my" if mark in {"MINE", "RATE", "RATED"} else "/official"
            stands_for[mark] = f"{portal}/matters/{make(live.province)}"
    if any(path.startswith("CASE") for path in pages.values()):
        stands_for["CASE"] = f"/my/cases/{casing.begun(live.province)}"
    if any(path.startswith("LICENCE") for path in pages.values()):
        one = _licence(live)
        stands_for |= {"LICENCE": f"/verify/{one.token}", "OWNED": f"/my/licences/{one.id}"}
    if any(path.startswith("CHANGED") for path in pages.values()):
        change = "/official/matters/new/licence_change?licence="
        stands_for["CHANGED"] = f"{change}{_licence(live).number}"
    stands_for |= _of_the_catalogue(live, who, pages)
    if any(path.startswith("DESK") for path in pages.values()):
        stands_for["DESK"] = f"/official/cases/{casing.handed_in(live.province)}"
    if any(path.startswith("POSTED") for path in pages.values()):
        stands_for["POSTED"] = f"/official/cases/{_posted(live, who)}"
    found = {}
    for name, path in pages.items():
        mark, slash, rest = path.partition("/")
        found[name] = live.base + (stands_for[mark] + slash + rest if mark else path)
    return found


def _of_the_catalogue(live: Live, who: str, pages: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    if "SUBSCRIPTION" in pages.values() or "SUBSCRIBED" in pages.values():
        found |= _subscribed(live, who)
    if "VOICES" in pages.values():
        found["VOICES"] = asking.voices(live.province)
    if "EDITED" in pages.values():
        found["EDITED"] = f"/official/harvest/entries/{_harvested(live)}"
    return found


def _subscribed(live: Live, who: str) -> dict[str, str]:
    """One of new rows with a notice, of a citizen or of an official in their position."""
    services, wanted = live.province.services, Wanted("new_rows", "hb_air_quality_hourly")
    position, citizen = POSITIONS.get(who), who in CITIZENS
    reader = live.province.citizen(who) if citizen else live.province.official(who, position or who)
    wanted = wanted if citizen else replace(wanted, purpose=Purpose("duty"))
    room = Subscriptions(services.node.database, services)
    one = room.subscribe(services.known_to(reader), reader, wanted, services.node.clock())
    with transaction(services.node.database) as session:
        session.get_one(SubscriptionRow, one.id).mark = ""
    evaluate(services.node.database, services, services.known_to, services.node.clock)
    if not citizen:
        return {"SUBSCRIBED": f"/official/subscriptions/{one.id}"}
    token = end_token(services.node.keyring, one.id)
    return {
        "SUBSCRIPTION": f"/my/subscriptions/{one.id}",
        "UNSUBSCRIBE": f"/subscriptions/end/{token}",
    }


def _harvested(live: Live) -> str:
    portal, database = Portal(), live.province.services.node.database
    portal.add("stops", "Stops of night buses")
    run(database, portal)
    return entry_of(database, "stops")


def _licence(live: Live) -> Credential:
    token = casing.licensed(live.province)
    with transaction(live.province.services.node.database) as session:
        return find_credential(session, token)


def _posted(live: Live, handler: str) -> int:
    """A family's case, which a handler of the street has accepted and visited."""
    number = casing.handed_in(live.province, "low_income", written={"members": "3"})
    if casing.handler_of(live.province, number)[1] != handler:
        casing.act(live.province, number, live.province.official(handler, handler), "take")
    for event, said in (("accept", {}), ("do_home_visit", {"finding": "属实"})):
        casing.act(
            live.province, number, live.province.official(handler, handler), event, dict(said)
        )
    return number


def signed_in(live: Live, context: BrowserContext, who: str) -> Page:
    page = context.new_page()
    if who in CITIZENS:
        sign_in(page, live.base, who, at="/signin?level=3&next=/")
        return page
    sign_in(page, live.base, who, at="/official/")
    take_office(page, POSITIONS.get(who, who))  # who has one alone has its name
    return page


def opened(page: Page, name: str, path: str) -> Response:
    answer = page.goto(path, wait_until="load")
    assert answer is not None
    assert answer.status == (404 if name.startswith("no such") else 200), name
    return answer
