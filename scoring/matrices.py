"""Whatever callers hold, as a matrix of numbers with named columns and as whole-number group labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from scoring.errors import EmptyRange, NotACategory, NotANumber, OutOfRange, ShapesDiffer

Floats = NDArray[np.float64]
Numbers = NDArray[Any]  # whole numbers of any width, or floats with NaN; both are read as they are


def names_of(answers: object, columns: int) -> tuple[str, ...]:
    """The names that messages call the columns by: a frame's own, else ``item 1``, ``item 2`` and so on."""
    if isinstance(answers, pd.DataFrame):
        return tuple(map(str, answers.columns))
    return tuple(f"item {place + 1}" for place in range(columns))


def as_matrix(answers: ArrayLike | pd.DataFrame) -> Numbers:
    """Answers as a two-dimensional array; whole numbers keep their width, everything else becomes float64.

    Parameters
    ----------
    answers
        Shape (n, k): people by items; NaN, None or ``pandas.NA`` where missing. One dimension is one item.

    Raises
    ------
    NotANumber
        A text or an infinite value among the answers.
    ShapesDiffer
        More than two dimensions, or no columns.
    """
    values = _frame_values(answers) if isinstance(answers, pd.DataFrame) else np.asarray(answers)
    if values.ndim > 2:
        raise ShapesDiffer(f"Answers have two dimensions, people and items; these have {values.ndim}.")
    matrix = values.reshape(-1, 1) if values.ndim < 2 else values
    if matrix.shape[1] == 0:
        raise ShapesDiffer("There are no items: the answers have no columns.")
    if matrix.dtype.kind in "iu":
        return matrix
    floats = _floats(matrix, answers)
    infinite = np.isinf(floats)
    if infinite.any():
        row, column = np.argwhere(infinite)[0]
        raise NotANumber(float(floats[row, column]), names_of(answers, floats.shape[1])[column])
    return floats


def as_floats(answers: ArrayLike | pd.DataFrame) -> Floats:
    """Answers as a float64 matrix of shape (n, k), NaN where missing."""
    return as_matrix(answers).astype(np.float64, copy=False)


def complete_rows(answers: ArrayLike | pd.DataFrame) -> Floats:
    """The rows without a missing answer, as float64."""
    values = as_floats(answers)
    return values[~np.isnan(values).any(axis=1)]


def as_categories(answers: ArrayLike | pd.DataFrame) -> Floats:
    """Answers as a float64 matrix of whole numbers, NaN where missing.

    Raises
    ------
    NotACategory
        A fraction among the answers.
    """
    values = as_floats(answers)
    fractions = np.argwhere(np.nan_to_num(values) % 1 != 0)
    if len(fractions):
        row, column = fractions[0]
        raise NotACategory(float(values[row, column]), names_of(answers, values.shape[1])[column])
    return values


def check_range(values: Numbers, minimum: float, maximum: float, names: Sequence[str] | None) -> None:
    """Raise `OutOfRange` that names the first column with a value outside its declared range.

    Raises
    ------
    EmptyRange
        The minimum does not lie below the maximum.
    """
    if not minimum < maximum:
        raise EmptyRange(minimum, maximum)
    with np.errstate(invalid="ignore"):
        outside = (values < minimum) | (values > maximum)
    if outside.any():
        column = int(np.flatnonzero(outside.any(axis=0))[0])
        found = float(values[outside[:, column], column][0])
        raise OutOfRange(found, minimum, maximum, None if names is None else names[column])


def group_codes(groups: ArrayLike, rows: int) -> tuple[NDArray[np.intp], tuple[Any, ...]]:
    """Labels as whole numbers and the sorted labels they stand for; -1 where a label is missing.

    Raises
    ------
    ShapesDiffer
        There is not one label a row.
    """
    labels = groups if isinstance(groups, (pd.Series, pd.Categorical)) else pd.Series(np.asarray(groups))
    if len(labels) != rows:
        raise ShapesDiffer(f"There are {rows} rows and {len(labels)} group labels; give one label for each row.")
    codes, found = pd.factorize(labels)
    order = sorted(range(len(found)), key=lambda place: _sortable(found[place]))
    places = np.empty(len(found) + 1, dtype=np.intp)
    places[order] = np.arange(len(found))
    places[-1] = -1
    return places[codes], tuple(_plain(found[place]) for place in order)


def values_by_group(values: ArrayLike, groups: ArrayLike) -> tuple[Floats, NDArray[np.intp], tuple[Any, ...]]:
    """One value a person with its group's number, without the rows that miss either, and the labels left.

    Returns
    -------
    tuple
        Values of shape (n,), codes of shape (n,) in 0 to J - 1, and the J labels that still have a value.
    """
    numbers = as_floats(values)[:, 0]
    codes, labels = group_codes(groups, len(numbers))
    known = ~np.isnan(numbers) & (codes >= 0)
    left, renumbered = np.unique(codes[known], return_inverse=True)
    return numbers[known], renumbered.astype(np.intp), tuple(labels[code] for code in left)


def _frame_values(frame: pd.DataFrame) -> Numbers:
    if all(isinstance(kind, np.dtype) and kind.kind in "iuf" for kind in frame.dtypes):
        return frame.to_numpy()
    columns = [pd.to_numeric(frame.iloc[:, place], errors="coerce") for place in range(frame.shape[1])]
    for place, column in enumerate(columns):
        lost = column.isna() & frame.iloc[:, place].notna()
        if lost.any():
            raise NotANumber(frame.iloc[:, place][lost].iloc[0], str(frame.columns[place]))
    return np.column_stack([column.to_numpy(dtype=np.float64, na_value=np.nan) for column in columns])


def _floats(matrix: Numbers, answers: object) -> Floats:
    if matrix.dtype.kind in "fb":
        return matrix.astype(np.float64, copy=False)
    found = np.empty(matrix.shape)
    for (row, column), value in np.ndenumerate(matrix):
        try:
            found[row, column] = np.nan if value is None or value is pd.NA else float(value)
        except (TypeError, ValueError):
            raise NotANumber(value, names_of(answers, matrix.shape[1])[column]) from None
    return found


def _sortable(label: Any) -> tuple[bool, Any]:  # labels are whatever the caller's column holds
    return isinstance(label, str), label


def _plain(label: Any) -> Any:  # a numpy number is no key that a reader expects
    return label.item() if isinstance(label, np.generic) else label
