"""The demo's people and systems, settled in an installation."""

import json

from xihu_catalog.registry.people import content
from xihu_pipelines.demo.province import settle
from xihu_platform.start import Node


def test_each_departments_system_has_a_secret_that_a_newcomer_can_read(node: Node) -> None:
    settle(node)
    path = node.settings.data_dir / "identity" / "development.json"
    before = json.loads(path.read_text(encoding="utf-8"))
    assert {system.client_id for system in content().systems} <= before.keys()
    settle(node)
    assert json.loads(path.read_text(encoding="utf-8")) == before
