# SPDX-License-Identifier: GPL-3.0-or-later
"""Every setting of the service in one table: default, unit, help and environment name.

Values come from, strongest first: environment (``KRING_<NAME>``), the TOML file named by ``KRING_CONFIG`` (or
``kring.toml`` in the working folder), the defaults below. ``kring settings`` prints the table and
``docs/settings.md`` is generated from it; a test fails when the page is out of date.
"""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from pipeline.catalog import messages, text
from pipeline.config_file import config_path
from pipeline.errors import ConfigurationError

PROJECT_DIR = Path(__file__).resolve().parent.parent
ENV_PREFIX = "KRING_"
SECRET_SETTINGS = ("database_url",)  # may hold a password: shown to nobody, given only to who needs it


class ExtensionSettings(BaseModel):
    """One agent station: its number, SIP port and the device the agent talks through."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: str = Field(pattern=r"^[0-9]{2,8}$", description="the station's number")
    sip_port: int = Field(ge=1, le=65535, description="the softphone takes the exchange's calls on this port")
    rtp_port: int = Field(ge=1024, le=65400, description="first port of this extension's RTP range")
    device: Literal["sip", "headset"] = Field(default="sip", description="what the agent talks through")
    device_uri: str = Field(default="", description="the agent's SIP device, e.g. sip:2101@127.0.0.1:6101")
    answer: Literal["device", "desk"] = Field(
        default="device",
        description="who answers: the ringing device, or the desk's button (device is then called)",
    )
    headset_name: str = Field(default="", description="sound device (part of its name); empty = system default")

    @model_validator(mode="after")
    def _device_is_complete(self) -> ExtensionSettings:
        if self.device == "sip" and not self.device_uri.startswith("sip:"):
            raise PydanticCustomError("device_incomplete", text("pipeline.device_incomplete", number=self.number))
        return self


def _setting(default: Any, unit: str, help_text: str, **limits: Any) -> Any:
    return Field(default=default, description=help_text, json_schema_extra={"unit": unit}, **limits)


class Settings(BaseSettings):
    """The settings table. Names are final; units are in the names or in the ``unit`` column."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, extra="forbid", frozen=True)

    # service
    data_dir: Path = _setting(Path("var"), "path", "Folder of spool, archive, database, logs and the bus socket.")
    language: Literal["id", "en"] = _setting("id", "-", "Language of pages and messages.")
    log_level: Literal["debug", "info", "warning", "error"] = _setting("info", "-", "Least severe log line kept.")
    restart_first_s: float = _setting(0.2, "s", "Delay before a process that died is started again.", gt=0)
    restart_most_s: float = _setting(15.0, "s", "Longest delay between restarts (doubles each time).", gt=0)
    stop_s: float = _setting(8.0, "s", "How long a process may take to stop before it is killed.", gt=0)
    bus_queue: int = _setting(4000, "messages", "Bound of each subscriber's queue; the oldest go first.", ge=10)
    # telephony
    extensions: tuple[ExtensionSettings, ...] = _setting((), "-", "Agent stations (TOML: [[extensions]]).")
    sip_bind: str = _setting("127.0.0.1", "address", "Address the softphones listen on; keep it private.")
    ring_timeout_s: float = _setting(30.0, "s", "How long an agent's device rings before the caller gets 480.", gt=0)
    outbound_uri: str = _setting(
        "",
        "SIP URI",
        "How outgoing calls reach the exchange, e.g. sip:{number}@127.0.0.1:5080; empty = no outgoing calls.",
        pattern=r"^(sip:[^\s{}]*\{number\}[^\s{}]*)?$",
    )
    outbound_timeout_s: float = _setting(
        60.0, "s", "How long somebody outside is called before the agent is told that nobody answers.", gt=0
    )
    announcement_file: Path = _setting(
        PROJECT_DIR / "models/announcement/percakapan-direkam.wav",
        "path",
        "8 kHz mono WAV played before bridging.",
    )
    sync_tone_file: Path = _setting(
        PROJECT_DIR / "models/announcement/sync-tone.wav", "path", "Tone that both recordings begin with."
    )
    recording_flush_ms: int = _setting(40, "ms", "How often recorded audio is pushed to the file.", ge=10, le=500)
    media_stats_s: float = _setting(5.0, "s", "How often RTP statistics of each leg are kept.", gt=0)
    audio_missing_s: float = _setting(3.0, "s", "A leg without RTP for this long is reported.", gt=0)
    sip_poll_ms: int = _setting(10, "ms", "Poll interval of the SIP engine.", ge=1, le=100)
    # recorder
    seal_after_s: float = _setting(900.0, "s", "Longest wait for the case after a call before it is sealed.", ge=0)
    seal_transcript_s: float = _setting(120.0, "s", "Longest wait for the transcript after a call.", ge=0)
    # asr
    asr_model_dir: Path = _setting(
        PROJECT_DIR / "models/asr_id/model", "path", "Vosk model folder; `kring models` may choose another."
    )
    asr_workers: int = _setting(2, "processes", "Transcription workers.", ge=1, le=64)
    asr_calls_per_worker: int = _setting(12, "calls", "Calls one worker follows at once.", ge=1)
    asr_block_ms: int = _setting(
        50, "ms", "Audio handed to the recogniser at a time; recordings grow in steps of 250 ms.", ge=20, le=500
    )
    asr_poll_ms: int = _setting(20, "ms", "How often growing recordings are looked at.", ge=5, le=500)
    asr_recycle_rss_mb: int = _setting(600, "MiB", "A worker above this memory is drained and replaced.", ge=100)
    asr_recycle_calls: int = _setting(400, "calls", "A worker is drained and replaced after so many calls.", ge=1)
    # retrieval
    articles_dir: Path = _setting(
        PROJECT_DIR / "retrieval/articles", "path", "Markdown articles that an empty database begins with."
    )
    encoder: str = _setting(
        str(PROJECT_DIR / "models/encoder_id/model"),
        "path",
        "sentence-transformers model, folder or name; empty = BM25 alone.",
    )
    stable_partial_ms: int = _setting(400, "ms", "A partial unchanged for so long is searched with.", ge=0)
    no_answer_threshold: float = _setting(
        0.4,
        "probability",
        "Above it the page says SIKP has no answer; what each value means: docs/search.md.",
        ge=0,
        le=1,
    )
    # crm
    database_url: str = _setting("", "URL", "SQLAlchemy URL; empty = SQLite in data_dir.")
    case_limit_s: int = _setting(900, "s", "Procedure limit from question to end (LIP20-0015: 15 minutes).", ge=1)
    case_warning_s: int = _setting(600, "s", "When the case clock turns to warning.", ge=1)
    agent_begins_ready: bool = _setting(
        False, "-", "Agents are ready until they say otherwise, signed in or not; else paused until they do."
    )
    wrap_up_ends_alone: bool = _setting(
        False, "-", "An agent is ready again by itself when the cases of the call are settled."
    )
    wrap_up_most_s: float = _setting(0.0, "s", "After so long in wrap-up an agent is ready again; 0 = never.", ge=0)
    # desk
    http_bind: str = _setting("127.0.0.1", "address", "Address of the web pages.")
    http_port: int = _setting(8080, "port", "Port of the web pages.", ge=1, le=65535)
    session_hours: float = _setting(10.0, "h", "How long a sign-in lasts.", gt=0)
    secure_cookies: bool = _setting(False, "-", "Send cookies over HTTPS only (behind a TLS front).")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: arguments, environment, TOML file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, config_path())

    @model_validator(mode="after")
    def _ports_do_not_collide(self) -> Settings:
        ports = [extension.sip_port for extension in self.extensions] + [self.http_port]
        if len(set(ports)) != len(ports):
            raise PydanticCustomError("port_shared", text("pipeline.port_shared"))
        numbers = [extension.number for extension in self.extensions]
        if len(set(numbers)) != len(numbers):
            raise PydanticCustomError("number_twice", text("pipeline.number_twice"))
        return self

    @property
    def spool_dir(self) -> Path:
        """Where live calls are written; must be a local disk."""
        return self.data_dir / "spool"

    @property
    def archive_dir(self) -> Path:
        """Where sealed bundles go."""
        return self.data_dir / "archive"

    @property
    def asr_store_dir(self) -> Path:
        """Where the recogniser's models are that were imported, refreshed or adapted here."""
        return self.data_dir / "models" / "asr"

    @property
    def asr_model(self) -> Path:
        """The recogniser's model in use: the one chosen with ``kring models use``, else :attr:`asr_model_dir`."""
        chosen = self.asr_store_dir / "current"
        return chosen.resolve() if chosen.is_symlink() else self.asr_model_dir

    @property
    def encoder_folders(self) -> tuple[Path, ...]:
        """Where an encoder given by name is looked for."""
        return self.data_dir / "models", PROJECT_DIR / "models"

    @property
    def bus_path(self) -> Path:
        """The bus's Unix socket."""
        return self.data_dir / "run" / "bus.sock"

    @property
    def log_dir(self) -> Path:
        """Where each process writes its log."""
        return self.data_dir / "log"

    @property
    def database(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'kring.db').resolve()}"


def load_settings(**overrides: Any) -> Settings:
    """Read the settings.

    Raises:
        ConfigurationError: a value is wrong; the message names the setting and its environment name.
    """
    path = config_path()
    if "KRING_CONFIG" in os.environ and not path.is_file():
        raise ConfigurationError(
            text("pipeline.config_missing", path=path), remedy=text("pipeline.config_missing_remedy")
        )
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise _explain(error.errors(include_url=False)[0], path) from error
    except SettingsError as error:  # a list or table in the environment is written as JSON
        raise ConfigurationError(
            text("pipeline.setting_no_json", problem=error), remedy=text("pipeline.setting_no_json_remedy")
        ) from error
    except (OSError, ValueError) as error:  # unreadable, no UTF-8, no TOML
        raise ConfigurationError(
            text("pipeline.config_broken", path=path, problem=error), remedy=text("pipeline.config_broken_remedy")
        ) from error


def _explain(detail: ErrorDetails, path: Path) -> ConfigurationError:
    """Say what is wrong with one value in the user's language; pydantic's own words where we have none."""
    where = ".".join(str(part) for part in detail["loc"]) or "kring"
    first = where.split(".")[0]
    key = f"pipeline.invalid_{detail['type']}"
    problem = text(key, **detail.get("ctx", {})) if key in messages("en") else detail["msg"]
    unknown = detail["type"] == "extra_forbidden"
    remedy = "pipeline.setting_unknown_remedy" if unknown else "pipeline.setting_wrong_remedy"
    got = "…" if first in SECRET_SETTINGS else str(detail["input"])[:80]
    if detail["loc"]:
        message = text("pipeline.setting_wrong", name=where, problem=problem, got=repr(got))
    else:  # several settings do not go together
        message, remedy = problem, "pipeline.settings_clash_remedy"
    return ConfigurationError(message, remedy=text(remedy, env=f"{ENV_PREFIX}{first.upper()}", path=path))


def as_environment(settings: Settings) -> dict[str, str]:
    """Return environment variables that make another process read exactly these settings."""
    values = settings.model_dump(mode="json")
    return {
        f"{ENV_PREFIX}{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for name, value in values.items()
    }


def origins(settings: Settings) -> dict[str, str]:
    """Return for each setting where its value comes from: ``default``, ``file`` or ``environment``.

    Found out by comparing: the supervisor hands every value on in the environment, whatever it came from.
    """
    try:
        in_file = tomllib.loads(config_path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        in_file = {}
    found = {}
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        if name in in_file and _reads_as(name, in_file[name], value):
            found[name] = "file"
        else:
            found[name] = "default" if value == field.default else "environment"
    return found


def _reads_as(name: str, raw: Any, value: Any) -> bool:
    annotation: Any = Settings.model_fields[name].annotation
    try:
        return bool(TypeAdapter(annotation).validate_python(raw) == value)
    except ValidationError:
        return False


def settings_table() -> list[tuple[str, str, str, str, str]]:
    """Return rows (name, default, unit, environment name, help) for the CLI, the docs and the tests."""
    rows = []
    for name, field in Settings.model_fields.items():
        extra = field.json_schema_extra
        unit = str(extra["unit"]) if isinstance(extra, dict) else "-"
        default = str(field.default)
        default = default.replace(str(PROJECT_DIR) + os.sep, "")
        rows.append((name, default, unit, f"{ENV_PREFIX}{name.upper()}", field.description or ""))
    return rows
