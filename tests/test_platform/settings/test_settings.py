"""Settings: what is misspelt or missing stops the process, with its name."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

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
    with pytest.raises(ValidationError, match="XIHU_MASTER_KEY, XIHU_IDENTITY__ISSUER"):
        Settings()


def _names(kind: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in kind.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _names(inner, f"{prefix}{name.upper()}__")
        else:
            yield f"{prefix}{name.upper()}"


def test_every_setting_is_in_the_documentation() -> None:
    said = (Path(__file__).parents[3] / "deploy/README.md").read_text(encoding="utf-8")
    assert [name for name in _names(Settings, "XIHU_") if f"`{name}`" not in said] == []


def test_a_secret_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIHU_MASTER_KEY", "ab" * 32)
    assert "abab" not in repr(Settings())
