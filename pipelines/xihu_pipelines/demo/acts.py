"""The acts of the demo's cast, and whether they are to be played."""

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from pydantic import Field, TypeAdapter

from xihu_catalog.registry.acts import decide_play
from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.reading import ContentPart, read_content
from xihu_pipelines.demo.folder import REGISTRY
from xihu_pipelines.demo.lives import load_lives
from xihu_platform.start import Node

ACTS = Path(__file__).with_name("acts.yaml")
_DAY = re.compile(r"\{day:(-?\d+)\}")


class Act(ContentPart):
    """One act: as nobody, as a person (`who`), or as a department's system (`client`)."""

    who: str | None = None
    position: str | None = None
    acts_for: str | None = None
    client: str | None = None
    visit: str | None = None
    """An address to open."""
    corrects: str | None = None
    """A dataset whose newest quarantined values written as 约… are put right and handed in."""
    life: str | None = None
    """One of the demo's lives, by its id: a case, a call or an appointment."""
    verifies: bool = False
    """Whether it asks for a verification of the log, and waits for its end."""
    expect: Annotated[int, Field(ge=200, lt=500)] = 200

    def address(self, today: date) -> str:
        """The address with the days of its business put in."""

        def day(found: re.Match[str]) -> str:
            return (today + timedelta(days=int(found[1]))).isoformat()

        return quote(_DAY.sub(day, self.visit or ""), safe="/?&=:-_.")


class Acts(ContentPart):
    acts: list[Act]


def load_acts() -> list[Act]:
    """What the cast does on pages, then what applicants and desks have done."""
    cast = read_content(ACTS, TypeAdapter(Acts), Acts(acts=[])).acts
    return [*cast, *(Act(life=one.id) for one in load_lives())]


def decide_acts(node: Node) -> list[Act]:
    """The acts, where they are to be played: in the demo alone, once, and never in production.

    With a Keycloak the cast cannot sign in by itself, and nothing is played.
    """
    settings = node.settings
    if not settings.demo.acts or settings.profile == "production":
        return []
    if settings.identity.issuer is not None or registry_folder() != REGISTRY:
        return []
    acts = load_acts()
    return acts if decide_play(node.database, node.clock, len(acts)) else []
