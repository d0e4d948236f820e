"""One world for each issuer: the embedded one always, Keycloak in the harness."""

from collections.abc import Iterator

import pytest

from tests.test_platform.identity.world import World, embedded_world


@pytest.fixture(scope="session")
def keycloak_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    from tests.harness.keycloak import running_keycloak

    with running_keycloak(tmp_path_factory.mktemp("server")) as server:
        yield server


# Not for the whole session: Playwright keeps a loop running in the test's thread while it lives.
@pytest.fixture(
    scope="module",
    params=["embedded", pytest.param("keycloak", marks=pytest.mark.harness)],
)
def any_world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "embedded":
        yield from embedded_world(folder)
    else:
        from tests.harness.keycloak import keycloak_world

        server: str = request.getfixturevalue("keycloak_server")
        yield from keycloak_world(server, folder)


@pytest.fixture
def world(any_world: World) -> Iterator[World]:
    yield any_world
    any_world.tidy()


@pytest.fixture(scope="session")
def embedded_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    yield from embedded_world(tmp_path_factory.mktemp("issuer"))


@pytest.fixture
def embedded(embedded_all: World) -> Iterator[World]:
    """A world of the embedded issuer, for what only it can show."""
    yield embedded_all
    embedded_all.tidy()
