"""How the pixels of a video are held: planes, chroma, colour tags."""
