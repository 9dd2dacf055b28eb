"""How a frame must be turned and mirrored to be seen as its file says."""

import dataclasses

import av
import numpy as np
from jaxtyping import Float, Shaped

from jaxswap.video import side_data

_NEAR = 0.01  # of a matrix's numbers from those of an orientation: what rounding makes


@dataclasses.dataclass(frozen=True)
class Orientation:
    """A frame is mirrored first, then turned."""

    mirrored: bool = False
    """Left to right."""
    quarter_turns: int = 0
    """Counterclockwise, 0 to 3."""
    exact: bool = True
    """Whether that is all that the file asks for: it may also lean or scale the picture."""

    @property
    def plain(self) -> bool:
        """Whether the frame is shown as it is stored."""
        return not self.mirrored and self.quarter_turns == 0

    @property
    def swaps_sides(self) -> bool:
        """Whether width becomes height."""
        return self.quarter_turns % 2 == 1

    def applied(self, stored: Shaped[np.ndarray, "_ _ *c"]) -> Shaped[np.ndarray, "_ _ *c"]:
        """An image or a plane as it is seen."""
        if self.plain:
            return stored
        mirrored = stored[:, ::-1] if self.mirrored else stored
        return np.ascontiguousarray(np.rot90(mirrored, self.quarter_turns))

    @property
    def _matrix(self) -> Float[np.ndarray, "2 2"]:
        """Where a step right and a step down of the stored frame lead, one a column."""
        turn = np.linalg.matrix_power(np.array([[0.0, 1.0], [-1.0, 0.0]]), self.quarter_turns)
        return turn @ np.diag([-1.0 if self.mirrored else 1.0, 1.0])


STORED = Orientation()
"""As it is stored."""

_EVERY = tuple(Orientation(mirrored, turns) for mirrored in (False, True) for turns in range(4))


def of(frame: av.VideoFrame) -> Orientation:
    """The orientation of a decoded frame: of the eight, the nearest to its display matrix.

    Reference: https://ffmpeg.org/doxygen/trunk/group__lavu__video__display.html
    """
    data = side_data.of(frame).get("DISPLAYMATRIX", b"")
    if len(data) < 36:
        turns = round(frame.rotation / 90) % 4
        return _EVERY[turns] if turns else STORED
    numbers = np.frombuffer(data[:36], np.int32).reshape(3, 3)
    matrix = numbers[:2, :2].T / 65536
    scale = np.sqrt(abs(np.linalg.det(matrix)))
    fits = [float((matrix * one._matrix).sum()) for one in _EVERY]
    nearest = _EVERY[int(np.argmax(fits))]
    if scale == 0:
        return dataclasses.replace(STORED, exact=False)
    exact = bool(np.abs(matrix - nearest._matrix).max() <= _NEAR)
    return dataclasses.replace(nearest, exact=exact)
