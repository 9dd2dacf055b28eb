"""Opening a video, and which of its streams is the film."""

from pathlib import Path

import av
import av.container
import av.error
import av.stream

from jaxswap import errors, stills
from jaxswap.footage import animations, lost

_TEXT_FORMATS = frozenset({"tty"})  # FFmpeg draws a text file as a film of its letters


def kind_of(path: Path) -> stills.Kind:
    """What a file is by its content.

    Raises:
        FootageError: if it is missing, empty or cannot be opened.
    """
    if not path.exists():
        raise errors.FootageError(f"There is no file {path}. Check the path.")
    try:
        if path.is_file() and path.stat().st_size == 0:
            raise errors.FootageError(f"{path} is empty. Copy or export it again.")
        return stills.kind_of(path)
    except OSError as error:
        raise errors.FootageError(
            f"{path} cannot be read ({lost.reason(error)}). Check its permissions."
        ) from error


def open_video(path: Path) -> av.container.InputContainer:
    """Open a video for demuxing.

    Raises:
        FootageError: if it is missing, cannot be opened or has no video stream.
    """
    if not path.exists():
        raise errors.FootageError(f"There is no file {path}. Check the path.")
    if path.stat().st_size == 0:
        raise errors.FootageError(f"{path} is empty. Copy or export it again.")
    try:
        # An absolute path is no URL, and a playlist among the footage must not open the network.
        opened = animations.opened(path) or str(path.absolute())
        container = av.open(opened, "r", options={"protocol_whitelist": "file"})
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise errors.FootageError(
            f"{path} cannot be read as a video ({lost.reason(error)}). "
            "Give a video file, an image or a folder of images."
        ) from error
    if not container.streams.video or container.format.name in _TEXT_FORMATS:
        container.close()
        raise errors.FootageError(f"{path} has no video stream. Give a file with pictures.")
    return container


def picture_stream(container: av.container.InputContainer) -> av.VideoStream:
    """The video stream of an opened video that is no cover picture.

    Beside the film of an AVIF or HEIC file lies its first picture, as a stream of one frame.
    """
    films = [
        stream
        for stream in container.streams.video
        if av.stream.Disposition.attached_pic not in stream.disposition
    ]
    moving = [stream for stream in films if stream.frames != 1]
    return (moving or films or container.streams.video)[0]


def first_frame(
    container: av.container.InputContainer, stream: av.VideoStream
) -> av.VideoFrame | None:
    """The first frame that decodes; None if the first ones do not."""
    try:
        return next(container.decode(stream), None)
    except av.error.FFmpegError:
        return None
