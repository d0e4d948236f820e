"""The lock names no registry, and what the pages load is versioned, trimmed and lasting."""

import gzip
import json
from pathlib import Path

from tests.test_portals.web.document import ask
from xihu_portals.web.assets import STATIC, VENDOR, asset
from xihu_portals.web.render import TEMPLATES

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


def test_nothing_is_loaded_from_elsewhere() -> None:
    for path in [*STATIC.glob("*.css"), *STATIC.glob("*.js"), *VENDOR.glob("*.css")]:
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text, path
        assert "https://" not in text, path
        assert "@import" not in text, path
