# SPDX-License-Identifier: GPL-3.0-or-later
"""The procedure LIP20-0015 (section G) as one declared table: which step leads from where to where, who takes it,
and what must be filled in first.

Everything that asks "may this happen?" reads :data:`MOVES`; nothing else in the program decides it. To deepen the
procedure, add rows. The procedure for escalations is named by LIP20-0015 but not given: its rows have steps of our own,
E1 (somebody takes it), E2 (the taxpayer is called back), E3 (resolved). That a call was answered and nothing was asked
(silence, a wrong number) is nowhere in LIP20-0015: such a case is closed with a reason, by rows without a number ("–").
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from crm.errors import NotAllowedError, ProcedureError
from crm.fields import field_label
from pipeline.catalog import text

State = Literal[
    "received", "recorded", "classified", "searching", "consulting", "answered", "documented",
    "escalated", "handling", "calling_back", "resolved", "closed",
]  # fmt: skip
Role = Literal[
    "agent", "team_leader", "escalation_agent", "quality_staff", "quality_assessor", "supervisor", "admin", "system"
]

STATES: tuple[State, ...] = (
    "received", "recorded", "classified", "searching", "consulting", "answered", "documented",
    "escalated", "handling", "calling_back", "resolved", "closed",
)  # fmt: skip
ROLES: tuple[Role, ...] = (
    "agent", "team_leader", "escalation_agent", "quality_staff", "quality_assessor", "supervisor", "admin",
)  # fmt: skip

FIRST_STATE: State = "received"
FIRST_STEP = "1"
NO_STEP = "–"  # of no section of LIP20-0015
# Where the 15 minutes stop counting: at the escalation (the case leaves this procedure), and when the answer is
# documented: steps 7 and 8 (archiving, end) are the machine's and need no more time of the taxpayer or the agent.
CLOCK_STOPS: frozenset[State] = frozenset({"documented", "escalated", "closed"})
# The escalation has the case: an escalation agent works on it, or it waits for one.
ESCALATED: frozenset[State] = frozenset({"escalated", "handling", "calling_back"})
# States in which the case needs nothing more from its agent.
SETTLED: frozenset[State] = ESCALATED | {"documented", "resolved", "closed"}
# Not a field but something that must have happened: the taxpayer was called back (or could not be reached).
CALLED_BACK = "called_back"


@dataclass(frozen=True)
class Move:
    """One row of the procedure.

    Parameters:
        roles: who may take the step; ``system`` is the program itself.
        requires: fields that must be filled (or :data:`CALLED_BACK`).
        when: values that fields must have for this row to be the one that applies (step 3a against 3b).
        step: the step's number in section G.
        label: catalogue key of the button's text.
    """

    from_state: State
    to_state: State
    roles: frozenset[Role]
    step: str
    label: str
    requires: tuple[str, ...] = ()
    when: Mapping[str, str] = field(default_factory=dict)


_AGENT: frozenset[Role] = frozenset({"agent"})
_LEADER: frozenset[Role] = frozenset({"team_leader"})
_HANDLER: frozenset[Role] = frozenset({"escalation_agent"})
_ASKED = {"no_question_reason": ""}

MOVES: tuple[Move, ...] = (
    Move("received", "recorded", _AGENT, "2", "crm.move_record", ("question",), _ASKED),
    Move("received", "closed", _AGENT, NO_STEP, "crm.move_no_question", ("no_question_reason",)),
    Move("recorded", "classified", _AGENT, "3", "crm.move_classify", ("question", "kind"), _ASKED),
    Move("recorded", "closed", _AGENT, NO_STEP, "crm.move_no_question", ("no_question_reason",)),
    Move("classified", "escalated", _AGENT, "3a", "crm.move_escalate", ("kind",), {"kind": "interpretation"}),
    Move("classified", "searching", _AGENT, "3b", "crm.move_search", ("kind",), {"kind": "information"}),
    Move("searching", "answered", _AGENT, "3c", "crm.move_answer", ("answer", "article_id", "article_version")),
    Move("searching", "consulting", _AGENT, "3d", "crm.move_consult"),
    Move("consulting", "escalated", _LEADER, "4", "crm.move_escalate"),
    Move("consulting", "answered", _LEADER, "5", "crm.move_answer_consulted", ("answer", "sikp_update")),
    Move("answered", "documented", _AGENT, "6", "crm.move_document", ("answer",)),
    Move("documented", "closed", frozenset({"agent", "system"}), "8", "crm.move_close"),
    Move("escalated", "handling", _HANDLER, "E1", "crm.move_take"),
    Move("handling", "escalated", _HANDLER | _LEADER, "E1", "crm.move_give_back"),
    Move("handling", "calling_back", _HANDLER, "E2", "crm.move_call_back", ("answer",)),
    Move("calling_back", "escalated", _HANDLER | _LEADER, "E1", "crm.move_give_back"),
    Move("calling_back", "resolved", _HANDLER, "E3", "crm.move_resolve", ("answer", CALLED_BACK)),
    Move("resolved", "closed", frozenset({"escalation_agent", "system"}), "8", "crm.move_close"),
)

_CHECKS = frozenset({"npwp_checked", "name_checked", "efin_checked", "bill_checked"})
_INTAKE = frozenset({"question", "topic", "caller_name", "taxpayer_id"}) | _CHECKS
_ANSWER = frozenset({"answer", "article_id", "article_version"})
# Which fields may still change in which state. The kind is fixed once the case has gone the way of that kind; a
# finished case changes no more.
EDITABLE: Mapping[str, frozenset[str]] = {
    "received": _INTAKE | _ANSWER | {"kind", "no_question_reason"},
    "recorded": _INTAKE | _ANSWER | {"kind", "no_question_reason"},
    "classified": _INTAKE | _ANSWER | {"kind"},
    "searching": _INTAKE | _ANSWER,
    "consulting": _INTAKE | _ANSWER | {"sikp_update"},
    "answered": _INTAKE | _ANSWER,
    "documented": frozenset(),
    "escalated": frozenset(),
    "handling": _ANSWER | _CHECKS | {"taxpayer_id", "sikp_update"},
    "calling_back": _ANSWER | _CHECKS | {"taxpayer_id", "sikp_update"},
    "resolved": frozenset(),
    "closed": frozenset(),
}
_DESK = _AGENT | _LEADER
# Who may fill in fields, by state ...
KEEPERS: Mapping[str, frozenset[Role]] = {
    state: _HANDLER if state in ("handling", "calling_back", "resolved") else _DESK for state in STATES
}
# ... and fields that not all of them may decide: whether SIKP needs an update is never the agent's decision (step 5).
RESERVED: Mapping[str, frozenset[Role]] = {"sikp_update": _LEADER | _HANDLER}


def editable(state: str) -> frozenset[str]:
    """Return the fields that may still change in a state."""
    return EDITABLE.get(state, frozenset())


def may_act(
    roles: frozenset[Role],
    holds: Collection[str],
    person_id: int,
    *,
    agent_id: int | None,
    handler_id: int | None,
    helper_id: int | None = None,
) -> bool:
    """Tell whether a person may act on a case in one of ``roles``.

    An agent may act on own cases (or those of nobody), an escalation agent and a team leader on those that no
    colleague has taken; other roles know no such bound.

    Parameters:
        holds: the person's roles.
        agent_id: whose case it is.
        handler_id: the escalation agent who has taken it.
        helper_id: the team leader who helps with it.
    """
    mine = roles.intersection(holds)
    return (
        bool(mine - {"agent", "escalation_agent", "team_leader"})
        or ("team_leader" in mine and helper_id in (None, person_id))
        or ("agent" in mine and agent_id in (None, person_id))
        or ("escalation_agent" in mine and handler_id in (None, person_id))
    )


def roles_onward(state: str) -> frozenset[Role]:
    """Return all roles that have something to do in a state: fill in fields or take a step."""
    return KEEPERS.get(state, frozenset()).union(*(move.roles for move in MOVES if move.from_state == state))


def is_filled(value: Any) -> bool:
    """Tell whether a field counts as filled in."""
    return value not in (None, "", False)


def moves_from(state: str, values: Mapping[str, Any]) -> tuple[Move, ...]:
    """Return the rows that lead on from a state, given the case's field values.

    A row is left out when a field it depends on already says the other way; a field that is still empty leaves all
    ways open.
    """
    return tuple(
        move
        for move in MOVES
        if move.from_state == state and all(values.get(name) in (wanted, "") for name, wanted in move.when.items())
    )


def missing_fields(move: Move, values: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the required fields that are not filled in yet."""
    return tuple(name for name in move.requires if not is_filled(values.get(name)))


def check_move(state: str, to_state: str, values: Mapping[str, Any], roles: Collection[str]) -> Move:
    """Return the row for this step.

    Parameters:
        state: where the case is.
        to_state: where it is to go.
        values: the case's fields as they would be after the step.
        roles: the roles of who takes the step.

    Raises:
        ProcedureError: the procedure has no such step, or fields are missing; the message names them.
        NotAllowedError: the step belongs to another role.
    """
    rows = [move for move in MOVES if (move.from_state, move.to_state) == (state, to_state)]
    if not rows:
        raise ProcedureError(
            text("crm.no_such_move", from_state=state_label(state), to_state=state_label(to_state)),
            remedy=_ways_on(state, values),
        )
    move = rows[0]
    if not move.roles & set(roles):
        raise NotAllowedError(
            text(
                "crm.move_not_yours", step=move.step, roles=", ".join(role_label(role) for role in sorted(move.roles))
            ),
            remedy=text("crm.move_not_yours_remedy"),
        )
    missing = missing_fields(move, values)
    if missing:
        names = ", ".join(field_label(name) for name in missing)
        raise ProcedureError(
            text("crm.fields_missing", step=move.step, fields=names),
            remedy=text("crm.fields_missing_remedy"),
            missing=missing,
        )
    for name, wanted in move.when.items():
        if values.get(name) != wanted:
            raise ProcedureError(
                text(
                    "crm.move_other_way",
                    step=move.step,
                    field=field_label(name),
                    wanted=text(f"crm.{name}_{wanted}"),
                    value=text(f"crm.{name}_{values.get(name)}"),
                ),
                remedy=_ways_on(state, values),
            )
    return move


def state_label(state: str) -> str:
    """Return a state's name as a person reads it."""
    return text(f"crm.state_{state}") if state in STATES else state[:40]


def role_label(role: str) -> str:
    """Return a role's name as a person reads it."""
    return text(f"crm.role_{role}")


def _ways_on(state: str, values: Mapping[str, Any]) -> str:
    ways = moves_from(state, values)
    if not ways:
        return text("crm.no_way_on", state=state_label(state))
    return text("crm.ways_on", ways=", ".join(f"{move.step} {state_label(move.to_state)}" for move in ways))
