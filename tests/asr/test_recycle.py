# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of sharing and retiring."""

from __future__ import annotations

import pytest

from asr.recycle import FULL_DELAY_S, RecycleRule, claim_delay_s

pytestmark = pytest.mark.unit


def test_an_idle_worker_claims_at_once_and_a_busier_one_later() -> None:
    delays = [claim_delay_s(calls, 12) for calls in range(15)]
    assert delays[0] == 0
    assert delays == sorted(delays)
    assert len(set(delays)) == len(delays)


def test_a_full_worker_takes_a_call_only_when_nobody_else_did() -> None:
    assert claim_delay_s(3, 3) >= FULL_DELAY_S > claim_delay_s(2, 3)


def test_limits() -> None:
    rule = RecycleRule(most_calls=10, most_rss_bytes=100 << 20)
    assert rule.reason_to_drain(calls_taken=9, rss_bytes=(100 << 20) - 1) == ""
    assert "10 calls" in rule.reason_to_drain(calls_taken=10, rss_bytes=0)
    assert "100 MiB" in rule.reason_to_drain(calls_taken=0, rss_bytes=100 << 20)


def test_workers_of_a_pool_do_not_retire_together_and_never_above_the_limit() -> None:
    limits = {RecycleRule.for_worker(f"asr.{n}", most_calls=400, most_rss_mb=600).most_calls for n in range(1, 9)}
    assert len(limits) > 4
    assert all(320 <= limit <= 400 for limit in limits)
    assert RecycleRule.for_worker("asr.1", most_calls=1, most_rss_mb=600).most_calls == 1
