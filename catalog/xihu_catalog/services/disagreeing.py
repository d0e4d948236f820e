"""Where an applicant disagrees with a register, a request for correction opens by itself.

The case goes on with the applicant's own value (浙江最多跑一次 7); the owner of the register
verifies the record with a clock of its own (PIPL 46). Done after the commit that handed the case
in, once for each field: a promise of that event, so that nothing is lost where the process dies.
"""

from collections.abc import Callable
from dataclasses import replace

from xihu_catalog.services.case import Case, CaseField, Items, doer_of, read_case
from xihu_catalog.sharing.corrections import correction_opening
from xihu_platform.access.policy import Policy
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, NotFound, Refused
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.command import Command
from xihu_platform.matters.definition import OPEN
from xihu_platform.matters.kernel import Matters
from xihu_platform.matters.outbox import Promised, Receiver
from xihu_platform.matters.views import MatterView

CASE_LINK = "case"
"""How a request for correction speaks of the case that it came from."""


def corrections_receiver(
    matters: Matters, items: Items, find_policy: Callable[[str], Policy]
) -> Receiver:
    """Opens a request for each field that the applicant amended. Where one cannot be opened (the
    field is being verified already, or the record was loaded anew) the case says so by having
    none: the officer sees both values in any case."""

    def receive(promised: Promised) -> None:
        with transaction(matters.database) as session:
            view = matters.view(session, promised.matter)
            case = read_case(session, matters.texts, items, view)
            handed_in = view.events[promised.seq - 1]
            principal = doer_of(session, case.item, view, handed_in)
        if principal is None:
            return  # nobody is known in whose name to ask
        for one in case.amended:
            _open(matters, find_policy, principal, view, case, one)

    return receive


def _open(
    matters: Matters,
    find_policy: Callable[[str], Policy],
    principal: Principal,
    view: MatterView,
    case: Case,
    one: CaseField,
) -> None:
    register = one.register
    assert register is not None and register.field is not None  # it was amended
    if register.ref is None:
        return  # a dataset without a key: no record can be named
    # The owner of the register learns nothing of what was applied for: the link is for the case's
    # own parties.
    command = Command(
        OPEN,
        f"case-{view.id}-{one.field.id}",
        values={"row": [register.ref], "field": register.field, "claimed": one.value},
        reason="办事时发现登记信息与实际不符",
    )
    try:
        with transaction(matters.database) as session:
            policy = find_policy(register.dataset)
            opening = correction_opening(session, policy, principal, civil_date(matters.clock()))
        matters.open(principal, replace(opening, link=(view.id, CASE_LINK)), command)
    except (BadInput, Conflict, NotFound, Refused):
        return
