"""Settings: what is misspelt or missing stops the process, with its name."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from xihu_platform.settings import Settings


def test_the_defaults_run_on_a_laptop() -> None:
    settings = Settings()
    assert settings.profile == "development"
    assert settings.base_url == "http://127.0.0.1:8000"


@pytest.mark.parametrize("name", ["XIHU_PROFIL", "XIHU_LAKE__THREAD", "XIHU_SEVRE__PORT"])
def test_a_misspelt_variable_stops_the_process(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(ValidationError):
        Settings()


def test_production_has_no_default_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIHU_PROFILE", "production")
    with pytest.raises(ValidationError, match="XIHU_REGISTRY_DIR, XIHU_MASTER_KEY, XIHU_IDENTITY"):
        Settings()


PAGE = Path(__file__).parents[3] / "docs/operators/settings.md"
ROW = re.compile(r"^\| `(XIHU_\w+)` \| .+ \| (\S+) \|$", re.MULTILINE)


def _settings(kind: type[BaseModel], prefix: str) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in kind.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _settings(inner, f"{prefix}{name.upper()}__")
        else:
            yield f"{prefix}{name.upper()}", field


def _default(field: FieldInfo) -> str:
    """A default as the table writes it."""
    value = field.default
    if value is None or value == {}:
        return "—"
    if isinstance(value, bool):
        return str(value).lower()
    return "[]" if value == () else str(value)


def test_the_documentation_has_every_setting_with_its_default_and_no_other() -> None:
    said = dict(ROW.findall(PAGE.read_text(encoding="utf-8")))
    assert said == {name: _default(field) for name, field in _settings(Settings, "XIHU_")}


def test_every_setting_has_a_description() -> None:
    assert [n for n, field in _settings(Settings, "XIHU_") if not field.description] == []


def test_a_secret_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIHU_MASTER_KEY", "ab" * 32)
    assert "abab" not in repr(Settings())
