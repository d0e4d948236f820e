"""Notices are written where matters are: the same worlds, on both databases."""

from tests.test_platform.matters.conftest import database, postgres, world

__all__ = ["database", "postgres", "world"]  # fixtures
