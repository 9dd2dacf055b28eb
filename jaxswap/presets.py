"""Named configurations. A model of a peer is a preset: numbers only, checked by its count.

`original-2017` is deepfakes/faceswap as of December 2017: layers, Adam, L1 and the recipe of
augmentation. `quick` is our own, for two cores and ten minutes.
"""

import dataclasses

from jaxswap import config, names

ORIGINAL_2017 = config.Config()

ORIGINAL_2017_MASK = dataclasses.replace(
    ORIGINAL_2017,
    model=config.SharedInter(mask=config.MaskHead()),
    loss=config.LossConfig(masked=True),
)

QUICK = config.Config(
    steps=3_000,
    model=config.SharedInter(
        encoder=config.ConvEncoder(features=(32, 64, 128, 256)),
        inter=config.DenseInter(bottleneck=256, features=128, upscale=128),
        decoder=config.Decoder(features=(64, 32, 16)),
        mask=config.MaskHead(features=(32, 16, 8)),
        visible=config.VisibleHead(features=(16, 8, 4)),
    ),
    augmentation=config.AugmentationConfig(coverage=0.625, occlusion=0.4),
    loss=config.LossConfig(dssim=1.0, masked=True, eyes=2.0, mouth=1.0),
    optimizer=config.Adam(learning_rate=1e-3, b1=0.9, warmup_steps=100, ema=0.995),
    train=config.TrainConfig(batch_size=8, save_every=500, log_every=20, preview_every=500),
)

PRESETS: dict[str, config.Config] = {
    "quick": QUICK,
    "original-2017": ORIGINAL_2017,
    "original-2017-mask": ORIGINAL_2017_MASK,
}


def named(name: str) -> config.Config:
    """The preset `name`.

    Raises:
        ValueError: if there is none; names the nearest.
    """
    if name not in PRESETS:
        raise ValueError(names.unknown("preset", name, PRESETS))
    return PRESETS[name]


def name_of(configuration: config.Config) -> str | None:
    """The preset whose networks a configuration has, or None, whatever else was changed."""
    computed = {name: getattr(configuration.model, name) for name in ("dtype", "precision")}
    for name, preset in PRESETS.items():
        if dataclasses.replace(preset.model, **computed) == configuration.model:
            return name
    return None
