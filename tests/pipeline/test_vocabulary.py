# SPDX-License-Identifier: GPL-3.0-or-later
"""Events, catalogue and settings: the tables that everybody relies on."""

from __future__ import annotations

import json
import string
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from pipeline import catalog
from pipeline.errors import ConfigurationError, KringError, MessageError
from pipeline.events import (
    CallEnded,
    CallEvent,
    CallOffered,
    SegmentFinalized,
    SuggestedArticle,
    SuggestionsShown,
    event,
    event_types,
    from_wire,
    to_wire,
)
from pipeline.settings import ExtensionSettings, Settings, load_settings, settings_table
from pipeline.settings_texts import SECTIONS, extension_help, setting_help, unit_name

pytestmark = pytest.mark.unit
AT = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
CALL = "20260105T010000-0000abcd"


def test_events_survive_the_wire():
    item = SuggestionsShown(
        at=AT,
        call_id=CALL,
        query="lupa efin",
        articles=(SuggestedArticle(article_id="a", version=1, title="t", score=0.5),),
    )
    assert from_wire(json.loads(json.dumps(to_wire(item)))) == item
    assert to_wire(item)["event"] == "suggestions.shown"


def test_events_are_frozen_and_names_unique():
    item = CallOffered(at=AT, call_id=CALL, extension="2101", caller_number="0812")
    with pytest.raises(ValidationError):
        item.extension = "2102"
    for name, cls in event_types().items():
        assert cls.name == name and "." in name
        assert cls.__doc__
        assert cls.stream is None or issubclass(cls, CallEvent)
    with pytest.raises(RuntimeError, match="used twice"):
        event(type("Again", (CallEvent,), {"name": "call.offered"}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"event": "call.sung"}, "unknown event: 'call.sung'"),
        ({"event": None}, "unknown event"),
        ({"event": ["call.ended"]}, "unknown event"),
        ({"reason": "boredom"}, "event call.ended"),
        ({"more": 1}, "event call.ended"),
        ({"at": "yesterday"}, "event call.ended"),
    ],
)
def test_what_is_no_event_is_refused(change, message):
    data = {**to_wire(CallEnded(at=AT, call_id=CALL, reason="no_answer")), **change}
    with pytest.raises(MessageError, match=message):
        from_wire(data)


def test_errors_say_what_to_do():
    error = KringError("Broken.", remedy="Mend it.")
    assert (str(error), str(KringError("Broken."))) == ("Broken. Mend it.", "Broken.")


def test_both_languages_hold_the_same_keys_and_placeholders():
    indonesian, english = catalog.messages("id"), catalog.messages("en")
    of_settings = {key for key in indonesian if key.partition(".")[0] in SECTIONS}  # English: beside the setting
    assert set(indonesian) - of_settings == set(english)
    for key, value in indonesian.items():
        if key in of_settings:
            continue
        names = [{part[1] for part in string.Formatter().parse(item) if part[1]} for item in (value, english[key])]
        assert names[0] == names[1], key
        assert value.strip() and english[key].strip(), key


def test_texts_are_filled_in_and_a_missing_key_shows_itself(monkeypatch):
    monkeypatch.setenv("KRING_LANGUAGE", "xx")
    assert catalog.default_language() == "id"
    assert "/run/x" in catalog.text("pipeline.bus_unavailable", path="/run/x")
    assert catalog.text("pipeline.bus_unavailable", language="en", path="p").startswith("The message bus")
    assert catalog.text("nowhere.nothing") == "nowhere.nothing"
    with pytest.raises(KeyError):
        catalog.messages("xx")


@pytest.fixture
def clean(monkeypatch, tmp_path):
    for name in Settings.model_fields:
        monkeypatch.delenv(f"KRING_{name.upper()}", raising=False)
    monkeypatch.delenv("KRING_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_order_of_sources(clean, monkeypatch):
    assert load_settings().http_port == 8080
    (clean / "kring.toml").write_text("http_port = 8081\ncase_limit_s = 60\n")
    assert load_settings().http_port == 8081
    monkeypatch.setenv("KRING_HTTP_PORT", "8082")
    assert (load_settings().http_port, load_settings().case_limit_s) == (8082, 60)
    assert load_settings(http_port=8083).http_port == 8083


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("http_port = 99999\n", "http_port: .*KRING_HTTP_PORT"),
        ("nonsense = 1\n", "nonsense"),
        ("http_port = \n", "kring.toml: .*Correct the file"),
        ('[[extensions]]\nnumber = "2101"\nsip_port = 5062\nrtp_port = 16000\n', "needs device_uri"),
        ('[[extensions]]\nnumber = "2101"\nsip_port = 8080\nrtp_port = 16000\ndevice = "headset"\n', "share a port"),
        (
            '[[extensions]]\nnumber = "2101"\nsip_port = 5062\nrtp_port = 16000\ndevice = "headset"\n'
            '[[extensions]]\nnumber = "2101"\nsip_port = 5063\nrtp_port = 16100\ndevice = "headset"\n',
            "given twice",
        ),
    ],
)
def test_wrong_settings_are_one_clear_error(clean, monkeypatch, content, message):
    monkeypatch.setenv("KRING_LANGUAGE", "en")
    (clean / "kring.toml").write_text(content)
    with pytest.raises(ConfigurationError, match=message):
        load_settings()


def test_a_named_file_must_exist(clean, monkeypatch):
    monkeypatch.setenv("KRING_CONFIG", str(clean / "none.toml"))
    with pytest.raises(ConfigurationError, match=r"none\.toml"):
        load_settings()


def test_a_final_from_before_the_written_form_is_still_read():
    old = {
        "event": "segment.finalized", "at": "2026-01-05T01:00:00Z", "call_id": CALL, "seq": 3, "offset_ms": 100,
        "leg": "caller", "segment": 1, "start_ms": 100, "end_ms": 400, "text": "halo",
        "words": [{"text": "halo", "start_ms": 100, "end_ms": 400, "confidence": 0.9}], "decoded_to_ms": 500,
        "confidence": 0.9,
    }  # fmt: skip
    item = from_wire(old)
    assert isinstance(item, SegmentFinalized)
    assert (item.text, item.written, item.written_words) == ("halo", "", ())


def test_the_table_names_every_setting():
    rows = settings_table()
    assert [row[0] for row in rows] == list(Settings.model_fields)
    for name, _default, unit, env, text in rows:
        assert env == f"KRING_{name.upper()}" and unit and text.endswith(".")


def test_every_setting_is_explained_in_both_languages():
    sections = {name: {} for name in SECTIONS}
    for key, words in catalog.messages("id").items():
        section, _, name = key.partition(".")
        if section in sections:
            sections[section][name] = words
    assert set(sections["settings"]) == set(Settings.model_fields)
    assert set(sections["extension_settings"]) == set(ExtensionSettings.model_fields)
    assert set(sections["units"]) == {row[2] for row in settings_table()} - {"-"}
    for name, _, unit, _, english in settings_table():
        indonesian = setting_help(name, "id")
        assert indonesian.endswith(".") and indonesian != english == setting_help(name, "en")
        assert ("{number}" in indonesian) == ("{number}" in english)
        assert (unit_name(unit, "id") == "") == (unit == "-")
    for name in ExtensionSettings.model_fields:
        assert extension_help(name, "id").endswith(".") and extension_help(name, "en")
    assert [unit_name("s", language) for language in catalog.LANGUAGES] == ["detik", "s"]


def test_paths_follow_the_data_folder(clean):
    settings = load_settings(data_dir=clean / "d")
    assert settings.database == f"sqlite:///{clean / 'd' / 'kring.db'}"
    assert settings.bus_path.parent == clean / "d" / "run"
    assert load_settings(database_url="sqlite:////x").database == "sqlite:////x"
