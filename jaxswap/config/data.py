"""How facesets become batches."""

import dataclasses
import math

from jaxswap.config.checks import require
from jaxswap.config.pacing import pace


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
    num_threads: int = pace(2)
    """Threads that read and decode records on each host."""
    prefetch: int = pace(4)
    """Batches that are made ahead of the step; the bound of the queue."""
    num_workers: int = pace(0)
    """Processes that read and decode on each host, for many cores; 0 uses threads alone. The order
    of the data is the same for any number."""
    cache_mb: int = pace(1024)
    """Memory in MiB on each host that keeps decoded chips, so that each is decoded once; chips
    beyond it are decoded every time."""

    def __post_init__(self) -> None:
        require(
            16 <= self.chip_size <= 2048, f"`chip_size` must be in 16..2048, not {self.chip_size}."
        )
        require(
            0 < self.validation_share <= 0.5,
            f"`validation_share` must be in (0, 0.5], not {self.validation_share}.",
        )
        require(
            0 < self.segment_s < math.inf,
            f"`segment_s` must be positive and finite, not {self.segment_s}.",
        )
        require(self.num_threads >= 1, f"`num_threads` must be >= 1, not {self.num_threads}.")
        require(self.prefetch >= 1, f"`prefetch` must be >= 1, not {self.prefetch}.")
        require(self.num_workers >= 0, f"`num_workers` must be >= 0, not {self.num_workers}.")
        require(self.cache_mb >= 0, f"`cache_mb` must be >= 0, not {self.cache_mb}.")
