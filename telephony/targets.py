# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom an agent can call or hand over to: numbers and extensions as people write them, made SIP addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.catalog import text
from pipeline.errors import CommandRefusedError
from pipeline.settings import ExtensionSettings, Settings

_SEPARATORS = re.compile(r"[\s().\-/]")
_NUMBER = re.compile(r"^\+?[0-9]{2,20}$")


class UnreachableError(CommandRefusedError):
    """What was asked for can be called from nowhere, in whatever state the call is."""

    code = "unreachable"


@dataclass(frozen=True)
class Target:
    """Somebody to call. ``internal``: the device of one of our extensions, not a number of the telephone network."""

    to: str
    uri: str
    internal: bool = False


class Targets:
    """The addresses that one extension can reach; every method raises UnreachableError with what to do."""

    def __init__(self, settings: Settings, own: ExtensionSettings) -> None:
        self._settings, self._own = settings, own
        self._extensions = {item.number: item for item in settings.extensions}

    def outside(self, number: str) -> Target:
        """Return a number of the telephone network, dialled through the exchange."""
        dialled = _checked(number)
        if not self._settings.outbound_uri:
            raise UnreachableError(
                text("telephony.refused_no_trunk", number=dialled), remedy=text("telephony.refused_no_trunk_remedy")
            )
        return Target(dialled, self._settings.outbound_uri.format(number=dialled))

    def guest(self, to: str) -> Target:
        """Return a third party: an extension's device itself (its softphone would record a call of its own)."""
        extension = self._extension(to)
        if extension is None:
            return self.outside(to)
        if extension.device != "sip":
            raise UnreachableError(text("telephony.refused_headset", extension=extension.number))
        return Target(extension.number, extension.device_uri, internal=True)

    def transfer(self, to: str) -> Target:
        """Return where a caller is sent: an extension's own address, where the call is recorded again."""
        extension = self._extension(to)
        if extension is None:
            return self.outside(to)
        uri = f"sip:{extension.number}@{self._settings.sip_bind}:{extension.sip_port}"
        return Target(extension.number, uri, internal=True)

    def _extension(self, to: str) -> ExtensionSettings | None:
        found = self._extensions.get(_SEPARATORS.sub("", to))
        if found is not None and found.number == self._own.number:
            raise UnreachableError(text("telephony.refused_own_extension", extension=found.number))
        return found


def _checked(number: str) -> str:
    dialled = _SEPARATORS.sub("", number)
    if not _NUMBER.match(dialled):
        raise UnreachableError(
            text("telephony.refused_number", number=number[:40]), remedy=text("telephony.refused_number_remedy")
        )
    return dialled
