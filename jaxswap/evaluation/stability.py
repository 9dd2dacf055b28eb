"""How steady a converted clip is from frame to frame, beyond what the footage moves itself.

Three courses are followed, each before and after the swap:

- landmarks, in eye distances of the input face;
- the low-pass colour of the face: L*a*b* of a small aligned raster, blurred, so that neither the
  mouth nor the eyes count but the lighting of the whole;
- the picture: dense optical flow between two frames of the footage says where each pixel came from.
  The frame before, moved so, less the frame is the warping error; the flow of the footage is taken
  for the converted clip, too, whose motion is to be the same. Where the flow there and back do not
  meet, a part was hidden, and nothing is compared.

For the first two, jitter is how far a frame lies off the straight line between its neighbours: with
x at the times t0 < t1 < t2

    jitter = |x1 - (x0 (t2 - t1) + x2 (t1 - t0)) / (t2 - t0)|

half the second difference where frames are evenly spaced. Even motion has none. What jumps from
frame to frame has the same at any frame rate, which an acceleration (this over half the spacing
squared) does not.

`own` is the same of the difference between after and before: the jitter that the swap itself
brings. Where a frame has no face, courses break off and begin anew.

References: Kanazawa et al. 2019, https://arxiv.org/abs/1812.01601 (the error of the second
difference of points, here `own`); Lai et al. 2018, https://arxiv.org/abs/1808.00449 (the warping
error, there squared); Ruder et al. 2016, https://arxiv.org/abs/1604.08610 (where the flow holds);
Kroeger et al. 2016, https://arxiv.org/abs/1603.03590 (the flow)
"""

import dataclasses
from collections.abc import Callable

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from jaxswap import geometry, types
from jaxswap.evaluation import color_difference, expression
from jaxswap.vision import alignment, chips, masks

MAX_STEP_S = 0.25  # frames further apart than this are not neighbours
COLOR_SIZE = 48  # side of the aligned raster, of which the face is half
COLOR_BLUR = 3.0  # standard deviation in its pixels, about a tenth of the face
FLOW_SIZE = 192  # side of the region in which motion is looked for
FLOW_MARGIN = 1.25  # and its size, in faces
MIN_CONSISTENT = 0.25  # of the face where the flow must be consistent

Landmarks = Float[np.ndarray, "468 2"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Jitter:
    """One course before and after; 0 is perfectly steady.

    Attributes:
        before: of the footage itself.
        after: of the converted clip.
        own: of the difference between the two.
    """

    before: float
    after: float
    own: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class FrameJitter:
    """Jitter of one frame; None where it could not be measured.

    Attributes:
        landmarks: mean over the 468 points, in eye distances.
        color: mean over the face, in units of L*a*b* (CIE76).
        flow: warping error, mean over the face, of the range [0, 1].
    """

    landmarks: Jitter | None
    color: Jitter | None
    flow: Jitter | None


class Stability:
    """Follows a clip frame by frame; holds no more than the two frames before."""

    def __init__(self) -> None:
        self._landmarks, self._color = _Course(_point_norm), _Course(_point_norm)
        self._flow = _Warping()
        self._last_s: float | None = None

    def add(
        self,
        time_s: float,
        before_u8: types.ImageU8,
        after_u8: types.ImageU8 | None,
        landmarks_before: Landmarks | None,
        landmarks_after: Landmarks | None,
    ) -> FrameJitter:
        """Take in the next frame of both clips.

        Args:
            time_s: presentation time, growing.
            before_u8: frame of the footage.
            after_u8: the same of the converted clip, None if it has ended.
            landmarks_before: the face in pixels of the footage, None if there is none.
            landmarks_after: the face in the converted clip, None if it is not found there.

        Returns:
            The jitter of this frame against the one or two before.
        """
        is_next = self._last_s is not None and 0 < time_s - self._last_s <= MAX_STEP_S
        self._last_s = time_s
        if not is_next or landmarks_before is None or after_u8 is None:
            self._break()
        if landmarks_before is None or after_u8 is None:
            return FrameJitter(landmarks=None, color=None, flow=None)
        return FrameJitter(
            landmarks=self._add_landmarks(time_s, landmarks_before, landmarks_after),
            color=self._color.add(time_s, *_colors(before_u8, after_u8, landmarks_before)),
            flow=self._flow.add(before_u8, after_u8, landmarks_before),
        )

    def _break(self) -> None:
        for course in (self._landmarks, self._color, self._flow):
            course.clear()

    def _add_landmarks(
        self, time_s: float, before: Landmarks, after: Landmarks | None
    ) -> Jitter | None:
        if after is None:
            self._landmarks.clear()
            return None
        return self._landmarks.add(
            time_s,
            before.astype(np.float64),
            after.astype(np.float64),
            unit=expression.eye_distance(before),
        )


class _Course:
    """The last two values of a course before and after."""

    def __init__(self, norm: Callable[[np.ndarray], float]):
        self._norm = norm
        self._past: list[tuple[float, np.ndarray, np.ndarray]] = []

    def clear(self) -> None:
        self._past.clear()

    def add(
        self, time_s: float, before: np.ndarray, after: np.ndarray, *, unit: float = 1.0
    ) -> Jitter | None:
        """Jitter of the value before this one; None at the beginning of a course."""
        past, self._past = self._past, [*self._past[-1:], (time_s, before, after)]
        if len(past) < 2:
            return None
        (t0, *first), (t1, *middle), (t2, *last) = *past, self._past[-1]
        share = (t1 - t0) / (t2 - t0)
        off = [y - (1 - share) * x - share * z for x, y, z in zip(first, middle, last, strict=True)]
        before_off, after_off = off
        return Jitter(
            before=self._norm(before_off) / unit,
            after=self._norm(after_off) / unit,
            own=self._norm(after_off - before_off) / unit,
        )


def _point_norm(vectors: np.ndarray) -> float:
    return float(np.linalg.norm(vectors, axis=-1).mean())


def _colors(
    before_u8: types.ImageU8, after_u8: types.ImageU8, landmarks: Landmarks
) -> list[Float[np.ndarray, "n 3"]]:
    """Low-pass colours inside the face, of both frames at the same places of the face."""
    chip_from_frame = alignment.chip_from_frame(landmarks, chip_size=COLOR_SIZE)
    template = alignment.mean_face() * COLOR_SIZE - 0.5
    oval = masks.face_oval(template, size=COLOR_SIZE) > 127
    weights = cv2.GaussianBlur(oval.astype(np.float64), (0, 0), COLOR_BLUR)[oval]
    found = []
    for frame_u8 in (before_u8, after_u8):
        image = color_difference.lab(chips.cut_chip(frame_u8, chip_from_frame, COLOR_SIZE))
        # Normalised convolution: what lies outside of the face does not flow in.
        blurred = cv2.GaussianBlur(image * oval[..., None], (0, 0), COLOR_BLUR)
        found.append(blurred[oval] / weights[:, None])
    return found


class _Warping:
    """The last frame of both clips, to be moved by the footage's flow."""

    def __init__(self) -> None:
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._past: tuple[types.ImageU8, types.ImageU8] | None = None

    def clear(self) -> None:
        self._past = None

    def add(
        self, before_u8: types.ImageU8, after_u8: types.ImageU8, landmarks: Landmarks
    ) -> Jitter | None:
        past, self._past = self._past, (before_u8, after_u8)
        if past is None or past[0].shape != before_u8.shape:
            return None
        region_from_frame = _region(landmarks)
        frames_u8 = (*past, *self._past)
        was_before, was_after, before, after = (
            chips.cut_chip(frame_u8, region_from_frame, FLOW_SIZE) for frame_u8 in frames_u8
        )
        flow, consistent = self._back(was_before, before)
        oval = masks.face_oval(geometry.apply(region_from_frame, landmarks), size=FLOW_SIZE) > 127
        seen = consistent & oval
        if seen.sum() < max(1, MIN_CONSISTENT * oval.sum()):
            return None
        off_before = (_move(was_before, flow) - before / 255)[seen]
        off_after = (_move(was_after, flow) - after / 255)[seen]
        return Jitter(
            before=float(np.abs(off_before).mean()),
            after=float(np.abs(off_after).mean()),
            own=float(np.abs(off_after - off_before).mean()),
        )

    def _calc(
        self, first: UInt8[np.ndarray, "s s"], second: UInt8[np.ndarray, "s s"]
    ) -> Float[np.ndarray, "s s 2"]:
        # Without a first guess, for which OpenCV's types have no place.
        return self._flow.calc(first, second, None)  # pyright: ignore[reportCallIssue, reportArgumentType]

    def _back(
        self, was_u8: UInt8[np.ndarray, "s s 3"], now_u8: UInt8[np.ndarray, "s s 3"]
    ) -> tuple[Float[np.ndarray, "s s 2"], Bool[np.ndarray, "s s"]]:
        """Where each pixel of now was, as a displacement, and where that can be trusted."""
        was, now = (cv2.cvtColor(u8, cv2.COLOR_RGB2GRAY) for u8 in (was_u8, now_u8))
        back, forth = self._calc(now, was), self._calc(was, now)
        returned = cv2.remap(forth, *_places(back), cv2.INTER_LINEAR) + back
        lengths = [(vectors**2).sum(axis=-1) for vectors in (returned, back, forth)]
        return back, lengths[0] <= 0.01 * (lengths[1] + lengths[2]) + 0.5


def _region(landmarks: Landmarks) -> types.Similarity:
    """A square around the face, upright: two frames are cut alike, whatever the face does."""
    low, high = landmarks.min(axis=0), landmarks.max(axis=0)
    scale = FLOW_SIZE / (FLOW_MARGIN * max(float((high - low).max()), 1.0))
    shift = (FLOW_SIZE - 1) / 2 - scale * (low + high).astype(np.float64) / 2
    return np.array([[scale, 0.0, shift[0]], [0.0, scale, shift[1]]])


def _places(flow: Float[np.ndarray, "s s 2"]) -> tuple[np.ndarray, np.ndarray]:
    y, x = np.indices(flow.shape[:2], np.float32)
    return x + flow[..., 0], y + flow[..., 1]


def _move(was_u8: UInt8[np.ndarray, "s s 3"], flow: Float[np.ndarray, "s s 2"]) -> np.ndarray:
    """The earlier picture where its pixels are now, in [0, 1]."""
    return cv2.remap(was_u8.astype(np.float32) / 255, *_places(flow), cv2.INTER_LINEAR)
