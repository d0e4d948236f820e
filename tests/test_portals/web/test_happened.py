"""What has happened is not said as a command: every act of every kind has its past form."""

from collections.abc import Iterator

import yaml

from tests.registry import REGISTRY
from xihu_catalog.registry.folder import use_registry
from xihu_catalog.registry.matters import matter_definitions
from xihu_catalog.services.start import service_documents
from xihu_platform.words import Text
from xihu_portals.web.happened import HAPPENED, happened

use_registry(REGISTRY)
STEP = "do_"
"""What the events begin with that are named by a service item, not by the platform."""


def acts() -> Iterator[Text]:
    for one in matter_definitions().values():
        yield from (event.title for event in (one.opening, *one.events.values()))
    for text in service_documents().values():
        kind = yaml.safe_load(text)
        events = {"open": kind["opening"], **kind["events"]}
        yield from (
            Text(**event["title"]) for name, event in events.items() if not name.startswith(STEP)
        )


def test_every_act_has_its_past_form() -> None:
    missing = {one.zh for one in acts()} - HAPPENED.keys()
    assert not missing


def test_none_is_listed_that_is_no_act() -> None:
    assert not HAPPENED.keys() - {one.zh for one in acts()}


def test_none_says_what_its_button_says() -> None:
    """But for those that are no command: what time or another side has brought about."""
    same = {one.en for one in acts() if one.zh in HAPPENED and HAPPENED[one.zh].en == one.en}
    assert same == {
        *("Called back: resolved", "Called back: not resolved", "Every item is withdrawn"),
        *("Every item is closed", "Something has to be completed", "Not agreed to in time"),
        *("Not completed in time: deemed abandoned", "Nothing was stated in time"),
        *("Not registered after the check", "Checked: the commitment is true"),
        *("The holder stated nothing in time", "The last day has passed"),
        *("The last day of use has passed", "The papers came to the counter"),
        *("The special procedure is over", "Withdrawn at the counter"),
    }


def test_an_act_of_another_registry_is_quoted_as_a_name() -> None:
    said = happened(Text("盖章", "Put the seal on it"))
    assert said == Text("已办理“盖章”", "Done: “Put the seal on it”")
