"""A seal: valid while nothing of the file is another one, for the reader who trusts its sealer."""

import random
from datetime import UTC, datetime

import pytest

from tests.test_platform.credentials.made import AT, document_facts, identity_of
from xihu_platform.credentials.document import make_document
from xihu_platform.credentials.seal import SealState, check_seal, seal

OURS, OTHERS = identity_of(b"m" * 32), identity_of(b"n" * 32)


@pytest.fixture(scope="module")
def unsealed() -> bytes:
    return make_document(document_facts(), "eyJh.eyJi.c2ln")


@pytest.fixture(scope="module")
def sealed(unsealed: bytes) -> bytes:
    return seal(unsealed, OURS, AT)


def test_sealed_file_is_valid_and_says_who_sealed_it(sealed: bytes, unsealed: bytes) -> None:
    found = check_seal(sealed, OURS.trust, AT)
    assert found.state == SealState.VALID
    assert found.sealer is not None
    assert "Development seal" in found.sealer
    assert sealed.startswith(unsealed)


def test_a_flipped_bit_is_found_wherever_it_is(sealed: bytes, unsealed: bytes) -> None:
    chance = random.Random(152)
    inside = sealed.index(b"<3082", len(unsealed))
    places = [0, 10, len(unsealed) - 2, len(sealed) - 2, inside, inside + 1, inside + 32_000]
    places += chance.sample(range(len(sealed)), 25)
    places += chance.sample(range(inside, inside + 2_800), 60)  # signature and certificate
    for at in places:
        changed = bytearray(sealed)
        changed[at] ^= chance.choice((0x01, 0x20))
        assert check_seal(bytes(changed), OURS.trust, AT).state != SealState.VALID, at


def test_a_changed_word_is_told_as_changed(sealed: bytes) -> None:
    at = sealed.index(b"stream") + 20
    changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
    assert check_seal(changed, OURS.trust, AT).state == SealState.CHANGED


def test_something_appended_is_told_as_appended(sealed: bytes) -> None:
    assert check_seal(sealed + b"\n", OURS.trust, AT).state == SealState.APPENDED
    again = seal_over(sealed)
    assert check_seal(again, OURS.trust, AT).state == SealState.APPENDED


def seal_over(body: bytes) -> bytes:
    """A whole revision behind the seal: the catalogue once more, in a table of its own."""
    start = int(body.rsplit(b"startxref", 1)[1].split()[0])
    added = b"\n900 0 obj\n<< /Fake true >>\nendobj\n"
    table = b"xref\n900 1\n%010d 00000 n \ntrailer\n" % (len(body) + 1)
    root = body.rsplit(b"/Root ", 1)[1].split(b"R")[0] + b"R"
    trailer = b"<< /Size 901 /Root %s /Prev %d >>\nstartxref\n%d\n%%%%EOF\n"
    return body + added + table + trailer % (root, start, len(body) + len(added))


def test_seal_of_somebody_else_is_not_ours(sealed: bytes) -> None:
    assert check_seal(sealed, OTHERS.trust, AT).state == SealState.NOT_OURS


def test_expired_certificate_is_told(sealed: bytes) -> None:
    late = datetime(2071, 1, 1, tzinfo=UTC)
    assert check_seal(sealed, OURS.trust, late).state == SealState.EXPIRED
    assert check_seal(sealed, OTHERS.trust, late).state == SealState.NOT_OURS


@pytest.mark.parametrize("body", [b"", b"%PDF-1.7", b"hello", b"\x00" * 1000])
def test_a_file_without_a_seal_is_not_sealed(body: bytes, unsealed: bytes) -> None:
    assert check_seal(body, OURS.trust, AT).state == SealState.NOT_SEALED
    assert check_seal(unsealed, OURS.trust, AT).state == SealState.NOT_SEALED


def test_rubbish_with_a_seals_words_is_changed() -> None:
    assert check_seal(b"%PDF-1.7 /ByteRange", OURS.trust, AT).state == SealState.CHANGED


def test_keys_of_development_are_those_of_the_master_key() -> None:
    assert identity_of(b"m" * 32) == OURS
    assert identity_of(b"m" * 32).key != OTHERS.key
    assert OURS.key not in repr(OURS).encode()
