"""Makes a data folder of the present commit, for the program of the next one to open.

`python -m tests.test_upgrade.make data-0.8 COMMIT` writes `data-0.8.tar.gz` and what this program
says of it, `data-0.8.json`; run in a work tree of that commit, and named in `test_from_store.py`.
"""

import asyncio
import json
import subprocess
import sys
import tarfile
import tempfile
import time
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from unittest.mock import patch
from uuid import UUID

from sqlalchemy import func, select

from tests.province import NOW, Province
from tests.registry import REGISTRY
from tests.test_catalog.harvest.portal import Portal, entry_of, run, stored
from tests.test_catalog.services.test_cases import Office
from tests.test_catalog.services.test_licences import licensed
from tests.test_catalog.services.test_mandate_giving import Pair
from xihu_catalog.datasets.drafts import DraftContent, EntryDrafts
from xihu_catalog.drafting.remembered import remember_census
from xihu_catalog.drafting.scan import ScannedColumn
from xihu_catalog.exchange.models import ExchangeRow
from xihu_catalog.exchange.records import exchange_sealing, get_exchange, set_password
from xihu_catalog.harvest.edits import EntryEdit, set_edit
from xihu_catalog.lineage.emit import open_emitter
from xihu_catalog.lineage.stated import ReportedDataset, ReportedRun, keep_run
from xihu_catalog.registry.attestations import Attestation
from xihu_catalog.reports.check import check_report
from xihu_catalog.sharing import attestations
from xihu_catalog.sharing.requests import authority_of
from xihu_catalog.start import open_contracts
from xihu_catalog.subscriptions.service import Subscriptions, Wanted
from xihu_catalog.voices.opening import voice_opening
from xihu_node.entries import play_entries
from xihu_node.services import open_services
from xihu_pipelines.demo import province
from xihu_pipelines.duplicates.run import make_sketches
from xihu_pipelines.runner.local import run_all
from xihu_pipelines.runner.steps import RunContext
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery, parse_filter
from xihu_platform.access.referring import refer
from xihu_platform.access.uses import list_uses
from xihu_platform.audit.models import AuditEntry
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import Refused
from xihu_platform.identity.mandate_codes import MandateCodes
from xihu_platform.identity.principal import Principal
from xihu_platform.identity.sessions import Tokens, open_session
from xihu_platform.identity.tokens import Claims
from xihu_platform.matters.command import Command, Value
from xihu_platform.matters.kernel import Opening
from xihu_platform.matters.who import MatterParty
from xihu_platform.settings import DemoSettings, Settings
from xihu_platform.start import open_node
from xihu_platform.words import Text
from xihu_portals.api.reports import report_of

HERE = Path(__file__).parent
LOADED = ("rs_social_insurance", "ga_residents", "sg_firms", "jx_industrial_output", "fg_penalties")
OWN = "fg_power_kept"
"""A contract that a department published itself: one of the registry's under another name."""
EXCHANGED, SUBSCRIBED = "zr_land_parcels", "jx_industrial_output"
TARGET: dict[str, Value] = {
    "host": "db.example.gov.cn",
    "port": 5432,
    "database": "land",
    "schema": "public",
    "table": "parcels",
    "user": "xihu",
    "cycle": "daily",
}
SECRET = "made-for-the-next"
ATTESTED = Attestation(
    "survey_households",
    Text("住户调查原始记录", "Original records of the household survey"),
    Text("能识别单个住户的调查记录", "Records that identify a household"),
    "113399001001137073",
    Text("《统计法》第二十八条", "Statistics Law, art. 28"),
    "https://law.example.org/statistics",
    date(2026, 1, 15),
    date(2027, 11, 30),
)
MANDATED = ("low_income", "funeral_grant")
SAID, REPORTED_BY = "希望按行业再细分", "11339900100112333U"
RUN = ReportedRun(
    "jx-airflow",
    "nightly_output",
    UUID("0198c1f0-7a4e-7000-8000-000000000018"),
    NOW,
    "https://airflow.example.gov.cn",
    inputs=(ReportedDataset("xihu", SUBSCRIBED),),
    outputs=(ReportedDataset("s3://jx-warehouse", "output"),),
)
"""As a department's scheduler reports it: where rows of this node went."""


def make(name: str, commit: str) -> None:
    with tempfile.TemporaryDirectory(prefix="xihu-") as made:
        folder = Path(made) / "data"
        moments = iter(range(10**9))
        settings = Settings(data_dir=folder, demo=DemoSettings(scale=0.002))
        node = open_node(settings, clock=lambda: NOW + timedelta(milliseconds=next(moments)))
        province.settle(node)
        contracts = open_contracts(node)
        contracts.publish(_own_contract())
        files = province.files_of(node)
        context = RunContext(node, open_emitter(settings), lambda _text: None, contracts)
        for ended in run_all(context, time.sleep, only={*LOADED, OWN}):
            if ended.fault is not None:
                raise ended.fault
        play_entries(node)
        services = open_services(node)
        told = _told(Province(services), commit)
        asyncio.run(services.identity.http.aclose())
        services.close()
        subprocess.run(["rm", "-rf", str(files)], check=True)
        with tarfile.open(HERE / f"{name}.tar.gz", "w:gz") as archive:
            archive.add(folder, "data")
    text = json.dumps(told, ensure_ascii=False, indent=1)
    (HERE / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def _own_contract() -> bytes:
    text = (REGISTRY / "contracts" / "fg_power_daily.odcs.yaml").read_text(encoding="utf-8")
    text = text.replace("fg_power_daily", OWN).replace("104001/000002", "104001/000902")
    return text.encode()


def _told(made: Province, commit: str) -> dict[str, object]:
    services = made.services
    metric = asyncio.run(_metric(made))
    _read(made)
    matter = _matter(made)
    snapshots = {
        one: services.gateway.snapshot(services.catalogue.policy(one)) for one in (*LOADED, OWN)
    }
    subject = made.citizen("wang").subject
    assert subject is not None
    return {
        "made_by": commit,
        "totals": {one: snapshot.rows for one, snapshot in snapshots.items()},
        "snapshots": {one: str(snapshot.id) for one, snapshot in snapshots.items()},
        "metrics": {"industrial_output": metric},
        "cookie": _session(made),
        "now": NOW.isoformat(),
        "uses": [use.seq for use in list_uses(services.gateway, subject)],
        "contract": services.catalogue.contracts.get(OWN).digest,
        "entries": _entries(made),
        "matter": matter,
        **_cases(made),
        "mandate": _mandate(made),
        "harvested": _harvested(made),
        "exchange": _exchange(made),
        "subscription": _subscription(made),
        "entry_draft": _entry_draft(made),
        "census": _census(made),
        "sketches": _sketches(made),
        "report": _report(made),
        "voices": _voices(made),
        "reported": _reported(made),
    }


def _voices(made: Province) -> dict[str, object]:
    """A comment that all can read, and one that its author erased."""
    services, wang, steward = made.services, made.citizen("wang"), made.official("jx-steward")
    policy, kind = services.catalogue.policy(SUBSCRIBED), "data_comment"
    with transaction(services.node.database) as session:
        opening = voice_opening(session, kind, wang, policy, civil_date(NOW))

    def act(who: Principal, matter: int, event: str) -> None:
        version = services.matters.read(who, matter).version
        key = f"a-comment-{event}-{matter}"
        services.matters.act(who, matter, Command(event, key, version=version))

    def said(number: int) -> int:
        words = Command("open", f"a-comment-{number}", values={"comment": SAID})
        matter = services.matters.open(wang, opening, words).matter
        act(steward, matter, "show")
        return matter

    shown, erased = said(1), said(2)
    act(wang, erased, "take_down")
    return {"shown": shown, "erased": erased, "text": SAID}


def _reported(made: Province) -> dict[str, str]:
    """A run of a job of a department's own."""
    keep_run(made.services.node.database, REPORTED_BY, RUN, NOW)
    (output,) = RUN.outputs
    return {"dataset": SUBSCRIBED, "namespace": output.namespace, "name": output.name}


def _census(made: Province) -> list[str]:
    """The tables of one scanned database, none of which has a contract."""
    provider = made.services.catalogue.policy(EXCHANGED).provider
    tables = [
        ScannedColumn("app", name, "", 12, False, 1, None, (), None)
        for name in ("parcels_old", "surveyors")
    ]
    remember_census(made.services.node.database, "land", provider, tables, NOW)
    return [one.table for one in tables]


def _sketches(made: Province) -> list[list[str]]:
    """Of every field that may have one, under the assessment of the demo."""
    services = made.services
    found = make_sketches(services.node, services.gateway, services.catalogue)
    sketched = sorted([one.dataset, one.field] for one in found if one.made)
    assert sketched
    return sketched


def _report(made: Province) -> dict[str, object]:
    """Full, with an attestation that the registry does not list when the folder is opened."""
    node, report = made.services.node, report_of(made.services)
    # The demo's registry lists none: the entry is made by the program's own synchronisation.
    with patch.object(attestations, "valid_attestations", lambda: (ATTESTED,)):
        attestations.sync_attestations(node.database, node.settings.base_url, NOW)
    head = report.begin(node.settings.base_url, "330000", None)
    lines = b"".join(report.chunks(head, "superior")).splitlines(keepends=True)
    checked = check_report(lines, made.services.signer.public_key)
    return {"marker": checked.marker, "entries": checked.entries, "attested": ATTESTED.entry}


def _exchange(made: Province) -> dict[str, object]:
    """In force, with the password of the requester's table: the department may end it."""
    services, chen, hua = made.services, made.official("chen"), made.official("hua")
    assert chen.position is not None
    database = services.node.database
    provider = services.catalogue.policy(EXCHANGED).provider
    parties = (
        MatterParty("requester", "organisation", chen.position.organisation),
        MatterParty("provider", "organisation", provider),
    )
    opening = Opening("batch_exchange", parties, chen.position.region, EXCHANGED)
    values: dict[str, Value] = {"dataset": EXCHANGED, **TARGET}
    opened = services.matters.open(chen, opening, Command("open", "an-exchange", values=values))
    version = services.matters.read(hua, opened.matter).version
    agreed = Command("agree", "an-exchange-agreed", version=version)
    state = services.matters.act(hua, opened.matter, agreed).state
    with transaction(database) as session:
        number = session.scalar(select(ExchangeRow.number))
    assert number is not None
    sealing = exchange_sealing(services.node.keyring)
    set_password(database, sealing, get_exchange(database, number), SECRET)
    return {"matter": opened.matter, "number": number, "state": state}


def _subscription(made: Province) -> dict[str, str]:
    """A citizen's, of what is late."""
    services, wang = made.services, made.citizen("wang")
    subscriptions = Subscriptions(services.node.database, services)
    wanted = Wanted("late", SUBSCRIBED)
    known = services.known_to(wang)
    return {"id": subscriptions.subscribe(known, wang, wanted, NOW).id, "subject": SUBSCRIBED}


def _entry_draft(made: Province) -> dict[str, object]:
    """Changed once."""
    sun = made.official("sun")
    assert sun.position is not None
    drafts = EntryDrafts(made.services.node.database, sun.position.organisation, lambda: NOW)
    content: DraftContent = {"name": "bus-stops", "title": "公交站点", "resources": []}
    first = drafts.create(content, sun.id)
    second = drafts.change(first, {**content, "notes": "每月更新"}, sun.id)
    return {"id": second.id, "number": second.number, "content": second.content}


def _harvested(made: Province) -> dict[str, str]:
    """Two entries of another catalogue, one of them with a title of this node's."""
    portal, database = Portal(), made.services.node.database
    portal.add("bus_stops", "Bus stops")
    portal.add("benches", "Benches")
    run(database, portal, now=NOW)
    entry = entry_of(database, "bus_stops")
    with transaction(database) as session:
        set_edit(session, entry, EntryEdit(title=Text("公交站点", "Stops of buses")), NOW)
    return {one: facts.title.zh for one, facts in stored(database).items()}


def _mandate(made: Province) -> dict[str, object]:
    """One in force: wang acts for her mother in two services, by a code and by her agreement."""
    services = made.services
    office = Office(services.node, services.matters, [NOW])
    pair = Pair(office, made.citizen("wang"), made.citizen("guiying"), MandateCodes(b"k" * 32))
    return {"matter": pair.given(*MANDATED), "services": list(MANDATED)}


def _cases(made: Province) -> dict[str, object]:
    """A draft, a case that waits for its office, and one that ended with a licence."""
    services, wang = made.services, made.citizen("wang")
    office = Office(services.node, services.matters, [NOW])
    licence = licensed(office, who=wang)
    waiting = office.sent("care_elsewhere", wang, "long_stay=no referred=no")
    draft = office.begin("elder_card", wang)
    office.act(draft, wang, "write", {"f_mobile": "示例内容"})
    view = office.view(waiting)
    (due,) = services.matters.due_dates(view).values()
    assert due.day is not None
    services.write_down()
    sealed = sha256(services.licence_files.pdf_of(licence, NOW)).hexdigest()
    return {
        "licence": {"token": licence.token, "number": licence.number, "sealed": sealed},
        "draft": draft,
        "case": {
            "id": waiting,
            "number": view.number,
            "state": view.state,
            "digest": services.matters.digest(waiting),
            "due": due.day.isoformat(),
        },
    }


def _matter(made: Province) -> dict[str, object]:
    """One open matter with a clock: a department reports a record that it was shown as wrong."""
    services, chen = made.services, made.official("chen", "chen-yb")
    gateway, shown = services.gateway, Purpose("open")
    page = gateway.read_page(chen, "fg_penalties", shown, RowQuery(), limit=1)
    (ref,) = refer(gateway, chen, "fg_penalties", page, shown.code)
    assert ref is not None
    assert chen.position is not None
    provider = services.catalogue.policy("fg_penalties").provider
    with transaction(services.node.database) as session:
        authority = authority_of(session, provider, civil_date(NOW))
    parties = (
        MatterParty("reporter", "organisation", chen.position.organisation),
        MatterParty("source", "organisation", provider),
        MatterParty("authority", "organisation", authority),
    )
    values: dict[str, Value] = {"row": [ref], "field": "amount_cny", "claimed": "20.00"}
    command = Command(
        "open",
        "made-for-the-next",
        values=values,
        reason="决定书写的是二十元",
        evidence="XS-2026-118",
    )
    opening = Opening("correction_request", parties, chen.position.region, "fg_penalties")
    done = services.matters.open(chen, opening, command)
    view = services.matters.read(chen, done.matter)
    (due,) = services.matters.due_dates(view).values()
    assert due.day is not None
    return {
        "id": done.matter,
        "number": view.number,
        "state": view.state,
        "digest": services.matters.digest(done.matter),
        "due": due.day.isoformat(),
        "reason": services.matters.read_texts(chen, done.matter)[(1, "reason")],
        "disputed": True,
    }


def _entries(made: Province) -> int:
    with transaction(made.services.node.database) as session:
        return session.scalar(select(func.count()).select_from(AuditEntry)) or 0


async def _metric(made: Province) -> list[list[object]]:
    url = "/api/v1/brain/metrics/industrial_output/query?level=province&latest=3"
    async with made.client() as client:
        points = (await client.get(url)).json()["points"]
    return [[p["period"], p["region"], p["value"]] for p in points]


def _read(made: Province) -> None:
    """A read of every kind: one's own, under a ground, open, a download, two that are refused."""
    gateway = made.services.gateway
    wang, sun = made.citizen("wang"), made.official("sun", "sun-rs")
    case = Purpose("case", "XH-2026-000124")
    gateway.read_page(wang, "rs_social_insurance", Purpose("own"), RowQuery())
    gateway.read_page(sun, "rs_social_insurance", case, RowQuery())
    narrow = RowQuery(filters=(parse_filter("county_code:eq:330106"),))
    gateway.read_page(sun, "rs_social_insurance", case, narrow)
    for who, dataset, purpose in (
        (made.official("chen", "chen-yb"), "ga_residents", Purpose("duty")),
        (wang, "sg_firms", Purpose("own")),
    ):
        try:
            gateway.read_page(who, dataset, purpose, RowQuery())
        except Refused:
            continue
        raise AssertionError(f"{dataset} was not refused")
    open_data = Purpose("open")
    gateway.read_page(made.anonymous, "jx_industrial_output", open_data, RowQuery(), limit=5)
    stream = gateway.open_stream(
        made.anonymous, "jx_industrial_output", open_data, RowQuery(), exit_name="csv"
    )
    for _ in stream.batches:
        pass
    stream.source.close()


def _session(made: Province) -> str:
    expires = NOW + timedelta(minutes=5)
    claims = Claims(
        iss=f"{made.services.node.settings.base_url}/realms/xihu",
        sub="p-citizen3",
        azp="xihu-citizen",
        sid="sid-wang",
        auth_time=NOW,
        acr=3,
        level=3,
        person="p-citizen3",
        username="wang",
        expires_at=expires,
        is_machine=False,
        portal="citizen",
    )
    tokens = Tokens("access", expires, "refresh", "id")
    with transaction(made.services.node.database) as session:
        return open_session(session, "citizen", claims, tokens, None, NOW)


if __name__ == "__main__":
    make(*sys.argv[1:])
