"""Which of the 468 mesh points are what.

The indices are those of MediaPipe's face mesh; "left" is the image's left for an upright face.

Reference: https://github.com/google-ai-edge/mediapipe, face_mesh_connections.py (Apache-2.0)
"""

NUM_POINTS = 468

# fmt: off
OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152,
    148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)
LEFT_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
RIGHT_EYE = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
LEFT_BROW = (70, 63, 105, 66, 107)
RIGHT_BROW = (300, 293, 334, 296, 336)
NOSE = (168, 6, 197, 195, 5, 4, 1, 48, 278, 2, 98, 327)
MOUTH_CORNERS = (61, 291)
# fmt: on

STABLE = (*LEFT_EYE, *RIGHT_EYE, *LEFT_BROW, *RIGHT_BROW, *NOSE, *MOUTH_CORNERS)
"""Points that alignment fits: the jaw and the lips move too much with speech."""
