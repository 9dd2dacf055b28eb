"""Paste back: a swapped view and its alpha, warped into the region of the frame that they cover."""

import dataclasses
from collections.abc import Mapping

import cv2
import numpy as np
from jaxtyping import Float

from jaxswap import config, geometry, images
from jaxswap.conversion import alpha as alphas
from jaxswap.conversion import canvas, face_views, sharpness
from jaxswap.conversion.blending import multiband, poisson, seamless_clone
from jaxswap.conversion.color import matching
from jaxswap.types import Image, Mask, Similarity
from jaxswap.vision import chips, masks

MAX_OVERSAMPLING = 8
_REFINE = 4
_MARGIN = 2  # pixels of the frame around a face: what a Poisson solution starts from
_HARD = ("paste", "multiband")  # ways of blending that make no use of a soft edge
_SOLVERS: Mapping[str, poisson.Clone] = {"jax": poisson.clone, "opencv": seamless_clone.clone}


@dataclasses.dataclass(frozen=True)
class Paster:
    """Puts swapped faces into frames, as the options say."""

    options: config.ConvertConfig
    coverage: float
    """Share of the chip's side that the view covers."""

    def paste(
        self,
        frame: canvas.Canvas,
        view: face_views.FaceView,
        face: Image,
        *,
        learned_mask: Mask | None,
        colors: matching.Sample | None,
    ) -> None:
        """Paint one face.

        Args:
            frame: painted into, in no pixel where alpha is 0.
            view: where and how the face is seen.
            face: the model's, over the view.
            learned_mask: the model's, over the view; None where it has none.
            colors: what its colours are matched by, as `sample` and its neighbours give it; None
                leaves them.
        """
        size = face.shape[0]
        mask = self._mask(view, learned_mask)
        if colors is not None and self.options.color != "none":
            face = matching.matched(face, colors, method=self.options.color)
        if self.options.sharpen == "auto":
            face = sharpness.matched(
                face,
                images.to_float(view.view_u8),
                _both_faces(view, learned_mask, size=size),
            )
        soft = alphas.soft(
            mask,
            coverage=self.coverage,
            erode=self.options.erode,
            feather=0.0 if self.options.blend in _HARD else self.options.feather,
        )
        frame_from_view = geometry.invert(view.view_from_frame)
        frame_from_alpha = geometry.compose(
            frame_from_view, geometry.invert(chips.finer(alphas.SIZE / size))
        )
        tight = _box(frame_from_alpha, soft)
        levels = multiband.num_levels(min(tight.x1 - tight.x0, tight.y1 - tight.y0))
        margin = multiband.reach(levels) if self.options.blend == "multiband" else _MARGIN
        box = tight.grown(margin).clipped(frame.width, frame.height)
        if box.empty:
            return
        shift = np.array([[1.0, 0.0, -box.x0], [0.0, 1.0, -box.y0]])
        region_from_view = geometry.compose(shift, frame_from_view)
        region_from_alpha = geometry.compose(shift, frame_from_alpha)
        extent = (box.x1 - box.x0, box.y1 - box.y0)
        region_face = warp(
            face, region_from_view, extent, border=cv2.BORDER_REPLICATE, refine=_REFINE
        )
        region_alpha = warp(soft, region_from_alpha, extent, border=cv2.BORDER_CONSTANT)[..., 0]
        if self.options.blend in ("poisson", "mixed"):
            task = poisson.Task(frame.read(box), region_face, region_alpha > 0.5)
            gradients = "mixed" if self.options.blend == "mixed" else "normal"
            (region_face,) = _SOLVERS[self.options.poisson_solver]([task], gradients=gradients)
        elif self.options.blend == "multiband":
            region_face, region_alpha = multiband.blend(
                frame.read(box), region_face, region_alpha, levels=levels
            )
        frame.mix(box, region_face, region_alpha)

    def _mask(
        self, view: face_views.FaceView, learned_mask: Mask | None
    ) -> Float[np.ndarray, "s s 1"]:
        if self.options.mask == "forehead":
            drawn_u8 = masks.forehead_oval(view.points, size=alphas.SIZE)
            return images.to_float(drawn_u8)[..., None]
        oval = images.to_float(view.oval_u8)[..., None]
        if self.options.mask == "oval" or learned_mask is None:
            return oval
        learned = alphas.learned(learned_mask)
        if self.options.mask == "learned":
            return learned
        if self.options.mask == "union":
            return np.maximum(learned, oval)
        return alphas.product(learned, view.oval_u8, coverage=self.coverage)


def sample(view: face_views.FaceView, face: Image, *, learned_mask: Mask | None) -> matching.Sample:
    """Pixels by which the colours of a face are matched: where both faces are.

    Args:
        view: the face in the frame.
        face: the model's, over the view.
        learned_mask: the model's, over the view; None where it has none.
    """
    mask = _both_faces(view, learned_mask, size=face.shape[0])
    return matching.sample(face, images.to_float(view.view_u8), mask)


def _both_faces(view: face_views.FaceView, learned_mask: Mask | None, *, size: int) -> Mask:
    """Where both the frame and the model show a face, over the view."""
    inside = cv2.resize(view.oval_u8, (size, size), interpolation=cv2.INTER_AREA)
    mask = images.to_float(inside)[..., None]
    return mask if learned_mask is None else mask * learned_mask


def warp(
    image: Float[np.ndarray, "h w c"],
    region_from_image: Similarity,
    extent: tuple[int, int],
    *,
    border: int,
    refine: int = 1,
) -> Float[np.ndarray, "region_h region_w c"]:
    """An image in [0, 1] seen in a region: interpolated where it grows, averaged where it shrinks.

    Where it grows, a raster that is up to `refine` times finer is made of it by cubic interpolation
    first, and of that the region by linear: a quarter of the time of a cubic warp to the region,
    and no further from the true cubic than OpenCV's, which knows 32 positions between two pixels.

    Convention: pushes pixels of `image` to pixels of the region, centres at integers.

    Args:
        image: float32.
        region_from_image: where its pixels go.
        extent: width and height of the region.
        border: OpenCV's rule for pixels beyond the image.
        refine: 1 for an image that is smooth already.
    """
    growth = geometry.scale_of(region_from_image)
    finer = int(min(refine, max(1, np.ceil(growth))))
    if finer > 1:
        image = cv2.resize(image, None, fx=finer, fy=finer, interpolation=cv2.INTER_CUBIC)
        image = np.clip(image.reshape(*image.shape[:2], -1), 0, 1)
        region_from_image = geometry.compose(region_from_image, geometry.invert(chips.finer(finer)))
    factor = int(min(MAX_OVERSAMPLING, max(1, np.ceil(1 / growth))))
    region = cv2.warpAffine(
        image,
        geometry.compose(chips.finer(factor), region_from_image),
        (extent[0] * factor, extent[1] * factor),
        flags=cv2.INTER_LINEAR,
        borderMode=border,
    )
    if factor > 1:
        region = cv2.resize(region, extent, interpolation=cv2.INTER_AREA)
    return region.reshape(extent[1], extent[0], -1)


def _box(frame_from_alpha: Similarity, alpha: Mask) -> canvas.Box:
    """The smallest box of whole pixels that holds all that alpha is not 0 in."""
    x0, y0, width, height = cv2.boundingRect((alpha[..., 0] > 0).astype(np.uint8))
    if not width:
        return canvas.Box(0, 0, 0, 0)
    xs, ys = np.array([x0 - 1.0, x0 + width]), np.array([y0 - 1.0, y0 + height])
    corners = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    x, y = geometry.apply(frame_from_alpha, corners).T
    return canvas.Box(
        int(np.floor(x.min())),
        int(np.floor(y.min())),
        int(np.ceil(x.max())) + 1,
        int(np.ceil(y.max())) + 1,
    )
