"""MTCNN on the device: proposals over tiles of the pyramid, then two nets on crops of them.

All frames of a call share each net's batches. These have two sizes for each net, whatever the
frames, so that a process compiles six programs.

Reference: Zhang et al. 2016, https://arxiv.org/abs/1604.02878
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal, cast

import jax
import numpy as np
from jaxtyping import Array, Bool, Float

from jaxswap.vision import boxes as box_math
from jaxswap.vision import crops, detection, mtcnn_nets, mtcnn_weights, pyramid

THRESHOLDS = {"pnet": 0.6, "rnet": 0.7, "onet": 0.8}  # as the mtcnn package has them
BATCH_SIZES = {"pnet": (4, 16), "rnet": (8, 64), "onet": (2, 16)}  # the rest, and the bulk

# Flax types `apply` as if it might give changed variables as well, hence the casts of its outputs.


@jax.jit
def propose(
    variables: dict, tiles: Float[Array, "b tile tile 3"], inside: Bool[Array, "b conv conv"]
) -> tuple[Float[Array, "b side side 4"], Float[Array, "b side side"]]:
    """The first net on tiles of the pyramid, in [0, 255].

    A CPU takes two at a time, whose maps fit its cache: the whole batch needs half as much again.
    """

    def net(tiles: Array, inside: Array) -> tuple[Array, Array]:
        outputs = mtcnn_nets.PNet().apply(variables, (tiles - 127.5) / 128, inside)
        return cast(tuple[Array, Array], outputs)

    def by_two(*batch: Array) -> tuple[Array, Array]:
        pairs = [items.reshape(-1, 2, *items.shape[1:]) for items in batch]
        outputs = jax.lax.map(lambda pair: net(*pair), pairs)
        return tuple(output.reshape(-1, *output.shape[2:]) for output in outputs)

    return jax.lax.platform_dependent(tiles, inside, cpu=by_two, default=net)


@jax.jit
def refine(
    variables: dict, images: Float[Array, "b 24 24 3"]
) -> tuple[Float[Array, "b 4"], Float[Array, " b"]]:
    """The second net on crops."""
    return cast(tuple[Array, Array], mtcnn_nets.RNet().apply(variables, images))


@jax.jit
def finish(
    variables: dict, images: Float[Array, "b 48 48 3"]
) -> tuple[Float[Array, "b 4"], Float[Array, "b 10"], Float[Array, " b"]]:
    """The third net on crops."""
    return cast(tuple[Array, Array, Array], mtcnn_nets.ONet().apply(variables, images))


class Mtcnn:
    """The detector of `jaxswap.vision.detection`.

    Args:
        min_score: faces below this confidence in [0, 1] are dropped; the last net drops all below
            0.8.
        min_face_px: side in pixels of the smallest face that is looked for, at least 12; or
            auto, as `detection.smallest_px` has it. The time falls with its square, since the first
            net sees the frame at 12 / `min_face_px` of its size; the others see it in full.

    Raises:
        JaxswapError: if the weights are missing or not the published ones.
    """

    def __init__(self, *, min_score: float, min_face_px: int | Literal["auto"]):
        self._min_score = min_score
        self._min_face_px: int | Literal["auto"] = min_face_px
        self._variables = {net: jax.device_put(mtcnn_weights.load(net)) for net in BATCH_SIZES}

    def detect(self, frames_u8: Sequence[detection.FrameU8]) -> list[list[detection.Detection]]:
        """The faces of each frame, best first; frames may differ in size."""
        found = self._proposals(frames_u8)
        found = self._refined(frames_u8, found)
        return [
            self._detections(rows, frame.shape)
            for frame, rows in zip(frames_u8, self._finished(frames_u8, found), strict=True)
        ]

    def _proposals(self, frames_u8: Sequence[detection.FrameU8]) -> list[np.ndarray]:
        layouts = [
            pyramid.layout(
                *frame.shape[:2], min_face_px=detection.smallest_px(self._min_face_px, frame)
            )
            for frame in frames_u8
        ]
        tiles = itertools.chain.from_iterable(
            layout.tiles(frame) for layout, frame in zip(layouts, frames_u8, strict=True)
        )
        ends = np.cumsum([layout.num_tiles for layout in layouts])[:-1]
        outputs = self._run("pnet", propose, tiles)
        if outputs is None:
            return [np.zeros((0, 5), np.float32) for _ in frames_u8]
        offsets, scores = (np.split(output, ends) for output in outputs)
        return [
            _boxes_of(layout, layout.join(offset), layout.join(score))
            for layout, offset, score in zip(layouts, offsets, scores, strict=True)
        ]

    def _refined(
        self, frames_u8: Sequence[detection.FrameU8], found: list[np.ndarray]
    ) -> list[np.ndarray]:
        outputs = self._run("rnet", refine, _crops("rnet", frames_u8, found))
        if outputs is None:
            return found
        refined = []
        for rows, offset, score in _split(found, outputs):
            rows = box_math.refine(rows, offset)
            rows[:, 4] = score
            rows = box_math.suppress(rows[score > THRESHOLDS["rnet"]], 0.7)
            refined.append(box_math.square(rows))
        return refined

    def _finished(
        self, frames_u8: Sequence[detection.FrameU8], found: list[np.ndarray]
    ) -> list[np.ndarray]:
        outputs = self._run("onet", finish, _crops("onet", frames_u8, found))
        if outputs is None:
            return [np.zeros((0, 15), np.float32) for _ in frames_u8]
        finished = []
        for rows, offset, point, score in _split(found, outputs):
            sides = rows[:, 2:4] - rows[:, :2] + 1
            xs = sides[:, :1] * point[:, :5] + rows[:, :1] - 1
            ys = sides[:, 1:] * point[:, 5:] + rows[:, 1:2] - 1
            moved = box_math.refine(rows, offset)
            moved[:, 4] = score
            whole = np.concatenate([moved, xs, ys], axis=1)[score > THRESHOLDS["onet"]]
            finished.append(box_math.suppress(whole, 0.7, by_smaller=True))
        return finished

    def _run(
        self, net: str, apply: Callable[..., tuple[jax.Array, ...]], items: Iterable[Any]
    ) -> list[np.ndarray] | None:
        """Outputs of a net for all items, in batches of its two sizes; None without items.

        The batches are dispatched as their items come, so the host cuts the next meanwhile.
        """
        outputs, count = [], 0
        for batch, size in _batches(items, BATCH_SIZES[net]):
            padded = batch + batch[:1] * (size - len(batch))
            outputs.append(apply(self._variables[net], *map(np.stack, zip(*padded, strict=True))))
            count += len(batch)
        if not count:
            return None
        # Only the last batch is padded, so the padding is at the end.
        return [np.concatenate(o)[:count] for o in zip(*jax.device_get(outputs), strict=True)]

    def _detections(self, rows: np.ndarray, shape: tuple[int, ...]) -> list[detection.Detection]:
        height, width = shape[:2]
        rows = rows[rows[:, 4] >= self._min_score].astype(np.float32)
        rows[:, [0, 2]] = rows[:, [0, 2]].clip(0, width)
        rows[:, [1, 3]] = rows[:, [1, 3]].clip(0, height)
        return [
            detection.Detection(
                box=row[:4], score=float(row[4]), landmarks=np.stack([row[5:10], row[10:15]], 1)
            )
            for row in rows
            if row[2] > row[0] and row[3] > row[1]
        ]


def _boxes_of(
    layout: pyramid.Layout,
    offsets: Float[np.ndarray, "oh ow 4"],
    scores: Float[np.ndarray, "oh ow"],
) -> Float[np.ndarray, "n 5"]:
    """Proposals of one frame in its pixels."""
    found = [np.zeros((0, 5), np.float32)]
    for level in layout.levels:
        rows, columns = level.cells
        top, left = level.y // mtcnn_nets.STRIDE, level.x // mtcnn_nets.STRIDE
        score = scores[top : top + rows, left : left + columns]
        y, x = np.nonzero(score > THRESHOLDS["pnet"])
        corner = np.stack([x, y], axis=1) * mtcnn_nets.STRIDE
        # The package counts the cell's pixels from 1, inclusively.
        cell = np.concatenate([corner + 1, corner + mtcnn_nets.CELL], axis=1).astype(np.float32)
        offset = offsets[top : top + rows, left : left + columns][y, x]
        boxes = (cell + offset * (mtcnn_nets.CELL - 1)) / level.scale
        found.append(box_math.suppress(np.concatenate([boxes, score[y, x, None]], axis=1), 0.5))
    return box_math.square(box_math.suppress(np.concatenate(found), 0.7))


def _crops(
    net: str, frames_u8: Sequence[detection.FrameU8], found: list[np.ndarray]
) -> Iterator[tuple[np.ndarray]]:
    for frame_u8, rows in zip(frames_u8, found, strict=True):
        for crop in crops.crop_and_resize(frame_u8, rows[:, :4], mtcnn_nets.CROP_SIZES[net]):
            yield (crop,)


def _split(found: list[np.ndarray], outputs: list[np.ndarray]) -> list[tuple[np.ndarray, ...]]:
    """Outputs of the shared batches, back with the frames that their crops came from."""
    ends = np.cumsum([len(rows) for rows in found])[:-1]
    return list(zip(found, *(np.split(output, ends) for output in outputs), strict=True))


def _batches(items: Iterable[Any], sizes: tuple[int, int]) -> Iterator[tuple[list[Any], int]]:
    """Runs of the items, and the size to which each is padded: the larger, then the smaller."""
    small, large = sizes
    items = iter(items)
    while batch := list(itertools.islice(items, large)):
        size = large if len(batch) > large - small else small
        for start in range(0, len(batch), size):
            yield batch[start : start + size], size
