"""Claims and status lists, as a stranger reads them."""

import base64
import gzip
import json

import pytest

from tests.test_platform.credentials.made import AT, BASE, identity_of
from xihu_platform.credentials.claims import (
    StatusPlace,
    certificates_of,
    credential_claims,
    open_claims,
    read_status,
    sign_claims,
    status_claims,
)
from xihu_platform.errors import BadInput

OURS, OTHERS = identity_of(b"m" * 32), identity_of(b"n" * 32)
LIST = sign_claims(status_claims(BASE, 1, "revocation", {0, 9, 131_071}, AT), OURS)


def payload(token: str) -> dict[str, object]:
    part = token.split(".")[1]
    said: dict[str, object] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return said


def test_list_has_its_bits_from_the_left() -> None:
    subject = payload(LIST)["credentialSubject"]
    assert isinstance(subject, dict)
    encoded = subject["encodedList"]
    assert encoded[0] == "u"  # multibase: base64url without padding
    bits = gzip.decompress(base64.urlsafe_b64decode(encoded[1:] + "=" * (-len(encoded[1:]) % 4)))
    assert len(bits) == 16_384
    assert bits[:2] == bytes([0b1000_0000, 0b0100_0000])
    assert bits[-1] == 0b0000_0001
    assert not any(bits[2:-1])


def test_list_is_read_as_it_was_written() -> None:
    found = read_status(open_claims(LIST, certificates_of(LIST)[0]))
    assert found.purpose == "revocation"
    assert found.address == f"{BASE}/api/v1/credentials/status/1"
    assert found.issued_at == AT
    assert [n for n in range(131_072) if found.is_set(n)] == [0, 9, 131_071]


def test_claims_name_both_lists_and_the_place_in_them() -> None:
    said = json.loads(
        credential_claims(
            BASE, "tok", StatusPlace(2, 77), "示例局", {"name": "王"}, "food", AT, None
        )
    )
    assert said["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert said["id"] == f"{BASE}/verify/tok"
    assert said["validFrom"] == "2026-11-23T02:00:00Z"
    assert "validUntil" not in said
    assert [
        (one["statusPurpose"], one["statusListCredential"], one["statusListIndex"])
        for one in said["credentialStatus"]
    ] == [
        ("revocation", f"{BASE}/api/v1/credentials/status/3", "77"),
        ("suspension", f"{BASE}/api/v1/credentials/status/4", "77"),
    ]


def test_claims_of_another_key_are_refused() -> None:
    (other,) = certificates_of(sign_claims("{}", OTHERS))
    with pytest.raises(BadInput):
        open_claims(LIST, other)


def test_changed_claims_are_refused() -> None:
    head, body, signature = LIST.split(".")
    changed = body[:-5] + ("A" if body[-5] != "A" else "B") + body[-4:]
    with pytest.raises(BadInput):
        open_claims(f"{head}.{changed}.{signature}", certificates_of(LIST)[0])


@pytest.mark.parametrize("token", ["", "a.b.c", "e30.e30.", "W10.e30.", "eyJ4NWMiOltdfQ.e30."])
def test_rubbish_names_no_certificate(token: str) -> None:
    with pytest.raises(BadInput):
        certificates_of(token)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"credentialSubject": []},
        {**payload(LIST), "credentialSubject": {"encodedList": "uAAAA", "statusPurpose": "x"}},
    ],
)
def test_what_is_no_list_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        read_status(said)
