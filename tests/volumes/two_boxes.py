"""Labels that no flip and no order of axes keeps."""

import numpy as np

SHAPE = (8, 20, 24)


def labels(dtype=np.uint8):
    """Two boxes, ids 1 and 2, (z, y, x)."""
    array = np.zeros(SHAPE, dtype)
    array[2:6, 4:12, 4:12] = 1
    array[1:5, 6:16, 14:20] = 2
    return array
