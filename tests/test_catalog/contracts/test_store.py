"""The contract store: what is in force, every version by its content, two origins."""

from hashlib import sha256
from pathlib import Path

import pytest

from tests.contracts import OURS, document, field
from tests.entries import accept_change, publish_entry
from tests.test_pipelines.ingest.referring import THEIRS
from xihu_catalog.contracts.entries import find_entry
from xihu_catalog.contracts.errors import BadContract
from xihu_catalog.contracts.headers import ContractLink
from xihu_catalog.contracts.store import ContractStore, ContractText
from xihu_catalog.start import open_contracts
from xihu_platform.database import transaction
from xihu_platform.errors import Conflict, NotFound, TerminalError
from xihu_platform.start import Node

FIRST = document("stops", [field("id", key=True)])
SECOND = document("stops", [field("id", key=True), field("line")])
OTHER = document("lines", [field("code", key=True)])


@pytest.fixture
def store(node: Node) -> ContractStore:
    return ContractStore(node.database, node.clock)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "registry"
    made.mkdir()
    (made / "stops.odcs.yaml").write_bytes(FIRST)
    return made


def fields(store: ContractStore, dataset: str) -> list[str]:
    return [one.name for one in store.get(dataset).fields]


def test_the_file_in_force_is_the_one_handed_in_byte_for_byte(store: ContractStore) -> None:
    store.publish(FIRST)
    store.publish(SECOND)
    assert fields(store, "stops") == ["id", "line"]
    assert store.content(store.get("stops").digest) == SECOND


def test_a_former_version_is_read_by_its_content(store: ContractStore) -> None:
    store.publish(FIRST)
    store.publish(SECOND)
    digest = sha256(FIRST).hexdigest()
    assert store.content(digest) == FIRST
    assert [one.name for one in store.read(digest).fields] == ["id"]
    assert [v.digest for v in store.versions("stops")] == [sha256(SECOND).hexdigest(), digest]


def test_going_back_to_a_former_version_is_a_version_of_its_own(store: ContractStore) -> None:
    for content in (FIRST, SECOND, FIRST):
        store.publish(content)
    assert fields(store, "stops") == ["id"]
    assert len(store.versions("stops")) == 3


def test_publishing_the_same_twice_changes_nothing(store: ContractStore) -> None:
    store.publish(FIRST)
    number = store.number
    store.publish(FIRST)
    assert store.number == number


def test_a_contract_at_fault_is_not_published_and_what_is_in_force_stays(
    store: ContractStore,
) -> None:
    store.publish(FIRST)
    with pytest.raises(BadContract):
        store.publish(FIRST.replace(b"L1", b"L9"))
    assert len(store.versions("stops")) == 1
    assert fields(store, "stops") == ["id"]


def test_another_process_sees_a_change_at_once(node: Node, store: ContractStore) -> None:
    store.publish(FIRST)
    other = ContractStore(node.database)
    assert list(other.all()) == ["stops"]
    store.publish(SECOND)
    store.publish(OTHER)
    assert fields(other, "stops") == ["id", "line"]
    assert list(other.all()) == ["lines", "stops"]
    assert [one.name for one in other.all()["stops"].fields] == ["id", "line"]


def test_what_is_not_there_is_said(store: ContractStore) -> None:
    assert store.find("nothing") is None
    with pytest.raises(NotFound, match="no dataset"):
        store.get("nothing")
    with pytest.raises(NotFound, match="no contract"):
        store.content("00")


def test_the_registry_is_followed(store: ContractStore, folder: Path) -> None:
    store.sync_registry(folder)
    assert fields(store, "stops") == ["id"]
    (folder / "stops.odcs.yaml").write_bytes(SECOND)
    (folder / "lines.odcs.yaml").write_bytes(OTHER)
    store.sync_registry(folder)
    assert fields(store, "stops") == ["id", "line"]
    (folder / "lines.odcs.yaml").unlink()
    store.sync_registry(folder)
    assert list(store.all()) == ["stops"]
    assert [v.digest for v in store.versions("lines")] == [None, sha256(OTHER).hexdigest()]
    (folder / "lines.odcs.yaml").write_bytes(OTHER)
    store.sync_registry(folder)
    assert list(store.all()) == ["lines", "stops"]


def test_an_unchanged_registry_adds_no_version(store: ContractStore, folder: Path) -> None:
    (folder / "other_name.odcs.yaml").write_bytes(OTHER)
    store.sync_registry(folder)
    number = store.number
    store.sync_registry(folder)
    assert store.number == number
    assert list(store.all()) == ["lines", "stops"]


def test_a_published_contract_replaces_the_registrys_and_stays(
    store: ContractStore, folder: Path
) -> None:
    store.sync_registry(folder)
    publish_entry(store.database, "stops")
    store.publish(SECOND)
    assert fields(store, "stops") == ["id"]  # until the authority has accepted the field
    accept_change(store.database, "stops")
    store.sync_registry(folder)
    assert fields(store, "stops") == ["id", "line"]
    (folder / "stops.odcs.yaml").write_bytes(FIRST + b"\n")
    store.sync_registry(folder)
    assert fields(store, "stops") == ["id", "line"]
    (folder / "stops.odcs.yaml").unlink()
    store.sync_registry(folder)
    assert fields(store, "stops") == ["id", "line"]
    assert store.published() == {"stops": SECOND}


def test_what_the_registry_has_anew_is_a_draft_but_for_what_was_published_before(
    store: ContractStore, folder: Path
) -> None:
    (folder / "lines.odcs.yaml").write_bytes(OTHER)
    store.sync_registry(folder, lambda dataset: dataset == "lines")
    stops, lines = (find_entry(store.database, one) for one in ("stops", "lines"))
    assert stops is not None and lines is not None
    assert (stops.state, stops.taken_over) == ("draft", False)
    assert (lines.state, lines.taken_over) == ("published", True)


def test_the_registry_opens_no_more_of_what_is_published_until_it_is_accepted(
    store: ContractStore, folder: Path
) -> None:
    store.sync_registry(folder)
    publish_entry(store.database, "stops")
    for _ in range(2):  # at each start
        (folder / "stops.odcs.yaml").write_bytes(SECOND)
        store.sync_registry(folder)
        assert fields(store, "stops") == ["id"]
        proposed = store.find_proposed("stops")
        assert proposed is not None and proposed.field("line") is not None
    accept_change(store.database, "stops")
    assert fields(store, "stops") == ["id", "line"]
    number = store.number
    store.sync_registry(folder)
    assert store.number == number
    assert store.published() == {}, "it is the registry's as before, which is followed"
    (folder / "stops.odcs.yaml").write_bytes(FIRST)
    store.sync_registry(folder)
    assert fields(store, "stops") == ["id"], "a field less is in force at once"


def test_one_taken_out_and_put_back_as_another_begins_as_a_draft(
    store: ContractStore, folder: Path
) -> None:
    file = folder / "stops.odcs.yaml"
    store.sync_registry(folder)
    publish_entry(store.database, "stops")
    for content, state in ((FIRST, "published"), (SECOND, "draft")):
        file.unlink()
        store.sync_registry(folder)
        file.write_bytes(content)
        store.sync_registry(folder)
        found = find_entry(store.database, "stops")
        assert found is not None and found.state == state


def test_the_name_of_what_is_not_published_is_taken_over_by_nobody(store: ContractStore) -> None:
    store.publish(FIRST)
    theirs = document("stops", [field("id", key=True)], provider=THEIRS)
    with pytest.raises(BadContract, match="the id stops is in use"):
        store.check(theirs)
    with pytest.raises(BadContract):
        store.publish(theirs)
    assert store.get("stops").provider == OURS
    publish_entry(store.database, "stops")
    store.publish(theirs)
    assert store.get("stops").provider == OURS, "of what is published it waits for the authority"


def test_a_registry_file_at_fault_withdraws_nothing(store: ContractStore, folder: Path) -> None:
    (folder / "lines.odcs.yaml").write_bytes(OTHER)
    store.sync_registry(folder)
    (folder / "stops.odcs.yaml").write_text("id: [", "utf-8")
    (folder / "lines.odcs.yaml").unlink()
    store.sync_registry(folder)
    assert list(store.all()) == ["lines", "stops"]


def test_a_registry_that_is_not_there_is_said_and_withdraws_nothing(
    store: ContractStore, folder: Path
) -> None:
    store.sync_registry(folder)
    with pytest.raises(Conflict, match="does not exist"):
        store.sync_registry(folder / "nowhere")
    assert list(store.all()) == ["stops"]


def test_files_of_an_earlier_version_are_taken_over_once(node: Node) -> None:
    kept = node.settings.data_dir / "contracts"
    kept.mkdir()
    (kept / "stops.odcs.yaml").write_bytes(FIRST)
    store = open_contracts(node)
    assert fields(store, "stops") == ["id"]
    store.publish(SECOND)
    accept_change(store.database, "stops")
    assert fields(open_contracts(node), "stops") == ["id", "line"]


def test_a_file_put_into_the_folder_later_changes_nothing(node: Node) -> None:
    open_contracts(node)
    kept = node.settings.data_dir / "contracts"
    kept.mkdir()
    (kept / "stops.odcs.yaml").write_bytes(FIRST)
    assert open_contracts(node).find("stops") is None


@pytest.mark.parametrize(
    "content", [b"a: &x 1\nb: *x\n", b"x" * 2_000_000, b"[" * 100, b"id: [", b"\xff\xfe", b""]
)
def test_a_file_that_is_no_contract_stops_no_start(
    store: ContractStore, folder: Path, content: bytes
) -> None:
    store.sync_registry(folder)
    (folder / "lines.odcs.yaml").write_bytes(content)
    (folder / "folder.odcs.yaml").mkdir()
    (folder / ".#lock.odcs.yaml").symlink_to("nobody@nowhere.1")
    store.sync_registry(folder)
    assert list(store.all()) == ["stops"]


def test_of_two_files_of_one_dataset_the_one_of_its_name_is_in_force(
    store: ContractStore, folder: Path
) -> None:
    (folder / "aaa.odcs.yaml").write_bytes(SECOND)
    for _ in range(3):
        store.sync_registry(folder)
    assert fields(store, "stops") == ["id"]
    assert len(store.versions("stops")) == 1


def test_a_stored_contract_that_cannot_be_read_takes_no_other_along(
    node: Node, store: ContractStore
) -> None:
    store.publish(FIRST)
    store.publish(OTHER)
    with transaction(node.database) as session:
        row = session.get_one(ContractText, sha256(OTHER).hexdigest())
        row.content = b"a: &x 1\nb: *x\n"
    later = ContractStore(node.database)
    assert list(later.all()) == ["stops"]
    assert later.unreadable() == ["lines"]
    with pytest.raises(TerminalError, match="publish it again"):
        later.get("lines")
    assert later.content(later.find_digest("lines") or "").startswith(b"a: &x")


def test_who_is_derived_from_a_dataset_is_found_by_it(store: ContractStore) -> None:
    made = {"server": "derived", "type": "derived"}
    query = [{"property": "query", "value": "SELECT id FROM data.stops"}]
    derived = document(
        "derived", [field("id", key=True)], server={**made, "customProperties": query}
    )
    store.publish(FIRST)
    store.publish(derived)
    assert [one.dataset for one in store.derived_from("stops")] == ["derived"]
    assert store.derived_from("derived") == []


def test_contracts_about_persons_are_found_without_the_others(node: Node) -> None:
    store = open_contracts(node)
    for key in ("subject", "firm"):
        named = {one.dataset for one in store.about(key)}
        expected = {
            one.dataset
            for one in store.all().values()
            if any(f.subject_key if key == "subject" else f.firm_key for f in one.fields)
        }
        assert named == expected
        assert 0 < len(named) < len(store.all())


def test_a_withdrawn_contract_leaves_no_link(
    node: Node, store: ContractStore, folder: Path
) -> None:
    path = folder / "derived.odcs.yaml"
    made = {"server": "derived", "type": "derived"}
    query = [{"property": "query", "value": "SELECT id FROM data.stops"}]
    path.write_bytes(
        document("derived", [field("id", key=True)], server={**made, "customProperties": query})
    )
    store.sync_registry(folder)
    assert [one.dataset for one in store.derived_from("stops")] == ["derived"]
    path.unlink()
    store.sync_registry(folder)
    with transaction(node.database) as session:
        assert session.query(ContractLink).count() == 0
