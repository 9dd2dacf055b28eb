"""MTCNN on the device: proposals over a mosaic of the pyramid, then two nets on crops.

All frames of a call share each net's batch. Shapes come from a fixed set (canvas sizes for the
first net, powers of two for the crops), so that a clip compiles a handful of programs.
"""

import collections
from collections.abc import Sequence

import jax
import numpy as np
from jaxtyping import Array, Bool, Float

from jaxswap import types
from jaxswap.faces import boxes as box_math
from jaxswap.faces import detection, mtcnn_nets, mtcnn_weights, pyramid

THRESHOLDS = (0.6, 0.7, 0.8)  # of the three nets, as the mtcnn package has them
BUCKETS = (16, 64, 256)  # crops in one call; more go in several calls


@jax.jit
def propose(
    variables: dict, canvases: Float[Array, "b h w 3"], inside: Bool[Array, "b ch cw"]
) -> tuple[Float[Array, "b oh ow 4"], Float[Array, "b oh ow"]]:
    """The first net on a batch of canvases."""
    return mtcnn_nets.PNet().apply(variables, canvases, inside)


@jax.jit
def refine(variables: dict, crops: Float[Array, "b 24 24 3"]) -> tuple:
    """The second net on a bucket of crops."""
    return mtcnn_nets.RNet().apply(variables, crops)


@jax.jit
def finish(variables: dict, crops: Float[Array, "b 48 48 3"]) -> tuple:
    """The third net on a bucket of crops."""
    return mtcnn_nets.ONet().apply(variables, crops)


class Mtcnn:
    """The detector of `jaxswap.faces.detection`."""

    def __init__(self, *, min_score: float, min_face_px: int):
        self._min_score = min_score
        self._min_face_px = min_face_px
        self._variables = {
            net: jax.device_put(mtcnn_weights.load(net)) for net in ("pnet", "rnet", "onet")
        }

    def detect(self, frames_u8: Sequence[detection.FrameU8]) -> list[list[detection.Detection]]:
        """The faces of each frame, best first; frames may differ in size."""
        found = self._proposals(frames_u8)
        found = self._refined(frames_u8, found)
        return [
            self._detections(rows, frame.shape)
            for frame, rows in zip(frames_u8, self._finished(frames_u8, found), strict=True)
        ]

    def _proposals(self, frames_u8: Sequence[detection.FrameU8]) -> list[np.ndarray]:
        groups: dict[tuple[int, int], list[int]] = collections.defaultdict(list)
        layouts = [
            pyramid.layout(*frame.shape[:2], min_face_px=self._min_face_px) for frame in frames_u8
        ]
        for index, layout in enumerate(layouts):
            if layout.levels:
                groups[layout.height, layout.width].append(index)
        found = [np.zeros((0, 5), np.float32) for _ in frames_u8]
        for members in groups.values():
            # One batch size for the last, shorter batch too: another would be another program.
            rows = members + members[:1] * (_power_of_two(len(members)) - len(members))
            canvases = {i: layouts[i].draw(frames_u8[i]) for i in members}
            offsets, scores = jax.device_get(
                propose(
                    self._variables["pnet"],
                    np.stack([canvases[i] for i in rows]),
                    np.stack([layouts[i].inside() for i in rows]),
                )
            )
            for row, index in enumerate(members):
                found[index] = _boxes_of(layouts[index], offsets[row], scores[row])
        return found

    def _refined(
        self, frames_u8: Sequence[detection.FrameU8], found: list[np.ndarray]
    ) -> list[np.ndarray]:
        offsets, scores = self._on_crops("rnet", refine, frames_u8, found)
        refined = []
        for rows, offset, score in _split(found, offsets, scores):
            rows = rows.copy()
            rows[:, 4] = score
            rows = box_math.refine(rows, offset)[score > THRESHOLDS[1]]
            refined.append(box_math.square(box_math.suppress(rows, 0.7)))
        return refined

    def _finished(
        self, frames_u8: Sequence[detection.FrameU8], found: list[np.ndarray]
    ) -> list[np.ndarray]:
        offsets, points, scores = self._on_crops("onet", finish, frames_u8, found)
        finished = []
        for rows, offset, point, score in _split(found, offsets, points, scores):
            sides = rows[:, 2:4] - rows[:, :2] + 1
            xs = sides[:, :1] * point[:, :5] + rows[:, :1] - 1
            ys = sides[:, 1:] * point[:, 5:] + rows[:, 1:2] - 1
            moved = box_math.refine(rows, offset)
            moved[:, 4] = score
            whole = np.concatenate([moved, xs, ys], axis=1)[score > THRESHOLDS[2]]
            finished.append(box_math.suppress(whole, 0.7, by_smaller=True))
        return finished

    def _on_crops(
        self,
        net: str,
        apply: object,
        frames_u8: Sequence[detection.FrameU8],
        found: list[np.ndarray],
    ) -> list[np.ndarray]:
        size = mtcnn_nets.CROP_SIZES[net]
        crops = np.concatenate(
            [
                crop_and_resize(frame, rows[:, :4], size)
                for frame, rows in zip(frames_u8, found, strict=True)
            ]
        )
        parts = []
        start = 0
        while start < len(crops) or not parts:
            part = crops[start : start + BUCKETS[-1]]
            bucket = next(n for n in BUCKETS if n >= len(part))
            padded = np.zeros((bucket, size, size, 3), np.float32)
            padded[: len(part)] = part
            outputs = jax.device_get(apply(self._variables[net], padded))
            parts.append([output[: len(part)] for output in outputs])
            start += BUCKETS[-1]
        return [np.concatenate(outputs) for outputs in zip(*parts, strict=True)]

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


def crop_and_resize(
    frame_u8: types.ImageU8, boxes: Float[np.ndarray, "n 4"], size: int
) -> Float[np.ndarray, "n s s 3"]:
    """Square crops in [-1, 1], bilinear, 0 outside of the frame.

    Convention: as TensorFlow's `crop_and_resize`, which the package calls: corners are divided by
    the side and multiplied by the side less 1, and the samples run from corner to corner.
    """
    height, width = frame_u8.shape[:2]
    steps = np.arange(size, dtype=np.float32) / (size - 1)

    def samples(low: np.ndarray, high: np.ndarray, side: int) -> tuple[np.ndarray, ...]:
        scale = (side - 1) / side
        at = (low[:, None] + (high - low)[:, None] * steps) * scale
        whole = np.clip(np.floor(at), 0, side - 1)
        low_index = whole.astype(np.int32)
        return (
            (at >= 0) & (at <= side - 1),
            low_index,
            np.minimum(low_index + 1, side - 1),
            (at - whole).astype(np.float32),
        )

    in_y, y0, y1, fy = samples(boxes[:, 1], boxes[:, 3], height)
    in_x, x0, x1, fx = samples(boxes[:, 0], boxes[:, 2], width)

    def rows(y: np.ndarray) -> np.ndarray:
        left = frame_u8[y[:, :, None], x0[:, None, :]].astype(np.float32)
        right = frame_u8[y[:, :, None], x1[:, None, :]].astype(np.float32)
        return left + (right - left) * fx[:, None, :, None]

    top = rows(y0)
    crops = top + (rows(y1) - top) * fy[:, :, None, None]
    inside = (in_y[:, :, None] & in_x[:, None, :])[..., None]
    return np.where(inside, (crops - 127.5) / 128, np.float32(0)).astype(np.float32)


def _boxes_of(
    layout: pyramid.Layout,
    offsets: Float[np.ndarray, "oh ow 4"],
    scores: Float[np.ndarray, "oh ow"],
) -> Float[np.ndarray, "n 5"]:
    """Proposals of one frame in its pixels."""
    found = []
    for level in layout.levels:
        rows, columns = level.cells
        top, left = level.y // mtcnn_nets.STRIDE, level.x // mtcnn_nets.STRIDE
        score = scores[top : top + rows, left : left + columns]
        y, x = np.nonzero(score > THRESHOLDS[0])
        corner = np.stack([x, y], axis=1) * mtcnn_nets.STRIDE
        # The package counts the cell's pixels from 1, inclusively.
        cell = np.concatenate([corner + 1, corner + mtcnn_nets.CELL], axis=1).astype(np.float32)
        offset = offsets[top : top + rows, left : left + columns][y, x]
        boxes = (cell + offset * (mtcnn_nets.CELL - 1)) / level.scale
        found.append(box_math.suppress(np.concatenate([boxes, score[y, x, None]], axis=1), 0.5))
    return box_math.square(box_math.suppress(np.concatenate(found), 0.7))


def _split(found: list[np.ndarray], *outputs: np.ndarray) -> list[tuple[np.ndarray, ...]]:
    """Outputs of the shared batch, back with the frames that their crops came from."""
    ends = np.cumsum([len(rows) for rows in found])[:-1]
    return list(zip(found, *(np.split(output, ends) for output in outputs), strict=True))


def _power_of_two(n: int) -> int:
    return 1 << (n - 1).bit_length()
