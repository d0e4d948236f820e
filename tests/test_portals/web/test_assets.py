"""The lock names no registry, and what the pages load is versioned, trimmed and lasting."""

import gzip
import json
import re
from pathlib import Path

from tests.test_portals.web.document import ask
from xihu_portals.web.assets import STATIC, VENDOR, asset
from xihu_portals.web.render import TEMPLATES, security_headers

ROOT = Path(__file__).parents[3]
CSS_BUDGET_BYTES = 24_000


def test_the_npm_lock_holds_hashes_and_no_registry() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    for name, package in lock["packages"].items():
        assert "resolved" not in package, name
        assert not name or package["integrity"].startswith("sha512-"), name


def test_a_versioned_file_may_be_kept_for_a_year() -> None:
    for name in ("htmx.js", "xihu.css"):
        assert "immutable" in ask(asset(name)).headers["cache-control"]


def test_an_address_without_its_version_is_not_kept_long() -> None:
    assert ask("/static/xihu.css").headers["cache-control"] == "public, max-age=300"


def test_stylesheets_are_small() -> None:
    sheets = [*VENDOR.glob("*.css"), *STATIC.glob("*.css")]
    weight = sum(len(gzip.compress(sheet.read_bytes())) for sheet in sheets)
    assert weight <= CSS_BUDGET_BYTES


def test_every_icon_a_template_names_is_in_the_sprite() -> None:
    sprite = next(VENDOR.glob("icons-*.svg")).read_text(encoding="utf-8")
    templates = "\n".join(path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.html"))
    named = {part.split('"')[0] for part in templates.split('icon("')[1:]}
    assert {name for name in named if f'id="{name}"' not in sprite} == set()


def test_no_page_or_asset_names_a_foreign_host() -> None:
    sheets, scripts = VENDOR.rglob("*.css"), STATIC.glob("*.js")
    for path in [*STATIC.glob("*.css"), *sheets, *scripts, *TEMPLATES.rglob("*.html")]:
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"(?<![\w:])(?:https?:)?//[a-z0-9-]+\.[a-z]", text), path
        assert "@import" not in text, path


def test_every_page_allows_itself_only_what_is_served_here() -> None:
    policy = security_headers()["Content-Security-Policy"]
    assert "http" not in policy
    assert "unsafe" not in policy
