"""Takes the demo's entries through their life: drawn up, assessed, signed, reviewed, published.

Each step is one call of the API by the person of the demo whose duty it is, with a token of their
own that the embedded issuer gave; the application is asked in process. What was gone through before
stays, so that it can be stopped and begun again.
"""

import asyncio
import base64
import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx

from xihu_catalog.contracts.entries import find_entry, unpublished
from xihu_catalog.contracts.model import Contract
from xihu_catalog.lineage.columns import inputs_of
from xihu_catalog.registry.people import content
from xihu_catalog.sharing.requests import authority_of
from xihu_node.app import create_app
from xihu_node.services import open_services
from xihu_pipelines.demo import province
from xihu_pipelines.demo.province import Before, Progress
from xihu_pipelines.ingest.record import Outcome
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import TerminalError
from xihu_platform.identity.client_secrets import portal_secret
from xihu_platform.identity.portal import issuer_of
from xihu_platform.identity.seeds import PersonSeed, PositionSeed
from xihu_platform.start import Node
from xihu_portals.services import Services

STEPS = {"draft": "assess", "assessed": "sign", "review": "review_publish"}
"""By the state that an entry is in, the event that moves it on."""
_DUTY = {"assess": "steward", "sign": "sharing_head", "review_publish": "authority"}
_UNGRADED = frozenset({"L1", "L2"})


def load_and_publish(
    node: Node,
    loading: Progress = lambda *_: None,
    ready: Before = lambda _dataset: None,
) -> tuple[list[Outcome], int]:
    """Load the demo and publish its entries; how the loads ended, and how many were published.

    What is made of other departments' data is made once their entries are published, as anywhere.
    """
    contracts, published = province.contracts(), 0

    def before(dataset: str) -> None:
        nonlocal published
        ready(dataset)
        if inputs_of(contracts[dataset]):
            published += play_entries(node)

    outcomes = list(province.load_all(node, loading, before))
    return outcomes, published + play_entries(node)


def play_entries(node: Node) -> int:
    """Publish the entries of all that is loaded; how many were not. Raises TerminalError.

    The embedded issuer signs the demo's people in, whatever issuer the portals use.
    """
    if not any(is_loaded(node, one) for one in unpublished(node.database)):
        return 0
    identity = node.settings.identity.model_copy(update={"issuer": None})
    settings = node.settings.model_copy(update={"identity": identity})
    services = open_services(replace(node, settings=settings))
    try:
        return asyncio.run(publish_entries(services))
    finally:
        services.close()


async def publish_entries(services: Services) -> int:
    """How many entries were published. Raises TerminalError where a step is not taken."""
    contracts = services.catalogue.contracts.all()
    waiting = [
        one
        for one in in_order(contracts)
        if _state(services, one.dataset) in STEPS and is_loaded(services.node, one.dataset)
    ]
    office = _Office(services)
    try:
        for contract in waiting:
            await _publish(services, office, contract)
    finally:
        await office.leave()
    return len(waiting)


def is_loaded(node: Node, dataset: str) -> bool:
    return node.lake.find_snapshot(f"data.{dataset}") is not None


def in_order(contracts: dict[str, Contract]) -> list[Contract]:
    """Each after what its contract names, since an entry may not name one that is unpublished.

    Raises TerminalError where two name each other.
    """
    named = {
        name: ({*inputs_of(one), *(ref.dataset for ref in one.references)} - {name}) & {*contracts}
        for name, one in contracts.items()
    }
    done: list[Contract] = []
    while named:
        free = sorted(name for name, needed in named.items() if not needed & named.keys())
        if not free:
            circle = ", ".join(sorted(named))
            raise TerminalError(f"契约互相引用：{circle}", f"contracts name each other: {circle}")
        done += [contracts[name] for name in free]
        for name in free:
            del named[name]
    return done


def _state(services: Services, dataset: str) -> str | None:
    row = find_entry(services.node.database, dataset)
    return row.state if row else None


async def _publish(services: Services, office: "_Office", contract: Contract) -> None:
    row = find_entry(services.node.database, contract.dataset)
    if row is None:
        return
    steward = _holder(contract.provider, "steward")
    if row.matter is None:
        values = {"dataset": contract.dataset}
        begun = {"kind": "catalogue_entry", "key": contract.dataset, "values": values}
        said = await office.post(steward, "/api/v1/matters", begun)
    else:
        said = {"matter": row.matter} | await office.get(steward, f"/api/v1/matters/{row.matter}")
    while said["state"] in STEPS:
        event = STEPS[str(said["state"])]
        who = _holder(_organisation(services, contract, event), _DUTY[event])
        step: dict[str, object] = {
            "event": event,
            "version": said["version"],
            "key": f"{contract.dataset}-{said['version']}",
            "values": _assessment(contract) if event == "assess" else {},
        }
        said = await office.post(who, f"/api/v1/matters/{said['matter']}/events", step)


def _organisation(services: Services, contract: Contract, event: str) -> str:
    """Whose step it is: the authority's of the department's level, or the department's."""
    if event != "review_publish":
        return contract.provider
    today = civil_date(services.node.clock())
    with transaction(services.node.database) as session:
        return authority_of(session, contract.provider, today)


def _assessment(contract: Contract) -> dict[str, str]:
    personal = [field for field in contract.fields if field.grade not in _UNGRADED]
    named = "、".join(field.title.zh for field in personal)
    return {
        "secrecy": "not_secret",
        "secrecy_grounds": f"{len(contract.fields)} 个数据项逐项核对，不涉及国家秘密。合成数据。",
        "personal": "passed" if personal else "not_needed",
        "personal_grounds": f"{named}按契约脱敏、按事由开放，风险可控。合成数据。"
        if personal
        else "没有 L3、L4 数据项。合成数据。",
    }


Holder = tuple[PersonSeed, PositionSeed]


def _holder(organisation: str, duty: str) -> Holder:
    """Whoever has the duty there. Raises TerminalError where the registry names nobody."""
    for person in content().people:
        for position in person.positions:
            if position.organisation == organisation and duty in position.duties:
                return person, position
    raise TerminalError(
        f"people.yaml 中没有 {organisation} 的 {duty}",
        f"people.yaml names nobody with the duty {duty} at {organisation}",
    )


class _Office:
    """Clients of the API, each with one person's token."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._app = create_app(services)
        self._clients: dict[str, httpx.AsyncClient] = {}

    async def get(self, who: Holder, path: str) -> dict[str, object]:
        return _answer(await (await self._client(who)).get(path))

    async def post(self, who: Holder, path: str, asked: Mapping[str, object]) -> dict[str, object]:
        return _answer(await (await self._client(who)).post(path, json=asked))

    async def leave(self) -> None:
        for client in self._clients.values():
            await client.aclose()
        await self._services.identity.http.aclose()

    async def _client(self, who: Holder) -> httpx.AsyncClient:
        person, position = who
        if person.username not in self._clients:
            client = httpx.AsyncClient(
                transport=httpx.ASGITransport(self._app, raise_app_exceptions=False),
                base_url=self._services.node.settings.base_url,
                headers={"X-Xihu-Position": position.id},
            )
            client.headers["Authorization"] = f"Bearer {await self._token(client, person)}"
            self._clients[person.username] = client
        return self._clients[person.username]

    async def _token(self, client: httpx.AsyncClient, person: PersonSeed) -> str:
        """By the authorization code, with PKCE, as a portal gets it (RFC 6749 §4.1, RFC 7636)."""
        settings = self._services.node.settings
        portal = self._services.identity.clients["official"].portal
        verifier = secrets.token_urlsafe(32)
        digest = hashlib.sha256(verifier.encode()).digest()
        sent = {"client_id": portal.client_id, "redirect_uri": portal.redirect_uri}
        asked = {
            "response_type": "code",
            "scope": "openid profile",
            "state": secrets.token_urlsafe(16),
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            "acr_values": "2",
        }
        base = f"{issuer_of(settings)}/protocol/openid-connect"
        page = await client.get(f"{base}/auth", params=sent | asked)
        token = re.search(r'name="form_token" value="([^"]*)"', page.text)
        form = {"form_token": token[1] if token else "", "person": person.username}
        back = await client.post(page.url, data=form)
        code = parse_qs(urlsplit(back.headers.get("location", "")).query).get("code", [""])[0]
        answer = await client.post(
            f"{base}/token",
            auth=(portal.client_id, portal_secret(settings, portal.client_id)),
            data=sent
            | {"grant_type": "authorization_code", "code": code, "code_verifier": verifier},
        )
        return str(_answer(answer)["access_token"])


def _answer(answer: httpx.Response) -> dict[str, object]:
    """Raises TerminalError for anything but a success."""
    if not answer.is_success:
        asked = f"{answer.request.method} {answer.request.url.path}"
        said = f"{answer.status_code} {answer.text[:300]}"
        raise TerminalError(f"接口拒绝 {asked}：{said}", f"the API refused {asked}: {said}")
    found: dict[str, object] = answer.json()
    return found
