"""A trainable array and its gradient."""

from refcnn import checks
from refcnn.arrays import Array


class Parameter:
    """A trainable array `data` and the derivative `grad` of the loss with respect to it.

    `data` is copied in and keeps its shape and dtype; a new value replaces the old array, which is
    never written into. `grad` is None until a backward pass sets it.
    """

    def __init__(self, data: Array) -> None:
        self._data = checks.floating("Parameter", data, "data").copy()
        self.grad: Array | None = None

    @property
    def data(self) -> Array:
        """The present value."""
        return self._data

    @data.setter
    def data(self, value: Array) -> None:
        value = checks.floating("Parameter", value, "data")
        if value.shape != self._data.shape:
            raise ValueError(
                f"Parameter: data has shape {self._data.shape} and keeps it, got {value.shape}"
            )
        if value.dtype != self._data.dtype:
            raise TypeError(
                f"Parameter: data is {self._data.dtype} and stays so, got {value.dtype}; "
                f"convert it first, e.g. data.astype(np.{self._data.dtype})"
            )
        self._data = value.copy()

    def __repr__(self) -> str:
        state = "without grad" if self.grad is None else "with grad"
        return f"Parameter(shape={self.data.shape}, dtype={self.data.dtype}, {state})"
