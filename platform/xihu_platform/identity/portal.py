"""One portal as identity sees it: its client, its addresses, its cookie."""

from dataclasses import dataclass

from xihu_platform.identity.principal import PortalName
from xihu_platform.settings import Settings

BACKCHANNEL_PATH = "/oidc/backchannel"

# What a person chose on the portals' pages; sign-in follows it.
LANGUAGE_COOKIE, THEME_COOKIE, ELDER_COOKIE = "xihu_language", "xihu_theme", "xihu_elder"


@dataclass(frozen=True, slots=True)
class Portal:
    name: PortalName
    client_id: str
    base_url: str
    prefix: str
    """Path below which the portal's sign-in routes lie: "" or "/official"."""
    level: int = 1
    """Level asked for at sign-in where a page asks for no other."""

    @property
    def redirect_uri(self) -> str:
        return f"{self.base_url}{self.prefix}/callback"

    @property
    def home(self) -> str:
        """Where people land after sign-out."""
        return f"{self.base_url}{self.prefix}/"

    @property
    def backchannel_logout_uri(self) -> str:
        return f"{self.base_url}{BACKCHANNEL_PATH}"

    @property
    def is_secure(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def cookie(self) -> str:
        # The __Host- prefix keeps other hosts of the domain from setting it; it needs https.
        return f"{'__Host-' if self.is_secure else ''}xihu_{self.name}"


def both_portals(
    settings: Settings, *, citizen: str = "", official: str = "/official"
) -> tuple[Portal, Portal]:
    """The citizen and the official portal, mounted at these path prefixes: the citizen portal is
    the site itself."""
    identity, base_url = settings.identity, settings.base_url
    return (
        Portal("citizen", identity.citizen_client, base_url, citizen),
        Portal("official", identity.official_client, base_url, official, level=2),
    )


def embedded_issuer(settings: Settings) -> str:
    """The embedded issuer lies at Keycloak's own path, for tools that hard-code it."""
    return f"{settings.base_url}/realms/xihu"


def issuer_of(settings: Settings) -> str:
    """The issuer in use."""
    return settings.identity.issuer or embedded_issuer(settings)
