"""Settings: what is misspelt or missing stops the process, with its name."""

import pytest
from pydantic import ValidationError

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


def test_a_secret_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIHU_MASTER_KEY", "ab" * 32)
    assert "abab" not in repr(Settings())
