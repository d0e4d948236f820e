"""Renders the pages of the official portal from their views."""

from fastapi import Request
from fastapi.responses import HTMLResponse

from xihu_portals.official import views
from xihu_portals.web.render import is_partial, render


def choose_position(request: Request, view: views.ChoosePosition) -> HTMLResponse:
    return render(request, "official/positions.html", view)


def cockpit(request: Request, view: views.Cockpit) -> HTMLResponse:
    return render(request, "official/cockpit.html", view)


def region(request: Request, view: views.RegionPage) -> HTMLResponse:
    return render(request, "official/region.html", view)


def metric(request: Request, view: views.MetricPage) -> HTMLResponse:
    return render(request, "official/metric.html", view)


def catalogue(request: Request, view: views.CataloguePage) -> HTMLResponse:
    """The page, or only its results when htmx asks."""
    name = "official/catalogue_results.html" if is_partial(request) else "official/catalogue.html"
    return render(request, name, view)


def dataset(request: Request, view: views.OfficialDataset) -> HTMLResponse:
    return render(request, "official/dataset.html", view)


def load_report(request: Request, view: views.LoadReport, *, status: int = 200) -> HTMLResponse:
    """The page, or only what became of the files handed in when htmx asks."""
    partial = is_partial(request) and view.corrections is not None
    name = "official/receipts.html" if partial else "official/load_report.html"
    return render(request, name, view, status=status)
