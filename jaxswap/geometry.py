"""Similarities of the plane, in NumPy.

Convention: points are (x, y) in pixels, centres at integers. A matrix `<to>_from_<from>` is 2x3 and
takes points of its right-hand name to its left-hand one ("push"), as `cv2.warpAffine` expects it
when the image on its right-hand side is the source.
"""

import numpy as np
from jaxtyping import Float

from jaxswap import types


def estimate_similarity(
    src: Float[np.ndarray, "n 2"],
    dst: Float[np.ndarray, "n 2"],
    *,
    weights: Float[np.ndarray, " n"] | None = None,
) -> types.Similarity:
    """Least-squares rotation, uniform scale and shift taking `src` to `dst`; never a mirror image.

    With both sets centred, a = sum(s . d) / sum(s . s) and b = sum(s x d) / sum(s . s) give the
    matrix [[a, -b], [b, a]]: Umeyama's solution in the plane, in closed form.

    Convention: the 2x3 result maps src -> dst ("push").

    Args:
        src: points.
        dst: where they should go.
        weights: how much each pair's squared error counts, >= 0; all the same if None.

    Raises:
        ValueError: if the point sets differ in shape or `src` has fewer than 2 distinct points
            that count.

    Reference: Umeyama 1991, https://doi.org/10.1109/34.88573
    """
    if src.shape != dst.shape:
        raise ValueError(f"`src` {src.shape} and `dst` {dst.shape} must match.")
    src, dst = src.astype(np.float64), dst.astype(np.float64)
    w = np.ones(len(src)) if weights is None else weights.astype(np.float64)
    w = (w / max(w.sum(), 1e-300))[:, None]
    src_mean, dst_mean = (w * src).sum(axis=0), (w * dst).sum(axis=0)
    s, d = src - src_mean, dst - dst_mean
    spread = (w * s * s).sum()
    if not spread > 1e-12:
        raise ValueError("`src` must have at least 2 distinct points.")
    a = (w * s * d).sum() / spread
    b = (w[:, 0] * (s[:, 0] * d[:, 1] - s[:, 1] * d[:, 0])).sum() / spread
    linear = np.array([[a, -b], [b, a]])
    return np.concatenate([linear, (dst_mean - linear @ src_mean)[:, None]], axis=1)


def invert(matrix: Float[np.ndarray, "2 3"]) -> Float[np.ndarray, "2 3"]:
    """`a_from_b` for a `b_from_a`.

    Raises:
        ValueError: if the matrix has no inverse.
    """
    linear = matrix[:, :2].astype(np.float64)
    if abs(np.linalg.det(linear)) < 1e-18:
        raise ValueError(f"The matrix {matrix.tolist()} has no inverse.")
    inverse = np.linalg.inv(linear)
    return np.concatenate([inverse, -(inverse @ matrix[:, 2:])], axis=1)


def compose(
    outer: Float[np.ndarray, "2 3"], inner: Float[np.ndarray, "2 3"]
) -> Float[np.ndarray, "2 3"]:
    """`c_from_a` for `c_from_b` and `b_from_a`: `inner` acts first."""
    linear = outer[:, :2] @ inner[:, :2]
    return np.concatenate([linear, outer[:, :2] @ inner[:, 2:] + outer[:, 2:]], axis=1)


def apply(
    matrix: Float[np.ndarray, "2 3"], points: Float[np.ndarray, "... 2"]
) -> Float[np.ndarray, "... 2"]:
    """Points under a matrix, in the type of the points."""
    return (points @ matrix[:, :2].T + matrix[:, 2]).astype(points.dtype)


def scale_of(matrix: Float[np.ndarray, "2 3"]) -> float:
    """How many pixels of the result one pixel of the source becomes."""
    return float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
