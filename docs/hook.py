"""What `make docs` does beyond Markdown: pages that are kept elsewhere, and links to the source.

Runs inside MkDocs, in an environment of its own. A link to a file of the repository works where the
Markdown itself is read; on the built site it becomes the file's path, or the page made of it.
"""

import re
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
MERMAID = ROOT / "node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js"
ELSEWHERE = {
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
    "catalog/xihu_catalog/contracts/README.md": "contracts.md",
    "catalog/xihu_catalog/registry/README.md": "registry.md",
    "tests/benchmarks/README.md": "benchmarks.md",
}
"""Pages whose Markdown is kept next to what it describes, and their names on the site."""
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?![a-z]+:|#)([^)#\s]+)(#[^)]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    for source, name in ELSEWHERE.items():
        files.append(File.generated(config, name, abs_src_path=str(ROOT / source)))
    files.append(File.generated(config, "vendor/mermaid.js", abs_src_path=str(MERMAID)))
    return files


def on_page_markdown(markdown: str, *, page: Page, **_: Any) -> str:
    names = {name: source for source, name in ELSEWHERE.items()}
    uri = page.file.src_uri
    source = names.get(uri, f"docs/{uri}")
    folder = PurePosixPath(source).parent

    def turned(found: re.Match[str]) -> str:
        text, path, anchor = found[1], normpath(f"{folder}/{found[2]}"), found[3] or ""
        if path in ELSEWHERE:
            return f"[{text}]({_from(uri, ELSEWHERE[path])}{anchor})"
        if path.startswith("docs/") and not path.startswith("docs/examples"):
            return f"[{text}]({_from(uri, path.removeprefix('docs/'))}{anchor})"
        if not (ROOT / path).exists():
            return found[0]  # MkDocs says that the link is broken
        return f"`{path}`" if text.strip("`") in (path, found[2]) else f"{text} (`{path}`)"

    return LINK.sub(turned, markdown)


def _from(uri: str, target: str) -> str:
    return relpath(target, PurePosixPath(uri).parent)
