"""The headless view-model: commands in, events out, a frozen Display to draw. No view is imported here."""

from resistype.scheme.palette import GREYS, NO_DATA, OKABE_ITO, axis_colors, category_colors
from resistype.session.commands import Command
from resistype.session.events import Event, Events
from resistype.session.material import Material, call_names, from_calls, from_quantities
from resistype.session.replay import expect
from resistype.session.resolve import AxisView, Category, Display, ThresholdView, resolve
from resistype.session.session import Session
from resistype.session.state import Region, State
from resistype.session.tables import Flow, Share

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
    "Material",
    "Region",
    "Session",
    "Share",
    "State",
    "ThresholdView",
    "axis_colors",
    "call_names",
    "category_colors",
    "expect",
    "from_calls",
    "from_quantities",
    "resolve",
]
