"""The static files: their versioned addresses, and how long a browser may keep them."""

import hashlib
import json
from collections.abc import MutableMapping
from functools import cache
from pathlib import Path
from typing import Any

from starlette.responses import Response
from starlette.staticfiles import StaticFiles

STATIC = Path(__file__).parent / "static"
VENDOR = STATIC / "vendor"


@cache
def _vendor_names() -> dict[str, str]:
    manifest = VENDOR / "manifest.json"
    if not manifest.exists():
        raise RuntimeError(f"{manifest} is missing: run `make setup`")
    names: dict[str, str] = json.loads(manifest.read_text(encoding="utf-8"))
    return names


@cache
def asset(name: str) -> str:
    """Address of a static file, changing with its content: a library's name or one of ours."""
    if (STATIC / name).is_file():
        digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
        return f"/static/{name}?v={digest}"
    return f"/static/vendor/{_vendor_names()[name]}"


class _LastingFiles(StaticFiles):
    """Addresses carry a version or a digest, so what they name never changes."""

    async def get_response(self, path: str, scope: MutableMapping[str, Any]) -> Response:
        response = await super().get_response(path, scope)
        versioned = path.startswith("vendor/") or b"v=" in scope["query_string"]
        lasting = versioned and response.status_code == 200
        response.headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if lasting else "public, max-age=300"
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def static_files() -> StaticFiles:
    """The application to mount at /static."""
    return _LastingFiles(directory=STATIC)
