"""The pace of a run, and all that determines it beside its data."""

import dataclasses
import math

from jaxswap.config.augmentation import AugmentationConfig
from jaxswap.config.checks import require
from jaxswap.config.data import DataConfig
from jaxswap.config.losses import LossConfig
from jaxswap.config.models import ModelConfig
from jaxswap.config.optimizers import OptimizerConfig
from jaxswap.config.pacing import pace


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """The pace of a run."""

    batch_size: int = 64
    """Chips of each identity in one step, over all hosts."""
    fsdp: int = pace(1)
    """Devices that share one copy of the parameters, moments and averages, each holding its part of
    every large array; 1: each device holds all. A run may go on with another number."""
    save_every: int = pace(1_000)
    """Steps between checkpoints."""
    keep: int = pace(3)
    """Latest checkpoints that are kept."""
    log_every: int = pace(20)
    """Steps between lines of metrics."""
    preview_every: int = pace(500)
    """Steps between preview pictures."""

    def __post_init__(self) -> None:
        for name in ("batch_size", "fsdp", "save_every", "keep", "log_every", "preview_every"):
            require(getattr(self, name) >= 1, f"`{name}` must be >= 1, not {getattr(self, name)}.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """All that determines a training run, beside its data."""

    seed: int = 0
    """The one seed of all that is random."""
    steps: int = pace(50_000)
    """Steps of the whole run; raise it to train on."""
    data: DataConfig = dataclasses.field(default_factory=DataConfig)
    model: ModelConfig = dataclasses.field(default_factory=ModelConfig)
    augmentation: AugmentationConfig = dataclasses.field(default_factory=AugmentationConfig)
    loss: LossConfig = dataclasses.field(default_factory=LossConfig)
    optimizer: OptimizerConfig = dataclasses.field(default_factory=OptimizerConfig)
    train: TrainConfig = dataclasses.field(default_factory=TrainConfig)

    def __post_init__(self) -> None:
        require(self.steps >= 1, f"`steps` must be >= 1, not {self.steps}.")
        require(0 <= self.seed < 2**32, f"`seed` must be in 0..2**32 - 1, not {self.seed}.")
        seen, needed = self.data.chip_size * self.augmentation.coverage, self.needed_chip_size()
        require(
            seen >= 0.9 * self.model.image_size,
            f"Chips of {self.data.chip_size} px show the network {seen:g} px, which it would see "
            f"enlarged to {self.model.image_size}: give --data.chip-size {needed}.",
        )

    def needed_chip_size(self) -> int:
        """Side of the chips from which no picture is enlarged, at any zoom; a multiple of 8."""
        augmentation = self.augmentation
        side = self.model.image_size / augmentation.coverage * (1 + augmentation.zoom)
        return 8 * math.ceil(side / 8)
