# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line as a new user meets it: help, clear errors without tracebacks, exit codes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ports import free_port

pytestmark = pytest.mark.integration


def kring(*args: str, folder: Path, stdin: str = "", **env: str | None) -> subprocess.CompletedProcess[str]:
    """Run ``kring`` as its own process in an empty folder."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("KRING_")}
    wanted = {**clean, "KRING_DATA_DIR": str(folder / "data"), "KRING_LANGUAGE": "en", "COLUMNS": "160", **env}
    code = "import sys; from service.cli import main; sys.argv[0] = 'kring'; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *args],
        cwd=folder,
        env={name: value for name, value in wanted.items() if value is not None},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def extension(port: int) -> str:
    return (
        f'[{{"number": "2101", "sip_port": {port}, "rtp_port": 20000, "device": "sip",'
        f' "device_uri": "sip:2101@127.0.0.1:6101"}}]'
    )


def test_help_lists_the_commands(tmp_path: Path) -> None:
    result = kring("--help", folder=tmp_path)
    assert result.returncode == 0
    for command in ("up", "demo", "doctor", "call", "user", "archive", "bench", "eval", "settings"):
        assert command in result.stdout


def test_up_without_extensions_says_what_to_do(tmp_path: Path) -> None:
    result = kring("up", folder=tmp_path)
    assert result.returncode == 3
    assert "[[extensions]]" in result.stderr
    assert "Traceback" not in result.stderr + result.stdout


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"KRING_HTTP_PORT": "70000"}, "KRING_HTTP_PORT"),
        ({"KRING_CONFIG": "nowhere.toml"}, "nowhere.toml"),
        ({"KRING_EXTENSIONS": '[{"number": "x"}]'}, "KRING_EXTENSIONS"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, env: dict[str, str], said: str) -> None:
    result = kring("up", folder=tmp_path, **env)
    assert result.returncode == 3
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_an_unknown_key_in_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "kring.toml").write_text("htp_port = 8081\n")
    result = kring("up", folder=tmp_path)
    assert result.returncode == 3
    assert "htp_port" in result.stderr


def test_doctor_finds_a_taken_port_and_a_missing_model(tmp_path: Path) -> None:
    port = free_port()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", port))
        result = kring(
            "doctor", folder=tmp_path, KRING_EXTENSIONS=extension(port), KRING_ASR_MODEL_DIR=str(tmp_path / "none"),
            KRING_HTTP_PORT=str(free_port()),
        )  # fmt: skip
    assert result.returncode == 1
    failed = [line for line in result.stdout.splitlines() if "✗" in line]
    assert any(str(port) in line for line in failed)
    assert any("model" in line.lower() for line in failed)
    assert "Traceback" not in result.stdout + result.stderr


def test_doctor_finds_an_unreadable_database(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "kring.db").write_bytes(b"this is no database at all" * 100)
    result = kring("doctor", folder=tmp_path, KRING_HTTP_PORT=str(free_port()))
    assert result.returncode == 1
    assert any("✗" in line and "atabase" in line for line in result.stdout.splitlines())


def test_a_person_is_added_once(tmp_path: Path) -> None:
    args = ("user", "add", "siti", "--name", "Siti Contoh", "--role", "agent", "--extension", "2101")
    first = kring(*args, folder=tmp_path, stdin="kata-sandi-contoh\n")
    assert first.returncode == 0, first.stderr
    second = kring(*args, folder=tmp_path, stdin="kata-sandi-contoh\n")
    assert second.returncode == 2
    assert "siti" in second.stderr
    weak = kring("user", "add", "budi", "--name", "Budi", "--role", "agent", folder=tmp_path, stdin="pendek\n")
    assert weak.returncode == 2
    unknown = kring(
        "user", "add", "budi", "--name", "Budi", "--role", "raja", folder=tmp_path, stdin="kata-sandi-contoh\n"
    )
    assert unknown.returncode == 2
    assert "Traceback" not in second.stderr + weak.stderr + unknown.stderr


def test_an_empty_archive_verifies(tmp_path: Path) -> None:
    result = kring("archive", "verify", folder=tmp_path)
    assert result.returncode == 0
    assert "0" in result.stdout


def test_call_names_a_missing_file(tmp_path: Path) -> None:
    result = kring("call", "sip:2101@127.0.0.1:9", "--play", "nowhere.wav", folder=tmp_path)
    assert result.returncode != 0
    assert "nowhere.wav" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_language_of_the_file_reaches_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "kring.toml").write_text('language = "en"\n')
    chosen = kring("up", folder=tmp_path, KRING_LANGUAGE=None)
    assert "No agent extension" in chosen.stderr
    (tmp_path / "kring.toml").write_text('language = "id"\n')
    assert "Belum ada ekstensi" in kring("up", folder=tmp_path, KRING_LANGUAGE=None).stderr


@pytest.mark.parametrize(
    ("content", "env", "said"),
    [
        (b"http_port = \xff\n", {}, "kring.toml"),
        (b"", {"KRING_EXTENSIONS": "no json"}, "extensions"),
        (b"asr_workers = 'many'\n", {}, "harus bilangan bulat"),
        (b"htp_port = 8081\n", {}, "tidak dikenal"),
    ],
)
def test_wrong_settings_are_said_in_the_users_language(
    tmp_path: Path, content: bytes, env: dict[str, str], said: str
) -> None:
    (tmp_path / "kring.toml").write_bytes(content)
    result = kring("up", folder=tmp_path, **{"KRING_LANGUAGE": "id", **env})
    assert result.returncode == 3
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_doctor_shows_no_password_and_no_cut_path(tmp_path: Path) -> None:
    deep = tmp_path / ("m" * 80)
    result = kring(
        "doctor", folder=tmp_path, KRING_DATABASE_URL="postgresql+psycopg://kring:rahasia@db.invalid/kring",
        KRING_ASR_MODEL_DIR=str(deep), KRING_ENCODER="", COLUMNS="100", KRING_HTTP_PORT=str(free_port()),
    )  # fmt: skip
    assert "rahasia" not in result.stdout + result.stderr
    assert "…" not in result.stdout
    assert "Traceback" not in result.stdout + result.stderr


def test_doctor_names_the_table_to_add(tmp_path: Path) -> None:
    result = kring("doctor", folder=tmp_path, KRING_ENCODER="", KRING_HTTP_PORT=str(free_port()))
    assert "[[extensions]]" in result.stdout  # and not [], which is what rich's markup makes of it


def test_help_of_settings_shows_its_brackets(tmp_path: Path) -> None:
    assert "[[extensions]]" in kring("settings", folder=tmp_path, COLUMNS="250").stdout
