"""Reads what pages choose to show first: figures, the map's metric, searches to begin with."""

from functools import lru_cache
from typing import Annotated

from pydantic import Field, TypeAdapter

from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.reading import BothLanguages, ContentPart, read_content

PAGES = "pages.yaml"


class Contact(ContentPart):
    """Who runs the node, as its page of contacts says it."""

    name: BothLanguages
    telephone: str
    hours: BothLanguages | None = None
    address: BothLanguages | None = None


class Sample(ContentPart):
    """Datasets that hold a sample of the persons or firms there would be.

    A demo's counts of people stand beside aggregates of a whole province: without the rate they
    would contradict each other.
    """

    of: BothLanguages
    population: Annotated[int, Field(gt=0)]
    """How many there would be."""
    drawn: Annotated[int, Field(gt=0)]
    """How many the demo has at a scale of 1."""
    datasets: list[str]

    def rate(self, scale: float) -> int:
        """One of how many is drawn."""
        return max(1, round(self.population / (self.drawn * scale)))


class PageChoices(ContentPart):
    """Metrics by id, in the order of the page; one that the node does not have is left out."""

    home_figures: list[str] = []
    popular: list[BothLanguages] = []
    """Searches that the home page offers."""
    cockpit_figures: list[str] = []
    samples: list[Sample] = []
    contact: Contact | None = None
    place_figures: Annotated[list[str], Field(max_length=10)] = []
    """What a place's page shows: at most ten public metrics by region."""
    map_metric: str | None = None
    """The first that has regions, where it is not given."""


@lru_cache
def page_choices() -> PageChoices:
    """A registry may leave it to the pages. Raises BadRegistry."""
    return read_content(registry_folder() / PAGES, TypeAdapter(PageChoices), PageChoices())
