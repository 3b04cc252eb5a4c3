# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation that is made from code is what the code says today."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.settings import PROJECT_DIR, Settings, load_settings
from service.docs import settings_page

pytestmark = pytest.mark.unit


def test_the_settings_page_is_up_to_date() -> None:
    assert (PROJECT_DIR / "docs/settings.md").read_text() == settings_page(), "run: make docs"


def test_every_setting_has_help_and_a_unit() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert isinstance(field.json_schema_extra, dict) and field.json_schema_extra["unit"], name


def test_the_example_configuration_is_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRING_CONFIG", str(PROJECT_DIR / "docs/kring.example.toml"))
    settings = load_settings()
    assert [extension.number for extension in settings.extensions] == ["2101", "2102"]
    assert settings.data_dir == Path("/var/lib/kring")
