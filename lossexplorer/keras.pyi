# Made by `python -m lossexplorer.keras_classes.stub` from the descriptions of the losses.
from collections.abc import Sequence
from typing import Any, Literal

from lossexplorer.keras_classes.base import SegmentationLoss as SegmentationLoss
from lossexplorer.keras_classes.total import Total as Total

class Dice(SegmentationLoss):
    def __init__(
        self,
        *,
        smooth: float = 0.0,
        form: Literal["1-D", "-D"] = "1-D",
        denominator: Literal["linear", "squared"] = "linear",
        smooth_dr: Literal["smooth"] | float = "smooth",
        absent: Literal["as-written", "zero"] = "as-written",
        class_weights: Literal["none"] | Sequence[float] = "none",
        pooling: Literal["sample", "batch", "all"] = "sample",
        include_background: bool = True,
        from_logits: bool = False,
        ignore_class: int | None = None,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None: ...

class LogDice(SegmentationLoss):
    def __init__(
        self,
        *,
        smooth: float = 1e-05,
        smooth_dr: Literal["smooth"] | float = "smooth",
        class_weights: Literal["none"] | Sequence[float] = "none",
        pooling: Literal["sample", "batch", "all"] = "sample",
        include_background: bool = True,
        from_logits: bool = False,
        ignore_class: int | None = None,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None: ...

class LogCoshDice(SegmentationLoss):
    def __init__(
        self,
        *,
        smooth: float = 1e-05,
        smooth_dr: Literal["smooth"] | float = "smooth",
        class_weights: Literal["none"] | Sequence[float] = "none",
        pooling: Literal["sample", "batch", "all"] = "sample",
        include_background: bool = True,
        from_logits: bool = False,
        ignore_class: int | None = None,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None: ...

class NoiseRobustDice(SegmentationLoss):
    def __init__(
        self,
        *,
        exponent: float = 1.5,
        eps: float = 1e-05,
        class_weights: Literal["none"] | Sequence[float] = "none",
        pooling: Literal["sample", "batch", "all"] = "sample",
        include_background: bool = True,
        from_logits: bool = False,
        ignore_class: int | None = None,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None: ...

class GeneralizedDice(SegmentationLoss):
    def __init__(
        self,
        *,
        eps: float = 1e-05,
        weights: Literal["square", "simple", "uniform"] = "square",
        class_weights: Literal["none"] | Sequence[float] = "none",
        absent: Literal["as-written", "largest", "ignore"] = "as-written",
        ratio: Literal["common", "per-class"] = "common",
        floor: float = 0.0,
        smooth: float = 0.0,
        pooling: Literal["sample", "batch", "all"] = "batch",
        include_background: bool = True,
        from_logits: bool = False,
        ignore_class: int | None = None,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None: ...

class WassersteinDice(SegmentationLoss):
    def __init__(
        self,
        *,
        distances: Literal["uniform", "ordinal"] | Sequence[Sequence[float]] = "uniform",
        smooth: float = 0.0,
        class_weights: Literal["none"] | Sequence[float] = "none",
        pooling: Literal["sample", "batch"] = "sample",
        from_logits: bool = False,
        ignore_class: int | None = None,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None: ...

class Tversky(SegmentationLoss):
    def __init__(
        self,
        *,
        alpha: float = 0.3,
        beta: float = 0.7,
        smooth: float = 0.0,
        smooth_dr: Literal["smooth"] | float = "smooth",
        absent: Literal["as-written", "zero"] = "as-written",
        class_weights: Literal["none"] | Sequence[float] = "none",
        pooling: Literal["sample", "batch", "all"] = "sample",
        include_background: bool = True,
        from_logits: bool = False,
        ignore_class: int | None = None,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None: ...

class FocalTversky(SegmentationLoss):
    def __init__(
        self,
        *,
        alpha: float = 0.3,
        beta: float = 0.7,
        exponent: float = 0.75,
        smooth: float = 1e-06,
        smooth_dr: Literal["smooth"] | float = "smooth",
        absent: Literal["as-written", "zero"] = "as-written",
        class_weights: Literal["none"] | Sequence[float] = "none",
        pooling: Literal["sample", "batch", "all"] = "sample",
        include_background: bool = True,
        from_logits: bool = False,
        ignore_class: int | None = None,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None: ...

class FBeta(SegmentationLoss):
    def __init__(
        self,
        *,
        beta: float = 1.5,
        smooth: float = 1e-05,
        absent: Literal["as-written", "zero"] = "as-written",
        class_weights: Literal["none"] | Sequence[float] = "none",
        pooling: Literal["sample", "batch", "all"] = "sample",
        include_background: bool = True,
        from_logits: bool = False,
        ignore_class: int | None = None,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None: ...

class IoU(SegmentationLoss):
    def __init__(
        self,
        *,
        eps: float = 1e-06,
        absent: Literal["as-written", "zero"] = "as-written",
        class_weights: Literal["none"] | Sequence[float] = "none",
        pooling: Literal["sample", "batch", "all"] = "sample",
        include_background: bool = True,
        from_logits: bool = False,
        ignore_class: int | None = None,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None: ...

class MCC(SegmentationLoss):
    def __init__(
        self,
        *,
        eps: float = 1e-05,
        class_weights: Literal["none"] | Sequence[float] = "none",
        pooling: Literal["sample", "batch", "all"] = "sample",
        include_background: bool = True,
        from_logits: bool = False,
        ignore_class: int | None = None,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None: ...

class SensitivitySpecificity(SegmentationLoss):
    def __init__(
        self,
        *,
        sensitivity: float = 0.05,
        smooth: float = 1e-05,
        class_weights: Literal["none"] | Sequence[float] = "none",
        pooling: Literal["sample", "batch", "all"] = "sample",
        include_background: bool = True,
        from_logits: bool = False,
        ignore_class: int | None = None,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None: ...

class CrossEntropy(SegmentationLoss):
    def __init__(
        self,
        *,
        class_weights: Literal["none", "inverse-frequency", "median-frequency"] | Sequence[float] = "none",
        label_smoothing: float = 0.0,
        normalization: Literal["voxels", "weights"] = "voxels",
        channels: Literal["exclusive", "independent"] = "exclusive",
        over_classes: Literal["sum", "mean"] = "sum",
        include_background: bool = True,
        from_logits: bool = False,
        ignore_class: int | None = None,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None: ...

class Focal(SegmentationLoss):
    def __init__(
        self,
        *,
        gamma: float = 2.0,
        alpha: Literal["none"] | float | Sequence[float] = "none",
        channels: Literal["exclusive", "independent"] = "exclusive",
        class_weights: Literal["none"] | Sequence[float] = "none",
        label_smoothing: float = 0.0,
        over_classes: Literal["sum", "mean"] = "sum",
        include_background: bool = True,
        from_logits: bool = False,
        ignore_class: int | None = None,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None: ...

class GeneralizedCrossEntropy(SegmentationLoss):
    def __init__(
        self,
        *,
        q: float = 0.7,
        class_weights: Literal["none"] | Sequence[float] = "none",
        include_background: bool = True,
        from_logits: bool = False,
        ignore_class: int | None = None,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None: ...

class TopKCrossEntropy(SegmentationLoss):
    def __init__(
        self,
        *,
        k: float = 10.0,
        class_weights: Literal["none"] | Sequence[float] = "none",
        label_smoothing: float = 0.0,
        pooling: Literal["sample", "batch"] = "batch",
        include_background: bool = True,
        from_logits: bool = False,
        ignore_class: int | None = None,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None: ...

class UnifiedFocal(SegmentationLoss):
    def __init__(
        self,
        *,
        form: Literal["asymmetric", "symmetric"] = "asymmetric",
        weight: float = 0.5,
        delta: float = 0.6,
        gamma: float = 0.5,
        smooth: float = 1e-06,
        class_weights: Literal["none"] | Sequence[float] = "none",
        pooling: Literal["sample", "batch"] = "sample",
        from_logits: bool = False,
        ignore_class: int | None = None,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None: ...

class LovaszSoftmax(SegmentationLoss):
    def __init__(
        self,
        *,
        classes: Literal["present", "all"] = "present",
        class_weights: Literal["none"] | Sequence[float] = "none",
        pooling: Literal["sample", "batch"] = "batch",
        include_background: bool = True,
        from_logits: bool = False,
        ignore_class: int | None = None,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None: ...

class Boundary(SegmentationLoss):
    def __init__(
        self,
        *,
        spacing: Literal["volume", "voxels"] | Sequence[float] = "volume",
        class_weights: Literal["none"] | Sequence[float] = "none",
        include_background: bool = True,
        from_logits: bool = False,
        ignore_class: int | None = None,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None: ...

class HausdorffDistance(SegmentationLoss):
    def __init__(
        self,
        *,
        alpha: float = 2.0,
        form: Literal["L", "log(1+L)"] = "L",
        spacing: Literal["volume", "voxels"] | Sequence[float] = "volume",
        class_weights: Literal["none"] | Sequence[float] = "none",
        include_background: bool = True,
        from_logits: bool = False,
        ignore_class: int | None = None,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None: ...

class CenterlineDice(SegmentationLoss):
    def __init__(
        self,
        *,
        iterations: float = 3.0,
        smooth: float = 1.0,
        class_weights: Literal["none"] | Sequence[float] = "none",
        pooling: Literal["sample", "batch"] = "batch",
        include_background: bool = True,
        from_logits: bool = False,
        ignore_class: int | None = None,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None: ...
