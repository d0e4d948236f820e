"""Through the access gateway nothing changes for a person: before, during and after a rotation."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from tests.test_pipelines.housekeeping.rotating import (
    AID,
    CONTRACTS,
    FOLK,
    INTERNAL,
    KEYED,
    OFFICE,
    PAIRS,
    PEOPLE,
    World,
)
from xihu_node.cli import rotate as rotate_commands
from xihu_platform.access.query import Filter, RowQuery
from xihu_platform.access.uses import list_uses
from xihu_platform.audit.models import AuditSubject
from xihu_platform.audit.uses import shows
from xihu_platform.database import transaction
from xihu_platform.settings import Settings

pytestmark = pytest.mark.harness  # half a minute over two generations of pseudonyms

ME = PEOPLE[4]


def amounts(world: World, snapshot: int | None = None) -> list[int]:
    found: list[int] = world.own(ME, AID, snapshot).table["amount"].to_pylist()
    return found


def numbers(world: World, snapshot: int | None = None) -> list[str]:
    found: list[str] = world.office(AID, snapshot).table["number"].to_pylist()
    return found


def test_a_citizen_has_the_same_own_rows_before_during_and_after(world: World) -> None:
    mine = amounts(world), world.own(ME, FOLK).table["amount"].to_pylist()
    assert mine == ([4, 10], [4])
    seen = []
    world.begin()
    for one in ((), (AID,), (FOLK,), CONTRACTS.values()):
        world.rotate(*one) if one else None
        seen.append((amounts(world), world.own(ME, FOLK).table["amount"].to_pylist()))
    assert seen == [mine] * 4
    assert world.key_versions()["mz_people"] == 2


def test_a_cited_snapshot_still_answers_its_holder_and_its_recipient(world: World) -> None:
    cited = world.node.lake.snapshot(AID.table).id
    before, given = amounts(world), numbers(world)
    for _ in range(2):
        world.begin()
        world.rotate()
        world.hand_in(AID, [(ME, world.node.key_version)])
    assert amounts(world, cited) == before
    assert numbers(world, cited) == given
    assert amounts(world) == [*before, 2, 3]


def test_a_recipient_sees_that_pseudonyms_have_changed(world: World) -> None:
    before = world.office(AID)
    assert before.citation.pseudonyms == 1
    world.begin()
    world.rotate()
    after = world.office(AID)
    assert after.citation.pseudonyms == 2
    old, new = (p.table["number"].to_pylist() for p in (before, after))
    assert all(text.startswith("r1_") for text in old)
    assert all(text.startswith("r2_") for text in new)
    assert [old.index(text) for text in old] == [new.index(text) for text in new]
    asked = RowQuery(filters=(Filter("number", "eq", new[0]),))
    page = world.gateway.read_page(OFFICE, "mz_aid", INTERNAL, asked)
    assert page.table["number"].to_pylist() == [new[0]]
    assert world.office(FOLK).table["number"].to_pylist()[0] == new[0]


def test_the_list_of_uses_is_whole_over_all_generations(world: World) -> None:
    me, other = world.root(ME), world.root(PEOPLE[11])
    expected = []
    for _ in range(3):
        expected.append(world.office(AID).citation.audit_entry)
        stream = world.gateway.open_stream(OFFICE, "mz_aid", INTERNAL, RowQuery(), exit_name="csv")
        assert sum(batch.num_rows for batch in stream.batches) == 12
        expected.append(stream.citation.audit_entry)
        world.begin()
        world.rotate()
    listed = {use.seq for use in list_uses(world.gateway, me, limit=200)}
    assert set(expected) <= listed
    assert listed == {use.seq for use in list_uses(world.gateway, me, limit=200)}
    assert not set(expected) & {use.seq for use in list_uses(world.gateway, other, limit=200)}
    assert all(shows(world.node.database, seq, world.gateway.forms(me)) for seq in expected if seq)
    assert not shows(world.node.database, expected[0] or 0, world.gateway.forms(other))
    with transaction(world.node.database) as session:
        stored = session.scalars(select(AuditSubject.subject)).all()
    assert set(world.gateway.forms(me)[:3]) <= set(stored)


def test_a_backup_of_the_keys_from_before_a_rotation_loses_no_use(world: World) -> None:
    world.begin()
    world.rotate()
    seen = world.office(AID).citation.audit_entry
    (world.node.settings.data_dir / "keys" / "pseudonym-generation").unlink()
    assert world.node.key_version == 1
    assert seen in {use.seq for use in list_uses(world.gateway, world.root(ME), limit=200)}
    assert amounts(world) == [4, 10]
    world.hand_in(PAIRS, [(PEOPLE[5], PEOPLE[6], "")])
    assert world.key_versions()["mz_pairs"] == 2
    assert world.begin() == 3


def test_the_command_rotates_tells_the_recipients_and_says_how_far_it_is(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder: Path = world.node.settings.data_dir
    world.office(AID)
    monkeypatch.setattr(rotate_commands, "Settings", lambda: Settings(data_dir=folder))
    monkeypatch.setattr(rotate_commands, "contracts_of", lambda *_: CONTRACTS)

    def run(*arguments: str, answer: str = "") -> tuple[int, str]:
        done = CliRunner().invoke(rotate_commands.rotate, arguments, obj="en", input=answer)
        return done.exit_code, done.output

    assert run("pseudonyms", answer="n\n")[0] == 1
    assert world.node.key_version == 1
    code, said = run("pseudonyms", answer="y\n")
    assert code == 0
    assert "no way back" in said
    assert "r2_" in said
    assert OFFICE.position is not None
    assert OFFICE.position.organisation in said or "have read them" in said
    assert set(world.key_versions().values()) == {1, 2}
    assert all(world.key_versions()[one.dataset] == 2 for one in KEYED)
    assert "unfinished" not in run("status")[1]
    world.begin()
    assert "unfinished" in run("status")[1]
    code, said = run("pseudonyms")
    assert (code, world.node.key_version) == (0, 3)
    assert "no way back" not in said
    assert run("pseudonyms", "--yes")[0] == 0
    assert world.node.key_version == 4


def test_nothing_that_is_said_holds_a_pseudonym_or_a_key(
    world: World, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(0)
    world.begin()
    world.rotate()
    amounts(world)
    said = caplog.text + "".join(capsys.readouterr())
    for key_version in (1, 2):
        assert world.root(ME, key_version) not in said
        assert world.node.keyring.derive(f"subject:{key_version}").hex() not in said
