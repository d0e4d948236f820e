"""All settings, read once at start and passed down: prefix `XIHU_`, groups joined by `__`."""

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LakeSettings(_Group):
    memory_limit: str = Field("256MB", description="Memory DuckDB may use in a serving process")
    threads: int = Field(2, description="Threads DuckDB may use in a serving process")
    connections: int = Field(6, description="Locked DuckDB connections kept ready")
    load_memory_limit: str = Field("700MB", description="Memory DuckDB may use during a load")
    snapshot_days: int = Field(
        90, ge=1, description="Days a dataset's older snapshots are kept for citation and rollback"
    )
    raw_days: int = Field(
        30, ge=1, description="Days a file handed in is kept once its records are loaded"
    )


class DatabaseSettings(_Group):
    url: str | None = Field(
        None, description="SQLAlchemy URL of the application database; SQLite in data_dir if unset"
    )


class IdentitySettings(_Group):
    issuer: str | None = Field(
        None, description="OIDC issuer URL; the embedded issuer (development only) if unset"
    )
    audience: str = Field("xihu-api", description="Audience an access token must name")
    citizen_client: str = Field("xihu-citizen", description="Client id of the citizen portal")
    citizen_secret: SecretStr | None = Field(None, description="Secret of the citizen portal")
    official_client: str = Field("xihu-official", description="Client id of the official portal")
    official_secret: SecretStr | None = Field(None, description="Secret of the official portal")
    admin_client: str = Field(
        "xihu-admin", description="Client that `xihu identity apply` signs in as"
    )
    admin_secret: SecretStr | None = Field(None, description="Secret of that client")
    admin_user: str | None = Field(
        None, description="Keycloak's bootstrap administrator, for the first `identity apply`"
    )
    admin_password: SecretStr | None = Field(None, description="Password of that administrator")


class ServeSettings(_Group):
    host: str = Field("127.0.0.1", description="Address to listen on")
    port: int = Field(8000, description="Port to listen on")
    public_url: str | None = Field(
        None, description="URL people reach the portals at; http://host:port if unset"
    )


class DemoSettings(_Group):
    scale: float = Field(1.0, gt=0, le=100, description="Size of the demo: 1 is 100,000 residents")
    seed: int = Field(152, description="Seed of the demo's generator")


class Settings(BaseSettings):
    """Defaults run on a laptop with no network; production has no default secret."""

    model_config = SettingsConfigDict(
        env_prefix="XIHU_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    profile: Literal["development", "production"] = Field(
        "development", description="`production` refuses the embedded issuer and made-up keys"
    )
    data_dir: Path = Field(Path("data"), description="Folder of lake, database, keys and heads")
    master_key: SecretStr | None = Field(
        None,
        description="64 hex digits that all keys are derived from; made and kept in data_dir "
        "in development",
    )
    heads_dir: Path | None = Field(
        None, description="Folder of the signed audit heads; `heads` in data_dir if unset"
    )
    lake: LakeSettings = LakeSettings()
    database: DatabaseSettings = DatabaseSettings()
    identity: IdentitySettings = IdentitySettings()
    serve: ServeSettings = ServeSettings()
    demo: DemoSettings = DemoSettings()

    @model_validator(mode="before")
    @classmethod
    def _no_unknown_variable(cls, values: Any) -> Any:
        # Any: whatever the sources hold. pydantic-settings alone passes over a misspelt name.
        names = {f"XIHU_{name.upper()}" for name in cls.model_fields}
        odd = [
            name
            for name in os.environ
            if name.startswith("XIHU_") and name.split("__")[0] not in names
        ]
        if odd:
            raise ValueError(f"unknown settings in the environment: {', '.join(sorted(odd))}")
        return values

    @model_validator(mode="after")
    def _production_is_explicit(self) -> "Settings":
        if self.profile != "production":
            return self
        needed = {
            "XIHU_MASTER_KEY": self.master_key,
            "XIHU_IDENTITY__ISSUER": self.identity.issuer,
            "XIHU_IDENTITY__CITIZEN_SECRET": self.identity.citizen_secret,
            "XIHU_IDENTITY__OFFICIAL_SECRET": self.identity.official_secret,
        }
        missing = [name for name, value in needed.items() if value is None]
        if missing:
            raise ValueError(f"the production profile needs {', '.join(missing)}")
        return self

    @property
    def base_url(self) -> str:
        return self.serve.public_url or f"http://{self.serve.host}:{self.serve.port}"

    @property
    def database_url(self) -> str:
        return self.database.url or f"sqlite:///{(self.data_dir / 'xihu.db').resolve()}"

    @property
    def heads_folder(self) -> Path:
        return self.heads_dir or self.data_dir / "heads"
