"""`xihu licence verify`: by a stranger who has files and nothing else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.test_platform.credentials.made import AT, BASE, document_facts, identity_of
from xihu_node.cli.licence import licence
from xihu_platform.credentials.claims import (
    StatusPlace,
    credential_claims,
    sign_claims,
    status_claims,
)
from xihu_platform.credentials.making import Maker
from xihu_platform.errors import BadInput
from xihu_platform.words import Language

OURS, OTHERS = identity_of(b"m" * 32), identity_of(b"n" * 32)
END = datetime(2031, 11, 22, 16, tzinfo=UTC)
NOON = "2026-11-23T12:00+08:00"


@pytest.fixture(scope="module")
def sealed() -> Iterator[bytes]:
    maker = Maker(OURS)
    said = {"name": "王小明"}
    place = StatusPlace(1, 77)
    claims = credential_claims(BASE, "tok", place, "示例局", said, "food_licence", AT, END)
    yield maker.make(document_facts(), claims, AT)
    maker.close()


@pytest.fixture
def here(tmp_path: Path, sealed: bytes) -> Path:
    """A folder with the licence, the authority's certificate and two lists that are empty."""
    (tmp_path / "licence.pdf").write_bytes(sealed)
    (tmp_path / "authority.pem").write_bytes(OURS.trust.authorities)
    write_list(tmp_path, "revocation", set())
    write_list(tmp_path, "suspension", set())
    return tmp_path


def write_list(folder: Path, purpose: str, taken: set[int], at: datetime = AT, **of: int) -> None:
    number = {"revocation": 1, "suspension": 2}[purpose] + of.get("further", 0)
    claims = status_claims(BASE, number, purpose, taken, at)  # type: ignore[arg-type]
    signer = OTHERS if of.get("others") else OURS
    (folder / f"{purpose}.jwt").write_text(sign_claims(claims, signer))


def verify(folder: Path, *more: str, at: str = NOON, language: Language = "en") -> Result:
    words = ["verify", str(folder / "licence.pdf"), "--authority", str(folder / "authority.pem")]
    for purpose in ("revocation", "suspension"):
        if (folder / f"{purpose}.jwt").exists():
            words += ["--status", str(folder / f"{purpose}.jwt")]
    result = CliRunner().invoke(licence, [*words, "--at", at, *more], obj=language)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_a_licence_that_is_valid_ends_with_0(here: Path) -> None:
    said = verify(here)
    assert said.exit_code == 0
    assert "Seal: valid" in said.output
    assert "State: current (valid)" in said.output
    assert f"Status list: {BASE}/api/v1/credentials/status/1" in said.output
    assert "签章: valid (签章有效，内容完整)" in verify(here, language="zh").output


@pytest.mark.parametrize("purpose", ["revocation", "suspension"])
def test_one_whose_bit_is_set_ends_with_1(here: Path, purpose: str) -> None:
    write_list(here, purpose, {77})
    said = verify(here)
    assert said.exit_code == 1
    assert f"State: {purpose}" in said.output
    write_list(here, purpose, {76, 78})
    assert verify(here).exit_code == 0


def test_without_a_list_the_state_is_unknown(here: Path) -> None:
    (here / "suspension.jwt").unlink()
    said = verify(here)
    assert said.exit_code == 1
    assert "State: unknown" in said.output


def test_a_list_that_is_too_old_says_nothing_but_what_is_set(here: Path) -> None:
    write_list(here, "revocation", set(), AT - timedelta(days=2))
    assert "State: unknown" in verify(here).output
    write_list(here, "revocation", {77}, AT - timedelta(days=2))
    assert "State: revocation" in verify(here).output


@pytest.mark.parametrize(
    ("at", "state"),
    [
        ("2026-11-23T09:59+08:00", "not_begun"),
        ("2031-11-22T23:59+08:00", "unknown"),  # the lists are old by then
        ("2031-11-23T00:00+08:00", "expired"),
    ],
)
def test_it_begins_and_ends_with_its_dates(here: Path, at: str, state: str) -> None:
    said = verify(here, at=at)
    assert said.exit_code == 1
    assert f"State: {state}" in said.output


def test_a_changed_file_ends_with_1_and_says_nothing_of_its_state(
    here: Path, sealed: bytes
) -> None:
    at = sealed.index(b"stream") + 20
    changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
    (here / "licence.pdf").write_bytes(changed)
    said = verify(here)
    assert said.exit_code == 1
    assert "Seal: changed" in said.output
    assert "State: unknown" in said.output


def test_a_licence_of_another_authority_is_not_ours(here: Path) -> None:
    (here / "authority.pem").write_bytes(OTHERS.trust.authorities)
    said = verify(here)
    assert said.exit_code == 1
    assert "Seal: not_ours" in said.output


def test_a_list_of_another_authority_or_licence_is_refused(here: Path) -> None:
    write_list(here, "revocation", set(), others=1)
    with pytest.raises(BadInput, match="not signed by this authority"):
        verify(here)
    write_list(here, "revocation", set(), further=2)
    with pytest.raises(BadInput, match="not of this credential"):
        verify(here)
    (here / "revocation.jwt").write_text("hello")
    with pytest.raises(BadInput):
        verify(here)


@pytest.mark.parametrize("at", ["yesterday", "2026-11-23", "2026-11-23T10:00"])
def test_a_moment_needs_its_zone(here: Path, at: str) -> None:
    with pytest.raises(BadInput, match="with its zone"):
        verify(here, at=at)
