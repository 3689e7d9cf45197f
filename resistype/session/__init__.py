"""The headless view-model: commands in, events out, a frozen Display to draw. No view is imported.

data.py     what is looked at           state.py    what is chosen, and what follows from it
commands.py what can be asked for       session.py  commands, undo, events
reapply.py  rules at moved thresholds   replay.py   the log as a script
drivers.py  genes that set a selection apart
"""

from __future__ import annotations

from resistype._renamed import old_names
from resistype.events import Event
from resistype.scheme.scheme import GREYS, NO_DATA, OKABE_ITO, axis_colors, category_colors
from resistype.session.commands import Command
from resistype.session.data import Flow, Proportion, SessionData, call_names
from resistype.session.replay import expect
from resistype.session.session import Events, Session
from resistype.session.state import (
    AxisView,
    Category,
    Display,
    Region,
    State,
    ThresholdView,
    resolve,
)

__all__ = [
    "GREYS",
    "NO_DATA",
    "OKABE_ITO",
    "AxisView",
    "Category",
    "Command",
    "Display",
    "Event",
    "Events",
    "Flow",
    "Proportion",
    "Region",
    "Session",
    "SessionData",
    "State",
    "ThresholdView",
    "axis_colors",
    "call_names",
    "category_colors",
    "expect",
    "resolve",
]

__getattr__ = old_names(__name__)
