"""The built documentation: no warning, within a minute, and nothing loaded from elsewhere."""

import re
import subprocess
import time
from importlib import metadata
from pathlib import Path

import pytest

from tests.test_architecture import COPYLEFT, LESSER
from tests.test_docs.pages import ROOT

PYTHON = ROOT / ".make/docs-env/bin/python"
LOADS = re.compile(r"<(?:script|img|iframe|source)[^>]+src=[\"']?([^\"' >]+)|<link[^>]+>")


def build(folder: Path, config: Path) -> subprocess.CompletedProcess[str]:
    command = [str(PYTHON), "-m", "mkdocs", "build", "-f", str(config), "-d", str(folder)]
    environment = {"NO_MKDOCS_2_WARNING": "1"}  # that the theme has a successor: see decision 11
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.mark.harness
def test_the_pages_are_built_and_load_nothing_from_elsewhere(tmp_path: Path) -> None:
    if not PYTHON.exists():
        pytest.skip("MkDocs is not installed: run make docs once")
    begun = time.monotonic()
    done = build(tmp_path / "site", ROOT / "mkdocs.yml")
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    assert time.monotonic() - begun < 60
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) > 30
    for page in pages:
        for loaded in LOADS.finditer(page.read_text(encoding="utf-8")):
            address = re.search(r"(?:src|href)=[\"']?([^\"' >]+)", loaded[0])
            assert address is None or "//" not in address[1], (page, loaded[0])
    assert (tmp_path / "site/vendor/mermaid.js").stat().st_size > 1_000_000


@pytest.mark.harness
def test_a_broken_link_is_an_error(tmp_path: Path) -> None:
    if not PYTHON.exists():
        pytest.skip("MkDocs is not installed: run make docs once")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/index.md").write_text("[gone](nowhere.md)", encoding="utf-8")
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    text = re.sub(
        r"^nav:.*", "", text.replace("docs/hook.py", str(ROOT / "docs/hook.py")), flags=re.S | re.M
    )
    (tmp_path / "mkdocs.yml").write_text(text, encoding="utf-8")
    done = build(tmp_path / "site", tmp_path / "mkdocs.yml")
    assert done.returncode != 0
    assert "nowhere.md" in done.stderr


@pytest.mark.harness
def test_no_tool_of_the_documentation_is_under_gpl_or_agpl() -> None:
    if not PYTHON.exists():
        pytest.skip("MkDocs is not installed: run make docs once")
    folder = next((PYTHON.parents[1] / "lib").glob("python3*")) / "site-packages"
    found = list(metadata.distributions(path=[str(folder)]))
    assert len(found) > 20
    for each in found:
        said = each.metadata.get_all("License-Expression") or []
        said += each.metadata.get_all("Classifier") or []
        said += [text[:200] for text in each.metadata.get_all("License") or []]
        strong = [s for s in said if COPYLEFT.search(s) and not LESSER.search(s)]
        assert not strong, each.metadata["Name"]
