"""Opening a video, and which of its streams is the film."""

from pathlib import Path

import av
import av.container
import av.error
import av.stream

from jaxswap import errors, stills
from jaxswap.footage import animations, lost

_INDEXED = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi", "asf"})
_TEXT_FORMATS = frozenset({"tty"})  # FFmpeg draws a text file as a film of its letters


def check_kind(path: Path) -> None:
    """Refuse what can be read once only, since footage is looked at before it is read.

    Raises:
        FootageError: if it is a pipe or a device.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise errors.FootageError(
            f"{path} is a pipe or a device, which cannot be read twice. Save the footage to a file "
            "first, and name that."
        )


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
        FootageError: if it is missing, cannot be opened or has no video stream of a known kind.
    """
    if not path.exists():
        raise errors.FootageError(f"There is no file {path}. Check the path.")
    check_kind(path)
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
    if not any(stream.codec_context for stream in container.streams.video):
        container.close()
        raise errors.FootageError(
            f"{path} has pictures of a kind that FFmpeg does not know. Export it again."
        )
    return container


def can_be_sought(container: av.container.InputContainer) -> bool:
    """Whether the format says where each time is; in others FFmpeg guesses, and misses streams."""
    return container.format.name in _INDEXED


def picture_stream(container: av.container.InputContainer) -> av.VideoStream:
    """The video stream of an opened video that is no cover picture and of a known kind.

    Beside the film of an AVIF or HEIC file lies its first picture, as a stream of one frame.
    """
    films = [
        stream
        for stream in container.streams.video
        if av.stream.Disposition.attached_pic not in stream.disposition and stream.codec_context
    ]
    moving = [stream for stream in films if stream.frames != 1]
    known = [stream for stream in container.streams.video if stream.codec_context]
    return (moving or films or known)[0]


def first_frame(
    container: av.container.InputContainer, stream: av.VideoStream
) -> av.VideoFrame | None:
    """The first frame that decodes; None if the first ones do not."""
    try:
        return next(container.decode(stream), None)
    except av.error.FFmpegError:
        return None
