"""Principals behind verified claims, kept while nothing changes that they were worked out from."""

from datetime import date

from sqlalchemy import Engine

from xihu_platform.clock import Clock, civil_date
from xihu_platform.database import transaction
from xihu_platform.identity.people import principal_of
from xihu_platform.identity.principal import Principal
from xihu_platform.identity.tokens import Claims
from xihu_platform.policy_version import PolicyVersion, UnderVersion

LIMIT = 4096
"""Principals in memory, a kilobyte each."""
_Asked = tuple[str, str | None, int, str | None, bool, str | None, str | None, date]


class Principals:
    """The principals of one process."""

    def __init__(self, database: Engine, clock: Clock, version: PolicyVersion) -> None:
        self._database = database
        self._clock = clock
        self._kept: UnderVersion[_Asked, Principal] = UnderVersion(version, LIMIT)

    def find(
        self, claims: Claims, position: str | None, mandate: str | None, number: int
    ) -> Principal | None:
        """The principal where it is kept under a policy version that was just read."""
        return self._kept.find(self._asked(claims, position, mandate), number)

    def get(self, claims: Claims, position: str | None, mandate: str | None) -> Principal:
        """The principal. Raises NotSignedIn, or NotFound for what is not held today."""
        asked = self._asked(claims, position, mandate)
        today = asked[-1]

        def read() -> Principal:
            with transaction(self._database) as session:
                return principal_of(
                    session, claims, position_id=position, mandate=mandate, today=today
                )

        return self._kept.get(asked, read)

    def _asked(self, claims: Claims, position: str | None, mandate: str | None) -> _Asked:
        """All that a principal depends on besides the rows; the day because offices end."""
        who = (claims.azp, claims.person, claims.level, claims.portal, claims.is_machine)
        return (*who, position, mandate, civil_date(self._clock()))
