"""What all widgets share.

Traits for bytes, requests with answers, what a page is told, names that stay in Python.

Messages from the page are not trusted: an unknown question, a wrong length or a wrong name gets an
error as its answer. A message of the page may overtake a trait that the page changed before it. So
a request carries all that it needs, and says after which change it was made: it waits here until
that change has come. A state that comes twice is taken once.

Sample ids are never sent. Names of patients go only in the answer to the page's own request, which
no notebook saves: traits are saved with it. Notes, warnings and errors name samples, in brackets
and quotes; each name that is known is exchanged for its place, such as ``sample 4``.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import pandas as pd
import traitlets
from numpy.typing import NDArray

from resistype.errors import InputError, ResistypeError
from resistype.events import Event

STATIC = Path(__file__).parent / "static"
MAX_TEXT = 200
MAX_WAITING, MAX_PAGES = 20, 50

Answer = tuple[dict[str, Any], list[bytes]]


def _from_page(value: Any, _widget: Any) -> bytes:
    # The page sends a memoryview; a plain Bytes trait refuses it and drops the whole message
    # without a word.
    return b"" if value is None else bytes(value)


class Bits(traitlets.Bytes):  # type: ignore[misc, type-arg, unused-ignore]
    """A trait for bytes that also come from the page."""

    def __init__(self, default: bytes = b"") -> None:
        super().__init__(default)
        self.tag(sync=True, from_json=_from_page)


def read_bits(bits: bytes, n: int) -> NDArray[np.bool_]:
    """Mask of n observations; nothing selected where there are no bits."""
    if not bits:
        return np.zeros(n, dtype=bool)
    if len(bits) != -(-n // 8):
        message = (
            f"The selection has {len(bits)} bytes; {-(-n // 8)} are needed for {n} observations."
        )
        raise InputError(message, code="V110")
    return np.unpackbits(np.frombuffer(bits, dtype=np.uint8), count=n).astype(bool)


def write_bits(mask: NDArray[np.bool_]) -> bytes:
    """Bits of a mask; none where nothing is selected."""
    return np.packbits(mask).tobytes() if mask.any() else b""


def static_table(caption: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table that stands where the widget cannot run.

    A notebook on GitHub, an export, a session that has ended.
    """
    cells = "".join(f"<th scope='col'>{html.escape(one)}</th>" for one in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(str(one)[:MAX_TEXT])}</td>" for one in row) + "</tr>"
        for row in rows
    )
    words = html.escape(caption)
    head_row = f"<caption>{words}</caption><thead><tr>{cells}</tr></thead>"
    return f"<table>{head_row}<tbody>{body}</tbody></table>"


def _marks(given: Any) -> dict[str, int]:
    """Views of the page and the number of the last change of each.

    Only what has this form, and the last ones.
    """
    pairs = given.items() if isinstance(given, dict) else ()
    fit = [(k, n) for k, n in pairs if isinstance(k, str) and len(k) <= MAX_TEXT and type(n) is int]
    return dict(fit[-MAX_PAGES:])


class Widget(anywidget.AnyWidget):  # type: ignore[misc, unused-ignore]
    """An anywidget with requests: `answers` maps a question to a function of (content, buffers).

    One bundle serves all; each widget names its page in the trait ``_kind``. What goes wrong where
    nobody asked, such as in a listener, stands in the trait ``message``.
    """

    # As text: of a path anywidget keeps every widget alive, to load the file again when it changes.
    _esm = (STATIC / "main.js").read_text(encoding="utf-8")
    _sent = traitlets.Dict().tag(
        sync=True
    )  # the views of the page, and the number of the last change of each

    message = traitlets.Unicode("").tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        self._listening: list[tuple[Event, Callable[..., Any]]] = []
        self._taken: dict[str, int] = {}
        self._late: list[tuple[dict[str, Any], list[bytes]]] = []
        super().__init__(**traits)
        self.on_msg(self._asked)

    def listen(self, event: Event, listener: Callable[..., Any]) -> None:
        """Hear an event until the widget is closed."""
        event.connect(listener)
        self._listening.append((event, listener))

    def show_message(self, text: object) -> None:
        """Show a sentence, such as why something failed."""
        self.message = unnamed(str(text)[:1000], self.hidden_names()) if text else ""

    def hidden_names(self) -> Mapping[str, str]:
        """Names that are not to be saved with the notebook, and what is said in their place."""
        return {}

    def close(self) -> None:
        """Stop listening and end the page; what the widget showed lives on."""
        for event, listener in getattr(self, "_listening", ()):  # none where it was never made
            event.disconnect(listener)
        self._listening = []
        self.on_msg(self._asked, remove=True)
        super().close()

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take a state of the page, then answer what waited for it."""
        marks = _marks(sync_data.get("_sent"))
        if marks and not self._behind(marks):
            return
        state = {name: value for name, value in sync_data.items() if name != "_sent" or marks}
        try:
            self.message = ""
            super().set_state(state)
        except ResistypeError as error:
            self.show_message(error)
        except Exception as error:  # noqa: BLE001  nobody reads the log of the kernel
            self.show_message(f"{type(error).__name__} in Python: {error}")
        finally:
            self._taken = dict([*self._taken.items(), *marks.items()][-MAX_PAGES:])
        waiting, self._late = self._late, []
        for content, buffers in waiting:
            self._asked(self, content, buffers)

    def answers(self) -> dict[str, Callable[[dict[str, Any], list[bytes]], Answer]]:
        """Questions that the page may ask."""
        return {}

    def _asked(self, _widget: Any, content: Any, buffers: Any) -> None:
        if not isinstance(content, dict) or not isinstance(content.get("id"), str):
            return
        if self._behind(_marks(content.get("after"))):
            self._late = [*self._late, (content, [bytes(one) for one in buffers or ()])][
                -MAX_WAITING:
            ]
            return
        head = {"id": content["id"][:MAX_TEXT]}
        try:
            known, what = self.answers(), content.get("what")
            if not isinstance(what, str) or what not in known:
                message = f"Unknown question {str(what)[:40]!r}."
                raise InputError(message, code="V111")
            reply, parts = known[what](content, [bytes(one) for one in buffers or ()])
        except ResistypeError as error:
            self.send({**head, "error": str(error)[:1000]})
        except Exception as error:  # noqa: BLE001  the page must get an answer, whatever went wrong
            self.send({**head, "error": f"{type(error).__name__} in Python: {str(error)[:300]}"})
        else:
            self.send({**head, **reply}, buffers=parts)

    def _behind(self, marks: dict[str, int]) -> bool:
        """Whether one of these changes has not come yet."""
        return any(number > self._taken.get(view, 0) for view, number in marks.items())

    def static_html(self) -> str:
        """What is shown where the widget cannot run; escaped."""
        return ""

    def _ipython_display_(self) -> None:
        """Show the widget, and below it, folded, the table.

        JupyterLab shows no other form of a widget that is gone.
        """
        from IPython.display import display  # noqa: PLC0415  only where a notebook asks for it

        found = self._repr_mimebundle_()
        bundle, about = found if isinstance(found, tuple) else (found, {})
        shown: Any = display
        shown(bundle, metadata=about, raw=True)
        words = "<summary>as it was when the cell ran</summary>"
        shown(
            {
                "text/html": f"<details>{words}{self.static_html()}</details>",
                "text/plain": repr(self),
            },
            raw=True,
        )

    def _repr_mimebundle_(self, **options: Any) -> Any:
        found = super()._repr_mimebundle_(**options)
        bundle = found[0] if isinstance(found, tuple) else found
        if isinstance(bundle, dict):
            bundle["text/html"] = self.static_html()
        return found


@dataclass(frozen=True)
class PageData:
    """What goes to the page: the description, and buffers in the order in which it reads them.

    `groups` has the patient and time point of every observation, drawn or not, as one number of
    `n_groups`: patient × times + time.
    """

    spec: dict[str, Any]
    buffers: list[bytes] = field(default_factory=list)
    groups: NDArray[np.int64] = field(repr=False, default_factory=lambda: np.empty(0, np.int64))
    n_groups: int = 0


EDGES = re.compile(r"([(),'\"…]+)")  # what stands around a name in our words


def stand_ins(
    samples: Sequence[str], table: pd.DataFrame | None = None, patient: str = ""
) -> dict[str, str]:
    """What is said in the place of each name: its place, counted from 1.

    Examples
    --------
    >>> stand_ins(["a", "b"], pd.DataFrame({"who": ["P", "P"]}, index=["b", "c"]), "who")
    {'P': 'patient 1', 'b': 'sample 2', 'c': 'row 2 of the table', 'a': 'sample 1'}
    """
    found: dict[str, str] = {}
    if table is not None:
        people = table[patient].dropna().tolist() if patient in table.columns else []
        found |= _counted("patient {}", dict.fromkeys(str(one) for one in people))
        found |= _counted("row {} of the table", (str(one) for one in table.index))
    return found | _counted("sample {}", samples)


def _counted(words: str, names: Iterable[str]) -> dict[str, str]:
    return {name: words.format(at) for at, name in enumerate(names, start=1) if name}


def unnamed(text: str, names: Mapping[str, str]) -> str:
    """The words with each known name exchanged for its place.

    Examples
    --------
    >>> unnamed("It is flat (MRN-7 at 'Pre').", {"MRN-7": "sample 1"})
    "It is flat (sample 1 at 'Pre')."
    """
    for name in (one for one in names if one in text and EDGES.search(one)):
        text = text.replace(name, names[name])
    return "".join(_exchanged(part, names) for part in EDGES.split(text))


def _exchanged(part: str, names: Mapping[str, str]) -> str:
    name = part.strip()
    for known in (name, name.removesuffix(" at")):
        if known in names:
            return part.replace(known, names[known])
    return part
