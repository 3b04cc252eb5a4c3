# SPDX-License-Identifier: GPL-3.0-or-later
"""/sandi: everybody changes their own password; who was given one for once must do it before anything else."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from crm import passwords, signin
from crm.errors import AccountError, SignInLimitedError, SignInRefusedError
from desk import forms
from desk.auth import AnyPerson, HaveDeps, client_address, start_session
from desk.deps import Deps

router = APIRouter()


@router.get("/sandi")
async def form(request: Request, have: HaveDeps, session: AnyPerson) -> Response:
    """Show the form."""
    return _form(request, have, problems={})


@router.post("/sandi")
async def change(request: Request, have: HaveDeps, session: AnyPerson) -> Response:
    """Change the password: all sessions end, this browser gets a new one."""
    typed = await request.form()
    person, now = session.person, have.clock.now()
    try:
        if forms.one(typed, "password") != forms.one(typed, "repeated"):
            raise AccountError(have.render.t("desk.password_differs"), field="repeated")
        async with request.app.state.sign_ins:
            await run_in_threadpool(
                signin.authenticate, have.database, person.username, forms.one(typed, "present"),
                address=client_address(request), now=now,
            )  # fmt: skip
            await run_in_threadpool(
                passwords.set_password, have.database, person.id, forms.one(typed, "password"), actor=person, now=now
            )
    except SignInRefusedError:
        return _form(request, have, problems={"present": have.render.t("desk.password_present_wrong")}, status=422)
    except SignInLimitedError as error:
        return _form(request, have, problems={"present": str(error)}, status=429)
    except AccountError as error:
        return _form(request, have, problems=forms.problems_of(error), status=422)
    response = forms.go("/")
    await start_session(request, response, have, person.id)
    return response


def _form(request: Request, have: Deps, *, problems: forms.Problems, status: int = 200) -> Response:
    whole = status == 200
    template = "password.html" if whole else "password_form.html"
    response = have.render.page(request, template, page="work", status=status, problems=problems)
    if not whole:
        response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#form-own", "outerHTML"
    return response
