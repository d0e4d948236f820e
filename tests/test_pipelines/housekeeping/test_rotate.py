"""Rotation: every table, vault and derived dataset is promoted, and nobody becomes two."""

from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from tests.sampling import sampled
from tests.test_pipelines.housekeeping.rotating import (
    AID,
    BOTH,
    CONTRACTS,
    FOLK,
    KEYED,
    PAIRS,
    PEOPLE,
    PLACES,
    World,
    make_world,
)
from xihu_pipelines.derive.run import derive
from xihu_pipelines.housekeeping.erase import erase
from xihu_pipelines.housekeeping.rotate import is_unfinished, rotate, standings
from xihu_pipelines.housekeeping.tidy import tidy
from xihu_pipelines.ingest import journal, vault
from xihu_pipelines.ingest.correct import load_corrections
from xihu_pipelines.ingest.existing import existing_sql
from xihu_platform.errors import TerminalError
from xihu_platform.lake.summary import PSEUDONYMS
from xihu_platform.vault.key_version import RotationUnderWay
from xihu_platform.vault.keys import DigestName
from xihu_platform.vault.seal import open_rows


def vaulted(world: World, dataset: str, field: str = "number") -> dict[str, str]:
    """Pseudonym to raw value, of a field's every block; each file's blocks are in order."""
    key = world.node.keyring.sealing(f"vault:{dataset}")
    found: dict[str, str] = {}
    for file in world.node.lake.snapshot(f"vault.{dataset}").files:
        for row in pq.read_table(file).to_pylist():
            place = f"vault.{dataset}/{row['field']}/{row['load_id']}/{row['block']}"
            block = open_rows(key, row["sealed"], place)
            names = block["pseudonym"].to_pylist()
            assert names == sorted(names)
            assert (row["first"], row["last"]) == (names[0], names[-1])
            if row["field"] == field:
                found |= dict(zip(names, block["value"].to_pylist(), strict=True))
    return found


def joined(world: World) -> int:
    """How many rows of two datasets are about the same people."""
    one, other = (existing_sql(world.node.lake.snapshot(c.table)) for c in (AID, FOLK))
    sql = f"SELECT count(*) FROM {one} AS a JOIN {other} AS b USING (number)"
    return int(duckdb.connect().execute(sql).fetchall()[0][0])


@pytest.mark.parametrize(("digest", "turns"), sampled([("hmac-sha256", 2), ("hmac-sm3", 1)]))
def test_all_is_promoted_and_rows_and_joins_stay(
    tmp_path: Path, digest: DigestName, turns: int
) -> None:
    world = make_world(tmp_path / "data", digest)
    promote = world.node.keyring.promote
    before = {one.dataset: world.rows(one) for one in KEYED}
    count, sealed = joined(world), vaulted(world, "mz_aid")
    pairs = vaulted(world, "mz_pairs", "phone")
    for _ in range(turns):
        wanted = world.begin()
        world.rotate()
    assert wanted == turns + 1
    assert world.key_versions() == dict.fromkeys([c.dataset for c in KEYED], wanted) | {
        "mz_places": 1
    }
    for one in KEYED:
        after = [
            tuple(promote(str(v), wanted) if str(v)[:1] in "sm" else v for v in row)
            for row in before[one.dataset]
        ]
        assert world.rows(one) == after
    assert joined(world) == count
    assert vaulted(world, "mz_aid") == {promote(k, wanted): v for k, v in sealed.items()}
    assert "13800001111" in pairs.values()
    assert vaulted(world, "mz_pairs", "phone") == {promote(k, wanted): v for k, v in pairs.items()}
    held = world.node.lake.snapshot(AID.table)
    assert held.maintained
    assert len(held.files) == 2
    world.close()


def test_a_rotation_that_was_broken_off_goes_on_where_it_stopped(world: World) -> None:
    assert world.begin() == 2
    world.rotate(AID)
    assert is_unfinished(world.node, standings(world.node, CONTRACTS.values()))
    promoted = world.node.lake.snapshot(AID.table).id
    assert world.begin() == 2, "the one before is ended first"
    world.rotate()
    assert world.node.lake.snapshot(AID.table).id == promoted
    assert not is_unfinished(world.node, standings(world.node, CONTRACTS.values()))
    assert rotate(world.node, AID) is None
    assert world.begin() == 3


def test_housekeeping_ends_a_rotation(world: World) -> None:
    world.begin()
    world.rotate(AID)
    assert not tidy(world.node, AID).rotated
    assert tidy(world.node, PAIRS).rotated
    assert not tidy(world.node, PLACES).rotated
    assert world.key_versions()["mz_pairs"] == 2
    assert vault.key_version(world.node.lake, PAIRS) == 2


def test_a_vault_left_behind_by_a_kill_is_promoted_by_the_next_run(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = vaulted(world, "mz_aid")
    world.begin()
    with monkeypatch.context() as patched:
        patched.setattr(vault, "promote", lambda *_: 0)
        world.rotate(AID)
    assert vault.key_version(world.node.lake, AID) == 1
    table = world.node.lake.snapshot(AID.table).id
    world.rotate(AID)
    promote = world.node.keyring.promote
    assert vaulted(world, "mz_aid") == {promote(k, 2): v for k, v in sealed.items()}
    assert world.node.lake.snapshot(AID.table).id == table


def test_a_load_lands_in_the_generation_of_its_table(world: World) -> None:
    world.begin()
    world.rotate(FOLK)
    world.hand_in(AID, [(PEOPLE[0], 77)])
    world.hand_in(FOLK, [(PEOPLE[0], 78), (PEOPLE[11], 79)])
    assert (world.key_versions()["mz_aid"], world.key_versions()["mz_people"]) == (1, 2)
    assert world.rows(AID)[-1][1:] == (world.root(PEOPLE[0]), 77)
    folk = {row[1]: row[2] for row in world.rows(FOLK)}
    assert len(folk) == 11, "a key that was there is replaced, not added"
    assert folk[world.root(PEOPLE[0], 2)] == 78
    world.hand_in(PAIRS, [(PEOPLE[5], PEOPLE[6], "")])
    assert world.rows(PAIRS) == [(1, world.root(PEOPLE[5], 2), world.root(PEOPLE[6], 2), None)]
    assert world.key_versions()["mz_pairs"] == 2
    assert list(vaulted(world, "mz_pairs")) == [world.root(PEOPLE[5], 2)]
    world.rotate()
    assert world.rows(AID)[-1][1:] == (world.root(PEOPLE[0], 2), 77)


def test_what_would_join_two_generations_waits(world: World) -> None:
    world.begin()
    world.rotate(AID)
    before = world.rows(BOTH)
    world.hand_in(AID, [(PEOPLE[0], 77)])
    with pytest.raises(RotationUnderWay, match="mz_aid is of key version 2, mz_people is of"):
        world.derive()
    assert world.rows(BOTH) == before
    world.rotate()
    world.derive()
    counts = {row[1]: row[2] for row in world.rows(BOTH)}
    assert counts[world.root(PEOPLE[0], 2)] == 2
    assert world.key_versions()["mz_both"] == 2


def test_what_is_derived_is_of_the_generation_of_its_inputs(world: World) -> None:
    world.begin()
    world.hand_in(AID, [(PEOPLE[0], 77)])
    world.derive()
    assert world.key_versions()["mz_both"] == 1, "its inputs are not promoted yet"
    world.rotate(BOTH)
    world.hand_in(AID, [(PEOPLE[1], 77)])
    with pytest.raises(RotationUnderWay, match="mz_both is of key version 2"):
        world.derive()
    world.rotate()
    world.derive()
    counts = {row[1]: row[2] for row in world.rows(BOTH)}
    assert counts[world.root(PEOPLE[1], 2)] == 2


def test_rows_that_stay_in_a_derived_dataset_are_not_mixed(world: World) -> None:
    adding = replace(BOTH, key=("number",), loading=replace(BOTH.loading, mode="upsert"))
    world.begin()
    world.rotate(AID, FOLK)
    world.hand_in(AID, [(PEOPLE[0], 77)])
    with pytest.raises(RotationUnderWay):
        derive(world.node, adding, CONTRACTS)
    world.rotate(BOTH)
    derive(world.node, adding, CONTRACTS)
    assert len({row[1] for row in world.rows(BOTH)}) == len(world.rows(BOTH)) == 9


def test_what_was_set_aside_before_a_rotation_does_not_come_back_as_it_was(
    world: World, tmp_path: Path
) -> None:
    world.begin()
    world.rotate()
    path = tmp_path / "mended.csv"
    stale, right = world.root(PEOPLE[10]), world.root(PEOPLE[11], 2)
    path.write_text(f"number,aids\n{stale},1\n{right},1\n", encoding="utf-8")
    outcome = load_corrections(world.node, BOTH, path)
    assert outcome.rule_counts == {"number.pattern": 1}
    held = {row[1] for row in world.rows(BOTH)}
    assert (stale in held, right in held) == (False, True)


def test_an_erasure_finds_a_person_in_every_generation(world: World) -> None:
    gone, turns = PEOPLE[4], 2
    for turn in range(turns):
        world.begin()
        world.rotate()
        world.hand_in(AID, [(PEOPLE[10], turn)])
    done = {one.dataset: erase(world.node, one, gone, "法律") for one in KEYED if one is not PAIRS}
    assert done["mz_aid"].rows == 2
    assert done["mz_aid"].vaulted == 2
    assert len(done["mz_aid"].snapshots) == 2 + 2 * turns
    forms = [world.root(gone, n) for n in range(1, turns + 2)]
    for one in (AID, FOLK, BOTH):
        for snapshot in world.node.lake.history(one.table):
            held = [row[1] for row in world.rows(one, snapshot.id)]
            assert not set(forms) & set(held)
        lying = (world.node.lake.folder / "data" / one.dataset).rglob("*.parquet")
        read = [pq.read_table(file)["number"].to_pylist() for file in lying]
        assert not any(set(forms) & set(held) for held in read)
    assert gone not in vaulted(world, "mz_aid").values()


def test_an_erasure_takes_what_is_kept_beside_a_mask_out_of_the_vault(world: World) -> None:
    kept = vaulted(world, "mz_pairs", "phone")
    gone = next(p for p in PEOPLE if world.root(p) in kept)
    assert erase(world.node, PAIRS, gone, "法律").vaulted == 2  # the number and the phone
    kept.pop(world.root(gone))
    assert vaulted(world, "mz_pairs", "phone") == kept


def test_a_table_that_does_not_hold_what_it_says_is_left_alone(world: World) -> None:
    lake = world.node.lake
    held = lake.snapshot(FOLK.table)
    said = {k: v for k, v in held.summary.items() if k.startswith("xihu.")}
    lake.commit(FOLK.table, [], said | {PSEUDONYMS: "2"}, gone=frozenset())
    world.begin()
    world.rotate(AID, PAIRS, BOTH)
    assert world.begin() == 3
    with pytest.raises(TerminalError, match="load it anew") as said_so:
        world.rotate(FOLK)
    assert "s1_" not in said_so.value.text.en
    assert lake.snapshot(FOLK.table).files == held.files
    world.rotate(AID)
    assert world.key_versions() | {"mz_aid": 3} == world.key_versions()
    world.hand_in(FOLK, [(PEOPLE[5], 1)])


def test_an_empty_table_is_promoted_too(world: World) -> None:
    erase(world.node, PAIRS, PEOPLE[0], "法律")
    erase(world.node, PAIRS, PEOPLE[2], "法律")
    erase(world.node, PAIRS, PEOPLE[3], "法律")
    assert world.rows(PAIRS) == []
    world.begin()
    world.rotate()
    assert world.rows(PAIRS) == []
    assert world.key_versions()["mz_pairs"] == 2
    assert journal.find(world.node.lake, "mz_pairs") is None
