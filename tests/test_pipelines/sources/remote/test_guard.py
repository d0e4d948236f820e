"""Who may reach what: inside addresses, other departments' connections, secrets in messages."""

import socket
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.test_pipelines.sources.remote.world import OTHER, PROVIDER, contract, settings
from xihu_pipelines.sources.remote.connections import (
    conninfo,
    find_connection,
    parse,
    parse_url,
    sqlite_file,
    without_secrets,
)
from xihu_pipelines.sources.remote.fetch import fetch
from xihu_pipelines.sources.remote.guard import resolve
from xihu_platform.errors import BadInput, NotFound, TransientError
from xihu_platform.inside import is_inside
from xihu_platform.settings import RemoteSettings, SourceSettings


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1"),
        *("169.254.169.254", "100.64.0.1", "100.100.100.200", "224.0.0.1", "255.255.255.255"),
        *("::1", "::", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"),
        *("2002:7f00:1::", "64:ff9b:1::808:808", "::7f00:1", "2001:0:7f00:1::", "ff02::1"),
    ],
)
def test_an_inside_address_is_known_in_every_dress(address: str) -> None:
    assert is_inside(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111"])
def test_an_outside_address_is_not_inside(address: str) -> None:
    assert not is_inside(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]"[1:-1]])
def test_an_inside_host_is_refused_however_it_is_written(host: str) -> None:
    with pytest.raises((BadInput, TransientError)) as caught:
        resolve(host, 80, inside=False, name="x")
    assert "inside address" in caught.value.text.en or "does not resolve" in caught.value.text.en


def test_one_inside_address_among_outside_ones_is_enough_to_refuse(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def two(*_args: object, **_kwargs: object) -> list[object]:
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*kind, ("8.8.8.8", 80)), (*kind, ("127.0.0.1", 80))]

    monkeypatch.setattr(socket, "getaddrinfo", two)
    with pytest.raises(BadInput, match="inside address"):
        resolve("rebind.example", 80, inside=False, name="x")


def test_a_name_is_resolved_once_and_its_address_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[object] = []

    def outside_first(host: object, *_args: object, **_kwargs: object) -> list[object]:
        asked.append(host)
        address = "8.8.8.8" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 5432))]

    monkeypatch.setattr(socket, "getaddrinfo", outside_first)
    source = SourceSettings(url=SecretStr("postgresql://u:p@rebind.example/db"), provider=PROVIDER)
    made = conninfo(parse("bureau", source), RemoteSettings())
    assert "hostaddr='8.8.8.8'" in made
    assert len(asked) == 1


def test_another_departments_connection_is_not_there(tmp_path: Path) -> None:
    made = settings(tmp_path, "postgresql://u:p@db.example/x", provider=OTHER)
    with pytest.raises(NotFound) as theirs:
        find_connection(made, "bureau", PROVIDER)
    with pytest.raises(NotFound) as nobodys:
        find_connection(made, "nothing", PROVIDER)
    assert theirs.value.text.en.replace("bureau", "x").replace("BUREAU", "X") == (
        nobodys.value.text.en.replace("nothing", "x").replace("NOTHING", "X")
    )


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "postgresql:///db?host=/var/run/postgresql",
        "postgresql://u:p@h/db?service=x",
        "postgresql://u:p@h/db?passfile=/home/x/.pgpass",
        "mysql://u:p@h/db?local_infile=1",
        "mysql://u:p@h/db?read_default_file=/etc/my.cnf",
        "oracle://u:p@h/db",
        "https://",
        "postgresql://u:p@h:port/db",
        "://",
    ],
)
def test_an_odd_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse("bureau", SourceSettings(url=SecretStr(url), provider=PROVIDER))
    assert "u:p" not in caught.value.text.zh + caught.value.text.en


def test_a_sqlite_file_outside_the_operators_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "allowed"
    folder.mkdir()
    (tmp_path / "secret.db").write_bytes(b"")
    (folder / "link.db").symlink_to(tmp_path / "secret.db")
    (folder / "good.db").write_bytes(b"")
    limits = RemoteSettings(sqlite_dir=folder)
    for name in ("../secret.db", "link.db", "%2e%2e/secret.db"):
        with pytest.raises(BadInput, match="lies outside"):
            sqlite_file(parse_url(f"sqlite:///{name}"), limits)
    with pytest.raises(NotFound):
        sqlite_file(parse_url(f"sqlite:///{tmp_path}/secret.db"), limits)
    assert sqlite_file(parse_url("sqlite:///good.db"), limits) == folder / "good.db"
    with pytest.raises(BadInput, match="SQLITE_DIR must be set"):
        sqlite_file(parse_url("sqlite:///good.db"), RemoteSettings())


def test_secrets_stand_in_no_representation_and_no_message(tmp_path: Path) -> None:
    made = settings(tmp_path, "https://someone:topsecret@api.example/x", token="tok-3n")
    connection = find_connection(made, "bureau", PROVIDER)
    shown = repr(connection) + repr(made) + str(made.sources)
    assert "topsecret" not in shown and "tok-3n" not in shown and "someone" not in shown
    said = without_secrets(connection, "login of someone with topsecret/tok-3n failed")
    assert said == "login of *** with ***/*** failed"


def test_an_inside_host_stops_a_fetch_before_anything_is_sent(tmp_path: Path) -> None:
    made = settings(tmp_path, "https://127.0.0.1:9/", inside=False)
    wanted = contract("type: api, location: 'connection://bureau/people'", connection="bureau")
    with pytest.raises(BadInput, match="inside address"):
        fetch(made, wanted, tmp_path / "in")


def test_a_connection_of_another_kind_is_refused(tmp_path: Path) -> None:
    made = settings(tmp_path, "mysql://u:p@127.0.0.1/x")
    wanted = contract(
        "type: postgresql, host: s, port: 0, database: s, schema: s",
        connection="bureau",
        table="t",
    )
    with pytest.raises(BadInput, match="the contract says postgresql"):
        fetch(made, wanted, tmp_path / "in")
