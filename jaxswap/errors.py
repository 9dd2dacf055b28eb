"""What can go wrong for a user. Each message says what was expected, what came and what to do.

The command line prints a `JaxswapError` as one line and exits with 1; a caller's mistake is a
`ValueError` and keeps its traceback.
"""


class JaxswapError(Exception):
    """Something that the user can fix; the message is one line and names the remedy."""


class FootageError(JaxswapError):
    """Footage that is missing, empty or cannot be read."""


class NoFrameError(FootageError):
    """A part of footage in which there is no frame."""


class NoFaceError(JaxswapError):
    """Footage in which no face was found."""


class FacesetError(JaxswapError):
    """A folder that is no faceset, or a faceset with a broken record or image."""


class DatasetError(JaxswapError):
    """A dataset that is missing, too small or fails its checksums."""


class RunError(JaxswapError):
    """A run folder that is missing, incomplete or belongs to another configuration."""


class NewerFormatError(JaxswapError):
    """A stored file that a newer jaxswap wrote."""


class DivergedError(JaxswapError):
    """A loss that is not finite."""


class OutputError(JaxswapError):
    """An output that cannot be written where the user wants it."""


class Stopped(JaxswapError):
    """The caller's `Events.should_stop` said so."""

    def __init__(self) -> None:
        """With the one line that there is to say."""
        super().__init__("Stopped. What was complete before is as it was.")


class Terminated(KeyboardInterrupt):
    """SIGTERM or SIGHUP with nothing to save; like Ctrl-C, no `except Exception` stops it."""

    def __init__(self, number: int) -> None:
        """With the signal's number."""
        super().__init__(number)
        self.number = number


class PlaceError(JaxswapError):
    """A URL that is none, or cannot be reached, read or written."""


class MissingExtraError(JaxswapError):
    """A feature whose optional packages are not installed."""


class UsageError(JaxswapError):
    """A command line that cannot be understood; the message is one line and names the remedy."""
