"""The built documentation: no warning, within a minute, and nothing loaded from elsewhere."""

import re
import subprocess
import time
from pathlib import Path

import pytest

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
