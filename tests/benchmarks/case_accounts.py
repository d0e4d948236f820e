"""The people of a soak: residents of the demo province with an account, handlers with a position.

They are made in the data folder of the run alone, and are signed in there: a session with the
tokens that the embedded issuer would have given, so that no time is measured at its pages.
"""

import csv
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.machine import SCRATCH
from tests.benchmarks.serving import TOKEN_S, claims_of
from xihu_catalog.registry.people import organisations
from xihu_catalog.services.items import service_items
from xihu_catalog.standards.documents import canonical, kind_of
from xihu_node.entries import load_and_publish
from xihu_node.issuer.keys import SigningKeys
from xihu_pipelines.demo import province
from xihu_platform.clock import system_clock
from xihu_platform.database import transaction
from xihu_platform.identity.models import SigninSession
from xihu_platform.identity.people import seed
from xihu_platform.identity.portal import both_portals
from xihu_platform.identity.seeds import DocumentSeed, PersonSeed, PositionSeed
from xihu_platform.identity.sessions import Tokens, open_session
from xihu_platform.identity.tokens import Claims
from xihu_platform.lake.relocate import relocate
from xihu_platform.settings import DemoSettings, ServeSettings, Settings
from xihu_platform.start import Node, open_node

ITEMS = (
    *("elder_card", "social_security_card", "pension_benefit", "care_elsewhere"),
    *("residence_permit", "housing_fund_withdrawal", "school_enrolment"),
)
"""Services that a person applies for alone: of six offices."""
FIRST = 500
"""The resident with whom the applicants begin: the first of the file are the demo's own people."""


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who is signed in."""

    username: str
    subject: str
    """The pseudonym of a resident; the position of a handler."""
    cookie: str
    """As the browser sends it."""


@contextmanager
def fresh_folder(loaded: Path | None, scale: float) -> Iterator[Path]:
    """A copy of a loaded demo, for one run. Without `loaded` it is made once, and kept."""
    kept = loaded or SCRATCH / f"cases-{scale:g}"
    if not (kept / "xihu.db").exists():
        _load(kept, scale)
    with TemporaryDirectory(dir=SCRATCH) as folder:
        copy = Path(folder) / "data"
        shutil.copytree(kept, copy)
        relocate(copy / "lake")
        yield copy


def _load(folder: Path, scale: float) -> None:
    node = open_node(Settings(data_dir=folder, demo=DemoSettings(scale=scale)))
    province.settle(node)
    province.files_of(node)
    load_and_publish(node)


def settings_of(folder: Path, port: int) -> Settings:
    return Settings(data_dir=folder, serve=ServeSettings(port=port))


def make_accounts(
    folder: Path, port: int, applicants: int, officers: int
) -> tuple[list[Account], list[Account]]:
    """Applicants and handlers, signed in until the end of the longest run."""
    node = open_node(settings_of(folder, port))
    residents = [_resident(n, row) for n, row in enumerate(_rows(folder, applicants))]
    handlers = [_handler(n, one) for n, one in enumerate(islice(cycle(_offices()), officers))]

    def pseudonym(_kind: str, number: str) -> str:
        plain = canonical(number)
        return node.keyring.pseudonym(kind_of(plain), plain)

    with transaction(node.database) as session:
        seed(session, (), (*residents, *handlers), (), pseudonym)
    return (
        [_signed_in(node, one, _subject(one, pseudonym)) for one in residents],
        [_signed_in(node, one, one.positions[0].id) for one in handlers],
    )


def _subject(person: PersonSeed, pseudonym: Callable[[str, str], str]) -> str:
    assert person.document is not None
    return pseudonym(person.document.kind, person.document.number)


def _rows(folder: Path, number: int) -> list[dict[str, str]]:
    (file,) = (folder / "intake").glob("ga_*.csv")
    with file.open(encoding="gb18030", newline="") as text:
        known = (row for row in csv.DictReader(text) if row["证件种类"] == "1")
        adult = (row for row in known if "1940" < row["出生日期"][:4] < "2005")
        return list(islice(adult, FIRST, FIRST + number))


def _offices() -> list[str]:
    return sorted({service_items()[one].body for one in ITEMS})


def _resident(n: int, row: dict[str, str]) -> PersonSeed:
    return PersonSeed(
        username=f"soak-{n:03d}",
        person=f"p-soak-{n:03d}",
        name_zh=row["姓名"],
        name_en=f"Resident {n}",
        level=3,
        document=DocumentSeed("1", row["证件号码"]),
    )


def _handler(n: int, office: str) -> PersonSeed:
    position = PositionSeed(
        id=f"soak-handler-{n:02d}",
        title_zh="窗口经办（压力测试）",
        title_en="Handler (soak)",
        organisation=office,
        region=organisations()[office].region,
    )
    return PersonSeed(
        username=f"soak-handler-{n:02d}",
        person=f"p-soak-handler-{n:02d}",
        name_zh=f"经办{n}",
        name_en=f"Handler {n}",
        level=3,
        positions=(position,),
    )


def _signed_in(node: Node, person: PersonSeed, subject: str) -> Account:
    official = bool(person.positions)
    portals = {one.name: one for one in both_portals(node.settings, citizen="")}
    portal = portals["official" if official else "citizen"]
    keys = SigningKeys(node.settings.data_dir / "identity" / "signing-keys.json", system_clock)
    now = system_clock()
    ends = now + timedelta(seconds=TOKEN_S)
    said = claims_of(node.settings, person, portal.client_id, f"sid-{person.username}")
    tokens = Tokens(keys.sign(said), ends, "none", "none")
    claims = Claims(
        iss=str(said["iss"]),
        sub=person.person,
        azp=portal.client_id,
        sid=f"sid-{person.username}",
        auth_time=now,
        acr=3,
        level=3,
        person=person.person,
        username=person.username,
        expires_at=ends,
        is_machine=False,
    )
    with transaction(node.database) as session:
        cookie = open_session(session, portal.name, claims, tokens, None, now)
        if official:
            found = session.query(SigninSession).filter_by(person=person.person).one()
            found.position_id = subject
    return Account(person.username, subject, f"{portal.cookie}={cookie}")
