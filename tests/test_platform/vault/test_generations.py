"""Generations of pseudonyms: promoted without the number, never back, the wanted one durable."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xihu_platform.errors import BadInput, TerminalError
from xihu_platform.settings import Settings
from xihu_platform.start import open_node
from xihu_platform.vault.key_version import read_key_version, write_key_version
from xihu_platform.vault.keys import DigestName, Keyring, key_version_of

RINGS = [Keyring(b"k" * 32), Keyring(b"k" * 32, "hmac-sm3")]
numbers = st.text("0123456789X", min_size=1, max_size=18)
steps = st.integers(1, 5)


@given(ring=st.sampled_from(RINGS), number=numbers, given_=steps, more=st.integers(0, 4))
def test_a_promoted_pseudonym_is_the_one_made_of_the_number(
    ring: Keyring, number: str, given_: int, more: int
) -> None:
    early = ring.pseudonym("citizen_id", number, given_)
    assert ring.promote(early, given_ + more) == ring.pseudonym("citizen_id", number, given_ + more)


@given(ring=st.sampled_from(RINGS), number=numbers, given_=st.integers(2, 5), less=steps)
def test_there_is_no_way_back(ring: Keyring, number: str, given_: int, less: int) -> None:
    with pytest.raises(BadInput, match="promoted only"):
        ring.promote(ring.pseudonym("citizen_id", number, given_), max(given_ - less, 1))


@given(ring=st.sampled_from(RINGS), number=numbers, newest=steps)
def test_every_form_of_a_person_is_known_from_the_first(
    ring: Keyring, number: str, newest: int
) -> None:
    made = tuple(ring.pseudonym("document", number, n) for n in range(1, newest + 1))
    assert ring.key_versions(made[0], newest) == made
    assert [key_version_of(form) for form in made] == list(range(1, newest + 1))
    assert len(set(made)) == newest


@pytest.mark.parametrize(
    ("digest", "known"),
    [
        ("hmac-sha256", "s1_4150e37914cd5944229fd495276b242e"),
        ("hmac-sm3", "m1_801c364447814b2c327ee302c43dbfc9"),
    ],
)
def test_what_was_made_before_there_were_generations_is_the_first(
    digest: DigestName, known: str
) -> None:
    assert Keyring(b"k" * 32, digest).pseudonym("citizen_id", "1") == known


def test_the_other_digest_and_other_texts_are_not_promoted() -> None:
    sha, sm3 = RINGS
    with pytest.raises(BadInput):
        sha.promote(sm3.pseudonym("document", "1"), 2)
    for text in ("", "s_x", "s0_x", "x1_0", "339999198804120289"):
        with pytest.raises(BadInput, match="not a pseudonym"):
            sha.promote(text, 2)


def test_the_old_keys_do_not_make_the_new_generation() -> None:
    ring = RINGS[0]
    assert ring.derive("subject") != ring.derive("subject:2")
    assert ring.pads("subject").key_id != ring.pads("subject:2").key_id


def test_the_generation_wanted_is_one_until_it_is_raised(tmp_path: Path) -> None:
    ground = open_node(Settings(data_dir=tmp_path))
    assert ground.key_version == 1
    write_key_version(tmp_path / "keys", 2)
    assert ground.key_version == 2
    assert sorted(p.name for p in (tmp_path / "keys").iterdir()) == [
        "master.key",
        "pseudonym-generation",
        "pseudonyms",
    ]


@pytest.mark.parametrize("text", ["", "0", "-1", "two", "²"])
def test_a_broken_file_of_the_generation_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "pseudonym-generation").write_text(text, encoding="utf-8")
    with pytest.raises(TerminalError, match="restore it"):
        read_key_version(tmp_path)
