# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of LIP20-0015: that it is whole, and that it refuses what it does not know."""

from __future__ import annotations

import pytest

from crm.errors import NotAllowedError, ProcedureError
from crm.fields import FIELDS
from crm.procedure import (
    CALLED_BACK,
    EDITABLE,
    FIRST_STATE,
    KEEPERS,
    MOVES,
    RESERVED,
    ROLES,
    SETTLED,
    STATES,
    check_move,
    may_act,
    moves_from,
)
from pipeline.catalog import messages

pytestmark = pytest.mark.unit

FILLED = {
    "question": "q", "kind": "information", "answer": "a", "article_id": "x", "article_version": 1,
    "sikp_update": "needed", "no_question_reason": "test_call", CALLED_BACK: True,
}  # fmt: skip
HANDLING = {"handling", "calling_back"}


def test_every_row_names_known_states_roles_fields_and_labels():
    for move in MOVES:
        assert {move.from_state, move.to_state} <= set(STATES)
        assert move.roles and move.roles <= {*ROLES, "system"}
        assert set(move.requires) | set(move.when) <= {*FIELDS, CALLED_BACK}
        for language in ("id", "en"):
            assert move.label in messages(language)


def test_names_of_states_roles_and_fields_are_in_the_catalogue():
    keys = {f"crm.state_{state}" for state in STATES} | {f"crm.role_{role}" for role in (*ROLES, "system")}
    keys |= {f"crm.field_{name}" for name in (*FIELDS, CALLED_BACK)}
    keys |= {f"crm.{name}_{choice}" for name in ("kind", "sikp_update") for choice in FIELDS[name].choices}
    for language in ("id", "en"):
        assert keys <= set(messages(language))


def test_no_two_rows_lead_the_same_way():
    pairs = [(move.from_state, move.to_state) for move in MOVES]
    assert len(pairs) == len(set(pairs))


def test_every_state_is_reached_from_the_first_and_leads_to_an_end():
    def reachable(start: str) -> set[str]:
        seen, todo = {start}, [start]
        while todo:
            state = todo.pop()
            for move in MOVES:
                if move.from_state == state and move.to_state not in seen:
                    seen.add(move.to_state)
                    todo.append(move.to_state)
        return seen

    assert reachable(FIRST_STATE) == set(STATES)
    for state in STATES:
        assert "closed" in reachable(state)


def test_required_fields_can_be_filled_in_on_the_way():
    for move in MOVES:
        assert set(move.requires) - {CALLED_BACK} <= EDITABLE[move.from_state] | EDITABLE["classified"]


def test_steps_are_those_of_section_g():
    assert [move.step for move in MOVES] == [
        "2", "–", "3", "–", "3a", "3b", "3c", "3d", "4", "5", "6", "8", "E1", "E1", "E2", "E1", "E3", "8",
    ]  # fmt: skip


def row_id(move):
    return f"{move.step}-{move.from_state}-{move.to_state}"


@pytest.mark.parametrize("move", MOVES, ids=row_id)
def test_each_step_is_taken_when_everything_is_there(move):
    values = {**FILLED, **move.when}
    assert check_move(move.from_state, move.to_state, values, move.roles) is move


@pytest.mark.parametrize("move", [move for move in MOVES if move.requires], ids=row_id)
def test_a_step_names_what_is_missing(move):
    for name in move.requires:
        with pytest.raises(ProcedureError) as refused:
            check_move(move.from_state, move.to_state, {**FILLED, **move.when, name: ""}, move.roles)
        assert refused.value.missing == (name,)
        assert messages("en")[f"crm.field_{name}"] in str(refused.value)


@pytest.mark.parametrize("move", MOVES, ids=row_id)
def test_a_step_is_refused_to_every_other_role(move):
    others = set(ROLES) - move.roles
    with pytest.raises(NotAllowedError, match=f"Step {move.step} "):
        check_move(move.from_state, move.to_state, {**FILLED, **move.when}, others)


def test_all_unknown_steps_are_refused():
    known = {(move.from_state, move.to_state) for move in MOVES}
    for from_state in STATES:
        for to_state in (*STATES, "lost", ""):
            if (from_state, to_state) not in known:
                with pytest.raises(ProcedureError, match="knows no step"):
                    check_move(from_state, to_state, FILLED, {*ROLES, "system"})


def test_a_refusal_says_which_ways_are_open():
    with pytest.raises(ProcedureError, match=r"Possible now: 3b Searching\.$"):
        check_move("classified", "closed", FILLED, ROLES)


def test_interpretation_goes_to_escalation_and_information_to_the_search():
    with pytest.raises(ProcedureError, match="3b is only for Kind"):
        check_move("classified", "searching", {"kind": "interpretation"}, {"agent"})
    with pytest.raises(ProcedureError, match="3a is only for Kind"):
        check_move("classified", "escalated", {"kind": "information"}, {"agent"})
    assert [move.step for move in moves_from("classified", {"kind": "interpretation"})] == ["3a"]
    assert [move.step for move in moves_from("classified", {"kind": ""})] == ["3a", "3b"]


def test_settled_cases_change_no_more():
    assert all(not EDITABLE[state] for state in SETTLED - HANDLING)


def test_a_case_in_escalation_is_the_escalation_agents_alone():
    for state in STATES:
        agents = bool(KEEPERS[state] & {"agent", "team_leader"})
        assert agents != ("escalation_agent" in KEEPERS[state])
    assert all(KEEPERS[state] == {"escalation_agent"} for state in HANDLING)


def test_whether_sikp_needs_an_update_is_not_the_agents_decision():
    assert {"sikp_update": {"team_leader", "escalation_agent"}} == RESERVED


def test_roles_act_within_their_bounds():
    agent, handler, leader = frozenset({"agent"}), frozenset({"escalation_agent"}), frozenset({"team_leader"})
    everybody = agent | handler | leader
    assert may_act(everybody, agent, 1, agent_id=1, handler_id=9)
    assert may_act(everybody, agent, 1, agent_id=None, handler_id=9)
    assert not may_act(everybody, agent, 1, agent_id=2, handler_id=1)
    assert may_act(everybody, handler, 1, agent_id=9, handler_id=None)
    assert not may_act(everybody, handler, 1, agent_id=1, handler_id=2)
    assert may_act(everybody, leader, 1, agent_id=2, handler_id=2)
    assert may_act(everybody, agent | handler, 1, agent_id=2, handler_id=1)
    assert not may_act(agent, leader, 1, agent_id=1, handler_id=1)
