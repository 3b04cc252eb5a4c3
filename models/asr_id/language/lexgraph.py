# SPDX-License-Identifier: GPL-3.0-or-later
"""Lexicon and network states as FSTs in OpenFst's text form; plain Python, no native code.

Labels: decoder phones from 1, after them the disambiguation symbols (`#0` for backing off, `#1`... for words that
sound the same, the last one for silence); outputs are word ids.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

from models.asr_id.language.lexfile import Pronunciation
from models.asr_id.language.phonetable import phone_ids, phone_table, positioned
from models.asr_id.phones import SILENCE

PHONES = len(phone_table())
_START, _LOOP, _SILENCE, _AFTER_SILENCE = range(4)
_HALF = math.log(2)  # silence or none between words: as likely


def lexicon_lines(entries: Sequence[Pronunciation], ids: dict[str, int], backoff: str) -> tuple[str, range]:
    """Return the lexicon with optional silence between words, and its disambiguation labels.

    The word comes out with its first phone: the language model's say is then in before the word ends.
    """
    phone_id = phone_ids()
    first_label = PHONES + 1
    arcs = [(_START, _LOOP, 0, 0, _HALF), (_START, _SILENCE, 0, 0, _HALF)]
    same_sound = Counter(entry.phones for entry in entries)
    used: Counter[tuple[str, ...]] = Counter()
    state = _AFTER_SILENCE + 1
    for entry in entries:
        labels = [phone_id[name] for name in positioned(entry.phones)]
        if same_sound[entry.phones] > 1:
            used[entry.phones] += 1
            labels.append(first_label + used[entry.phones])
        source, output, cost = _LOOP, ids[entry.word], entry.cost
        for label in labels[:-1]:
            arcs.append((source, state, label, output, cost))
            source, output, cost, state = state, 0, 0.0, state + 1
        arcs += [(source, target, labels[-1], output, cost + _HALF) for target in (_LOOP, _SILENCE)]
    silence_label = first_label + max(used.values(), default=0) + 1
    arcs.append((_SILENCE, _AFTER_SILENCE, phone_id[SILENCE], 0, 0.0))
    arcs.append((_AFTER_SILENCE, _LOOP, silence_label, 0, 0.0))
    arcs.append((_LOOP, _LOOP, first_label, ids[backoff], 0.0))
    text = "".join([f"{a} {b} {i} {o} {cost:.6f}\n" for a, b, i, o, cost in arcs])
    return f"{text}{_LOOP} 0\n", range(first_label, silence_label + 1)


def expand(lines: str, start: int, *, keep: Collection[int]) -> tuple[str, list[int]]:
    """Turn phones into transition ids; return the network and the ids of the disambiguation symbols kept in it.

    Phone p becomes its forward transition 2p, and the state it leads to gets its self-loop 2p - 1 (Kaldi's
    "reorder"). A state that different phones lead to is split; one entered without a phone has no loop. All
    transition probabilities are one half and therefore left out. Disambiguation symbols not in ``keep`` become epsilon.
    """
    arcs, final = _parse(lines)
    numbers = {(start, 0): 0}
    open_states = [(start, 0)]
    made: list[str] = []
    while open_states:
        here = open_states.pop()
        state, phone = here
        number = numbers[here]
        if phone:
            made.append(f"{number} {number} {2 * phone - 1} 0 0\n")
        for target, label, output, cost in arcs.get(state, ()):
            entered = label if label <= PHONES else 0
            there = (target, entered)
            if there not in numbers:
                numbers[there] = len(numbers)
                open_states.append(there)
            made.append(f"{number} {numbers[there]} {_transition(label, keep)} {output} {cost}\n")
        if state in final:
            made.append(f"{number} {final[state]}\n")
    return "".join(made), [_transition(label, keep) for label in keep]


def _transition(label: int, keep: Collection[int]) -> int:
    if label <= PHONES:
        return 2 * label
    return PHONES + label if label in keep else 0


def _parse(lines: str) -> tuple[dict[int, list[tuple[int, int, int, str]]], dict[int, str]]:
    """Return arcs (target, input, output, cost) by state and the final states' costs; costs stay text."""
    arcs: dict[int, list[tuple[int, int, int, str]]] = defaultdict(list)
    final: dict[int, str] = {}
    for line in lines.splitlines():
        fields = line.split()
        if len(fields) >= 4:
            cost = fields[4] if len(fields) > 4 else "0"
            arcs[int(fields[0])].append((int(fields[1]), int(fields[2]), int(fields[3]), cost))
        elif fields:
            final[int(fields[0])] = fields[1] if len(fields) > 1 else "0"
    return arcs, final
