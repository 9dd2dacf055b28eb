"""Colour transfer: the swapped face takes the colours of the face that it replaces.

Every method is estimated from two samples of pixels, of the swapped face and of the face in the
footage, both RGB in [0, 1], and gives a map of colours that is then applied to the swapped face.
"""
