"""CKAN's own client over the network: it lists, searches, shows and dumps the whole catalogue."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.test_portals.pages.live import Live, serving
from xihu_catalog.datasets.drafts import EntryDraftVersionRow
from xihu_platform.database import transaction
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


NEW = "loaded-back"
DERIVED = {
    *("id", "name", "state", "metadata_created", "metadata_modified", "creator_user_id", "xihu"),
    *("owner_org", "organization", "resources", "num_resources"),
}
"""What the site says of a package itself, and what is compared by itself."""
DERIVED_OF_RESOURCES = {"id", "package_id", "metadata_modified", "datastore_active"}


def load(live: Live, packages: list[dict[str, Any]], folder: Path) -> list[str]:
    """What `ckanapi load datasets` says of each line: create, update or an error's name."""
    file = folder / "packages.jsonl"
    file.write_text("".join(f"{json.dumps(one)}\n" for one in packages), encoding="utf-8")
    token = live.province.system_token()
    command = ("load", "datasets", "-I", file, "-r", live.base, "-a", token, "-p", "1")
    log = folder / "log.jsonl"
    log.unlink(missing_ok=True)
    printed(BIN / "ckanapi", *command, "-l", log)
    return [json.loads(line)[2] for line in log.read_text().splitlines()]


def versions(live: Live) -> int:
    with transaction(live.province.services.node.database) as session:
        return len(session.scalars(select(EntryDraftVersionRow.number)).all())


def test_it_loads_a_dataset_back_as_an_equal_draft(live: Live, tmp_path: Path) -> None:
    said = printed(BIN / "ckanapi", "dump", "datasets", "jt_bus_flow", "-q", "-r", live.base)
    dumped = json.loads(said)
    assert dumped["resources"] and dumped["tags"] and dumped["extras"] and dumped["groups"]
    sent = {name: value for name, value in dumped.items() if name not in {"id", "owner_org"}}
    sent |= {"name": NEW, "organization": None}
    sent["resources"] = [
        {name: value for name, value in one.items() if name != "id"} for one in dumped["resources"]
    ]
    assert load(live, [sent], tmp_path) == ["create"]
    shown = ("action", "package_show", f"id={NEW}", "-r", live.base)
    assert subprocess.run((BIN / "ckanapi", *shown), capture_output=True).returncode != 0
    token = live.province.system_token()
    draft = json.loads(printed(BIN / "ckanapi", *shown, "-a", token))
    assert (draft["name"], draft["state"]) == (NEW, "draft")
    assert {k: v for k, v in draft.items() if k not in DERIVED} == {
        k: v for k, v in sent.items() if k not in DERIVED
    }
    for one, its in zip(draft["resources"], sent["resources"], strict=True):
        compared = its.keys() - DERIVED_OF_RESOURCES
        assert {k: one[k] for k in compared} == {k: its[k] for k in compared}
    before = versions(live)
    assert load(live, [sent], tmp_path) == ["update"]
    assert versions(live) == before
    assert load(live, [sent | {"title": "又一个名称"}], tmp_path) == ["update"]
    assert versions(live) == before + 1
    names = printed(BIN / "ckanapi", "action", "package_list", "-r", live.base)
    assert NEW not in json.loads(names)


def test_it_dumps_all_datasets(live: Live) -> None:
    lines = printed(BIN / "ckanapi", "dump", "datasets", "--all", "-q", "-r", live.base)
    dumped = [json.loads(line) for line in lines.splitlines()]
    entries = {one.id: one for one in known(live)}
    assert [one["name"] for one in dumped] == sorted(entries)
    for one in dumped:
        assert one["num_resources"] == len(entries[one["name"]].distributions)
