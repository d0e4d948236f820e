"""How this portal asks for figures, and where their links lead here."""

from xihu_portals.pages import figures
from xihu_portals.pages.visitor import Visitor


def asker(visitor: Visitor) -> figures.Asker:
    return figures.Asker(
        visitor.services,
        visitor.principal,
        "/official/datasets",
        figures.METRIC_PATH,
        "/official/metrics/{metric}/values.json",
        "/official/loads",
    )
