"""How a swapped face is put into its frame."""

import dataclasses
from typing import Literal

from jaxswap.config.checks import require
from jaxswap.config.faces import Track, require_track

Codec = Literal["h264", "h265", "av1", "ffv1"]
Sound = Literal["copy", "encode", "none"]
Preset = Literal["ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow"]

_MOST_CRF = {"h264": 51, "h265": 51, "av1": 63}


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConvertConfig:
    """How a swapped face is put into its frame."""

    blend: Literal["feather", "paste", "poisson", "mixed", "multiband"] = "feather"
    """feather: alpha with a soft edge. paste: a hard edge. poisson: the face's gradients, the
    frame's colours. mixed: the same, but stronger gradients of the frame stay. multiband: details
    change over at once, colours gradually."""
    poisson_solver: Literal["jax", "opencv"] = "jax"
    """What solves poisson and mixed. jax: exact, and the same every time. opencv: seamlessClone."""
    sharpen: Literal["auto", "none"] = "auto"
    """auto: as sharp as the face in the frame, within bounds; sharper or softer. none: as it is."""
    mask: Literal["oval", "forehead", "learned", "product", "union"] = "product"
    """oval: that of the frame's landmarks. forehead: the same, up to the hair. learned: the model's
    own. product: where both are. union: where one is. Without a learned mask the last three are the
    oval."""
    color: Literal["mean_std", "reinhard", "linear", "histogram", "idt", "sliced", "none"] = (
        "linear"
    )
    """How the face takes the colours of the one in the frame. mean_std: mean colour and spread of
    brightness. reinhard: means and spreads in L*a*b*. linear: mean and covariance. histogram: each
    channel's. idt and sliced: the whole distribution."""
    color_smoothing_s: float = 0.2
    """Standard deviation in seconds of the time over which colours are estimated; 0 takes each
    frame by itself."""
    erode: float = 0.045
    """How far the mask is shrunk, as a share of the face's height."""
    feather: float = 0.035
    """Standard deviation of the blur of the mask's edge, as a share of the face's height."""
    track: Track = "main"
    """Whose face changes. main: the largest where the faces come in, and of a single picture the
    largest. A number: that track, as `jaxswap faces` shows. all: every face."""
    batch_size: int = 16
    """Faces in one call of the model."""
    codec: Codec = "h264"
    """h264: plays everywhere. h265 and av1: smaller, slower. ffv1: lossless, in .mkv."""
    crf: int | Literal["auto"] = "auto"
    """Quality of the video, lower is better (the codec's constant rate factor); auto: 16 for h264,
    17 for h265 and av1. They reach to 51, 51 and 63."""
    preset: Preset = "veryfast"
    """The encoder's effort: fast takes twice the time of veryfast for a file a tenth smaller."""
    sound: Sound = "copy"
    """copy: as it is; what the output cannot hold is encoded as AAC, or in .mkv as FLAC if it lost
    nothing before. encode: all of it. none: no sound."""

    def __post_init__(self) -> None:
        require(self.batch_size >= 1, f"`batch_size` must be >= 1, not {self.batch_size}.")
        if self.crf != "auto":
            most = _MOST_CRF.get(self.codec)
            if most is None:
                raise ValueError(
                    f"`crf` says nothing to {self.codec}, which is lossless: leave it out."
                )
            require(
                0 <= self.crf <= most,
                f"`crf` of {self.codec} must be in 0..{most}, not {self.crf}.",
            )
        require(
            0 <= self.color_smoothing_s <= 5,
            f"`color_smoothing_s` must be in [0, 5], not {self.color_smoothing_s}.",
        )
        require_track(self.track)
        require(0 <= self.erode < 0.5, f"`erode` must be in [0, 0.5), not {self.erode}.")
        require(0 <= self.feather < 0.5, f"`feather` must be in [0, 0.5), not {self.feather}.")
