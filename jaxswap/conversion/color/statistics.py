"""Transfer of means and spreads."""

from collections.abc import Callable

import cv2
import numpy as np
from jaxtyping import Float

MAX_GAIN = 1.25
"""How much a spread is raised at most, or lowered: a soft face must not become harsh."""

MAX_TINT = 4.0
"""How much a channel is raised at most, or lowered, to meet the target's mean."""

_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)  # Rec. ITU-R BT.709

Source = Float[np.ndarray, "k 3"]
"""Pixels of the swapped face, of which a transfer is made."""

Target = Float[np.ndarray, "m 3"]
"""Pixels of the face in the footage, of which it is made as well."""

Pixels = Float[np.ndarray, "n 3"]
Transfer = Callable[[Pixels], Pixels]


def mean_std(source: Source, target: Target) -> Transfer:
    """The target's mean colour, and the spread of its brightness.

    First each channel is scaled to the target's mean, as another light would scale it (von Kries),
    so that shadows keep their hue: spreads matched channel by channel turn them blue where one face
    was filmed in warm light. Then all channels together are stretched about the mean until the
    luma's standard deviation is the target's.

    Reference: Reinhard et al. 2001, https://doi.org/10.1109/38.946629 (means and spreads, there in
    another space)
    """
    mean = target.mean(axis=0)
    tint = np.clip(mean / np.maximum(source.mean(axis=0), 1e-6), 1 / MAX_TINT, MAX_TINT)
    spreads = [float((pixels @ _LUMA).std()) for pixels in (target, source * tint)]
    gain = np.clip(spreads[0] / max(spreads[1], 1e-6), 1 / MAX_GAIN, MAX_GAIN)

    def transfer(pixels: Pixels) -> Pixels:
        return (pixels * tint - mean) * gain + mean

    return transfer


def reinhard(source: Source, target: Target) -> Transfer:
    """The target's mean and standard deviation in each channel of CIE L*a*b* (D65, sRGB).

    The paper has them in l-alpha-beta; CIE L*a*b* parts brightness from colour as well, and is what
    today's programs take.

    Reference: Reinhard et al. 2001, https://doi.org/10.1109/38.946629
    """
    lab_source, lab_target = to_lab(source), to_lab(target)
    mean_source, mean_target = lab_source.mean(axis=0), lab_target.mean(axis=0)
    ratio = lab_target.std(axis=0) / np.maximum(lab_source.std(axis=0), 1e-3)
    gain = np.clip(ratio, 1 / MAX_GAIN, MAX_GAIN)

    def transfer(pixels: Pixels) -> Pixels:
        lab = to_lab(pixels)
        moved = (lab - mean_source) * gain + mean_target
        # The way to Lab and back errs by up to a grey level: taken twice, that cancels.
        return pixels + (from_lab(moved) - from_lab(lab))

    return transfer


def to_lab(pixels: Pixels) -> Pixels:
    """From sRGB in [0, 1] to CIE L*a*b*, L* in 0..100."""
    clipped = np.clip(pixels, 0, 1).astype(np.float32)
    return cv2.cvtColor(clipped[None], cv2.COLOR_RGB2LAB)[0]


def from_lab(lab: Pixels) -> Pixels:
    """The inverse of `to_lab`, clipped to [0, 1]."""
    return cv2.cvtColor(np.ascontiguousarray(lab, np.float32)[None], cv2.COLOR_LAB2RGB)[0]
