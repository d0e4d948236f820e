"""One process reads one registry: a second choice is refused, a missing folder told."""

from pathlib import Path

import pytest

from tests.registry import REGISTRY
from xihu_catalog.registry.folder import registry_folder, use_registry
from xihu_platform.errors import BadInput, TerminalError


def test_another_registry_is_refused_once_one_is_read(tmp_path: Path) -> None:
    with pytest.raises(TerminalError, match="start another process"):
        use_registry(tmp_path)
    assert registry_folder() == REGISTRY


def test_the_same_folder_may_be_named_again_by_another_path() -> None:
    assert use_registry(REGISTRY / "codes" / "..") == REGISTRY


def test_a_folder_that_is_not_there_is_told_with_the_setting_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="XIHU_REGISTRY_DIR"):
        use_registry(tmp_path / "gone")
