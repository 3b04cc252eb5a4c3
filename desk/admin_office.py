# SPDX-License-Identifier: GPL-3.0-or-later
"""/admin/ekstensi and /admin/pengaturan: telephones, and settings of the file and of the office."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from markupsafe import Markup, escape
from starlette.concurrency import run_in_threadpool

from crm import extensions
from desk import forms
from desk.auth import Admin, HaveDeps
from desk.deps import Deps
from desk.live_call import iso
from desk.snapshots import OFFICE, office_news
from pipeline.config_file import config_path
from pipeline.settings import SECRET_SETTINGS, ExtensionSettings, origins, settings_table
from pipeline.settings_texts import extension_help, setting_help, unit_name

router = APIRouter(prefix="/admin")


@router.get("/ekstensi")
async def stations(request: Request, have: HaveDeps, session: Admin) -> Response:
    """List the extensions: what the file says of them, their state now, who has them."""
    context = await station_context(have)
    return _page(request, have, "admin_extensions.html", "extensions", **context)


@router.get("/ekstensi/tabel")
async def station_table(request: Request, have: HaveDeps, session: Admin) -> Response:
    """Return the table alone, for news."""
    return have.render.page(request, "admin_extension_table.html", page="work", **await station_context(have))


@router.post("/ekstensi/{number}")
async def switch(request: Request, have: HaveDeps, session: Admin, number: str) -> Response:
    """Switch an extension on or off."""
    enabled = forms.one(await request.form(), "enabled") == "1"
    await run_in_threadpool(extensions.set_enabled, have.database, number, enabled, now=have.clock.now())
    have.floor.changed("agents")
    return have.render.page(request, "admin_extension_table.html", page="work", **await station_context(have))


@router.get("/pengaturan")
async def settings(request: Request, have: HaveDeps, session: Admin) -> Response:
    """Show all settings."""

    def work() -> dict[str, Any]:
        return {"office": have.office.settings(), "history": have.office.history(), "rows": _rows(have)}

    context = await run_in_threadpool(work)
    return _page(request, have, "admin_settings.html", "settings", **context, **_empty())


@router.post("/pengaturan/{name}")
async def change(request: Request, have: HaveDeps, session: Admin, name: str) -> Response:
    """Change a setting of the office; it holds at once."""
    form = await request.form()
    typed = forms.several(form, "value")

    def work() -> None:
        have.office.change(
            name, typed, version=forms.version(form), person=session.person, now=have.clock.now(),
            request_key=forms.one(form, "request_key"),
        )  # fmt: skip

    try:
        await run_in_threadpool(work)
    except forms.PROBLEMS as error:
        [one] = [row for row in await run_in_threadpool(have.office.settings) if row.rule.name == name]
        context = {**_empty(), "one": one, "typed": typed, "version": forms.version(form)}
        context["problems"] = forms.problems_of(error, "value")
        return forms.again(have, request, "admin_setting.html", f"#setting-{name}", error, **context)
    have.stream.append(OFFICE, office_news(have), replaces=OFFICE)
    return forms.go("/admin/pengaturan")


async def station_context(have: Deps) -> dict[str, Any]:
    """Return the extensions as the pages list them."""
    rows = await run_in_threadpool(extensions.list_extensions, have.database)
    configured = {one.number: one for one in have.settings.extensions}
    live = have.live.extensions
    return {
        "stations": [
            {
                "row": row,
                "configured": configured.get(row.number),
                "state": live[row.number].state if row.number in live else "stopped",
            }
            for row in rows
        ],
        "config_path": config_path().absolute(),
    }


def _empty() -> dict[str, Any]:
    return {"problems": {}, "both": (), "typed": None, "version": None, "key": forms.new_key()}


def _rows(have: Deps) -> list[dict[str, Any]]:
    values = have.settings.model_dump(mode="json")
    numbers = ", ".join(one.number for one in have.settings.extensions)
    values["extensions"] = Markup(escape(numbers))  # noqa: S704  no identity number, whatever masking thinks
    found, language = origins(have.settings), have.render.language
    return [
        {
            "name": name,
            "value": ("•••" if values[name] else "") if name in SECRET_SETTINGS else _as_in_file(values[name]),
            "unit": unit_name(unit, language),
            "default": "" if name == "extensions" else _as_in_file(default),
            "environment": environment,
            "help": setting_help(name, language),
            "parts": _parts(language) if name == "extensions" else [],
            "origin": found[name],
        }
        for name, default, unit, environment, _ in settings_table()
    ]


def _parts(language: str) -> list[tuple[str, str]]:
    return [(name, extension_help(name, language)) for name in ExtensionSettings.model_fields]


def _as_in_file(value: Any) -> Any:
    """Return a value as it is written in the file: true and false."""
    return str(value).lower() if isinstance(value, bool) or value in ("True", "False") else value


def _page(request: Request, have: Deps, template: str, tab: str, **context: Any) -> Response:
    data = {"cursor": have.stream.cursor, "server_now": iso(have.clock.now())}
    return have.render.page(request, template, page="work", data=data, tab=tab, **context)
