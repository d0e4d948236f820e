"""Copies what the pages use from node_modules into the web folder, trimmed, names versioned.

Run by `make setup` after `npm ci`; the folder it writes is never committed.
"""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
MODULES = ROOT / "node_modules"
TARGET = Path(__file__).parent / "xihu_portals" / "web" / "static" / "vendor"

ICONS = """
adjustments alert-triangle arrow-left arrow-right ban bell book building-bank calendar-time
chart-bar check chevron-down chevron-right circle-check clock cloud-off copy database download
external-link eye file-alert file-text flag health-recognition help history home
home-2 id-badge-2 info-circle language list-details lock login logout map-2 menu-2 moon
phone quote report-search school search shield-check sitemap sun switch-horizontal table
text-size user users wand briefcase
"""

TABLER_CLASSES = frozenset({"btn", "form-control", "form-select", "table", "visually-hidden"})
"""The parts of Tabler the pages are built on; everything else of it stays behind."""

Rule = tuple[str, str]


def _version(package: str) -> str:
    return str(json.loads((MODULES / package / "package.json").read_text())["version"])


def _rules(css: str) -> Iterator[Rule]:
    """Top-level (prelude, body) pairs of a minified stylesheet."""
    start = depth = opened = 0
    for match in re.finditer(r"[{};]", css):
        mark = match.group()
        if mark == "{":
            depth += 1
            opened = match.start() if depth == 1 else opened
        elif mark == "}":
            depth -= 1
            if depth == 0:
                yield css[start:opened].strip(), css[opened + 1 : match.start()]
                start = match.end()
        elif depth == 0:
            start = match.end()


def _keeps(selector: str) -> bool:
    classes = set(re.findall(r"\.(-?[A-Za-z_][\w-]*)", selector))
    return classes <= TABLER_CLASSES and not re.search(
        r"\[data-(bs|theme)|::-webkit-date|dialog", selector
    )


def _trim(css: str) -> Iterator[Rule]:
    for prelude, body in _rules(css):
        if prelude.startswith(("@media", "@supports")):
            inner = "".join(f"{p}{{{b}}}" for p, b in _trim(body))
            if inner and "print" not in prelude:
                yield prelude, inner
        elif not prelude.startswith("@"):
            kept = [part for part in re.split(r",(?![^(]*\))", prelude) if _keeps(part)]
            if kept:
                yield ",".join(kept), body


def _without_unused_variables(css: str) -> str:
    """Drop each `--tblr-x: …` that no kept rule reads; repeated, as variables read variables."""
    while True:
        declared = set(re.findall(r"(?<=[{;])(--tblr-[\w-]+):", css))
        unread = declared - set(re.findall(r"var\((--tblr-[\w-]+)", css))
        if not unread:
            return css
        names = "|".join(re.escape(name) for name in unread)
        css = re.sub(rf"(?<=[{{;])(?:{names}):[^;}}]*(;|(?=\}}))", "", css)


def trimmed_tabler(css: str) -> str:
    """Tabler's base rules and the few parts of TABLER_CLASSES, with the variables they read."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    kept = "".join(f"{prelude}{{{body}}}" for prelude, body in _trim(css))
    kept = _without_unused_variables(kept)
    kept = re.sub(r"[^{}]*\{\}", "", kept)
    return f"/* Trimmed from Tabler {_version('@tabler/core')}, MIT */\n{kept}\n"


def icon_sprite() -> str:
    """One SVG file whose symbols are the icons the pages name."""
    symbols = []
    for name in ICONS.split():
        source = (MODULES / "@tabler/icons/icons/outline" / f"{name}.svg").read_text()
        inner = re.sub(r"<!--.*?-->", "", source, flags=re.DOTALL)
        inner = re.sub(r"<path stroke=\"none\" d=\"M0 0h24v24H0z\" fill=\"none\"\s*/>", "", inner)
        shapes = re.sub(r"\s+", " ", inner[inner.index(">") + 1 : inner.rindex("</svg>")]).strip()
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{shapes}</symbol>')
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n'


def main() -> None:
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True)
    names = {
        "echarts.js": f"echarts-{_version('echarts')}.common.min.js",
        "htmx.js": f"htmx-{_version('htmx.org')}.min.js",
        "tabler.css": f"tabler-{_version('@tabler/core')}.trimmed.css",
        "icons.svg": f"icons-{_version('@tabler/icons')}.svg",
        "swagger.js": f"docs/swagger-ui-{_version('swagger-ui-dist')}.min.js",
        "swagger.css": f"docs/swagger-ui-{_version('swagger-ui-dist')}.css",
    }
    (TARGET / "docs").mkdir()  # of one page only, so apart from what every page loads
    swagger = MODULES / "swagger-ui-dist"
    shutil.copy(swagger / "swagger-ui-bundle.js", TARGET / names["swagger.js"])
    shutil.copy(swagger / "swagger-ui.css", TARGET / names["swagger.css"])
    for notice in ("NOTICE", "swagger-ui-bundle.js.LICENSE.txt"):
        shutil.copy(swagger / notice, TARGET / "docs")
    shutil.copy(MODULES / "echarts/dist/echarts.common.min.js", TARGET / names["echarts.js"])
    shutil.copy(MODULES / "htmx.org/dist/htmx.min.js", TARGET / names["htmx.js"])
    tabler = (MODULES / "@tabler/core/dist/css/tabler.min.css").read_text(encoding="utf-8")
    (TARGET / names["tabler.css"]).write_text(trimmed_tabler(tabler), encoding="utf-8")
    (TARGET / names["icons.svg"]).write_text(icon_sprite(), encoding="utf-8")
    for package in ("echarts", "htmx.org", "@tabler/core", "@tabler/icons", "swagger-ui-dist"):
        licence = MODULES / package / "LICENSE"
        if licence.exists():
            shutil.copy(licence, TARGET / f"LICENSE-{package.strip('@').replace('/', '-')}.txt")
    (TARGET / "manifest.json").write_text(json.dumps(names, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
