import cv2
import numpy as np
import pytest

from jaxswap import config, images, stills
from jaxswap.conversion import alpha, canvas, face_views, paste
from jaxswap.vision import chips

SIZE = 64
COVERAGE = 0.625


@pytest.fixture
def sighting(astronaut_u8):
    """The astronaut's face, about 130 pixels high."""
    scale = SIZE / 200
    view_from_frame = np.array([[scale, 0, -scale * 120], [0, scale, -scale * 20]])
    oval_u8 = np.zeros((alpha.SIZE, alpha.SIZE), np.uint8)
    cv2.ellipse(oval_u8, (128, 128), (70, 90), 0, 0, 360, 255, -1)
    return face_views.FaceView(
        view_from_frame=view_from_frame,
        view_u8=chips.cut_chip(astronaut_u8, view_from_frame, SIZE),
        oval_u8=oval_u8,
        points=np.zeros((468, 2)),
        track=0,
        identity="b",
    )


@pytest.fixture
def pasted(astronaut_u8, sighting):
    """Pastes a darker face, in which the chin is a bright stripe."""
    face = 0.6 * images.to_float(sighting.view_u8)
    face[44:47, 28:36] += 0.4

    def paste_(**options: object) -> np.ndarray:
        painted = canvas.StillCanvas(stills.plain(astronaut_u8))
        chosen = config.ConvertConfig(mask="oval", color="none", **options)
        paste.Paster(chosen, COVERAGE).paste(
            painted, sighting, face, learned_mask=None, colors=None
        )
        return painted.picture.astype(float)

    return paste_


WAYS = ("feather", "paste", "poisson", "mixed", "multiband")


def test_every_way_of_blending_changes_the_face_and_nothing_far_from_it(astronaut_u8, pasted):
    found = {way: pasted(blend=way, sharpen="none") for way in WAYS}
    for way, image in found.items():
        changed = np.abs(image - astronaut_u8).max(axis=-1)
        assert not changed[240:].any(), way
        assert not changed[:, :130].any(), way
        assert not changed[:, 320:].any(), way
        assert changed[158:164, 210:230].mean() > 15, way  # the stripe
    cheek = (slice(110, 130), slice(190, 200))
    change = {way: (image - astronaut_u8)[cheek].mean() for way, image in found.items()}
    assert change["feather"] < -35
    assert change["paste"] < -35
    assert change["multiband"] < -35
    assert abs(change["poisson"]) < 0.6 * abs(change["feather"])
    assert abs(change["mixed"]) < 0.6 * abs(change["feather"])
    assert np.abs(found["mixed"] - found["poisson"]).max() > 10


def test_either_solver_can_be_had(pasted):
    jax, opencv = (pasted(blend="poisson", poisson_solver=name) for name in ("jax", "opencv"))
    assert 0 < np.abs(jax - opencv).mean() < 3


def test_a_face_is_as_sharp_as_the_one_in_the_frame(astronaut_u8, sighting, pasted):
    sharp, soft = (pasted(sharpen=name) for name in ("auto", "none"))
    details = [
        np.square(image - cv2.GaussianBlur(image, (0, 0), 4))[90:170, 190:250].mean()
        for image in (sharp, soft)
    ]
    assert details[0] > 1.1 * details[1]
