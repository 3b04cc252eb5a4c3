# SPDX-License-Identifier: GPL-3.0-or-later
"""/penyiapan: the first set-up. The one-time address makes the first administrator, who is led on from there; it can
be left and taken up again until it is done."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from crm import accounts, extensions, passwords, setup
from crm.errors import AccountError
from crm.procedure import ROLES
from desk import forms
from desk.admin_office import station_context
from desk.admin_pages import enter_typed, new_person_context
from desk.auth import Admin, Anybody, HaveDeps, start_session
from desk.deps import Deps
from desk.errors import NotFoundError
from desk.live_call import iso

router = APIRouter(prefix="/penyiapan")
PLACES = {"kantor": "office", "ekstensi": "extensions", "orang": "people", "uji": "call"}
ADDRESSES = {step: f"/penyiapan/{place}" for place, step in PLACES.items()} | {setup.DONE: "/admin?pesan=ready"}


@router.get("/mulai/{token}")
async def begin(request: Request, have: HaveDeps, rule: Anybody, token: str) -> Response:
    """Ask for the first administrator."""
    await run_in_threadpool(setup.check_token, have.database, token)
    return have.render.page(request, "setup_admin.html", page="work", token=token, form={}, problems={})


@router.post("/mulai/{token}")
async def first_admin(request: Request, have: HaveDeps, rule: Anybody, token: str) -> Response:
    """Create the first administrator, sign in and go on."""
    form = await request.form()
    typed = {name: forms.one(form, name) for name in ("username", "name", "password")}

    def work() -> int:
        username, name, password = typed["username"], typed["name"], typed["password"]
        person = setup.first_admin(
            have.database, token, username=username, name=name, password=password, now=have.clock.now()
        )
        return person.id

    try:
        if typed["password"] != forms.one(form, "repeated"):
            raise AccountError(have.render.t("desk.password_differs"), field="repeated")
        async with request.app.state.sign_ins:
            person_id = await run_in_threadpool(work)
    except AccountError as error:
        return forms.again(have, request, "setup_admin_form.html", "#form-admin", error, token=token, form=typed,
                           problems=forms.problems_of(error))  # fmt: skip
    response = forms.go(ADDRESSES[setup.STEPS[0]])
    await start_session(request, response, have, person_id)
    return response


@router.get("")
async def resume(have: HaveDeps, session: Admin) -> Response:
    """Lead to the step that the set-up has come to."""
    return RedirectResponse(ADDRESSES[await run_in_threadpool(setup.step, have.database)], status_code=303)


@router.get("/{place}")
async def step(request: Request, have: HaveDeps, session: Admin, place: str) -> Response:
    """Show one step."""
    if place not in PLACES:
        raise NotFoundError
    context = await _context(have, place)
    return have.render.page(
        request, f"setup_{PLACES[place]}.html", page="work", place=place, places=PLACES,
        data={"cursor": have.stream.cursor, "server_now": iso(have.clock.now())}, **context,
    )  # fmt: skip


@router.post("/{place}")
async def step_done(request: Request, have: HaveDeps, session: Admin, place: str) -> Response:
    """Take a step in: save what belongs to it and go on."""
    if place not in PLACES:
        raise NotFoundError
    form = await request.form()
    if place == "orang" and forms.one(form, "more"):
        return await _add_person(request, have, session.person)
    if place == "kantor":
        problem = await _save_office(request, have, session.person)
        if problem is not None:
            return problem
    order = [*setup.STEPS, setup.DONE]
    onward = order[order.index(PLACES[place]) + 1]
    await run_in_threadpool(setup.go_to, have.database, onward, now=have.clock.now())
    return forms.go(ADDRESSES[onward])


async def _add_person(request: Request, have: Deps, actor: Any) -> Response:
    try:
        await enter_typed(request, have, actor)
    except forms.PROBLEMS as error:
        context = {**await new_person_context(request, have), "problems": forms.problems_of(error)}
        return forms.again(have, request, "setup_person_form.html", "#form-new", error, **context)
    return forms.go("/penyiapan/orang")


async def _save_office(request: Request, have: Deps, actor: Any) -> Response | None:
    form = await request.form()
    typed = [forms.one(form, "value")]

    def work() -> None:
        [held] = [row for row in have.office.settings() if row.rule.name == "office_name"]
        if typed[0].strip() != held.value:
            have.office.change("office_name", typed, version=held.version, person=actor, now=have.clock.now())

    try:
        await run_in_threadpool(work)
    except forms.PROBLEMS as error:
        return forms.again(have, request, "setup_office_form.html", "#form-office", error, office_name=typed[0],
                           problems=forms.problems_of(error, "value"))  # fmt: skip
    return None


async def _context(have: Deps, place: str) -> dict[str, Any]:
    context: dict[str, Any] = {"problems": {}, "key": forms.new_key(), **await station_context(have)}
    if place == "kantor":
        return {**context, "office_name": have.office.current.office_name}
    if place == "orang":
        rows = await run_in_threadpool(accounts.list_accounts, have.database, now=have.clock.now())
        choices = await run_in_threadpool(_choices, have)
        return {**context, **choices, "rows": rows, "form": {"roles": [], "password": passwords.one_time_password()}}
    return context


def _choices(have: Deps) -> dict[str, Any]:
    return {"role_choices": ROLES, "stations": extensions.list_extensions(have.database)}
