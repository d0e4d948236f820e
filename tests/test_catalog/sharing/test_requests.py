"""Who takes part in a request is found from the dataset; grants follow its events."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.settled import settled_data
from xihu_catalog.contracts.model import policy_of
from xihu_catalog.registry.people import content
from xihu_catalog.sharing.requests import authority_of, request_opening
from xihu_catalog.sharing.start import open_matters
from xihu_catalog.start import open_contracts
from xihu_platform.access.models import GrantRow, find_grants
from xihu_platform.access.policy import Policy
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict
from xihu_platform.identity.people import list_positions_by_id
from xihu_platform.identity.principal import Position, Principal
from xihu_platform.matters.command import Command, Value
from xihu_platform.matters.definition import OPEN
from xihu_platform.matters.kernel import Matters
from xihu_platform.matters.models import DefinitionRow
from xihu_platform.settings import Settings
from xihu_platform.start import Node, open_node

HEALTH, AUTHORITY = "113399001001041148", "11339900100120552F"
VISITS = "yb_hospital_visits"


@pytest.fixture
def settled(tmp_path: Path) -> Node:
    return open_node(Settings(data_dir=settled_data(tmp_path / "data")))


@pytest.fixture
def matters(settled: Node) -> Matters:
    return open_matters(settled, open_contracts(settled))


def policy(node: Node, dataset: str) -> Policy:
    return policy_of(open_contracts(node).get(dataset))


def position(node: Node, name: str) -> Position:
    with transaction(node.database) as session:
        (found,) = list_positions_by_id(session, [name], civil_date(node.clock()))
        return found


def today(node: Node) -> date:
    return civil_date(node.clock())


def official(node: Node, name: str) -> Principal:
    return Principal("official", name, level=3, position=position(node, name), portal="official")


def test_the_registrys_kinds_are_in_force(matters: Matters) -> None:
    with transaction(matters.database) as session:
        kinds = session.scalars(select(DefinitionRow.kind).order_by(DefinitionRow.kind)).all()
    assert [one for one in kinds if not one.startswith("svc_")] == [
        *(
            "bad_rating",
            "batch_exchange",
            "catalogue_entry",
            "complaint",
            "correction_request",
            "data_comment",
            "data_need",
            "data_reuse",
            "ground",
            "hotline",
            "incident",
            "licence_change",
            "licence_return",
            "mandate",
            "opening_request",
            "personal_correction",
            "sharing_dispute",
            "sharing_registration",
            "sharing_request",
            "vulnerability",
        )
    ]


def test_the_provider_and_its_authority_are_found(settled: Node) -> None:
    with transaction(settled.database) as session:
        assert authority_of(session, HEALTH, today(settled)) == AUTHORITY
        with pytest.raises(Conflict, match="no data authority is registered"):
            authority_of(session, HEALTH, date(2099, 1, 1))
    organisations = {one.uscc for one in content().organisations}
    assert {HEALTH, AUTHORITY} <= organisations


def test_what_is_not_shared_and_what_is_ones_own_is_not_asked_for(settled: Node) -> None:
    every = [policy(settled, one) for one in open_contracts(settled).all()]
    clerk = position(settled, "chen-xihu")
    tried = set()
    for one in every:
        with transaction(settled.database) as session:
            if one.share_class == "refused":
                with pytest.raises(BadInput, match="is not shared.*Statistics Law art. 28"):
                    request_opening(session, one, clerk, today(settled))
            else:
                opening = request_opening(session, one, clerk, today(settled))
                assert opening.about == one.dataset
                assert [party.key for party in opening.parties][:2] == [
                    clerk.organisation,
                    one.provider,
                ]
        tried.add(one.share_class)
    assert tried == {"refused", "conditional", "unconditional"}
    own = next(one for one in every if one.share_class != "refused")
    with (
        transaction(settled.database) as session,
        pytest.raises(Conflict, match="your own department's"),
    ):
        request_opening(session, own, replace(clerk, organisation=own.provider), today(settled))


def test_a_request_names_fields_that_there_are(settled: Node, matters: Matters) -> None:
    one = next(
        policy(settled, name)
        for name in open_contracts(settled).all()
        if policy(settled, name).share_class == "conditional"
    )
    clerk = official(settled, "chen-xihu")
    assert clerk.position is not None
    with transaction(settled.database) as session:
        opening = request_opening(session, one, clerk.position, today(settled))
        before = session.scalars(select(GrantRow.id)).all()
    values: dict[str, Value] = {
        "basis": "《社会救助暂行办法》",
        "scene": "低保审核",
        "scope": "本区申请人",
        "method": "page",
        "until": "2027-06-30",
    }
    with pytest.raises(BadInput, match="has no field nothing"):
        matters.open(
            clerk,
            opening,
            Command(OPEN, "form-00000001", values={**values, "fields": ["nothing"]}),
        )
    with pytest.raises(BadInput, match="has passed"):
        early = {**values, "fields": [one.fields[0].name], "until": "2020-01-01"}
        matters.open(clerk, opening, Command(OPEN, "form-00000002", values=early))
    done = matters.open(
        clerk,
        opening,
        Command(OPEN, "form-00000003", values={**values, "fields": [one.fields[0].name]}),
    )
    assert done.state == "draft"
    with transaction(settled.database) as session:
        assert session.scalars(select(GrantRow.id)).all() == before
        day = civil_date(settled.clock())
        assert not [
            grant
            for grant in find_grants(session, one.dataset, clerk.position.organisation, day)
            if grant.id.startswith("SR-")
        ]
