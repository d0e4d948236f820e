"""Where the portals' pages are: the sections of the header and the pages in each.

What a position cannot use is left out; what does not work yet is not here.
"""

from dataclasses import dataclass, replace

from xihu_portals.web.frame import PageFrame, Person, Portal

OVERSEERS = ("authority", "chief_data_officer")


@dataclass(frozen=True, slots=True)
class NavPage:
    """One page: `word` names it, `under` are the beginnings of addresses that belong to it."""

    word: str
    href: str
    under: tuple[str, ...]
    duty: str | tuple[str, ...] | None = None
    """Whose it is, or which of several; None for everybody."""
    barred: str | None = None
    """The duty that has no use for it."""

    def holds(self, path: str) -> bool:
        below = (one.rstrip("/") for one in self.under)
        return path == self.href or any(path == one or path.startswith(f"{one}/") for one in below)

    def is_for(self, person: Person | None) -> bool:
        duties = person.duties if person is not None else frozenset()
        wanted = {self.duty} if isinstance(self.duty, str) else set(self.duty or ())
        return (not wanted or bool(wanted & duties)) and self.barred not in duties


@dataclass(frozen=True, slots=True)
class NavSection:
    """One section of the header: it leads to the first of its pages that the reader may use."""

    word: str
    icon: str
    pages: tuple[NavPage, ...]

    def of(self, person: Person | None) -> "NavSection":
        return NavSection(self.word, self.icon, tuple(p for p in self.pages if p.is_for(person)))

    @property
    def href(self) -> str:
        return self.pages[0].href

    def holds(self, path: str) -> bool:
        return any(page.holds(path) for page in self.pages)


_OWN_REGION = "/official/region/"
CITIZEN = (
    NavSection(
        "nav.services", "briefcase", (NavPage("nav.services", "/services", ("/services",)),)
    ),
    NavSection(
        "nav.mine",
        "id-badge-2",
        (
            NavPage("nav.my_data", "/my/data", ("/my/data",)),
            NavPage("nav.my_matters", "/my/matters", ("/my/matters",)),
            NavPage("nav.my_licences", "/my/licences", ("/my/licences",)),
            NavPage("nav.my_mandates", "/my/mandates", ("/my/mandates",)),
            NavPage("nav.my_appointments", "/my/appointments", ("/my/appointments",)),
            NavPage("nav.subscriptions", "/my/subscriptions", ("/my/subscriptions",)),
        ),
    ),
    NavSection("nav.my_uses", "eye", (NavPage("nav.my_uses", "/my/uses", ("/my/uses",)),)),
    NavSection(
        "nav.data",
        "database",
        (
            NavPage("nav.search", "/search", ("/search", "/datasets")),
            NavPage("nav.public_metrics", "/metrics", ("/metrics",)),
            NavPage("nav.topics", "/topics", ("/topics",)),
            NavPage("nav.publishers", "/publishers", ("/publishers",)),
            NavPage("nav.places", "/places", ("/places",)),
            NavPage("nav.standards", "/standards", ("/standards",)),
        ),
    ),
)
OFFICIAL = (
    NavSection("nav.today", "home", (NavPage("nav.today", "/official/", ()),)),
    NavSection(
        "nav.inbox",
        "list-details",
        (
            NavPage(
                "nav.inbox",
                "/official/matters",
                ("/official/matters", "/official/notices"),
                barred="auditor",
            ),
            NavPage(
                "nav.desk",
                "/official/desk",
                ("/official/desk", "/official/cases"),
                duty="handler",
            ),
            NavPage("nav.appointments", "/official/appointments", (), duty="handler"),
            NavPage("nav.mandate_counter", "/official/mandates/new", (), duty="handler"),
            NavPage("nav.grounds", "/official/grounds", ("/official/grounds",), barred="auditor"),
            NavPage("nav.duties", "/official/duties", ("/official/kinds",), barred="auditor"),
        ),
    ),
    NavSection(
        "nav.data",
        "database",
        (
            NavPage(
                "nav.catalogue",
                "/official/catalogue",
                (
                    *("/official/catalogue", "/official/datasets", "/official/loads"),
                    "/official/lineage",
                ),
            ),
            NavPage("nav.drafts", "/official/drafts", ("/official/drafts",), "steward"),
            NavPage("nav.backflow", "/official/backflow", (), barred="auditor"),
            NavPage("nav.uncatalogued", "/official/uncatalogued", (), barred="auditor"),
            NavPage("nav.exchanges", "/official/exchanges", (), barred="auditor"),
            NavPage("nav.harvest", "/official/harvest", ("/official/harvest",)),
            NavPage("nav.repeats", "/official/repeats", (), OVERSEERS),
            NavPage(
                "nav.scorecards",
                "/official/scorecards",
                ("/official/scorecards",),
                barred="auditor",
            ),
            NavPage("nav.catalogue_report", "/official/catalogue-report", (), OVERSEERS),
            NavPage("nav.subscriptions", "/official/subscriptions", ("/official/subscriptions",)),
        ),
    ),
    NavSection(
        "nav.figures",
        "chart-bar",
        (
            NavPage("nav.metrics", "/official/metrics", ("/official/metrics",)),
            NavPage("nav.region", _OWN_REGION, (_OWN_REGION,)),
        ),
    ),
    NavSection(
        "nav.oversight",
        "shield-check",
        (
            NavPage("nav.evidence", "/official/oversight", (), "chief_data_officer"),
            NavPage("nav.audit", "/official/audit", (), "auditor"),
            NavPage("nav.readers", "/official/audit/readers", (), "auditor"),
            NavPage("nav.feedback", "/official/feedback", ("/official/feedback",)),
        ),
    ),
)
SMALL = ("help", "contact", "about", "privacy", "accessibility", "sitemap")
"""Pages of words, which the foot of every page leads to."""


def sections(frame: PageFrame) -> tuple[NavSection, ...]:
    """What this reader's header offers; an official without a position has nothing yet."""
    person = frame.person
    if frame.portal == "citizen":
        known: tuple[NavSection, ...] = CITIZEN
    elif person is None or person.position is None:
        known = ()
    else:
        known = tuple(_in_region(section, person.region) for section in OFFICIAL)
    found = (section.of(person) for section in known)
    return tuple(section for section in found if section.pages)


def _in_region(section: NavSection, region: str | None) -> NavSection:
    """With the region's page at the position's own region; without one it is left out."""
    pages = tuple(
        replace(page, href=f"{_OWN_REGION}{region}") if page.href == _OWN_REGION else page
        for page in section.pages
        if page.href != _OWN_REGION or region
    )
    return NavSection(section.word, section.icon, pages)


def section_at(found: tuple[NavSection, ...], path: str) -> NavSection | None:
    """The section that an address belongs to."""
    return next((section for section in found if section.holds(path)), None)


def prefix(portal: Portal) -> str:
    """What addresses of the portal's pages of words begin with."""
    return "" if portal == "citizen" else "/official"
