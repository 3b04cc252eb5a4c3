# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for the whole suite: every test module says its tier."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.postgresql import postgresql  # noqa: F401 - a fixture of the whole suite

TIERS = {"unit", "integration", "e2e", "bench", "soak"}


# Machines are shared and noisy: how long an example takes says nothing about the code.
# In CI the examples are always the same; runs by hand explore.
settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=bool(os.environ.get("CI"))
)
settings.load_profile("untimed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse tests without a tier marker: what is not classified gets run in the wrong place."""
    untold = sorted({item.location[0] for item in items if not TIERS & {mark.name for mark in item.iter_markers()}})
    if untold:
        raise pytest.UsageError(f"no tier marker (unit, integration, e2e, bench, soak) in: {', '.join(untold)}")
