"""A harvester that we did not write, over the network: frictionless's CKAN portal reads the whole
catalogue page by page, an organisation, a group, a search, one dataset and its rows."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_portals.pages.live import Live, serving
from xihu_platform.identity.principal import ANONYMOUS

pytestmark = pytest.mark.harness
ROOT = Path(__file__).parents[4]
BIN = ROOT / ".peers" / "frictionless_ckan" / "bin"
DATASET = "fg_credit_evaluations"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    subprocess.run([ROOT / ".ci" / "peer", "frictionless_ckan"], check=True, timeout=600)
    with serving(tmp_path_factory.mktemp("frictionless")) as served:
        yield served


def test_it_harvests_the_catalogue(live: Live) -> None:
    services = live.province.services.known_to(ANONYMOUS)
    entries = {one.id: one for one in services.entries.page(0, 1000)}
    facts = entries[DATASET]
    provider = services.catalogue.contracts.get(DATASET).provider
    assert facts.topic is not None
    topic = facts.topic[1].lower()
    script = ROOT / "tests" / "peers" / "frictionless_ckan_read.py"
    command = (BIN / "python", script, live.base, provider.lower(), topic, DATASET)
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    read = json.loads(done.stdout)
    assert len(read["all"]) == len(entries)
    assert {one["name"] for one in read["all"]} == set(entries)
    for one in read["all"]:
        its = entries[one["name"]]
        assert one["title"] == its.title.zh
        assert set(one["keywords"]) == set(its.keywords)
        assert one["resources"] == sorted(str(d.download_url) for d in its.distributions)
    own = [name for name, one in entries.items() if one.publisher == facts.publisher]
    assert sorted(read["organisation"]) == sorted(own)
    of_topic = [name for name, one in entries.items() if one.topic == facts.topic]
    assert sorted(read["group"]) == sorted(of_topic)
    assert read["found"] == ["hb_air_quality_hourly"]
    assert read["one"] == next(one for one in read["all"] if one["name"] == DATASET)
    assert list(read["rows"].values()) == [
        live.province.services.catalogue.get_entry(DATASET).heartbeat.rows
    ]
