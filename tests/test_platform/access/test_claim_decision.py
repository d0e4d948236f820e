"""The decision on a verification, case by case: a table typed by hand from the rules."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.test_platform.access.test_decision import (
    GRANT,
    GROUND,
    NOW,
    OTHER,
    OWN,
    POLICY,
    machine,
    official,
)
from xihu_platform.access.claim_decision import decide_verification
from xihu_platform.access.claims import Claim, ClaimCondition
from xihu_platform.access.decision import Allow, Decision, RowFilter
from xihu_platform.access.policy import Policy, Purpose
from xihu_platform.identity.principal import ANONYMOUS, Principal
from xihu_platform.words import Text

T = Text("题", "title")
LOW = Claim("is_low", T, (ClaimCondition("low", "eq", ("x",)),))
TOP = Claim("is_top", T, (ClaimCondition("sick", "eq", ("x",)),))
PLAIN = Claim("is_plain", T, (ClaimCondition("plain3", "eq", ("x",)),))
ASKED = replace(POLICY, claims=(LOW, TOP, PLAIN))
CASE = replace(GROUND, fields=frozenset(), claims=frozenset({"is_low", "is_top", "is_plain"}))
LIST = replace(
    CASE, kind="review_batch", origin="machine", opened_by="system:m", countersigned_by="two"
)
AGGREGATES, ONE_EACH = (
    replace(GRANT, rules=frozenset({rule})) for rule in ("aggregate_only", "per_case")
)


def ask(who: Principal = official(), claim: str = "is_low", **changed: Any) -> Decision:  # noqa: B008
    """Any: parts of a question, of several types."""
    policy: Policy = changed.pop("policy", ASKED)
    purpose = Purpose("case", changed.pop("number", "N1"), subject=changed.pop("subject", 1))
    said: dict[str, Any] = {"grants": (GRANT,), "ground": CASE} | changed
    return decide_verification(who, policy, purpose, claim, now=NOW, **said)


def code(decision: Decision) -> str:
    return "" if isinstance(decision, Allow) else decision.reason.code


REFUSED: tuple[tuple[str, dict[str, Any], str], ...] = (  # Any: see `ask`
    ("nobody", {"who": ANONYMOUS}, "sign_in"),
    ("a citizen", {"who": Principal(kind="citizen", id="c", level=3)}, "purpose"),
    ("at level 1", {"who": replace(official(), level=1)}, "office_level"),
    ("an auditor", {"who": official(duty="auditor")}, "auditor"),
    ("who only oversees", {"who": official(duty="leader")}, "oversight"),
    ("without a grant", {"grants": ()}, "grant_needed"),
    ("a grant of other fields", {"claim": "is_plain"}, "not_granted"),
    ("a grant for aggregates", {"grants": (AGGREGATES,)}, "aggregate_only"),
    (
        "aggregates alone",
        {"policy": replace(ASKED, rules=frozenset({"aggregate_only"}))},
        "aggregate_only",
    ),
    ("not shared", {"policy": replace(ASKED, share_class="refused")}, "share_refused"),
    ("no ground", {"number": None}, "case_needed"),
    ("made up", {"ground": None}, "ground_unknown"),
    ("somebody else's", {"ground": replace(CASE, position="q")}, "ground_unknown"),
    ("another office's", {"ground": replace(CASE, organisation=OWN)}, "ground_unknown"),
    ("closed", {"ground": replace(CASE, closed=NOW - timedelta(hours=1))}, "ground_unknown"),
    (
        "ended by itself",
        {"ground": replace(CASE, kind="emergency", opened=NOW - timedelta(hours=73))},
        "ground_unknown",
    ),
    ("one's own", {"ground": replace(CASE, opened_by="o")}, "ground_own"),
    ("confirmed by oneself", {"ground": replace(CASE, countersigned_by="o")}, "ground_own"),
    ("by hand, of one", {"ground": replace(CASE, origin="hand")}, "ground_unconfirmed"),
    (
        "signed by the opener",
        {"ground": replace(CASE, origin="hand", opened_by="x", countersigned_by="x")},
        "ground_unconfirmed",
    ),
    (
        "a machine, of one",
        {"who": machine(), "ground": replace(CASE, position="system:m")},
        "ground_unconfirmed",
    ),
    ("no such claim", {"claim": "is_rich"}, "claim_scope"),
    ("not of the item", {"ground": replace(CASE, claims=frozenset({"is_top"}))}, "claim_scope"),
    ("rows alone", {"ground": replace(CASE, claims=frozenset())}, "claim_scope"),
    ("an unknown number", {"subject": 3}, "subject_unknown"),
    ("L4 at level 2", {"who": replace(official(), level=2), "claim": "is_top"}, "real_name"),
    ("a list of a case", {"subject": None}, "list_ground"),
    (
        "a list, one at a time",
        {"subject": None, "ground": LIST, "grants": (ONE_EACH,)},
        "one_subject",
    ),
    (
        "a list, by contract",
        {"subject": None, "ground": LIST, "policy": replace(ASKED, rules=frozenset({"per_case"}))},
        "one_subject",
    ),
    ("an empty list", {"subject": None, "ground": replace(LIST, subjects=())}, "list_size"),
    (
        "an unsigned list",
        {"subject": None, "ground": replace(LIST, countersigned_by=None)},
        "ground_unconfirmed",
    ),
)


@pytest.mark.parametrize(
    ("asked", "reason"), [(a, r) for _, a, r in REFUSED], ids=[name for name, _, _ in REFUSED]
)
def test_a_verification_is_refused(asked: dict[str, Any], reason: str) -> None:
    assert code(ask(**asked)) == reason


ALLOWED: tuple[tuple[str, dict[str, Any], tuple[str, ...]], ...] = (
    ("one", {}, ("s1_a",)),
    ("the other", {"subject": 2}, ("s1_b",)),
    ("one at a time", {"grants": (ONE_EACH,)}, ("s1_a",)),
    ("one, by contract", {"policy": replace(ASKED, rules=frozenset({"per_case"}))}, ("s1_a",)),
    ("L4 at level 3", {"claim": "is_top"}, ("s1_a",)),
    (
        "a machine's L4",
        {"who": machine(), "ground": replace(LIST, position="system:m"), "claim": "is_top"},
        ("s1_a",),
    ),
    ("a list", {"subject": None, "ground": LIST}, ("s1_a", "s1_b")),
)


@pytest.mark.parametrize(
    ("asked", "persons"), [(a, p) for _, a, p in ALLOWED], ids=[name for name, _, _ in ALLOWED]
)
def test_a_verification_is_allowed_for_the_grounds_subjects_alone(
    asked: dict[str, Any], persons: tuple[str, ...]
) -> None:
    decision = ask(**asked)
    assert isinstance(decision, Allow)
    assert decision.rows == (RowFilter("subject", persons),)
    assert [f.name for f in decision.fields] == ["sick" if "claim" in asked else "low"]


def test_the_provider_needs_a_ground_too() -> None:
    own = replace(CASE, organisation=OWN)
    assert code(ask(official(OWN), grants=(), ground=own)) == ""
    assert code(ask(official(OWN), grants=(), ground=None)) == "ground_unknown"


def test_what_is_open_needs_a_ground_and_no_more() -> None:
    claim = Claim("is_open", T, (ClaimCondition("open", "eq", ("x",)),))
    policy = replace(
        ASKED, open_class="unconditional", share_class="unconditional", claims=(claim, LOW)
    )
    ground = replace(CASE, claims=frozenset({"is_open", "is_low"}))
    assert code(ask(claim="is_open", policy=policy, grants=(), ground=ground)) == ""
    assert code(ask(claim="is_open", policy=policy, grants=(), ground=None)) == "ground_unknown"
    assert code(ask(policy=policy, grants=(), ground=ground)) == "registration_needed"


def test_a_grant_of_another_office_gives_nothing() -> None:
    assert code(ask(grants=(replace(GRANT, organisation=OWN),))) == "grant_needed"
    assert GRANT.organisation == OTHER
