"""What the Keras losses share: axes, masks, weights of samples, reduction and arithmetic."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, ClassVar

import keras
from keras import ops
from keras.src.backend import get_keras_mask  # where Keras keeps it: nothing public tells it

from lossexplorer.core.parameters import ParameterError
from lossexplorer.keras_classes.fields import Shape, fields_of
from lossexplorer.keras_classes.terms import terms_of
from lossexplorer.keras_classes.total import Summand
from lossexplorer.keras_classes.weights import (
    Weights,
    agree,
    mask_factors,
    voxel_mask,
    weights_of,
)
from lossexplorer.losses import Loss, require_classes


class SegmentationLoss(Summand, keras.losses.Loss):  # type: ignore[misc]  # Keras has no types
    """What the Keras losses of `lossexplorer.keras` share.

    Called with truth and prediction of one shape, (batch, z, y, x, class), (batch, y, x, class)
    or (batch, voxel, class), it gives with the default reduction the loss's value, a scalar. With
    ``reduction=None`` it gives what that is the mean of: one value per voxel, shape
    (batch, z, y, x), from a loss that is a mean over voxels; one per sample, shape (batch,), from
    any other; a single one, shape (1,), where pooling joins the samples.

    A single channel is the foreground's, of a sigmoid. What each class says about it, and about
    voxels that do not count, is in its notes. Losses can be added and multiplied with numbers,
    ``Dice() + 0.5 * CrossEntropy()``, which gives a `Total`.

    Parameters
    ----------
    from_logits : bool
        Whether predictions are logits and not probabilities: of a softmax, or of a sigmoid where
        there is one channel or where channels are independent.
    ignore_class : int, optional
        The channel of the one-hot truth whose voxels count nowhere. The prediction has the same
        channels, or all but this one.
    name : str, optional
        The loss's name by default.
    reduction, dtype
        As in `keras.losses.Loss`.
    **parameters
        The loss's parameters; what is left out has its default.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If a parameter is unknown or its value is not allowed; on a call, if it does not fit the
        number of classes.
    ValueError
        On a call with shapes that differ or are none of the above, or with weights of samples
        that do not fit.
    """

    description: ClassVar[Loss]

    def __init__(
        self,
        *,
        from_logits: bool = False,
        ignore_class: int | None = None,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
        **parameters: Any,
    ) -> None:
        super().__init__(name=name or self.description.name, reduction=reduction, dtype=dtype)
        with _named(type(self)):
            self.parameters = self.description.complete(parameters)
            self.from_logits = _checked_flag("from_logits", from_logits)
            self.ignore_class = _checked_class("ignore_class", ignore_class)

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Return the loss.

        A voxel that Keras's mask leaves out, or whose class is ignored, counts nowhere: its
        gradient is 0, and means are those of the other voxels and of the samples that have some.

        Parameters
        ----------
        y_true, y_pred : tensor, shape (batch, z, y, x, class)
            One-hot or soft truth, and probabilities or logits.
        sample_weight : tensor, optional
            Factors of samples, a number or of shape (batch,) or (batch, 1), or of voxels, shape
            (batch, z, y, x). A mean over voxels is multiplied voxel by voxel, and N stays all
            voxels, as in Keras; any other loss counts a voxel as often as its factor says, and one
            of 0 not at all. None of samples if pooling joins them: then nothing is one sample's.

        Returns
        -------
        tensor
            A scalar, or what the class says about ``reduction=None``.
        """
        mask = get_keras_mask(y_pred)
        y_true, y_pred = (
            ops.convert_to_tensor(each, dtype=self.dtype) for each in (y_true, y_pred)
        )
        self._require_shapes(tuple(y_true.shape), tuple(y_pred.shape))
        weights = Weights() if sample_weight is None else self._weights(sample_weight, y_pred)
        counted = self._counted(y_true)
        if mask is not None:
            mask = voxel_mask(mask, y_pred)
            counted = mask if counted is None else mask & counted
        values, factors = self._values_and_factors(y_true, y_pred, weights, counted)
        reduced = _Reduced(name=self.name, reduction=self.reduction, dtype=self.dtype)
        return reduced(values, values, factors)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the values whose mean is the loss.

        Parameters
        ----------
        y_true, y_pred : tensor, shape (batch, z, y, x, class)
            One-hot or soft truth, and probabilities or logits.

        Returns
        -------
        tensor, shape (batch,), (1,) or (batch, z, y, x)
            Of float32, or of float64 if the prediction is. The values of voxels that are ignored
            are 0.
        """
        self._require_shapes(tuple(y_true.shape), tuple(y_pred.shape))
        return self._values(y_true, y_pred, self._counted(y_true), per_voxel=self._over_voxels)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this loss again."""
        own = {"from_logits": self.from_logits, "ignore_class": self.ignore_class}
        return {**super().get_config(), "dtype": self.dtype, **own, **self.parameters}

    @property
    def _over_voxels(self) -> bool:
        return self.description.factors is not None

    def _values_and_factors(
        self, y_true: Any, y_pred: Any, weights: Weights, counted: Any | None
    ) -> tuple[Any, Any | None]:
        """Return the values whose mean is the loss, and the factors that they are reduced with."""
        voxels, factors = counted, weights.samples
        per_voxel = self._over_voxels and not (
            # Then the mean over samples of their means is the mean over voxels, and more accurate.
            counted is None and weights.voxels is None and self.reduction in _MEANS
        )
        if weights.voxels is not None and not self._over_voxels:
            voxels = ops.cast(weights.voxels, y_pred.dtype)
            voxels = voxels if counted is None else voxels * ops.cast(counted, voxels.dtype)
        for each in (weights.samples, weights.voxels if per_voxel else None):
            y_pred = y_pred if each is None else self._constant_where_0(each, y_pred)
        values = self._values(y_true, y_pred, voxels, per_voxel=per_voxel)
        if per_voxel:
            factors = weights.voxels if weights.voxels is not None else _per_voxel(factors, values)
        if counted is not None and tuple(values.shape) != (1,):
            left = (
                counted if per_voxel else ops.any(counted, axis=tuple(range(1, len(counted.shape))))
            )
            more = mask_factors(left, self.reduction, values.dtype)
            factors = more if factors is None else more * ops.cast(factors, more.dtype)
        return values, factors

    def _values(self, y_true: Any, y_pred: Any, voxels: Any | None, *, per_voxel: bool) -> Any:
        """Return the values whose mean is the loss.

        Parameters
        ----------
        y_true, y_pred : tensor, shape (batch, …, class)
            Truth and prediction.
        voxels : tensor, shape (batch, …), or None
            Which voxels count, or how much.
        per_voxel : bool
            As in `terms_of`.
        """
        loss, values = self.description, dict(self.parameters)
        independent = values.get("channels") == "independent"
        if y_pred.shape[-1] == 1 and not independent:
            values = dict(loss.of_both(values))
        with _named(type(self)):
            objects = not values.get("include_background", True)
            if objects:
                require_classes(y_pred.shape[-1], 1)
                values["include_background"] = True
            fields = fields_of(
                y_true,
                y_pred,
                voxels,
                from_logits=self.from_logits,
                ignore_class=self.ignore_class,
                independent=independent,
                both_classes=loss.one_channel == "both" and not independent,
            )
            # Left out before the logarithm: 0 times its infinite slope would be NaN.
            fields = fields.of_objects() if objects else fields
            return terms_of(loss, fields, values, per_voxel=per_voxel)

    def _constant_where_0(self, factors: Any, y_pred: Any) -> Any:
        """Return a prediction that is a constant where a factor is 0: 0 · ∞ would be NaN."""
        counts = ops.expand_dims(voxel_mask(factors, y_pred), -1)
        return ops.where(
            counts, y_pred, (0.0 if self.from_logits else 0.5) + ops.zeros_like(y_pred)
        )

    def _counted(self, y_true: Any) -> Any | None:
        """Return which voxels are not ignored; None if no class is."""
        if self.ignore_class is None:
            return None
        return ops.logical_not(y_true[..., self.ignore_class] > 0.5)

    def _require_shapes(self, truth: Shape, prediction: Shape) -> None:
        allowed = [prediction]
        if self.ignore_class is not None and prediction[-1] is not None:
            allowed.append((*prediction[:-1], prediction[-1] + 1))
        if not (any(agree(truth, each) for each in allowed) and len(prediction) in (3, 4, 5)):
            more = "" if self.ignore_class is None else ", the truth with or without ignore_class"
            raise ValueError(
                f"{type(self).__name__} needs truth, one-hot, and prediction of one shape, "
                f"(batch, z, y, x, class), (batch, y, x, class) or (batch, voxel, class){more}, "
                f"not {truth} and {prediction}."
            )
        if prediction[-1] is None:
            raise ValueError(
                f"{type(self).__name__} needs a prediction whose number of classes is known, "
                f"not one of shape {prediction}."
            )
        ignored, channels = self.ignore_class, truth[-1]
        if ignored is not None and channels is not None and ignored >= channels:
            raise ValueError(
                f"{type(self).__name__}: ignore_class = {ignored}, but the truth has the "
                f"channels 0 to {channels - 1}."
            )

    def _weights(self, sample_weight: Any, y_pred: Any) -> Weights:
        """Return the weights of a call."""
        found = weights_of(sample_weight, tuple(y_pred.shape), type(self).__name__)
        pooling = self.parameters.get("pooling", "sample")
        if found.samples is not None and tuple(found.samples.shape) != () and pooling != "sample":
            raise ValueError(
                f"{type(self).__name__} takes no weights of samples with pooling = {pooling}: it "
                "has one value for the whole batch."
            )
        return found


_MEANS = ("sum_over_batch_size", "mean", "mean_with_sample_weight")


class _Reduced(keras.losses.Loss):  # type: ignore[misc]  # Keras has no types
    """Keras's reduction of values that are known already."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        del y_true
        return y_pred


def _per_voxel(factors: Any | None, values: Any) -> Any | None:
    """Return factors of samples as those of their voxels."""
    if factors is None or tuple(factors.shape) == ():
        return factors
    column = ops.reshape(factors, (-1, *[1] * (len(values.shape) - 1)))
    return ops.broadcast_to(column, ops.shape(values))


def _checked_flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ParameterError(f"{name} must be true or false, not {value!r}.")
    return value


def _checked_class(name: str, value: Any) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        raise ParameterError(f"{name} must be the index of a channel from 0, or None: {value!r}.")
    return value


@contextlib.contextmanager
def _named(owner: type) -> Iterator[None]:
    """Let an error about a parameter begin with the class that it belongs to."""
    try:
        yield
    except ParameterError as error:
        raise ParameterError(f"{owner.__name__}: {error}") from None
