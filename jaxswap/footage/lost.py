"""What of footage could not be read, in words."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from jaxswap import errors, spans
from jaxswap.footage.frames import FootageInfo

_FLV = b"FLV\x01"  # how each file begins
_SOUGHT_BYTES = 1 << 20  # behind the last picture

MAX_NAMES = 3  # of broken images that a line names


def reason(error: Exception) -> str:
    """What an error says, in one line."""
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).strip()


def of_images(broken: Sequence[str], *, total: int) -> Iterator[str]:
    """What is lost where some images of a folder cannot be read, a line each.

    Args:
        broken: names of those that cannot.
        total: how many images the folder holds.
    """
    if not broken:
        return
    shown = ", ".join(broken[:MAX_NAMES]) + (", ..." if len(broken) > MAX_NAMES else "")
    yield f"{len(broken)} of {total} images cannot be read: {shown}"


def of_joined_flv(path: Path, *, position: int) -> Iterator[str]:
    """What is lost of .flv files that were joined, a line: FFmpeg reads the first alone.

    Args:
        path: of the video, which was read to its end.
        position: where its last picture lies, in bytes.
    """
    with path.open("rb") as stream:
        stream.seek(max(0, position))
        if _FLV in stream.read(_SOUGHT_BYTES):
            yield (
                f"{path.name} is several files one after the other, of which the first alone can "
                "be read: join them with FFmpeg's concat"
            )


def of_video(
    info: FootageInfo,
    *,
    span: spans.Span,
    num_decoded: int,
    last_s: float,
    failure: str | None,
    joined: bool = False,
) -> Iterator[str]:
    """What is lost of a video that was read to its end, a line each.

    Args:
        info: of the video.
        span: the part that was read.
        num_decoded: frames of the part that decoded.
        last_s: time of the last one in seconds, from the beginning of the video.
        failure: why some did not decode; None if the decoder did not complain.
        joined: whether the times are not those of the file, so that its duration says nothing.

    Raises:
        FootageError: if no frame decoded.
    """
    path = info.path
    if num_decoded == 0 and span != spans.WHOLE and not failure:
        raise errors.NoFrameError(
            f"{path} shows no frame between --start and --end. Choose a longer part."
        )
    if num_decoded == 0:
        raise errors.FootageError(
            f"Not one frame of {path} decodes{f' ({failure})' if failure else ''}. "
            "Copy or export it again."
        )
    duration = None if joined else info.duration_s
    frame_s = 1.0 / float(info.frame_rate) if info.frame_rate else 0.0
    if duration and span.end_s is not None:
        duration = min(duration, float(span.end_s))
    missing = (duration - last_s - frame_s) if duration else 0.0
    if missing > max(0.5, 2 * frame_s):
        yield f"the last {missing:.1f} s of {path.name} do not decode"
    elif failure:
        yield f"parts of {path.name} do not decode ({failure})"
