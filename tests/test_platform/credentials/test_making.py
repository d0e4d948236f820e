"""Documents are made in a process of their own: it stays, it is replaced, it is ended."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.test_platform.credentials.made import AT, document_facts, identity_of
from xihu_platform.credentials.making import Maker
from xihu_platform.credentials.seal import SealState, check_seal
from xihu_platform.errors import TerminalError, TransientError

OURS = identity_of(b"m" * 32)
CLAIMS = '{"type": ["VerifiableCredential"]}'


@pytest.fixture(scope="module")
def maker() -> Iterator[Maker]:
    made = Maker(OURS)
    yield made
    made.close()


def test_document_is_made_and_sealed(maker: Maker) -> None:
    body = maker.make(document_facts("𠮷#王"), CLAIMS, AT)
    assert check_seal(body, OURS.trust, AT).state == SealState.VALID


def test_process_that_was_killed_is_started_again(maker: Maker) -> None:
    maker.make(document_facts(), CLAIMS, AT)
    child = maker._child
    assert child is not None
    os.kill(child.pid, signal.SIGKILL)
    assert maker.make(document_facts(), CLAIMS, AT).startswith(b"%PDF-")
    assert maker._child is not None
    assert maker._child.pid != child.pid


def test_key_that_does_not_fit_is_told(maker: Maker) -> None:
    other = identity_of(b"n" * 32)
    mixed = Maker(type(OURS)(other.key, OURS.certificates, OURS.trust))
    with pytest.raises(TerminalError):
        mixed.make(document_facts(), CLAIMS, AT)
    mixed.close()


def test_process_that_takes_too_long_is_ended() -> None:
    slow = Maker(OURS, 0.3, (sys.executable, "-c", "import time; time.sleep(60)"))
    began = time.monotonic()
    with pytest.raises(TransientError):
        slow.make(document_facts(), CLAIMS, AT)
    assert time.monotonic() - began < 10
    assert slow._child is None


def test_process_that_ends_at_once_is_told() -> None:
    broken = Maker(OURS, 5, (sys.executable, "-c", "raise SystemExit(3)"))
    with pytest.raises(TransientError):
        broken.make(document_facts(), CLAIMS, AT)
    assert broken._child is None


def test_who_serves_imports_neither_typst_nor_pyhanko() -> None:
    code = (
        "import sys, xihu_platform.credentials.making, xihu_platform.credentials.claims; "
        "sys.exit(bool({'typst', 'pyhanko', 'segno'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
