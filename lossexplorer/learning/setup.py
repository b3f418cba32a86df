"""What a training run depends on: network, outputs, data, optimizer; frozen, without Keras."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

OptimizerName = Literal["sgd", "momentum", "adam", "rmsprop"]


@dataclass(frozen=True)
class BuiltNetwork:
    """A small 3D network: a trunk ``x1`` with one branch (``x2``, ``x3``, …) for each output.

    Attributes
    ----------
    filters : int
        Channels of each convolution, on every level.
    depth : int
        Levels of the trunk: 1 is a chain of convolutions, each further level halves the resolution
        and comes back (a U-Net).
    trunk, branch : int
        Convolutions of the trunk on its finest level, and of each branch before its output layer:
        where the network branches.
    normalization : {"none", "batch"}
        What follows each convolution.
    l2 : float
        Factor of an L2 penalty on every kernel, which Keras adds to the total.
    """

    filters: int = 8
    depth: int = 2
    trunk: int = 3
    branch: int = 1
    normalization: Literal["none", "batch"] = "none"
    l2: float = 0.0


@dataclass(frozen=True)
class OwnNetwork:
    """A user's model: a ``.keras`` file, or a Python file with ``build_model()``.

    Attributes
    ----------
    path : str
        The file.
    is_trusted : bool
        Whether the user has agreed that a Python file's code is run.
    """

    path: str
    is_trusted: bool = False


@dataclass(frozen=True)
class LossChoice:
    """The loss of an output.

    Attributes
    ----------
    name : str
        A loss of the library, such as ``"dice"``, or of Keras, such as ``"mean_squared_error"``.
    parameters : mapping
        Values of the parameters of a loss of the library.
    """

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Output:
    """An output of the network, with what it is to predict.

    Attributes
    ----------
    name : str
        The output's name in the model, such as ``"y1"``.
    target : str
        The name of a target in `lossexplorer.learning.targets.TARGETS`.
    loss : LossChoice
        What is computed of target and prediction.
    weight : float
        λ, the factor of the loss in the total.
    is_cut : bool
        Whether the gradient is stopped (``stop_gradient``) where the branch leaves the trunk.
    """

    name: str
    target: str
    loss: LossChoice
    weight: float = 1.0
    is_cut: bool = False


@dataclass(frozen=True)
class InputImage:
    """The network's input: the volume's image, or one that is simulated from the labels.

    Attributes
    ----------
    is_simulated : bool
        Whether it is simulated although the volume has an image; without one it always is.
    intensities : tuple of float
        Mean intensity of each class, background first; evenly from 0 to 1 if empty. A voxel of
        several classes has the mean of theirs.
    noise : float
        Standard deviation of the Gaussian noise.
    """

    is_simulated: bool = False
    intensities: tuple[float, ...] = ()
    noise: float = 0.1


@dataclass(frozen=True)
class Training:
    """How the network is trained.

    Attributes
    ----------
    optimizer : {"sgd", "momentum", "adam", "rmsprop"}
        SGD, SGD with momentum, Adam or RMSprop of Keras.
    rate : float
        The learning rate.
    momentum : float
        Of ``"momentum"`` alone.
    clipnorm, global_clipnorm : float or None
        As in `keras.optimizers.Optimizer`: the largest norm of the gradient of one variable, or of
        all variables; None if nothing is clipped.
    patch : tuple of int
        The size (z, y, x) of the patches, in voxels.
    batch : int
        Patches a step.
    seed : int
        Of the initial variables, the patches and a simulated image.
    method : str
        The name of a method in `lossexplorer.learning.methods.METHODS` that combines the gradients.
    method_values : mapping of str to float
        Values of the method's parameters; the defaults of those that are not given.
    """

    optimizer: OptimizerName = "sgd"
    rate: float = 0.01
    momentum: float = 0.9
    clipnorm: float | None = None
    global_clipnorm: float | None = None
    patch: tuple[int, int, int] = (16, 32, 32)
    batch: int = 2
    seed: int = 7
    method: str = "weighted_sum"
    method_values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Setup:
    """Everything that a training run depends on, beside the volume.

    Attributes
    ----------
    network : BuiltNetwork or OwnNetwork
        The model.
    outputs : tuple of Output
        Its outputs, in the model's order.
    image : InputImage
        What goes in.
    training : Training
        How it is trained.
    frozen : tuple of str
        The names of the layers whose variables are not updated (``trainable = False``).

    Examples
    --------
    >>> setup = Setup()
    >>> [(output.name, output.loss.name, output.weight) for output in setup.outputs]
    [('y1', 'dice', 0.5), ('y2', 'mean_squared_error', 0.3)]
    """

    network: BuiltNetwork | OwnNetwork = BuiltNetwork()
    outputs: tuple[Output, ...] = (
        Output("y1", "segmentation", LossChoice("dice"), 0.5),
        Output("y2", "image", LossChoice("mean_squared_error"), 0.3),
    )
    image: InputImage = InputImage()
    training: Training = Training()
    frozen: tuple[str, ...] = ()

    def output(self, name: str) -> Output:
        """Return the output of a name.

        Raises
        ------
        KeyError
            If there is none.
        """
        for output in self.outputs:
            if output.name == name:
                return output
        raise KeyError(name)

    def with_output(self, output: Output) -> Setup:
        """Return the setup with another output in place of the one of the same name."""
        outputs = tuple(output if o.name == output.name else o for o in self.outputs)
        return replace(self, outputs=outputs)

    def without_trust(self) -> Setup:
        """Return the setup with a Python file, if it has one, whose code is not trusted."""
        if isinstance(self.network, OwnNetwork):
            return replace(self, network=replace(self.network, is_trusted=False))
        return self

    def begins_as(self, other: Setup) -> bool:
        """Return whether both train the same network from the same variables on the same patches.

        Then a run goes on when one takes the place of the other: what differs is only loss,
        weight, cut, frozen layers, optimizer, learning rate, clipping or method.
        """
        return self._beginning == other._beginning

    @property
    def _beginning(self) -> object:
        training = self.training
        targets = tuple((output.name, output.target) for output in self.outputs)
        data = (training.patch, training.batch, training.seed)
        return (self.network, targets, self.image, data)
