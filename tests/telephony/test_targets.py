# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers as people write them, made addresses; and what is said when there is no way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import CommandRefusedError, ConfigurationError
from pipeline.settings import ExtensionSettings, Settings, load_settings
from telephony.commands import GuestArguments, KeyArguments, read
from telephony.policy import called_failure, guest_failure
from telephony.targets import Target, Targets, UnreachableError

pytestmark = pytest.mark.unit

EXTENSIONS = (
    ExtensionSettings(number="2101", sip_port=5062, rtp_port=20000, device_uri="sip:2101@127.0.0.1:6101"),
    ExtensionSettings(number="2102", sip_port=5064, rtp_port=20032, device_uri="sip:2102@127.0.0.1:6102"),
    ExtensionSettings(number="2103", sip_port=5066, rtp_port=20064, device="headset"),
)


def _targets(**changes: Any) -> Targets:
    values = {"outbound_uri": "sip:{number}@pbx.example:5080", "extensions": EXTENSIONS, **changes}
    return Targets(Settings(**values), EXTENSIONS[0])


@pytest.mark.parametrize("written", ["02150001234", "(021) 5000-1234", "021.5000.1234", " 021/5000 1234"])
def test_numbers_as_people_write_them(written: str) -> None:
    assert _targets().outside(written) == Target("02150001234", "sip:02150001234@pbx.example:5080")


def test_extensions() -> None:
    targets = _targets(outbound_uri="")
    assert targets.guest("2102") == Target("2102", "sip:2102@127.0.0.1:6102", internal=True)
    assert targets.transfer("2102") == Target("2102", "sip:2102@127.0.0.1:5064", internal=True)
    assert targets.transfer("2103").uri == "sip:2103@127.0.0.1:5066"


def test_refusals_say_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRING_LANGUAGE", "en")
    for act, words in (
        (lambda: _targets(outbound_uri="").outside("0215"), "Set outbound_uri, for instance sip:{number}@"),
        (lambda: _targets().guest("2101"), "this extension itself"),
        (lambda: _targets().transfer("2101"), "this extension itself"),
        (lambda: _targets().guest("2103"), "headset"),
        (lambda: _targets().outside(""), "no telephone number"),
    ):
        with pytest.raises(UnreachableError) as refused:
            act()
        assert words in str(refused.value)


@given(st.text(max_size=40))
def test_nothing_but_digits_gets_into_an_address(written: str) -> None:
    try:
        target = _targets().outside(written)
    except UnreachableError:
        return
    assert target.to.removeprefix("+").isascii()
    assert target.to.removeprefix("+").isdigit()


@pytest.mark.parametrize(
    "template", ["sip:@pbx", "{number}@pbx", "sip:{number}@a b", "sip:{number}{0}@pbx", "tel:{number}"]
)
def test_a_wrong_template_is_a_wrong_setting(template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match="outbound_uri"):
        load_settings(outbound_uri=template)


def test_wrong_arguments_are_named_but_not_repeated() -> None:
    with pytest.raises(CommandRefusedError) as refused:
        read(KeyArguments, "dtmf", {"digits": "12x34"})
    assert "digits" in str(refused.value)
    assert "12x34" not in str(refused.value)
    with pytest.raises(CommandRefusedError, match="mode, to"):
        read(GuestArguments, "guest", {"mode": "shout"})


@pytest.mark.parametrize(
    ("code", "reason"),
    [(486, "busy"), (600, "busy"), (603, "rejected"), (480, "no_answer"), (408, "unreachable"), (404, "unreachable")],
)
def test_what_codes_mean(code: int, reason: str) -> None:
    assert guest_failure(code) == reason
    assert called_failure(code) == f"called_{reason}"
    assert called_failure(488) == guest_failure(488) == "codec_mismatch"
