# SPDX-License-Identifier: GPL-3.0-or-later
"""The temporary service of demo and bench touches nothing of the office; several errors at once end as one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.settings import Settings
from service import cli, stage
from service.errors import DemoError
from service.users import StagePerson

pytestmark = pytest.mark.unit


class SeenError(Exception):
    """Ends the stage before anything is started."""


async def test_known_passwords_never_meet_the_network_or_the_offices_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kring.toml").write_text(
        'http_bind = "0.0.0.0"\nsip_bind = "0.0.0.0"\nsecure_cookies = true\ndatabase_url = "sqlite:////office.db"\n'
    )
    monkeypatch.setenv("KRING_CONFIG", str(tmp_path / "kring.toml"))
    seen: list[Settings] = []

    def look(settings: Settings, agents: int) -> tuple[StagePerson, ...]:
        seen.append(settings)
        raise SeenError

    monkeypatch.setattr(stage, "add_people", look)
    with pytest.raises(SeenError):
        async with stage.stage(agents=1):
            pass
    (settings,) = seen
    assert (settings.http_bind, settings.sip_bind, settings.secure_cookies) == ("127.0.0.1", "127.0.0.1", False)
    assert settings.database.endswith("/data/kring.db")
    assert not settings.data_dir.parent.exists()


def _main_with(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(cli, "app", fail)
    monkeypatch.setattr(cli, "configure_logs", lambda *args, **options: None)
    monkeypatch.setattr(cli.os, "umask", lambda mask: 0)
    cli.main()


def test_errors_of_several_tasks_end_as_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    group = ExceptionGroup("tasks", [ExceptionGroup("inner", [DemoError("First.")]), DemoError("Second.")])
    with pytest.raises(SystemExit) as ended:
        _main_with(group, monkeypatch)
    assert ended.value.code == 2


def test_an_unexpected_error_among_them_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ExceptionGroup):
        _main_with(ExceptionGroup("tasks", [DemoError("First."), ValueError("a bug")]), monkeypatch)
