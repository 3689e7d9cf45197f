"""Undo and redo of any length."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from resistype.history import History


@given(st.lists(st.sampled_from(["do", "back", "forth"]), max_size=40))
def test_it_is_a_list_with_a_place_in_it(acts: list[str]) -> None:
    history: History[int] = History()
    now, number = 0, 0
    slow, place = [now], 0
    for act in acts:
        if act == "do":
            number += 1
            history.did(now, f"step {number}")
            now = number
            slow, place = [*slow[: place + 1], now], place + 1
        else:
            found = history.back(now) if act == "back" else history.forth(now)
            wanted = place + (1 if act == "forth" else -1)
            assert (found is None) == (not 0 <= wanted < len(slow))
            if found is not None:
                now, place = found, wanted
        assert now == slow[place]
        assert bool(history.undo_label) == (place > 0)
        assert bool(history.redo_label) == (place < len(slow) - 1)


def test_the_oldest_is_forgotten_where_there_is_a_limit() -> None:
    history: History[int] = History(300)
    for number in range(1000):
        history.did(number, "step")
    now, steps = 1000, 0
    while (before := history.back(now)) is not None:
        now, steps = before, steps + 1

    assert (steps, now) == (300, 700)
