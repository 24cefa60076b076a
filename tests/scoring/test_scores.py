import numpy as np
import pytest

from scoring.errors import OutOfRange
from scoring.scores import pomp


def test_percent_of_maximum_possible_runs_from_0_to_100():
    np.testing.assert_allclose(pomp([0, 1, 2, 3, 4], 0, 4), [0, 25, 50, 75, 100])


def test_nothing_is_clipped():
    with pytest.raises(OutOfRange):
        pomp([0], 1, 5)
