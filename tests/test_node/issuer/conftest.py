"""The world of the embedded issuer, as the tests of identity have it."""

from tests.test_platform.identity.conftest import embedded, embedded_all

__all__ = ["embedded", "embedded_all"]
