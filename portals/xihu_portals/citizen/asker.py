"""How this portal asks for figures, and where their links lead here."""

from xihu_portals.pages import figures
from xihu_portals.pages.visitor import Visitor

METRIC_PATH = "/metrics"


def asker(visitor: Visitor) -> figures.Asker:
    return figures.Asker(
        visitor.services,
        visitor.principal,
        "/datasets",
        METRIC_PATH,
        "/api/v1/brain/metrics/{metric}/query",
    )
