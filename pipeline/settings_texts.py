# SPDX-License-Identifier: GPL-3.0-or-later
"""What each setting means, in the reader's language.

English stands beside the settings in :mod:`pipeline.settings`; Indonesian in the catalogue under :data:`SECTIONS`.
"""

from __future__ import annotations

from pydantic import BaseModel

from pipeline.catalog import messages
from pipeline.settings import ExtensionSettings, Settings

SECTIONS = ("settings", "extension_settings", "units")


def setting_help(name: str, language: str) -> str:
    """Return what a setting means."""
    return messages(language).get(f"settings.{name}") or _english(Settings, name)


def extension_help(name: str, language: str) -> str:
    """Return what a setting of one extension means."""
    return messages(language).get(f"extension_settings.{name}") or _english(ExtensionSettings, name)


def unit_name(unit: str, language: str) -> str:
    """Return a unit of the settings table in words; nothing for "-", which is no unit."""
    return "" if unit == "-" else messages(language).get(f"units.{unit}", unit)


def _english(model: type[BaseModel], name: str) -> str:
    return model.model_fields[name].description or ""
