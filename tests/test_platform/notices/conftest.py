"""Notices are written where matters are: the same worlds, on both databases."""

from tests.both_databases import postgres
from tests.test_platform.matters.conftest import database, world

__all__ = ["database", "postgres", "world"]  # fixtures
