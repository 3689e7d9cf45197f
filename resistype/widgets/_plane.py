"""What the Explorer stands on: a session, with embeddings joined to its observations, or a plane of its own.

A table of coordinates is joined by the names of its rows, an array by position. Where no embedding was given, the
plane is that of the first two principal axes of the measured quantities.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resistype.errors import InputError, complain
from resistype.scheme import Calls
from resistype.session import Session, SessionData
from resistype.session.data import coordinates

__all__ = ["plane", "session_of", "with_plane"]

NAME = "main axes of the quantities"


def session_of(source: Any, embeddings: Any) -> Session:
    """The session to show.

    Raises
    ------
    InputError
        V117 for another kind of source, for one without observations, V124 for embeddings beside a session and for
        embeddings that do not fit.
    """
    if isinstance(source, Session):
        if embeddings is not None:
            message = (
                f"A session has its embeddings, got {len(embeddings)} more: give them to Session(calls, embeddings=…)."
            )
            raise InputError(message, code="V124")
        material = source.data
        _check_any(material.samples)
    elif isinstance(source, (Calls, SessionData)):
        material = with_plane(source, embeddings)
    else:
        message = f"Got {type(source).__name__}; wanted Calls of classify, a Session or a SessionData."
        raise InputError(message, code="V117")
    return source if isinstance(source, Session) else Session(material)


def with_plane(source: Calls | SessionData, embeddings: Any) -> SessionData:
    """SessionData with at least one embedding.

    Raises
    ------
    InputError
        V117 without observations; V124 for embeddings that are no dictionary or do not fit.
    """
    samples = source.samples
    _check_any(samples)
    if embeddings is not None and not isinstance(embeddings, Mapping):
        message = f"Embeddings: got {type(embeddings).__name__}; wanted a dictionary such as {{'UMAP': coordinates}}."
        raise InputError(message, code="V124")
    points = coordinates(embeddings or {}, samples)
    _check_finite(points)
    if isinstance(source, SessionData):
        material = replace(source, embeddings={**source.embeddings, **points})
    else:
        material = SessionData.from_calls(source, points)
    return material if material.embeddings else replace(material, embeddings={NAME: plane(material)})


def _check_any(samples: Sequence[str]) -> None:
    if not len(samples):
        raise InputError("There are 0 observations, nothing to show. Give calls of at least one.", code="V117")


def _check_finite(points: Mapping[str, NDArray[np.float32]]) -> None:
    wrong = []
    for name, one in points.items():
        endless = int(np.isinf(one).sum())
        if endless or np.isnan(one).any(axis=1).all():
            has = f"{endless} infinite" if endless else "no finite"
            wrong.append(f"embedding {name!r} has {has} coordinates; give numbers, or NaN where there is no place")
    complain(wrong, InputError, code="V124", subject="Embeddings")


def plane(material: SessionData) -> NDArray[np.float32]:
    """Coordinates of shape (n_obs, 2) from the quantities that most observations have, each scaled to SD 1.

    Missing values stand at the mean. The sign of an axis is fixed: its largest weight is positive.
    """
    columns = [v.astype(np.float64) for v in material.columns.values() if np.isnan(v).mean() < 0.5 and np.nanstd(v) > 0]
    if len(columns) < 2:
        return np.zeros((material.n_obs, 2), dtype=np.float32)
    scaled = [np.nan_to_num((v - np.nanmean(v)) / np.nanstd(v)) for v in columns]
    matrix = np.column_stack(scaled)
    _, vectors = np.linalg.eigh(matrix.T @ matrix)
    first = vectors[:, [-1, -2]]
    first = first * np.sign(first[np.abs(first).argmax(axis=0), [0, 1]])
    points: NDArray[np.float32] = (matrix @ first).astype(np.float32)
    return points
