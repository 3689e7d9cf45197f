"""A plane to stand on where no embedding was given: the first two principal axes of the measured quantities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resistype.scheme import Calls
from resistype.session import Material, from_calls

__all__ = ["plane", "with_plane"]

NAME = "main axes of the quantities"


def with_plane(source: Calls | Material, embeddings: Mapping[str, Any] | None) -> Material:
    """Material with at least one embedding."""
    if isinstance(source, Material):
        extra = {k: np.asarray(v, dtype=np.float32)[:, :2] for k, v in (embeddings or {}).items()}
        material = replace(source, embeddings={**source.embeddings, **extra})
    else:
        material = from_calls(source, embeddings)
    return material if material.embeddings else replace(material, embeddings={NAME: plane(material)})


def plane(material: Material) -> NDArray[np.float32]:
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
