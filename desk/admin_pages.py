# SPDX-License-Identifier: GPL-3.0-or-later
"""/admin: the people of the office. The list stays on the left, the account that is open on the right."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from crm import accounts, extensions, passwords, people, setup
from crm.accounts import Account, OpenSession
from crm.errors import AccountError
from crm.procedure import ROLES
from crm.views import PersonView
from desk import forms
from desk.auth import Admin, HaveDeps
from desk.deps import Deps
from desk.live_call import iso
from pipeline.catalog import text

router = APIRouter(prefix="/admin")
BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
TOLD = ("added", "saved", "password", "switched", "signed_out", "ready")
Told = Annotated[str, Query(alias="pesan", max_length=20)]
Words = Annotated[str, Query(alias="cari", max_length=100)]


@router.get("")
async def listing(request: Request, have: HaveDeps, session: Admin, cari: Words = "", pesan: Told = "") -> Response:
    """List the people."""
    return await _page(request, have, cari=cari, told=pesan)


@router.get("/orang/baru")
async def new(request: Request, have: HaveDeps, session: Admin, cari: Words = "") -> Response:
    """Show an empty account."""
    form = {"roles": [], "password": passwords.one_time_password()}
    return await _page(request, have, cari=cari, adding=True, form=form)


@router.get("/orang/{person_id}")
async def shown(
    *, request: Request, have: HaveDeps, session: Admin, person_id: int, cari: Words = "", pesan: Told = ""
) -> Response:
    """Show one account with its sessions."""
    return await _page(request, have, cari=cari, told=pesan, person_id=person_id)


@router.post("/orang")
async def add(request: Request, have: HaveDeps, session: Admin) -> Response:
    """Add a person."""
    try:
        person_id = await enter_typed(request, have, session.person)
    except forms.PROBLEMS as error:
        context = {**await new_person_context(request, have), "problems": forms.problems_of(error)}
        return forms.again(have, request, "admin_person_new.html", "#form-new", error, **context)
    return forms.go(f"/admin/orang/{person_id}?pesan=added")


@router.post("/orang/{person_id}")
async def change(request: Request, have: HaveDeps, session: Admin, person_id: int) -> Response:
    """Change name, roles and extension."""
    form = await request.form()
    typed: dict[str, Any] = {
        "name": forms.one(form, "name"),
        "roles": forms.several(form, "roles"),
        "extension": forms.one(form, "extension"),
    }

    def work() -> None:
        held, _ = accounts.find_account(have.database, person_id, now=have.clock.now())
        if typed["extension"] != held.station:
            _known_extension(have, typed["extension"])
        people.change_person(
            have.database, person_id, **typed, version=forms.version(form), actor=session.person,
            now=have.clock.now(), request_key=forms.one(form, "request_key"),
        )  # fmt: skip

    try:
        await run_in_threadpool(work)
    except forms.PROBLEMS as error:
        context = await run_in_threadpool(_account_context, have, person_id)
        context |= {"form": typed, "version": forms.version(form), "problems": forms.problems_of(error)}
        return forms.again(have, request, "admin_person.html", "#form-person", error, **context)
    return forms.go(f"/admin/orang/{person_id}?pesan=saved")


@router.post("/orang/{person_id}/sandi")
async def password(request: Request, have: HaveDeps, session: Admin, person_id: int) -> Response:
    """Give a password for once; the person is signed out and chooses another at the next sign-in."""
    form = await request.form()
    typed = forms.one(form, "password")

    def work() -> None:
        passwords.set_password(
            have.database, person_id, typed, once=True, actor=session.person, now=have.clock.now(),
            request_key=forms.one(form, "request_key"),
        )  # fmt: skip

    try:
        await run_in_threadpool(work)
    except forms.PROBLEMS as error:
        context = await run_in_threadpool(_account_context, have, person_id)
        context |= {"password": typed, "problems": forms.problems_of(error)}
        return forms.again(have, request, "admin_password.html", "#form-password", error, **context)
    return forms.go(f"/admin/orang/{person_id}?pesan=password")


@router.post("/orang/{person_id}/aktif")
async def switch(request: Request, have: HaveDeps, session: Admin, person_id: int) -> Response:
    """Switch an account on or off."""
    form = await request.form()
    active = forms.one(form, "active") == "1"
    await run_in_threadpool(
        people.set_active, have.database, person_id, active, version=forms.version(form), actor=session.person,
        now=have.clock.now(), request_key=forms.one(form, "request_key"),
    )  # fmt: skip
    return forms.go(f"/admin/orang/{person_id}?pesan=switched")


@router.post("/orang/{person_id}/keluarkan")
async def sign_out(have: HaveDeps, session: Admin, person_id: int) -> Response:
    """End all sessions of a person."""
    await run_in_threadpool(people.sign_out_everywhere, have.database, person_id, now=have.clock.now())
    return forms.go(f"/admin/orang/{person_id}?pesan=signed_out")


async def enter_typed(request: Request, have: Deps, actor: PersonView) -> int:
    """Add the person whose form this is and return its id; raises AccountError."""
    form = await request.form()

    def work() -> int:
        extension = forms.one(form, "extension")
        _known_extension(have, extension)
        return people.create_person(
            have.database, username=forms.one(form, "username"), name=forms.one(form, "name"),
            password=forms.one(form, "password"), roles=forms.several(form, "roles"), extension=extension, once=True,
            actor=actor, now=have.clock.now(), request_key=forms.one(form, "request_key"),
        ).id  # fmt: skip

    return await run_in_threadpool(work)


async def new_person_context(request: Request, have: Deps) -> dict[str, Any]:
    """Return what the form of a new person shows when it was not taken: as typed, with a new key."""
    form = await request.form()
    typed: dict[str, Any] = {name: forms.one(form, name) for name in ("username", "name", "extension", "password")}
    typed["roles"] = forms.several(form, "roles")
    return {**await run_in_threadpool(_choices, have), "form": typed}


def _known_extension(have: Deps, number: str) -> None:
    if number and number not in {row.number for row in extensions.list_extensions(have.database)}:
        raise AccountError(
            text("crm.no_extension", extension=number[:20]), remedy=text("crm.no_extension_remedy"), field="extension"
        )


async def _page(
    request: Request,
    have: Deps,
    *,
    cari: str,
    told: str = "",
    person_id: int | None = None,
    adding: bool = False,
    form: dict[str, Any] | None = None,
) -> Response:
    def work() -> dict[str, Any]:
        rows = accounts.list_accounts(have.database, now=have.clock.now())
        context = _choices(have) if person_id is None else _account_context(have, person_id)
        if form is not None:
            context["form"] = form
        found = [row for row in rows if _fits(row, cari)]
        return {**context, "rows": found, "total": len(rows), "set_up_step": setup.step(have.database)}

    context = await run_in_threadpool(work)
    return have.render.page(
        request, "admin.html", page="work",
        data={"cursor": have.stream.cursor, "server_now": iso(have.clock.now())},
        tab="people", cari=cari, told=told if told in TOLD else "", adding=adding, person_id=person_id, **context,
    )  # fmt: skip


def _fits(row: Account, words: str) -> bool:
    person = row.person
    roles = " ".join(text(f"crm.role_{role}") for role in person.roles)
    content = f"{person.name} {person.username} {row.station} {roles}".casefold()
    return all(word in content for word in words.casefold().split())


def _choices(have: Deps) -> dict[str, Any]:
    return {
        "role_choices": ROLES, "stations": extensions.list_extensions(have.database), "key": forms.new_key(),
        "problems": {}, "both": (), "form": {},
    }  # fmt: skip


def _account_context(have: Deps, person_id: int) -> dict[str, Any]:
    account, sessions = accounts.find_account(have.database, person_id, now=have.clock.now())
    person = account.person
    return {
        **_choices(have),
        "account": account,
        "sessions": [(row, _browser(row)) for row in sessions],
        "version": account.version,
        "password": passwords.one_time_password(),
        "form": {"name": person.name, "roles": sorted(person.roles), "extension": account.station},
    }


def _browser(row: OpenSession) -> str:
    """Return a browser's name from what it says of itself; the common ones claim to be others as well."""
    for mark, name in BROWSERS:
        if mark in row.browser:
            return name
    return row.browser[:30] or "–"
