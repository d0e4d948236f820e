"""Imported once by the fork server: a victim then begins with everything read and prepared."""

import tempfile
from pathlib import Path

from tests.both_databases import sqlite
from tests.harness import matter_victims as victims

with tempfile.TemporaryDirectory() as folder, sqlite(Path(folder)) as database:
    victims.furnish(database)
    for trial, work in enumerate(victims.WORKS.values()):
        work(victims.opened(database, trial), Path(folder))
