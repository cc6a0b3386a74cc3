"""Settings: where a value comes from, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from mattock_engine.command import read
from mattock_engine.setting import DEFAULT_GRPC_PORT, SettingError, load, options


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "some.toml"
    file.write_text('grpc_port = 1001\nhttp_port = 1002\nlog_level = "error"\n')
    return file


def test_the_default_holds_when_nothing_is_said() -> None:
    assert load({}, {}).grpc_port == DEFAULT_GRPC_PORT


def test_flag_over_environment_over_file(config: Path) -> None:
    environ = {"MATTOCK_HTTP_PORT": "2002", "MATTOCK_LOG_LEVEL": "debug"}
    settings = load({"log_level": "warning", "grpc_port": None}, environ, str(config))
    assert (settings.grpc_port, settings.http_port, settings.log_level) == (1001, 2002, "warning")


def test_the_file_can_be_named_by_the_environment(config: Path) -> None:
    assert load({}, {"MATTOCK_CONFIG": str(config)}).grpc_port == 1001


def test_mattock_toml_of_the_working_directory_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mattock.toml").write_text("processes = 3\nshutdown_grace = 2\ninsecure = true\n")
    monkeypatch.chdir(tmp_path)
    settings = load({}, {})
    assert (settings.processes, settings.shutdown_grace, settings.insecure) == (3, 2.0, True)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"grpc_port": "many"}, ["--grpc-port", "0 to 65535", "'many'"]),
        ({"http_port": "65536"}, ["--http-port", "0 to 65535"]),
        ({"processes": "0"}, ["--processes", "1 to 64"]),
        ({"shutdown_grace": "-1"}, ["--shutdown-grace", "above 0"]),
        ({"log_level": "loud"}, ["--log-level", "debug, info, warning, error"]),
        ({"grpc_port": "8080"}, ["--http-port", "two different ports"]),
        ({"host": "0.0.0.0"}, ["--host", "--insecure"]),
        ({"database_url": "mysql://x"}, ["--database-url", "postgresql://"]),
    ],
)
def test_a_wrong_flag_is_named(flags: dict[str, str], words: list[str]) -> None:
    with pytest.raises(SettingError) as caught:
        load(flags, {})
    assert all(word in str(caught.value) for word in words)
    assert "\n" not in str(caught.value)


def test_a_wrong_variable_is_named() -> None:
    with pytest.raises(SettingError, match="MATTOCK_PROCESSES"):
        load({}, {"MATTOCK_PROCESSES": "x"})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("grpc_port = 'x'", ["some.toml", "grpc_port"]),
        ("no_such = 1", ["some.toml", "'no_such'"]),
        ("grpc_port = = 1", ["some.toml", "TOML"]),
    ],
)
def test_a_wrong_file_is_named(content: str, words: list[str], config: Path) -> None:
    config.write_text(content)
    with pytest.raises(SettingError) as caught:
        load({}, {}, str(config))
    assert all(word in str(caught.value) for word in words)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"nowhere\.toml"):
        load({}, {}, str(tmp_path / "nowhere.toml"))


def test_an_unknown_flag_is_named() -> None:
    with pytest.raises(SettingError, match="--prot"):
        read(["--prot", "1"])


def test_every_option_is_described() -> None:
    assert all(option.description for option in options().values())
