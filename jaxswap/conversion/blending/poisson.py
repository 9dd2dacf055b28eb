"""Poisson blending: a face's gradients inside a mask, the frame's own pixels around it.

The unknowns are the pixels of the mask and nothing else, and what they start from are the frame's
pixels next to them: so the solution is that of the whole frame, whatever box is around the mask.
Where the frame ends it has no neighbour to start from, and the face's gradient decides.
"""

import functools
from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from jaxswap.conversion.blending import multigrid
from jaxswap.types import Image

TOLERANCE = 0.5 / 255
"""The last change that the solver makes: it is then a tenth of a grey level or two from exact."""

Gradients = Literal["normal", "mixed"]


class Task(NamedTuple):
    """A face to clone."""

    region: Image
    """RGB in [0, 1]."""
    face: Image
    """The same, of the same size."""
    mask: Bool[np.ndarray, "h w"]
    """Where the face goes."""


class Clone(Protocol):
    """A way to solve Poisson's equation."""

    def __call__(self, tasks: Sequence[Task], *, gradients: Gradients) -> list[Image]:
        """The regions with the faces in them.

        Args:
            tasks: each by itself.
            gradients: normal: the face's. mixed: of the face's and the region's the larger one.

        Raises:
            ValueError: if the sizes of a task differ.
        """
        ...


def clone(tasks: Sequence[Task], *, gradients: Gradients) -> list[Image]:
    """The regions with the faces in them, solved in JAX: see `Clone`.

    What is solved for is c, by which the face changes; with p a pixel of the mask, q its neighbours
    that exist, and c = region - face in those of them that are not in the mask,
    sum(c_p - c_q) = sum(v_pq - (face_p - face_q)), where v_pq are the gradients that are asked for.
    With the face's own the right side is 0: c is the smoothest membrane between its edges. Mixed
    takes for all three channels of a pair of pixels the gradient that is larger over all of them,
    so that no edge gets coloured fringes. Tasks whose masks fit one raster are one call; rasters
    have few sizes, and a program is compiled for each as it is met.

    Reference: Pérez et al. 2003, https://doi.org/10.1145/882262.882269 (equations 7 and 11 to 13)
    """
    for task in tasks:
        if task.region.shape != task.face.shape or task.mask.shape != task.region.shape[:2]:
            raise ValueError(
                f"`region` {task.region.shape}, `face` {task.face.shape} and `mask` "
                f"{task.mask.shape} must match."
            )
    cloned = [task.region.copy() for task in tasks]
    groups: dict[int, list[tuple[int, tuple[slice, slice]]]] = {}
    for index, task in enumerate(tasks):
        if task.mask.any():
            tight = _tight(task.mask)
            groups.setdefault(_side(task.mask[tight].shape), []).append((index, tight))
    for side, members in groups.items():
        parts = [[part[tight] for part in tasks[index]] for index, tight in members]
        solved = _solved(parts, side, mixed=gradients == "mixed")
        for (index, tight), result in zip(members, solved, strict=True):
            mask = tasks[index].mask[tight]
            height, width = mask.shape
            cloned[index][tight][mask] = result[:height, :width][mask]
    return cloned


def _tight(mask: Bool[np.ndarray, "h w"]) -> tuple[slice, slice]:
    """The mask's box and the pixels next to it, as far as they exist."""
    spans = []
    for axis in (1, 0):
        at = np.flatnonzero(mask.any(axis=axis))
        spans.append(slice(max(0, int(at[0]) - 1), int(at[-1]) + 2))
    return spans[0], spans[1]


def _side(shape: tuple[int, ...]) -> int:
    """Of the smallest raster that holds a shape: a square of 4 to 7 times 2^k pixels, k >= 4.

    Such sides can be halved many times, and there are few: a face that grows meets a handful.
    """
    step = 16
    while 7 * step < max(shape):
        step *= 2
    return step * max(4, -(-max(shape) // step))


def _solved(parts: list[list[np.ndarray]], side: int, *, mixed: bool) -> np.ndarray:
    num = len(parts)
    size = 1 << (num - 1).bit_length()  # few sizes of batches, too
    regions, faces = np.zeros((2, size, side, side, 3), np.float32)
    masks, exists = np.zeros((2, size, side, side), bool)
    for index, (region, face, mask) in enumerate(parts):
        at = (index, *(slice(0, length) for length in mask.shape))
        regions[at], faces[at], masks[at], exists[at] = region, face, mask, True
    return np.asarray(_program(regions, faces, masks, exists, mixed=mixed))[:num]


@functools.partial(jax.jit, static_argnames="mixed")
def _program(
    regions: Float[Array, "n h w 3"],
    faces: Float[Array, "n h w 3"],
    masks: Bool[Array, "n h w"],
    exists: Bool[Array, "n h w"],
    *,
    mixed: bool,
) -> Float[Array, "n h w 3"]:
    regions, faces = (jnp.moveaxis(image, -1, 1) for image in (regions, faces))
    there = exists.astype(jnp.float32)
    inside = masks[:, None].astype(jnp.float32)
    known = (1 - inside) * (regions - faces)
    b, neighbours = jnp.zeros_like(faces), jnp.zeros_like(there)
    for axis in (-1, -2):
        for by in (1, -1):
            beside = multigrid.shifted(there, by, axis=axis)
            neighbours += beside
            b += multigrid.shifted(known, by, axis=axis)
            if mixed:
                ours, theirs = (
                    image - multigrid.shifted(image, by, axis=axis) for image in (faces, regions)
                )
                stronger = (theirs**2).sum(axis=1) > (ours**2).sum(axis=1)
                b += (stronger * beside)[:, None] * (theirs - ours)
    change = multigrid.solve(masks, neighbours, inside * b, tolerance=TOLERANCE)
    return jnp.moveaxis(jnp.clip(faces + change, 0, 1), 1, -1)
