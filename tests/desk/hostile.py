# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests for every route with something hostile in one place of each, made from the routes' own models.

A new route or field is attacked without anybody adding it here.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import product
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from urllib.parse import quote, urlencode

from fastapi._compat import ModelField
from fastapi.dependencies.models import Dependant
from fastapi.params import Form
from fastapi.routing import APIRoute
from pydantic import BaseModel

from desk.app import ROUTERS

MARKUP = "<img src=x onerror=alert(1)>'\"><script>alert(2)</script>{{7*7}}"
POISON = f"{MARKUP} ' OR 1=1; -- %s%n{{0.__class__}} ${{jndi:ldap://x}} \u202e ../../etc/passwd"
TEXTS = {"poison": POISON, "overlong": "a" * 60_000, "null": "a\x00b", "surrogate": "a\ud800b"}
WRONG_TYPES: dict[str, Any] = {"null": None, "list": [[]], "object": {"a": {"b": []}}, "huge": 10**40}
PATHS = {"huge": str(10**25), "negative": "-1", "up": "../../etc/passwd"}
SAMPLES: dict[Any, Any] = {bool: True, int: 1, float: 1.0}
DESTROYS = {("POST", "/keluar"), ("POST", "/masuk")}  # have tests of their own
STREAMS = {("GET", "/api/live")}


@dataclass(frozen=True)
class Attack:
    """One request. ``place``: where the hostile value is."""

    method: str
    route: str
    path: str
    place: str
    json: Any = None
    form: dict[str, Any] | None = None
    query: dict[str, Any] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Path and query."""
        asked = {name: str(value).encode("utf-8", "surrogatepass") for name, value in self.query.items()}
        return self.path + (f"?{urlencode(asked)}" if asked else "")


class Flat:
    """What a route takes, with all that its dependencies take."""

    def __init__(self, dependant: Dependant) -> None:
        inner = [Flat(one) for one in dependant.dependencies]
        self.path_params: list[ModelField] = sum((one.path_params for one in inner), [*dependant.path_params])
        self.query_params: list[ModelField] = sum((one.query_params for one in inner), [*dependant.query_params])
        self.body_params: list[ModelField] = sum((one.body_params for one in inner), [*dependant.body_params])


def routes() -> Iterator[tuple[str, APIRoute]]:
    """Yield method and route of all that a browser may ask for."""
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            for method in sorted(route.methods or ()):
                if (method, route.path) not in DESTROYS | STREAMS:
                    yield method, route


def attacks(method: str, route: APIRoute, known: dict[str, str]) -> Iterator[Attack]:
    """Yield a request for every place of a route and every hostile value."""
    flat = Flat(route.dependant)
    plain = _plain(method, route, flat, known)
    yield plain
    for name, (kind, text) in product(plain.query, TEXTS.items()):
        yield replace(plain, place=f"query {name}: {kind}", query={**plain.query, name: text})
    for param in flat.path_params:
        for kind, text in {**PATHS, "poison": POISON, "null": TEXTS["null"]}.items():
            sent = quote(text, safe="")
            path = route.path.format(**{**_path(flat, known), param.alias: sent})
            yield replace(plain, path=path, place=f"path {param.alias}: {kind}")
    for name, (kind, text) in product(plain.form or {}, TEXTS.items()):
        if kind != "surrogate":  # no form can carry one
            yield replace(plain, place=f"form {name}: {kind}", form={**(plain.form or {}), name: text})
    if isinstance(plain.json, dict):
        for place, body in _spoiled(plain.json):
            yield replace(plain, place=f"body {place}", json=body)


def _plain(method: str, route: APIRoute, flat: Flat, known: dict[str, str]) -> Attack:
    query = {param.alias: sample(param.field_info.annotation, param.alias, known) for param in flat.query_params}
    forms = [param for param in flat.body_params if isinstance(param.field_info, Form)]
    models = [param for param in flat.body_params if not isinstance(param.field_info, Form)]
    form: dict[str, Any] | None = {} if forms else None
    for param in forms:
        given = sample(param.field_info.annotation, param.alias, known)
        form |= given if isinstance(given, dict) else {param.alias: given}  # type: ignore[operator]
    if method != "GET" and form is None and not models:
        form = read_by_hand(route)
    json = None
    if len(models) == 1:
        json = sample(models[0].field_info.annotation, models[0].alias, known)
    elif models:
        json = {param.alias: sample(param.field_info.annotation, param.alias, known) for param in models}
    return Attack(method, route.path, route.path.format(**_path(flat, known)), "nothing", json, form, query)


def read_by_hand(route: APIRoute) -> dict[str, Any] | None:
    """Return a form for a route that reads the names it knows itself: those that its module's source mentions."""
    source = inspect.getsource(inspect.getmodule(route.endpoint) or route.endpoint)
    if "request.form()" not in source:
        return None
    names = set(re.findall(r'(?:one|several)\(\w+, "(\w+)"', source))
    for listed in re.findall(r"for name in \(([^)]*)\)", source):
        names |= set(re.findall(r'"(\w+)"', listed))
    return dict.fromkeys(sorted(names), "uji")


def _path(flat: Flat, known: dict[str, str]) -> dict[str, str]:
    return {param.alias: str(sample(param.field_info.annotation, param.alias, known)) for param in flat.path_params}


def sample(kind: Any, name: str, known: dict[str, str]) -> Any:
    """Return a value that a field of this type takes."""
    if name in known:
        return int(known[name]) if kind is int else known[name]
    origin, inside = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return sample(inside[0], name, known)
    if origin in (Union, UnionType):
        return sample(next(one for one in inside if one is not NoneType), name, known)
    if origin is Literal:
        return inside[-1]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {at: sample(one.annotation, at, known) for at, one in kind.model_fields.items()}
    if origin is dict:
        return {"question": "apa"}
    if origin in (list, tuple, set, frozenset):
        return [sample(inside[0], "", known)] if inside else []
    return SAMPLES.get(kind, "uji")


def _spoiled(body: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the body with one value replaced at a time, at any depth; and as a whole."""
    for name, value in body.items():
        if isinstance(value, dict):
            for place, inner in _spoiled(value):
                yield f"{name}.{place}", {**body, name: inner}
        for kind, wrong in (TEXTS | WRONG_TYPES).items():
            yield f"{name}: {kind}", {**body, name: wrong}
        yield f"{name}: missing", {at: one for at, one in body.items() if at != name}
    yield "unknown field", {**body, MARKUP: 1}
    yield "a list", [body]
