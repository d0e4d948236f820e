"""The requests of a recording: people × pages, people × datasets, metrics, and the route table."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.test_portals.api.callers import KINDS, Kind
from tests.test_portals.api.test_routes import CALLED
from tests.test_portals.pages.test_everybody import OFFICIALS, PAGES, PEOPLE
from xihu_catalog.registry.metrics import load_metrics

DATASETS = (
    *("fg_credit_evaluations", "fg_penalties", "fg_power_daily", "ga_residents"),
    *("hb_air_quality_hourly", "hb_water_sections", "jt_bus_flow", "jx_industrial_output"),
    *("jx_technology_firms", "jy_pupils", "jy_schools", "mz_aid_recipients", "mz_elder_care"),
    *("rs_social_insurance", "sg_annual_reports", "sg_firms", "sg_inspections", "sg_permits"),
    *("sg_supervision_monthly", "sj_e_licences", "sl_reservoir_levels", "sw_tax_payments"),
    *("tj_county_economy", "wj_hospital_beds", "yb_hospital_visits", "zj_parking_occupancy"),
    *("zr_land_parcels", "zr_property_registrations", "zw_hotline_tickets", "zw_ratings"),
    "zw_service_cases",
)
API_CALLERS = ("", "wang", "sun", "zhou", "xu", "dept-yb")
"""Anonymous, a citizen, a steward, an auditor's kind of duties, a handler, a system."""
FORMS = ("csv", "xlsx", "parquet", "arrow", "jsonl")
ROWS = "/api/v1/datasets/{}/rows"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request and who sends it; `kind` says with which token or session."""

    who: str
    kind: Kind
    method: str
    address: str
    form: str = ""
    language: str = "zh"

    @property
    def name(self) -> str:
        return f"{self.who or '-'} {self.kind} {self.language} {self.method} {self.address}"


def list_requests() -> list[Asked]:
    """Reads first; what changes something comes last."""
    return [*_people(), *_datasets(), *_metrics(), *_questions(), *_table()]


def _people() -> Iterator[Asked]:
    for number, who in enumerate(PEOPLE):
        portal = "official" if who in OFFICIALS else "citizen"
        prefix = "/official" if who in OFFICIALS else ""
        mine = [DATASETS[(number + step) % len(DATASETS)] for step in range(0, 31, 8)]
        pages = (*PAGES[portal], *(f"{prefix}/datasets/{name}" for name in mine))
        for language in ("zh", "en"):
            yield from (Asked(who, "right", "GET", page, language=language) for page in pages)


def _datasets() -> Iterator[Asked]:
    for name in DATASETS:
        yield Asked("", "no_token", "GET", f"/datasets/{name}")
        yield Asked("wu", "right", "GET", f"/official/datasets/{name}", language="en")
        yield Asked("", "no_token", "GET", f"/api/v1/datasets/{name}")
        yield Asked("", "no_token", "GET", f"/api/v1/datasets/{name}/contract")
        for who in API_CALLERS:
            kind: Kind = "right" if who else "no_token"
            yield Asked(who, kind, "GET", f"{ROWS.format(name)}?limit=3")
        for number, form in enumerate(FORMS):
            who = API_CALLERS[(len(name) + number) % len(API_CALLERS)]
            kind = "right" if who else "no_token"
            yield Asked(who, kind, "GET", f"/api/v1/datasets/{name}/download.{form}")


def _metrics() -> Iterator[Asked]:
    for name in load_metrics():
        base = f"/api/v1/brain/metrics/{name}"
        yield Asked("", "no_token", "GET", base, language="en")
        yield Asked("", "no_token", "GET", f"{base}/query")
        yield Asked("sun", "right", "GET", f"{base}/query?level=city&latest=2", language="en")
        yield Asked("zhou", "right", "GET", f"/official/metrics/{name}")
        yield Asked("zhou", "right", "GET", f"/official/metrics/{name}/values.json")


QUESTIONS = (
    ("fg_penalties", "?sort=-decided_on&limit=5"),
    ("fg_penalties", "?filter=county_code:eq:330106&limit=5"),
    ("fg_penalties", "?limit=5&sort=nothing"),
    ("fg_penalties", "?limit=0"),
    ("fg_penalties", "?no_such=1"),
    ("hb_air_quality_hourly", "?filter=primary_pollutant:eq:pm25&limit=4"),
    ("hb_air_quality_hourly", "?limit=2&sort=-aqi,station_code"),
    ("ga_residents", "?purpose=own"),
    ("rs_social_insurance", "?limit=2&case=XH-2026-000124"),
    ("yb_hospital_visits", "?limit=2&case=XH-2026-000125"),
    ("jy_schools", "?limit=1&cursor=wrong"),
    ("no_such_dataset", "?limit=1"),
)


def _questions() -> Iterator[Asked]:
    for name, rest in QUESTIONS:
        for who in API_CALLERS:
            kind: Kind = "right" if who else "no_token"
            language = "en" if who == "sun" else "zh"
            yield Asked(who, kind, "GET", ROWS.format(name) + rest, language=language)
    for word in ("水", "gdp", "xuexiao", "医院", "zzzz"):
        for path in ("/search", "/search/suggest", "/api/v1/datasets"):
            yield Asked("", "no_token", "GET", f"{path}?q={word}")
        yield Asked("sun", "right", "GET", f"/official/catalogue?q={word}")


def _table() -> Iterator[Asked]:
    """Every cell of the route table; among the callers these are the ones that change something."""
    for kind in KINDS:
        for row in CALLED:
            yield Asked(row["right"], kind, row["method"], row["example"], row["form"])
