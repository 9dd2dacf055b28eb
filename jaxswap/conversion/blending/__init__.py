"""A face and the region of the frame that it goes into become one picture."""
