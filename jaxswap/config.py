"""Every value that changes what a run does: frozen, complete, validated when it is made.

A `Config` is saved with its run. Each field is an option of the command line under its dotted
name (`--train.batch-size 8`); its docstring line is the option's help.
"""

import dataclasses
import json
import math
from typing import Any, Literal

Codec = Literal["h264", "h265", "av1", "ffv1"]
Preset = Literal["ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow"]

_MOST_CRF = {"h264": 51, "h265": 51, "av1": 63}


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise ValueError(message)


@dataclasses.dataclass(frozen=True, kw_only=True)
class FacesConfig:
    """How faces are found in frames."""

    detector: Literal["mtcnn", "mtcnn-tf"] = "mtcnn"
    """mtcnn: the nets in Flax. mtcnn-tf: the mtcnn package's own, on TensorFlow (an extra)."""
    min_score: float = 0.9
    """Detections below this confidence in [0, 1] are dropped."""
    min_face_px: int | Literal["auto"] = "auto"
    """Side of the smallest face that is looked for, in pixels of the frame; auto: a fifteenth of
    the frame's shorter side, but at least 20."""
    detect_every: int = 10
    """Faces of a video are detected on every n-th frame and followed between; 1 detects on each."""
    batch_size: int = 8
    """Frames that are held together for the detector."""
    max_gap_s: float = 1.0
    """A face that is lost for longer, in seconds, starts a new track."""

    def __post_init__(self) -> None:
        _require(0 <= self.min_score <= 1, f"`min_score` must be in [0, 1], not {self.min_score}.")
        _require(
            self.min_face_px == "auto" or self.min_face_px >= 12,
            f"`min_face_px` must be auto or >= 12, not {self.min_face_px}.",
        )
        _require(self.detect_every >= 1, f"`detect_every` must be >= 1, not {self.detect_every}.")
        _require(self.batch_size >= 1, f"`batch_size` must be >= 1, not {self.batch_size}.")
        _require(self.max_gap_s >= 0, f"`max_gap_s` must be >= 0, not {self.max_gap_s}.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExtractConfig:
    """How footage becomes a faceset."""

    chip_size: int = 256
    """Side of a chip in pixels."""
    every: int = 1
    """Take every n-th frame."""
    track: int | Literal["all"] = 0
    """Which person: 0 is the track with the largest faces over the longest time, 1 the next, or
    all of them."""

    def __post_init__(self) -> None:
        _require(
            32 <= self.chip_size <= 2048, f"`chip_size` must be in 32..2048, not {self.chip_size}."
        )
        _require(self.every >= 1, f"`every` must be >= 1, not {self.every}.")
        _require(self.track == "all" or self.track >= 0, f"`track` must be >= 0, not {self.track}.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class ScaleConfig:
    """How footage is cut for many workers."""

    segment_s: float = 60.0
    """Length in seconds of the segments, each of which one worker does."""
    context_s: float = 2.0
    """What a worker reads before and after its segment, in seconds."""

    def __post_init__(self) -> None:
        _require(
            0.5 <= self.segment_s <= 3600,
            f"`segment_s` must be in 0.5..3600, not {self.segment_s}.",
        )
        _require(0 <= self.context_s <= 60, f"`context_s` must be in 0..60, not {self.context_s}.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class DataConfig:
    """How facesets become batches."""

    chip_size: int = 112
    """Side in pixels of the chips in the dataset, resized from the faceset's when it is built. What
    training needs is image size / coverage, and the zoom more, rounded up to a multiple of 8."""
    validation_share: float = 0.1
    """Share of each source's time that is held out for validation."""
    segment_s: float = 2.0
    """Length in seconds of the time segments that are held out whole."""
    num_threads: int = 2
    """Threads that read and decode records on each host."""
    prefetch: int = 4
    """Batches that are made ahead of the step; the bound of the queue."""
    num_workers: int = 0
    """Processes that read and decode on each host, for many cores; 0 uses threads alone. The order
    of the data is the same for any number."""
    cache_mb: int = 1024
    """Memory in MiB on each host that keeps decoded chips, so that each is decoded once; chips
    beyond it are decoded every time."""

    def __post_init__(self) -> None:
        _require(
            16 <= self.chip_size <= 2048, f"`chip_size` must be in 16..2048, not {self.chip_size}."
        )
        _require(
            0 < self.validation_share <= 0.5,
            f"`validation_share` must be in (0, 0.5], not {self.validation_share}.",
        )
        _require(self.segment_s > 0, f"`segment_s` must be positive, not {self.segment_s}.")
        _require(self.num_threads >= 1, f"`num_threads` must be >= 1, not {self.num_threads}.")
        _require(self.prefetch >= 1, f"`prefetch` must be >= 1, not {self.prefetch}.")
        _require(self.num_workers >= 0, f"`num_workers` must be >= 0, not {self.num_workers}.")
        _require(self.cache_mb >= 0, f"`cache_mb` must be >= 0, not {self.cache_mb}.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The autoencoder. The defaults are the original of 2017."""

    image_size: int = 64
    """Side in pixels of what the network sees."""
    encoder_features: tuple[int, ...] = (128, 256, 512, 1024)
    """Channels of the encoder's convolutions (5x5, stride 2), each halving the side."""
    bottleneck_features: int = 1024
    """Units of the first dense layer of the inter."""
    inter_features: int = 1024
    """Channels of the map into which the second dense layer is folded."""
    inter_upscale_features: int = 512
    """Channels after the inter's upscale."""
    decoder_features: tuple[int, ...] = (256, 128, 64)
    """Channels of each decoder's upscales, each doubling the side."""
    mask_head: bool = False
    """Learn the mask with the face."""
    mask_features: tuple[int, ...] = (256, 128, 64)
    """Channels of the mask head's upscales."""
    mask_encoder: Literal["shared", "separate"] = "shared"
    """shared: the mask is decoded from the face's latent. separate: from the mask image, by an
    encoder and inter of its own; conversion then draws that image from landmarks."""
    visible_features: tuple[int, ...] = ()
    """Channels of the upscales of a head that learns, for all identities, where the face of the
    input is seen and not hidden by a hand: one less than of `encoder_features`, or none for no
    such head."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """Type of the computation; parameters are float32 always."""
    precision: Literal["default", "fast"] = "default"
    """fast: on CPU, Winograd's convolution for the layers where it is faster; it errs by up to 3e-5
    of the largest value, not 2e-6. TPU and GPU do the same either way."""

    def __post_init__(self) -> None:
        _require(
            self.image_size % 2 ** len(self.encoder_features) == 0,
            f"`image_size` {self.image_size} must be a multiple of "
            f"{2 ** len(self.encoder_features)}, since the encoder halves it "
            f"{len(self.encoder_features)} times.",
        )
        for name in ("decoder_features", "mask_features"):
            output = self.latent_size * 2 * 2 ** len(getattr(self, name))
            _require(
                output == self.image_size,
                f"`{name}` of {len(getattr(self, name))} upscales makes {output} px, not "
                f"`image_size` {self.image_size}.",
            )

        _require(
            len(self.visible_features) in (0, len(self.encoder_features) - 1),
            f"`visible_features` must be {len(self.encoder_features) - 1} numbers or none, not "
            f"{len(self.visible_features)}.",
        )

    @property
    def latent_size(self) -> int:
        """Side of the map after the encoder."""
        return self.image_size // 2 ** len(self.encoder_features)


@dataclasses.dataclass(frozen=True, kw_only=True)
class AugmentationConfig:
    """Every random change before the network. Lengths are shares of the chip's side."""

    coverage: float = 0.625
    """Share of the chip's side that the network sees: 160 of 256 px in 2017."""
    rotation_deg: float = 10.0
    """Rotation, uniform in [-r, r] degrees."""
    zoom: float = 0.05
    """Scale, uniform in [1 - z, 1 + z]."""
    shift: float = 0.05
    """Shift along each axis, uniform in [-s, s] of the side."""
    flip: float = 0.4
    """Probability of a mirror image."""
    warp: float = 5 / 256
    """Standard deviation of the 5x5 grid's displacements: 5 of 256 px in 2017."""
    occlusion: float = 0.0
    """Probability that something is painted before the face, like the fingers of a hand, for the
    visible head to learn what is not face."""

    def __post_init__(self) -> None:
        _require(0 < self.coverage <= 1, f"`coverage` must be in (0, 1], not {self.coverage}.")
        _require(0 <= self.zoom < 1, f"`zoom` must be in [0, 1), not {self.zoom}.")
        for name in ("flip", "occlusion"):
            share = getattr(self, name)
            _require(0 <= share <= 1, f"`{name}` must be in [0, 1], not {share}.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class LossConfig:
    """What the decoders are asked for. The defaults are the original's plain L1."""

    l1: float = 1.0
    """Weight of the mean absolute error of the face."""
    dssim: float = 0.0
    """Weight of the structural dissimilarity of the face, (1 - SSIM) / 2."""
    masked: bool = False
    """Weight the face's part of the loss by the face mask, so that the background costs nothing."""
    eyes: float = 0.0
    """Weight added to the L1 inside the eyes."""
    mouth: float = 0.0
    """Weight added to the L1 inside the mouth."""
    mask: float = 1.0
    """Weight of the mask head's mean absolute error."""
    visible: float = 0.5
    """Weight of the visible head's cross entropy."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class OptimizerConfig:
    """Adam, as the original used it."""

    learning_rate: float = 5e-5
    """Step size."""
    b1: float = 0.5
    """Decay of the first moment."""
    b2: float = 0.999
    """Decay of the second moment."""
    eps: float = 1e-7
    """Term that keeps the division finite."""
    warmup_steps: int = 0
    """Steps over which the learning rate rises linearly from 0."""
    ema: float = 0.0
    """Decay of the running average of the parameters that conversion uses; 0 keeps none."""

    def __post_init__(self) -> None:
        _require(self.learning_rate > 0, "`learning_rate` must be positive.")
        _require(0 <= self.ema < 1, f"`ema` must be in [0, 1), not {self.ema}.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """The pace of a run."""

    batch_size: int = 64
    """Chips of each identity in one step, over all hosts."""
    fsdp: int = 1
    """Devices that share one copy of the parameters, moments and averages, each holding its part of
    every large array; 1: each device holds all. A run may go on with another number."""
    save_every: int = 1_000
    """Steps between checkpoints."""
    keep: int = 3
    """Latest checkpoints that are kept."""
    log_every: int = 20
    """Steps between lines of metrics."""
    preview_every: int = 500
    """Steps between preview pictures."""

    def __post_init__(self) -> None:
        for name in ("batch_size", "fsdp", "save_every", "keep", "log_every", "preview_every"):
            _require(getattr(self, name) >= 1, f"`{name}` must be >= 1, not {getattr(self, name)}.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """All that determines a training run, beside its data."""

    seed: int = 0
    """The one seed of all that is random."""
    steps: int = 50_000
    """Steps of the whole run; raise it to train on."""
    data: DataConfig = dataclasses.field(default_factory=DataConfig)
    model: ModelConfig = dataclasses.field(default_factory=ModelConfig)
    augmentation: AugmentationConfig = dataclasses.field(default_factory=AugmentationConfig)
    loss: LossConfig = dataclasses.field(default_factory=LossConfig)
    optimizer: OptimizerConfig = dataclasses.field(default_factory=OptimizerConfig)
    train: TrainConfig = dataclasses.field(default_factory=TrainConfig)

    def __post_init__(self) -> None:
        _require(self.steps >= 1, f"`steps` must be >= 1, not {self.steps}.")
        _require(0 <= self.seed < 2**32, f"`seed` must be in 0..2**32 - 1, not {self.seed}.")
        seen, needed = self.data.chip_size * self.augmentation.coverage, self.needed_chip_size()
        _require(
            seen >= 0.9 * self.model.image_size,
            f"Chips of {self.data.chip_size} px show the network {seen:g} px, which it would see "
            f"enlarged to {self.model.image_size}: give --data.chip-size {needed}.",
        )

    def needed_chip_size(self) -> int:
        """Side of the chips from which no picture is enlarged, at any zoom; a multiple of 8."""
        augmentation = self.augmentation
        side = self.model.image_size / augmentation.coverage * (1 + augmentation.zoom)
        return 8 * math.ceil(side / 8)


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
    track: int | Literal["all"] = 0
    """Whose face changes: 0 is the largest where the faces come in, 1 the next, or all."""
    batch_size: int = 16
    """Faces in one call of the model."""
    codec: Codec = "h264"
    """h264: plays everywhere. h265 and av1: smaller, slower. ffv1: lossless, in .mkv."""
    crf: int | Literal["auto"] = "auto"
    """Quality of the video, lower is better (the codec's constant rate factor); auto: 16 for h264,
    17 for h265 and av1. They reach to 51, 51 and 63."""
    preset: Preset = "veryfast"
    """The encoder's effort: fast takes twice the time of veryfast for a file a tenth smaller."""

    def __post_init__(self) -> None:
        _require(self.batch_size >= 1, f"`batch_size` must be >= 1, not {self.batch_size}.")
        most = _MOST_CRF.get(self.codec)
        _require(
            self.crf == "auto" or most is not None,
            f"`crf` says nothing to {self.codec}, which is lossless: leave it out.",
        )
        _require(
            self.crf == "auto" or 0 <= self.crf <= most,
            f"`crf` of {self.codec} must be in 0..{most}, not {self.crf}.",
        )
        _require(
            0 <= self.color_smoothing_s <= 5,
            f"`color_smoothing_s` must be in [0, 5], not {self.color_smoothing_s}.",
        )
        _require(0 <= self.erode < 0.5, f"`erode` must be in [0, 0.5), not {self.erode}.")
        _require(0 <= self.feather < 0.5, f"`feather` must be in [0, 0.5), not {self.feather}.")


def to_dict(config: Any) -> dict[str, Any]:
    """A config dataclass as plain JSON values; `from_dict` is its inverse."""
    return json.loads(json.dumps(dataclasses.asdict(config)))


def from_dict(cls: type, values: dict[str, Any]) -> Any:
    """The inverse of `to_dict`, for `Config` and its parts.

    Raises:
        ValueError: if a key is unknown or missing, or a value is refused.
    """
    fields = {field.name: field for field in dataclasses.fields(cls)}
    if set(values) != set(fields):
        raise ValueError(
            f"{cls.__name__} has the keys {sorted(fields)}, but these differ: "
            f"{sorted(set(values) ^ set(fields))}."
        )
    parts = {}
    for name, value in values.items():
        if dataclasses.is_dataclass(fields[name].type):
            parts[name] = from_dict(fields[name].type, value)
        else:
            parts[name] = tuple(value) if isinstance(value, list) else value
    return cls(**parts)
