"""What the Explorer stands on: a session, with embeddings joined to its observations or a projection.

A table of coordinates is joined by the names of its rows, an array by position. Where no embedding
was given, the projection is that on the first two principal axes of the measured quantities.
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

__all__ = ["draw_rows", "projection", "session_of", "with_projection"]

NAME = "main axes of the quantities"


def session_of(source: Any, embeddings: Any) -> Session:
    """The session to show.

    Raises
    ------
    InputError
        V117 for another kind of source, for one without observations, and for embeddings beside a
        session; E903 for embeddings that do not fit.
    """
    if isinstance(source, Session):
        if embeddings is not None:
            message = f"A session has its embeddings, got {len(embeddings)} more: give them to Session(calls, embeddings=…)."
            raise InputError(message, code="V124")
        material = source.data
        _check_any(material.samples)
    elif isinstance(source, (Calls, SessionData)):
        material = with_projection(source, embeddings)
    else:
        message = (
            f"Got {type(source).__name__}; wanted Calls of classify, a Session or a SessionData."
        )
        raise InputError(message, code="V117")
    return source if isinstance(source, Session) else Session(material)


def with_projection(source: Calls | SessionData, embeddings: Any) -> SessionData:
    """SessionData with at least one embedding.

    Raises
    ------
    InputError
        V117 without observations, or where embeddings are no dictionary; E903 for embeddings that
        do not fit.
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
    return (
        material
        if material.embeddings
        else replace(material, embeddings={NAME: projection(material)})
    )


def _check_any(samples: Sequence[str]) -> None:
    if not len(samples):
        raise InputError(
            "There are 0 observations, nothing to show. Give calls of at least one.", code="V117"
        )


def _check_finite(points: Mapping[str, NDArray[np.float32]]) -> None:
    wrong = []
    for name, one in points.items():
        endless = int(np.isinf(one).sum())
        if endless or np.isnan(one).any(axis=1).all():
            has = f"{endless} infinite" if endless else "no finite"
            wrong.append(
                f"embedding {name!r} has {has} coordinates; give numbers, or NaN where there is no place"
            )
    complain(wrong, InputError, code="V124", subject="Embeddings")


def projection(material: SessionData) -> NDArray[np.float32]:
    """Coordinates of shape (n_obs, 2) from the quantities that most observations have, each scaled to SD 1.

    Missing values stand at the mean. The sign of an axis is fixed: its largest weight is positive.
    """
    columns = [
        v.astype(np.float64)
        for v in material.columns.values()
        if np.isnan(v).mean() < 0.5 and np.nanstd(v) > 0
    ]
    if len(columns) < 2:
        return np.zeros((material.n_obs, 2), dtype=np.float32)
    scaled = [np.nan_to_num((v - np.nanmean(v)) / np.nanstd(v)) for v in columns]
    matrix = np.column_stack(scaled)
    _, vectors = np.linalg.eigh(matrix.T @ matrix)
    first = vectors[:, [-1, -2]]
    first = first * np.sign(first[np.abs(first).argmax(axis=0), [0, 1]])
    points: NDArray[np.float32] = (matrix @ first).astype(np.float32)
    return points


def draw_rows(material: SessionData, most: int, *, seed: int = 0) -> NDArray[np.intp]:
    """Rows to draw, sorted: all, or of each call of the first axis its share, by a fixed draw."""
    n_obs = material.n_obs
    if n_obs <= most:
        return np.arange(n_obs)
    rng = np.random.default_rng(seed)
    codes = material.final[material.scheme.axes[0].id]
    kept = []
    for code in np.unique(codes):
        rows = np.flatnonzero(codes == code)
        kept.append(rng.choice(rows, size=max(1, int(len(rows) * most / n_obs)), replace=False))
    return np.sort(np.concatenate(kept))[:most]
