"""CKAN's own client over the network: it lists, searches, shows and dumps the whole catalogue."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.test_portals.pages.live import Live, serving
from xihu_platform.identity.principal import ANONYMOUS

pytestmark = pytest.mark.harness
ROOT = Path(__file__).parents[4]
BIN = ROOT / ".peers" / "ckanapi" / "bin"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    subprocess.run([ROOT / ".ci" / "peer", "ckanapi"], check=True, timeout=600)
    with serving(tmp_path_factory.mktemp("ckanapi")) as served:
        yield served


def printed(*command: Path | str) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=300, check=True, env={"PATH": str(BIN)}
    )
    return done.stdout


def known(live: Live) -> list[Any]:
    """Any: EntryFacts. What the public knows of, without the code under test."""
    return live.province.services.known_to(ANONYMOUS).entries.page(0, 1000)


def test_it_reads_everything_by_post_and_by_get(live: Live) -> None:
    script = ROOT / "tests" / "peers" / "ckanapi_read.py"
    read = json.loads(printed(BIN / "python", script, live.base))
    assert read["post"] == read["get"]
    made, entries = read["post"], known(live)
    assert made["names"] == made["shown"] == sorted(one.id for one in entries)
    assert made["found"] == ["hb_air_quality_hourly"]
    assert len(made["organizations"]) == len({one.publisher.id for one in entries})
    assert set(made["groups"]) == {one.topic[1] for one in entries if one.topic}
    assert made["tags"] == len({word for one in entries for word in one.keywords})
    catalogue = live.province.services.catalogue
    rows = sorted(catalogue.get_entry(one.id).heartbeat.rows for one in entries if one.service)
    assert sorted(made["totals"].values()) == rows
    assert made["faults"] == [
        *("NotFound", "ValidationError", "SearchQueryError", "NotAuthorized", "NotAuthorized"),
        "CKANAPIError",  # what it makes of CKAN's own answer to an unknown action
    ]


def test_it_dumps_all_datasets(live: Live) -> None:
    lines = printed(BIN / "ckanapi", "dump", "datasets", "--all", "-q", "-r", live.base)
    dumped = [json.loads(line) for line in lines.splitlines()]
    entries = {one.id: one for one in known(live)}
    assert [one["name"] for one in dumped] == sorted(entries)
    for one in dumped:
        assert one["num_resources"] == len(entries[one["name"]].distributions)
