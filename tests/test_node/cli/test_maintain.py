"""`xihu maintain` removes lineage outside of the platform that is not reported any more."""

from datetime import timedelta
from uuid import UUID

import pytest
from click.testing import CliRunner

from xihu_catalog.lineage.stated import ReportedRun, StatedJobs, keep_run
from xihu_node.cli.maintain import maintain
from xihu_platform.start import Node

OURS, THEIRS = "113399001001041148", "11339900100102741M"


def test_lineage_that_is_not_reported_any_more_is_removed(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XIHU_DATA_DIR", str(node.settings.data_dir))
    now = node.clock()
    run = ReportedRun("etl", "settle", UUID(int=1), now, "urn:etl", (), ())
    keep_run(node.database, OURS, run, now - timedelta(days=401))
    keep_run(node.database, THEIRS, run, now)
    done = CliRunner().invoke(maintain, [], obj="en", catch_exceptions=False)
    assert done.exit_code == 0
    assert "jobs not reported any more removed: 1" in done.output
    left = StatedJobs().read(node.database, now - timedelta(days=1))
    assert [one.organisation for one in left] == [THEIRS]
