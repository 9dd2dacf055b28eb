"""Still pictures: what a file is by its content, and its pixels as the file holds them.

The network and the measures are given sRGB in 8 bits. What is painted into keeps its own colours,
depth and transparency, so that all that is not painted over stays to the bit.
"""

from jaxswap.stills.kinds import SUFFIXES, Kind, is_heic, kind_of, pages
from jaxswap.stills.reading import read
from jaxswap.stills.still import MAX_PIXELS, Pixels, Still, plain

__all__ = [
    "MAX_PIXELS",
    "SUFFIXES",
    "Kind",
    "Pixels",
    "Still",
    "is_heic",
    "kind_of",
    "pages",
    "plain",
    "read",
]
