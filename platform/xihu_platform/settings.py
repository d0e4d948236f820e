"""All settings, read once at start and passed down: prefix `XIHU_`, groups joined by `__`."""

import os
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LakeSettings(_Group):
    memory_limit: str = Field(
        "256MB", description="Memory DuckDB may use in a serving process, and again for downloads"
    )
    threads: int = Field(2, description="Threads DuckDB may use in a serving process")
    connections: int = Field(6, description="Locked DuckDB connections kept ready")
    sorts: int = Field(
        2, gt=0, description="Downloads that may sort at the same time; others wait for memory"
    )
    load_memory_limit: str = Field("700MB", description="Memory DuckDB may use during a load")
    snapshot_days: int = Field(
        90, ge=1, description="Days a dataset's older snapshots are kept for citation and rollback"
    )
    raw_days: int = Field(
        30, ge=1, description="Days a file handed in is kept once its records are loaded"
    )


class VaultSettings(_Group):
    pseudonyms: Literal["hmac-sha256", "hmac-sm3"] = Field(
        "hmac-sha256", description="What pseudonyms are made with; chosen once, before any data"
    )
    cipher: Literal["aes-256-gcm", "sm4-gcm"] = Field(
        "aes-256-gcm", description="What new blocks of vault and quarantine are sealed with"
    )


class IntakeSettings(_Group):
    unpacked_mb: int = Field(
        16_384, gt=0, description="Most that a file handed in may unpack to, in MB"
    )
    unpacked_ratio: int = Field(
        200, gt=0, description="Times its own size that it may unpack to, from 64 MB on"
    )
    push_unpacked_mb: int = Field(
        64, gt=0, description="Most that the body of one push may unpack to, in MB"
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
    processes: int = Field(
        1,
        gt=0,
        le=64,
        description="Serving processes that share the port; each needs about 450 MB, and limits "
        "count in each by itself",
    )
    upload_mb: int = Field(
        16, gt=0, description="Largest file of corrected records taken on a page, in MB"
    )
    streams: int = Field(8, gt=0, description="Downloads under way at the same time, of all")
    streams_each: int = Field(
        4, gt=0, description="Downloads under way at the same time, of one person or address"
    )
    write_limit_s: float = Field(
        30, gt=0, description="Seconds after which a client that takes no bytes is cut off"
    )
    schedules: bool = Field(
        True,
        description="Whether harvests, batch exchanges and checks of entries that are due are "
        "started while it serves; not where Airflow does that",
    )
    proxies: tuple[str, ...] = Field(
        (), description="Addresses of the proxies in front, whose X-Forwarded-For is believed"
    )


class MatterSettings(_Group):
    tick_s: float = Field(
        60, gt=0, description="Seconds between two looks at what time brings about in matters"
    )


class NoticeSettings(_Group):
    smtp_host: str | None = Field(
        None, description="Mail server that notices are handed to; no mail is sent if unset"
    )
    smtp_port: int = Field(587, gt=0, le=65535, description="Port of the mail server")
    smtp_security: Literal["starttls", "tls"] = Field(
        "starttls", description="How mail is encrypted: `tls` from the first byte, mostly port 465"
    )
    smtp_user: str | None = Field(None, description="User at the mail server")
    smtp_password: SecretStr | None = Field(None, description="Password of that user")
    mail_from: str | None = Field(None, description="Address that mail comes from")

    @model_validator(mode="after")
    def _mail_has_a_sender(self) -> "NoticeSettings":
        if self.smtp_host is not None and "@" not in (self.mail_from or ""):
            raise ValueError("XIHU_NOTICES__SMTP_HOST needs an address in XIHU_NOTICES__MAIL_FROM")
        return self


class CredentialSettings(_Group):
    key_file: Path | None = Field(
        None,
        description="Private key, in PEM, that credentials are sealed with; in development one of "
        "the installation's own if unset",
    )
    certificate_file: Path | None = Field(
        None,
        description="Its certificate, in PEM, then those that lead from it to the authority",
    )
    authority_file: Path | None = Field(
        None, description="Certificate, in PEM, of the authority that readers of a seal trust"
    )
    stamp_url: str | None = Field(
        None, description="Address of an RFC 3161 time stamp authority; no stamps if unset"
    )
    stamp_authority_file: Path | None = Field(
        None, description="Certificate, in PEM, of the authority that time stamps are trusted by"
    )

    @model_validator(mode="after")
    def _stamps_are_trusted(self) -> "CredentialSettings":
        if self.stamp_url is not None and self.stamp_authority_file is None:
            raise ValueError(
                "XIHU_CREDENTIALS__STAMP_URL needs XIHU_CREDENTIALS__STAMP_AUTHORITY_FILE"
            )
        return self


class LimitSettings(_Group):
    """How often a minute one person, or one address of people not signed in, may do something."""

    signins: int = Field(300, gt=0, description="Steps of signing in, a minute")
    writes: int = Field(60, gt=0, description="Forms sent, a minute")
    uploads: int = Field(120, gt=0, description="Files and pushes handed in, a minute")
    streams: int = Field(60, gt=0, description="Downloads begun, a minute")
    excel: int = Field(10, gt=0, description="Excel files asked for, a minute")
    refusals: int = Field(60, gt=0, description="Refused reads, a minute")
    codes: int = Field(10, gt=0, description="Codes of mandates typed in, a minute")
    checks: int = Field(
        10, gt=0, description="Licences, feeds and links looked up by a number or token, a minute"
    )


class TelemetrySettings(_Group):
    log: Literal["auto", "plain", "json"] = Field(
        "auto", description="Form of log lines: `auto` is plain on a terminal, else JSON"
    )
    metrics_port: int | None = Field(
        None,
        gt=0,
        description="Loopback port of /metrics for Prometheus; none if unset. With several serving "
        "processes the first has this port, the next ones the ports after it",
    )
    traces_url: str | None = Field(
        None, description="OTLP/HTTP address that traces are sent to; needs the extra `otel`"
    )


class DemoSettings(_Group):
    scale: float = Field(1.0, gt=0, le=100, description="Size of the demo: 1 is 100,000 residents")
    seed: int = Field(152, description="Seed of the demo's generator")
    acts: bool = Field(
        True, description="Whether the demo's people act once, after the first answer of a new node"
    )


class AirflowSettings(_Group):
    port: int = Field(8080, description="Loopback port of Airflow's pages and REST API")
    public_url: str | None = Field(
        None, description="URL people reach Airflow at; http://127.0.0.1:port if unset"
    )
    parallelism: int = Field(2, gt=0, description="Tasks Airflow runs at the same time")
    database_url: str | None = Field(
        None, description="SQLAlchemy URL of Airflow's own database; SQLite in data_dir if unset"
    )
    client: str = Field("xihu-airflow", description="Client id of Airflow at the OIDC issuer")
    client_secret: SecretStr | None = Field(
        None, description="Secret of that client; production signs in at Keycloak with it"
    )


class LineageSettings(_Group):
    url: str | None = Field(
        None, description="Receiver of OpenLineage events, beside the file in data_dir"
    )
    api_key: SecretStr | None = Field(None, description="API key of that receiver")


class SourceSettings(_Group):
    """One connection that a contract may name; nothing of it is ever printed or logged."""

    url: SecretStr = Field(
        description="Address with its user: postgresql://, mysql://, sqlite:///file, https://, "
        "sftp:// or s3://key@host/bucket"
    )
    provider: str = Field(
        description="USCC of the department it belongs to; no other's contract may name it"
    )
    password: SecretStr | None = Field(
        None, description="Password, or secret key, where the URL holds none"
    )
    token: SecretStr | None = Field(None, description="Bearer token of an HTTP API")
    private_key: SecretStr | None = Field(None, description="Private key of an SFTP user, in PEM")
    host_key: str | None = Field(
        None, description="Public key of an SFTP server: kind and base64, as ssh-keyscan prints"
    )
    inside: bool = Field(False, description="Its own host may be at an inside address")


class RemoteSettings(_Group):
    sqlite_dir: Path | None = Field(
        None, description="The one folder that sqlite:/// connections may name files in"
    )
    timeout_s: int = Field(30, gt=0, description="Seconds to wait for a remote answer")
    statement_timeout_s: int = Field(
        600, gt=0, description="Seconds a query may take in a source's database"
    )
    limit_mb: int = Field(20_000, gt=0, description="Largest thing fetched from a remote source")
    ca_file: Path | None = Field(
        None, description="Certificates, in PEM, that remote sources are checked against"
    )


class ExchangeSettings(_Group):
    networks: tuple[IPv4Network | IPv6Network, ...] = Field(
        (),
        description="Inside networks, in CIDR, that databases of batch exchange may be in",
    )
    tls: Literal["verify-full", "require", "disable"] = Field(
        "verify-full",
        description="What such a database has to prove: `verify-full` its name, `require` only "
        "encrypts, `disable` is for tests",
    )


class ReportSettings(_Group):
    receivers: tuple[str, ...] = Field(
        (),
        description="Client ids of the superior node's systems, which read the catalogue report",
    )


class Settings(BaseSettings):
    """Defaults run on a laptop with no network; production has no default secret."""

    model_config = SettingsConfigDict(
        env_prefix="XIHU_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    profile: Literal["development", "production"] = Field(
        "development", description="`production` refuses the embedded issuer and made-up keys"
    )
    lang: Literal["zh", "en"] | None = Field(
        None, description="Language of what `xihu` prints; the locale's if unset"
    )
    data_dir: Path = Field(Path("data"), description="Folder of lake, database, keys and heads")
    registry_dir: Path | None = Field(
        None,
        description="Folder of the registry: divisions, code lists, organisations, contracts, "
        "metrics; the demo's if unset, in development only",
    )
    master_key: SecretStr | None = Field(
        None,
        description="64 hex digits that all keys are derived from; made and kept in data_dir "
        "in development",
    )
    heads_dir: Path | None = Field(
        None, description="Folder of the signed audit heads; `heads` in data_dir if unset"
    )
    lake: LakeSettings = LakeSettings()
    intake: IntakeSettings = IntakeSettings()
    vault: VaultSettings = VaultSettings()
    database: DatabaseSettings = DatabaseSettings()
    identity: IdentitySettings = IdentitySettings()
    serve: ServeSettings = ServeSettings()
    limits: LimitSettings = LimitSettings()
    matters: MatterSettings = MatterSettings()
    notices: NoticeSettings = NoticeSettings()
    credentials: CredentialSettings = CredentialSettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    demo: DemoSettings = DemoSettings()
    airflow: AirflowSettings = AirflowSettings()
    lineage: LineageSettings = LineageSettings()
    remote: RemoteSettings = RemoteSettings()
    exchange: ExchangeSettings = ExchangeSettings()
    report: ReportSettings = ReportSettings()
    sources: dict[str, SourceSettings] = Field({}, description="Connections by name")

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
            "XIHU_REGISTRY_DIR": self.registry_dir,
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


# What a child needs of the system it runs on, beside settings: nothing else is handed down.
_SYSTEM = {
    *("HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "TMPDIR", "TZ", "USER"),
    *("REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
}


def child_environment(settings: Settings, added: dict[str, str]) -> dict[str, str]:
    """The environment of a process we start: the system's, our settings, then `added`.

    A setting that was given in the environment goes down as it stands there; folders go down
    absolute, for the child may run in another one.
    """
    ours = {
        name: value
        for name, value in os.environ.items()
        if name in _SYSTEM or name.startswith(("XIHU_", "AIRFLOW__"))
    }
    folders = {"XIHU_DATA_DIR": settings.data_dir, "XIHU_REGISTRY_DIR": settings.registry_dir}
    return ours | {n: str(f.resolve()) for n, f in folders.items() if f is not None} | added
