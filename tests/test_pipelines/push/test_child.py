"""The process that commits pushes: its failure is said without a value of a record."""

import json
import logging
import threading

import pytest

from xihu_pipelines.push import intake
from xihu_platform.start import Node

SECRET = "canary7f3a"


def test_a_failure_is_said_by_type_and_place(
    node: Node, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(*_args: object) -> None:
        raise ValueError(SECRET)

    root, ours = logging.getLogger(), logging.getLogger("xihu")
    before = (list(root.handlers), root.level, ours.level, threading.excepthook)
    monkeypatch.setattr(intake, "commit_all", fail)
    try:
        with pytest.raises(SystemExit):
            intake._commit_in_child(node.settings)
    finally:
        root.handlers, threading.excepthook = before[0], before[3]
        root.setLevel(before[1])
        ours.setLevel(before[2])
    out, err = capfd.readouterr()
    assert SECRET not in out + err
    assert json.loads(err)["error"] == "ValueError"
