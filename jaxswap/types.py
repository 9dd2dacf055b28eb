"""Names for the arrays of the package.

Inside the package an image is RGB, float32, [0, 1], channels last. Any other form says so in its
name (`_u8`: RGB uint8; `_bgr_u8`: OpenCV's order), and only `jaxswap/images.py` converts. Points
are (x, y) in pixels, centres at integers. Matrices are named `<to>_from_<from>`.
"""

from jaxtyping import Float, UInt8
from numpy import ndarray

Image = Float[ndarray, "h w 3"]
"""RGB in [0, 1]."""

ImageU8 = UInt8[ndarray, "h w 3"]
"""RGB in 0..255, as video frames and chips are stored."""

Mask = Float[ndarray, "h w 1"]
"""[0, 1], 1 = face."""

RegionsU8 = UInt8[ndarray, "h w 3"]
"""Three masks in 0..255, one a channel: the whole face, the eyes, the mouth."""

Similarity = Float[ndarray, "2 3"]
"""Rotation, uniform scale and shift; takes points of its right-hand name to its left-hand one."""
