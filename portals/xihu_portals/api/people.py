"""About oneself: who the platform takes one for, in which positions, and who used one's data."""

import base64
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Request

from xihu_platform.access.decision import OWN_LEVEL
from xihu_platform.access.reasons import REAL_NAME
from xihu_platform.access.record import record_look
from xihu_platform.access.uses import LAST_ENTRY, list_uses
from xihu_platform.audit.uses import Use, UseFilter, shows
from xihu_platform.audit.verify import prove
from xihu_platform.database import transaction
from xihu_platform.errors import NotFound, Refused
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.told import Told, told_of
from xihu_portals.api.auth import Auditor, SignedIn, services_of
from xihu_portals.api.errors import OF_CALLERS, OF_DECISIONS, errors
from xihu_portals.api.schemas.people import (
    HeadAnswer,
    Me,
    MyMandate,
    MyPosition,
    MyUse,
    MyUsesAnswer,
    ProofAnswer,
)
from xihu_portals.services import Services

router = APIRouter(prefix="/api/v1", tags=["people"], responses=OF_CALLERS)


@router.get("/me")
def get_me(caller: SignedIn) -> Me:
    """Who the platform takes the caller for."""
    position = caller.position
    mandate = caller.mandate
    assert caller.kind != "anonymous"  # SignedIn has refused it
    return Me(
        kind=caller.kind,
        id=caller.id,
        name=caller.name,
        level=caller.level,
        position=position and MyPosition(**{**asdict(position), "duties": sorted(position.duties)}),
        mandate=mandate and MyMandate(kind=mandate.kind, name=mandate.name_zh),
    )


@router.get("/me/uses", responses=errors(Refused))
def get_my_uses(
    request: Request,
    caller: SignedIn,
    before: Annotated[int | None, Query(ge=0)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> MyUsesAnswer:
    """Who used my data: the reads that showed a record of the caller, newest first."""
    services = services_of(request)
    told = told_to(services, caller)
    wanted = UseFilter(cases=told.cases)
    uses = list_uses(services.gateway, told.subject, before=before, limit=limit, wanted=wanted)
    return MyUsesAnswer(uses=[_my_use(use, caller) for use in uses])


def _my_use(use: Use, caller: Principal) -> MyUse:
    """An office is named by its position; who holds it is not the reader's to know."""
    own = use.organisation is None and use.person == caller.id
    return MyUse(**{**asdict(use), "person": "self" if own else None})


@router.get("/me/uses/{entry}/proof", responses=errors(Refused))
def get_proof(request: Request, caller: SignedIn, entry: int) -> ProofAnswer:
    """RFC 9162 inclusion proof of an entry about the caller, with a signed head."""
    return own_proof(services_of(request), caller, entry)


@router.get("/audit/entries/{entry}/proof", responses=OF_DECISIONS)
def get_any_proof(request: Request, auditor: Auditor, entry: int) -> ProofAnswer:
    """The proof of any entry, for an auditor's position; the look is an entry itself."""
    services = services_of(request)
    record_look(services.log, auditor, "proof", entry=str(entry))
    return proof_answer(services, entry)


@router.get("/audit/head", responses=OF_DECISIONS)
def get_head(request: Request, auditor: Auditor) -> HeadAnswer:
    """The newest signed head; save it elsewhere to check the log against later."""
    services = services_of(request)
    record_look(services.log, auditor, "head")
    lines = services.log.head_path.read_text(encoding="utf-8").strip().splitlines()
    return HeadAnswer(head=lines[-1] if lines else None, key_id=services.signer.key_id)


def told_to(services: Services, caller: Principal) -> Told:
    """Whose uses the caller is told of. Raises Refused below the level at which one's own data
    are shown, NotFound for no person."""
    if caller.level < OWN_LEVEL:
        raise Refused(REAL_NAME)
    with transaction(services.node.database) as session:
        told = told_of(session, services.matters, caller)
    if told is None:
        raise NotFound("您的账号没有关联到个人记录", "your account is not tied to personal records")
    return told


def own_proof(services: Services, caller: Principal, entry: int) -> ProofAnswer:
    """The proof of an entry that the caller is told of. Raises NotFound for any other."""
    known = 0 <= entry <= LAST_ENTRY
    told = told_to(services, caller)
    forms, wanted = services.gateway.forms(told.subject), UseFilter(cases=told.cases)
    if not known or not shows(services.node.database, entry, forms, wanted):
        raise NotFound(f"没有关于您的第 {entry} 条记录", f"there is no entry {entry} about you")
    return proof_answer(services, entry)


def proof_answer(services: Services, entry: int) -> ProofAnswer:
    if not 0 <= entry <= LAST_ENTRY:
        raise NotFound(f"没有第 {entry} 条审计记录", f"there is no audit entry {entry}")
    proof = prove(services.node.database, entry)
    head = services.signer.sign(proof.size, proof.root, services.node.clock().isoformat())
    public_key = services.signer.public_key.public_bytes_raw()
    return ProofAnswer(
        entry=proof.seq,
        body_base64=base64.b64encode(proof.body).decode(),
        leaf_hash="SHA-256(0x00 || body), RFC 9162 2.1.1",
        tree_size=proof.size,
        root=proof.root.hex(),
        path=[node.hex() for node in proof.path],
        head=head.line(),
        public_key_base64=base64.b64encode(public_key).decode(),
    )
