"""How different two colours look: CIE L*a*b* and CIEDE2000."""

import functools

import numpy as np
from jaxtyping import Float, UInt8

XYZ_FROM_RGB = (
    (0.4124, 0.3576, 0.1805),
    (0.2126, 0.7152, 0.0722),
    (0.0193, 0.1192, 0.9505),
)


def lab(colors_u8: UInt8[np.ndarray, "h w 3"]) -> Float[np.ndarray, "h w 3"]:
    """SRGB in 0..255 to L* in [0, 100], a* and b*; the white point is that of sRGB, D65.

    Exact, which OpenCV's is not: it interpolates in a table and is up to a quarter of a unit off.

    Reference: IEC 61966-2-1 (sRGB); CIE 15 (L*a*b*)
    """
    to_xyz = np.array(XYZ_FROM_RGB) / np.sum(XYZ_FROM_RGB, axis=1, keepdims=True)  # white is 1
    x, y, z = np.moveaxis(_curve(_linear()[colors_u8] @ to_xyz.T), -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def ciede2000(
    first: Float[np.ndarray, "n 3"], second: Float[np.ndarray, "n 3"]
) -> Float[np.ndarray, " n"]:
    """Colour difference dE00 of pairs of L*a*b* colours; about 1 can just be seen side by side.

    Reference: Sharma et al. 2005, https://doi.org/10.1002/col.20070, equations 2 to 22
    """
    (light1, a1, b1), (light2, a2, b2) = first.astype(np.float64).T, second.astype(np.float64).T
    chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    grow = 1 + 0.5 * (1 - np.sqrt(chroma**7 / (chroma**7 + 25.0**7)))
    chroma1, chroma2 = np.hypot(grow * a1, b1), np.hypot(grow * a2, b2)
    hue1, hue2 = _degrees(b1, grow * a1), _degrees(b2, grow * a2)
    turn = (hue2 - hue1 + 180) % 360 - 180
    turn = np.where((turn == -180) & (hue2 > hue1), 180.0, turn)
    colored = chroma1 * chroma2 > 0
    turn = np.where(colored, turn, 0.0)
    d_hue = 2 * np.sqrt(chroma1 * chroma2) * np.sin(np.radians(turn / 2))
    d_light, d_chroma = light2 - light1, chroma2 - chroma1
    light, chroma = (light1 + light2) / 2, (chroma1 + chroma2) / 2
    hue = np.where(colored, (hue1 + turn / 2) % 360, hue1 + hue2)
    cosines = [np.cos(np.radians(k * hue + at)) for k, at in ((1, -30), (2, 0), (3, 6), (4, -63))]
    t = 1 - 0.17 * cosines[0] + 0.24 * cosines[1] + 0.32 * cosines[2] - 0.20 * cosines[3]
    s_light = 1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2)
    s_chroma, s_hue = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    angle = 30 * np.exp(-(((hue - 275) / 25) ** 2))
    turning = -2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7)) * np.sin(np.radians(2 * angle))
    x, y, z = d_light / s_light, d_chroma / s_chroma, d_hue / s_hue
    return np.sqrt(x**2 + y**2 + z**2 + turning * y * z)


def _degrees(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.degrees(np.arctan2(y, x)) % 360


@functools.cache
def _linear() -> Float[np.ndarray, " 256"]:
    """Light of each level of sRGB, in [0, 1]."""
    level = np.arange(256) / 255
    return np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)


def _curve(t: np.ndarray) -> np.ndarray:
    """The cube root of L*a*b*, with its straight beginning."""
    return np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
