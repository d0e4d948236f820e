"""The issuer's paths, Keycloak's own, and the document that announces them."""

from xihu_node.issuer.clients import SCOPES
from xihu_node.issuer.keys import ALGORITHM
from xihu_platform.identity.tokens import LEVELS

# python-keycloak and other tools hard-code these paths below the realm.
WELL_KNOWN = "/.well-known/openid-configuration"
AUTH = "/protocol/openid-connect/auth"
TOKEN = "/protocol/openid-connect/token"
CERTS = "/protocol/openid-connect/certs"
USERINFO = "/protocol/openid-connect/userinfo"
LOGOUT = "/protocol/openid-connect/logout"


def metadata(issuer: str) -> dict[str, object]:
    return {
        "issuer": issuer,
        "authorization_endpoint": issuer + AUTH,
        "token_endpoint": issuer + TOKEN,
        "jwks_uri": issuer + CERTS,
        "userinfo_endpoint": issuer + USERINFO,
        "end_session_endpoint": issuer + LOGOUT,
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "acr_values_supported": list(LEVELS),
        "ui_locales_supported": ["zh-CN", "en"],
        "claims_supported": [
            "iss",
            "sub",
            "aud",
            "azp",
            "exp",
            "iat",
            "auth_time",
            "acr",
            "sid",
            "nonce",
            "name",
            "preferred_username",
            "xihu_person",
            "xihu_level",
        ],
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }
