# pyright: strict
"""jaxswap: video face swapping with a shared-encoder autoencoder in JAX.

The names below are the library; each is imported when it is first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jaxswap import config, errors, presets
    from jaxswap.api.building import build
    from jaxswap.api.conversion import convert, convert_many
    from jaxswap.api.description import info
    from jaxswap.api.evaluation import EvaluationReport, evaluate
    from jaxswap.api.extraction import extract, extract_many
    from jaxswap.api.opened_run import Run, open_run
    from jaxswap.api.planning import plan
    from jaxswap.api.previewing import preview
    from jaxswap.api.roster import faces
    from jaxswap.api.training import train
    from jaxswap.config import (
        AugmentationConfig,
        Config,
        ConvertConfig,
        DataConfig,
        ExtractConfig,
        FacesConfig,
        LossConfig,
        ScaleConfig,
        TrainConfig,
    )
    from jaxswap.conversion.report import ConversionReport
    from jaxswap.errors import (
        DatasetError,
        DivergedError,
        FacesetError,
        FootageError,
        JaxswapError,
        MissingExtraError,
        NewerFormatError,
        NoFaceError,
        OutputError,
        PlaceError,
        RunError,
        Stopped,
    )
    from jaxswap.events import Events, Progress
    from jaxswap.planning.plan import Plan
    from jaxswap.reports import BuildReport, FacesReport, PreviewReport, Track, TrainingReport
    from jaxswap.scale.conversion import ManyConversionReport
    from jaxswap.scale.extraction import ManyExtractionReport
    from jaxswap.training.hosts import Hosts
    from jaxswap.version import __version__
    from jaxswap.vision.extraction import ExtractionReport

_HOMES: dict[str, str] = {
    "AugmentationConfig": "jaxswap.config",
    "BuildReport": "jaxswap.reports",
    "Config": "jaxswap.config",
    "ConversionReport": "jaxswap.conversion.report",
    "ConvertConfig": "jaxswap.config",
    "DataConfig": "jaxswap.config",
    "DatasetError": "jaxswap.errors",
    "DivergedError": "jaxswap.errors",
    "EvaluationReport": "jaxswap.api.evaluation",
    "Events": "jaxswap.events",
    "ExtractConfig": "jaxswap.config",
    "ExtractionReport": "jaxswap.vision.extraction",
    "FacesConfig": "jaxswap.config",
    "FacesReport": "jaxswap.reports",
    "FacesetError": "jaxswap.errors",
    "FootageError": "jaxswap.errors",
    "Hosts": "jaxswap.training.hosts",
    "JaxswapError": "jaxswap.errors",
    "LossConfig": "jaxswap.config",
    "ManyConversionReport": "jaxswap.scale.conversion",
    "ManyExtractionReport": "jaxswap.scale.extraction",
    "MissingExtraError": "jaxswap.errors",
    "NewerFormatError": "jaxswap.errors",
    "NoFaceError": "jaxswap.errors",
    "OutputError": "jaxswap.errors",
    "PlaceError": "jaxswap.errors",
    "Plan": "jaxswap.planning.plan",
    "PreviewReport": "jaxswap.reports",
    "Progress": "jaxswap.events",
    "Run": "jaxswap.api.opened_run",
    "RunError": "jaxswap.errors",
    "ScaleConfig": "jaxswap.config",
    "Stopped": "jaxswap.errors",
    "Track": "jaxswap.reports",
    "TrainConfig": "jaxswap.config",
    "TrainingReport": "jaxswap.reports",
    "__version__": "jaxswap.version",
    "build": "jaxswap.api.building",
    "convert": "jaxswap.api.conversion",
    "convert_many": "jaxswap.api.conversion",
    "evaluate": "jaxswap.api.evaluation",
    "extract": "jaxswap.api.extraction",
    "extract_many": "jaxswap.api.extraction",
    "faces": "jaxswap.api.roster",
    "info": "jaxswap.api.description",
    "open_run": "jaxswap.api.opened_run",
    "plan": "jaxswap.api.planning",
    "preview": "jaxswap.api.previewing",
    "train": "jaxswap.api.training",
    "config": "",
    "errors": "",
    "presets": "",
}
"""Where each name is from; nothing is before a module, which is handed on as it is."""

__all__ = [
    "AugmentationConfig",
    "BuildReport",
    "Config",
    "ConversionReport",
    "ConvertConfig",
    "DataConfig",
    "DatasetError",
    "DivergedError",
    "EvaluationReport",
    "Events",
    "ExtractConfig",
    "ExtractionReport",
    "FacesConfig",
    "FacesReport",
    "FacesetError",
    "FootageError",
    "Hosts",
    "JaxswapError",
    "LossConfig",
    "ManyConversionReport",
    "ManyExtractionReport",
    "MissingExtraError",
    "NewerFormatError",
    "NoFaceError",
    "OutputError",
    "PlaceError",
    "Plan",
    "PreviewReport",
    "Progress",
    "Run",
    "RunError",
    "ScaleConfig",
    "Stopped",
    "Track",
    "TrainConfig",
    "TrainingReport",
    "__version__",
    "build",
    "config",
    "convert",
    "convert_many",
    "errors",
    "evaluate",
    "extract",
    "extract_many",
    "faces",
    "info",
    "open_run",
    "plan",
    "presets",
    "preview",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if not _HOMES[name]:
        return importlib.import_module(f"{__name__}.{name}")
    found = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
