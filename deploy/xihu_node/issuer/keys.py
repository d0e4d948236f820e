"""The issuer's signing keys: made at first use, kept in data_dir, changed without a gap."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, KeySetSerialization

from xihu_platform.clock import Clock
from xihu_platform.identity.client_secrets import write_private

ALGORITHM = "ES256"
ROTATE_AFTER = timedelta(days=90)
KEEP_OLD = timedelta(days=1)  # far longer than any token signed with the old key lives


@dataclass(frozen=True, slots=True)
class _Kept:
    key: ECKey
    made_at: datetime


class SigningKeys:
    """The newest key signs, all of them verify. A key always has its id: a set without ids would
    sign with a random one."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._kept = _read(path) if path.exists() else []
        if not self._kept or clock() - self._kept[-1].made_at > ROTATE_AFTER:
            self.rotate()

    def rotate(self) -> None:
        """Sign with a fresh key from now on; replaced ones verify for another day."""
        now = self._clock()
        followers = self._kept[1:]  # a key is replaced when the next one is made
        kept = [
            old
            for old, follower in zip(self._kept, [*followers, None], strict=False)
            if follower is None or now - follower.made_at < KEEP_OLD
        ]
        fresh = ECKey.generate_key("P-256", {"use": "sig", "alg": ALGORITHM})
        fresh.ensure_kid()
        self._kept = [*kept, _Kept(fresh, now)]
        document = [
            {"made_at": each.made_at.isoformat(), "jwk": each.key.as_dict(private=True)}
            for each in self._kept
        ]
        write_private(self._path, json.dumps(document))

    def sign(self, claims: dict[str, object], *, typ: str = "JWT") -> str:
        key = self._kept[-1].key
        header = {"alg": ALGORITHM, "kid": key.kid, "typ": typ}
        return jwt.encode(header, claims, key, [ALGORITHM])

    def public(self) -> KeySetSerialization:
        """The key set to publish."""
        return KeySet([each.key for each in self._kept]).as_dict(private=False)


def _read(path: Path) -> list[_Kept]:
    document = json.loads(path.read_text("utf-8"))
    return [
        _Kept(ECKey.import_key(entry["jwk"]), datetime.fromisoformat(entry["made_at"]))
        for entry in document
    ]
