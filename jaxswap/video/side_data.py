"""What a decoded frame carries beside its pixels."""

from typing import cast

import av
from av.sidedata import sidedata


def of(frame: av.VideoFrame) -> dict[str, bytes]:
    """The data by FFmpeg's names.

    PyAV shows none of it where one kind is newer than its own list; then this is empty.
    """
    try:
        held = cast(sidedata.SideDataContainer, frame.side_data)  # PyAV's types say otherwise
        return {data.type.name: bytes(data) for data in held}
    except ValueError:
        return {}
