"""Keycloak alone: the realm as code, and the ways to a level one is not proven to."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, Page, sync_playwright

from tests.harness.keycloak import (
    CHROMIUM,
    CHROMIUM_ARGS,
    administrator,
    keycloak_settings,
)
from tests.registry import REGISTRY
from tests.test_platform.identity.content import content
from xihu_node.cli.identity import identity
from xihu_platform.errors import TerminalError, TransientError
from xihu_platform.identity.client_secrets import development_secret
from xihu_platform.identity.keycloak import RealmChange, apply
from xihu_platform.identity.keycloak_flow import flow_alias
from xihu_platform.identity.keycloak_plan import RealmPlan, plan_realm
from xihu_platform.identity.portal import both_portals
from xihu_platform.settings import Settings

pytestmark = pytest.mark.harness
REALM = "xihu-code"
DIGEST = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@dataclass(frozen=True)
class Realm:
    server: str
    settings: Settings
    plan: RealmPlan
    first: list[RealmChange]
    browser: Browser

    @property
    def callback(self) -> re.Pattern[str]:
        return re.compile("^" + re.escape(both_portals(self.settings)[0].redirect_uri))

    def sign_in(self, username: str, level: int) -> Page:
        """A page after name and password, at the level asked for."""
        portal = both_portals(self.settings)[0]
        page = self.browser.new_context(locale="zh-CN").new_page()
        # The portal need not run: its callback is answered here.
        page.route(self.callback, lambda route: route.fulfill(body="signed in"))
        page.goto(
            f"{self.server}/realms/{REALM}/protocol/openid-connect/auth?response_type=code"
            f"&client_id={portal.client_id}&redirect_uri={portal.redirect_uri}&scope=openid"
            f"&acr_values={level}&code_challenge={DIGEST}&code_challenge_method=S256&state=s"
        )
        page.fill("#username", username)
        page.fill("#password", development_secret(self.settings, f"password of {username}"))
        page.click("#kc-login")
        page.wait_for_load_state()
        return page


@pytest.fixture(scope="module")
def realm(keycloak_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Realm]:
    """A realm of its own beside the one of the behaviour suite."""
    settings = keycloak_settings(tmp_path_factory.mktemp("realm"), keycloak_server, REALM)
    plan = plan_realm(settings, content())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        yield Realm(keycloak_server, settings, plan, apply(settings, plan), browser)
        browser.close()


def without_bootstrap(settings: Settings) -> Settings:
    """As in daily work: only the realm's own client signs in."""
    fields = {"admin_user": None, "admin_password": None}
    return settings.model_copy(update={"identity": settings.identity.model_copy(update=fields)})


def test_the_second_run_changes_nothing_whoever_runs_it(realm: Realm) -> None:
    assert {change.kind for change in realm.first} >= {"realm", "client", "flow", "user", "action"}
    assert apply(realm.settings, realm.plan) == []
    assert apply(without_bootstrap(realm.settings), realm.plan) == []


def test_what_was_changed_by_hand_is_put_right_and_nothing_else(realm: Realm) -> None:
    admin = administrator(realm.server, REALM)
    id_ = str(admin.get_client_id("xihu-citizen"))
    client = admin.get_client(id_)
    admin.update_client(id_, client | {"directAccessGrantsEnabled": True, "description": "mine"})
    admin.update_realm(REALM, {"revokeRefreshToken": False})
    mapper = next(each for each in client["protocolMappers"] if each["name"] == "xihu_level")
    admin.remove_client_mapper(id_, mapper["id"])
    action = admin.get_required_action_by_alias("CONFIGURE_TOTP") or {}
    admin.update_required_action("CONFIGURE_TOTP", action | {"enabled": True})
    changes = [str(change) for change in apply(without_bootstrap(realm.settings), realm.plan)]
    assert changes == [
        f"realm {REALM}: changed revokeRefreshToken",
        "action CONFIGURE_TOTP: changed enabled",
        "client xihu-citizen: changed directAccessGrantsEnabled",
        "mapper xihu-citizen/xihu_level: created",
    ]
    assert admin.get_client(id_)["description"] == "mine"
    assert admin.get_client(id_)["id"] == id_
    assert apply(realm.settings, realm.plan) == []


def test_a_lowered_person_is_put_right_with_name_kept_and_signed_out(realm: Realm) -> None:
    page = realm.sign_in("zhao", 1)
    page.wait_for_url(realm.callback)
    admin = administrator(realm.server, REALM)
    id_ = str(admin.get_user_id("zhao"))
    user = admin.get_user(id_)
    admin.update_user(id_, user | {"attributes": user["attributes"] | {"xihu_level": ["0"]}})
    assert admin.get_sessions(id_)
    changes = apply(realm.settings, realm.plan)
    assert [str(change) for change in changes] == ["user zhao: changed attributes.xihu_level"]
    assert admin.get_user(id_)["firstName"] == "赵雅琴"
    assert not admin.get_sessions(id_)
    page.context.close()


def test_a_changed_flow_is_a_new_flow_and_the_old_one_stays(realm: Realm) -> None:
    admin = administrator(realm.server, REALM)
    old = admin.get_realm(REALM)["browserFlow"]
    changed = realm.plan.flow | {"description": "the same, said otherwise"}
    plan = RealmPlan(realm.plan.realm, realm.plan.profile, changed, (), ())
    assert [change.kind for change in apply(realm.settings, plan)] == ["flow"]
    assert admin.get_realm(REALM)["browserFlow"] == flow_alias(changed) != old
    assert {old, flow_alias(changed)} <= {
        flow["alias"] for flow in admin.get_authentication_flows()
    }
    assert apply(realm.settings, realm.plan) == [
        RealmChange("flow", "xihu-browser", ("browserFlow",))
    ]


@pytest.mark.parametrize("level", [2, 3])
def test_the_gate_tells_a_person_that_the_level_is_not_proven(realm: Realm, level: int) -> None:
    page = realm.sign_in("li", level)
    assert "实名等级不够" in page.locator("body").inner_text()
    page.context.close()


def test_level_three_without_a_code_generator_never_offers_to_enrol_one(realm: Realm) -> None:
    admin = administrator(realm.server, REALM)
    id_ = str(admin.get_user_id("chen"))
    for credential in admin.get_credentials(id_):
        if credential["type"] == "otp":
            admin.delete_credential(id_, credential["id"])
    page = realm.sign_in("chen", 3)
    assert page.locator("#totpSecret, #kc-totp-settings-form").count() == 0
    assert not realm.callback.match(page.url)
    page.context.close()


def test_nobody_raises_their_own_level(realm: Realm) -> None:
    """The account API takes an account token; Keycloak answers 400 or leaves the level alone."""
    admin = administrator(realm.server, REALM)
    id_ = str(admin.get_user_id("li"))
    admin.create_client(
        {
            "clientId": "account-test",
            "publicClient": True,
            "directAccessGrantsEnabled": True,
            "fullScopeAllowed": True,
        },
        skip_exists=True,
    )
    token = httpx.post(
        f"{realm.server}/realms/{REALM}/protocol/openid-connect/token",
        data={
            "grant_type": "password",
            "client_id": "account-test",
            "username": "li",
            "password": development_secret(realm.settings, "password of li"),
            "scope": "openid",
        },
    ).json()["access_token"]
    account = f"{realm.server}/realms/{REALM}/account/"
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    mine = httpx.get(account, headers=headers).json()
    attributes = mine.get("attributes", {}) | {"xihu_level": ["3"]}
    reply = httpx.post(account, json=mine | {"attributes": attributes}, headers=headers)
    assert reply.status_code == 400
    assert admin.get_user(id_)["attributes"]["xihu_level"] == ["1"]


def test_a_system_gets_no_refresh_token_and_no_portal_a_password_grant(realm: Realm) -> None:
    url = f"{realm.server}/realms/{REALM}/protocol/openid-connect/token"
    secret = development_secret(realm.settings, "dept-yb")
    machine = httpx.post(url, data={"grant_type": "client_credentials"}, auth=("dept-yb", secret))
    assert "refresh_token" not in machine.json()
    secret = development_secret(realm.settings, "xihu-citizen")
    form = {"grant_type": "password", "username": "wang", "password": "x"}
    assert httpx.post(url, data=form, auth=("xihu-citizen", secret)).status_code in (400, 401)


def test_production_plans_no_demo_people(realm: Realm) -> None:
    secrets = {"citizen_secret": "a", "official_secret": "b"}
    fields = realm.settings.identity.model_dump() | secrets
    production = Settings.model_validate(
        {
            "profile": "production",
            "master_key": "0" * 64,
            "registry_dir": REGISTRY,
            "identity": fields,
        }
    )
    plan = plan_realm(production, content())
    assert plan.users == ()
    system = next(client for client in plan.clients if client["clientId"] == "dept-yb")
    assert "secret" not in system


def test_the_command_says_what_it_changed(realm: Realm) -> None:
    result = CliRunner().invoke(identity, ["apply"], obj=realm.settings)
    assert result.exit_code == 0, result.output
    assert result.output.endswith("改动 0 处。\n")


def test_a_wrong_password_or_address_says_what_to_do(realm: Realm) -> None:
    fields = {"admin_secret": None, "admin_user": "nobody"}
    wrong = realm.settings.identity.model_copy(update=fields)
    with pytest.raises(TerminalError, match="Check the administrator's account"):
        apply(realm.settings.model_copy(update={"identity": wrong}), realm.plan)
    nowhere = realm.settings.identity.model_copy(update={"issuer": "http://127.0.0.1:9/realms/x"})
    started = time.monotonic()
    with pytest.raises(TransientError, match="Make sure that it runs"):
        apply(realm.settings.model_copy(update={"identity": nowhere}), realm.plan)
    assert time.monotonic() - started < 30
