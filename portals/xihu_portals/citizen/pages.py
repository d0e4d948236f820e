"""Renders the pages of the citizen portal from their views."""

from fastapi import Request
from fastapi.responses import HTMLResponse

from xihu_portals.citizen import views
from xihu_portals.web.render import is_partial, render


def home(request: Request, view: views.Home) -> HTMLResponse:
    return render(request, "citizen/home.html", view)


def search(request: Request, view: views.Search) -> HTMLResponse:
    """The page, or only its results when htmx asks."""
    name = "citizen/search_results.html" if is_partial(request) else "citizen/search.html"
    return render(request, name, view)


def suggestions(request: Request, view: views.Suggestions) -> HTMLResponse:
    """Options for the box's datalist; asked for by htmx while typing."""
    return render(request, "citizen/suggestions.html", view)


def dataset(request: Request, view: views.Dataset) -> HTMLResponse:
    return render(request, "citizen/dataset.html", view)


def my_data(request: Request, view: views.MyData) -> HTMLResponse:
    return render(request, "citizen/my_data.html", view)


def proving(request: Request, view: views.Proving) -> HTMLResponse:
    return render(request, "citizen/proving.html", view)


def my_uses(request: Request, view: views.MyUses) -> HTMLResponse:
    return render(request, "citizen/my_uses.html", view)
