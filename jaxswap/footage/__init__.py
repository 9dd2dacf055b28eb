"""Footage: a video, an image or a folder of images, read frame by frame.

Presentation times are kept as they are, variable rates too, and frames come upright.
"""

from jaxswap.footage.frames import FootageInfo, Frame
from jaxswap.footage.image_frames import image_files
from jaxswap.footage.probing import probe
from jaxswap.footage.reading import FrameReader
from jaxswap.footage.videos import can_be_sought, first_frame, open_video, picture_stream

__all__ = [
    "FootageInfo",
    "Frame",
    "FrameReader",
    "can_be_sought",
    "first_frame",
    "image_files",
    "open_video",
    "picture_stream",
    "probe",
]
