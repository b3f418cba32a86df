"""``lossexplorer learn``: a network with several outputs is trained without a window."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import Any, TypeVar

from lossexplorer.core.parameters import ParameterError, closest, parse_values
from lossexplorer.engine.limits import check_training
from lossexplorer.engine.messages import EngineInfo
from lossexplorer.learning.descriptions import check
from lossexplorer.learning.loss_choices import checked, default_target, misfit, parse_choice
from lossexplorer.learning.methods import method_named
from lossexplorer.learning.network_graph import NetworkGraph
from lossexplorer.learning.not_finite import not_finite
from lossexplorer.learning.patches import PatchSource
from lossexplorer.learning.reports import GradientTable, LayerRow, StepReport
from lossexplorer.learning.setup import Output, OwnNetwork, Setup
from lossexplorer.learning.targets import target_named
from lossexplorer.volumes.model.batch import Batch

Value = TypeVar("Value")


@dataclass(frozen=True)
class Learning:
    """A training run.

    Attributes
    ----------
    truth : Batch
        What it was trained on.
    setup : Setup
        How, with the outputs in the model's order.
    graph : NetworkGraph
        The network.
    reports : sequence of StepReport
        Every step; the last has the table of layers.
    engine : EngineInfo
        What it was computed with.
    notes : tuple of str
        Sentences about what was read.
    """

    truth: Batch
    setup: Setup
    graph: NetworkGraph
    reports: Sequence[StepReport]
    engine: EngineInfo
    notes: Sequence[str] = ()

    @property
    def last(self) -> StepReport:
        """The last step."""
        return self.reports[-1]

    @property
    def table(self) -> GradientTable:
        """The table of layers of the last step, before its update."""
        assert self.last.table is not None
        return self.last.table

    @property
    def problem(self) -> str:
        """What is not finite in the first step of which that is so, and why; else empty."""
        found = (not_finite(self.setup, report) for report in self.reports)
        return next(filter(None, found), "")


def chosen_outputs(
    losses: Iterable[str],
    targets: Iterable[str] = (),
    weights: Iterable[str] = (),
    cuts: Iterable[str] = (),
) -> tuple[Output, ...]:
    """Return the outputs that the options choose.

    Parameters
    ----------
    losses : iterable of str
        ``OUTPUT=LOSS`` or ``OUTPUT=LOSS:PARAM=VALUE,…``, of which each names an output; those that
        the window starts with if there is none.
    targets : iterable of str
        ``OUTPUT=TARGET``. An output that is not named predicts the segmentation if its loss
        compares classes, else the image.
    weights : iterable of str
        ``OUTPUT=λ``; 1 for an output that is not named.
    cuts : iterable of str
        Outputs whose gradient is stopped where their branch leaves the trunk.

    Raises
    ------
    ParameterError
        If a name is unknown, a value not allowed, or a loss does not fit its target.

    Examples
    --------
    >>> y1, y2 = chosen_outputs(["y1=dice", "y2=mse"], weights=["y2=0.3"])
    >>> (y1.target, y1.weight), (y2.target, y2.weight)
    (('segmentation', 1.0), ('image', 0.3))
    """
    chosen = _assignments(losses, "--loss", "OUTPUT=LOSS")
    outputs = {name: _output(name, text) for name, text in chosen.items()}
    if not outputs:
        outputs = {output.name: output for output in Setup().outputs}
    for name, text in _assignments(targets, "--target", "OUTPUT=TARGET").items():
        outputs[name] = replace(_named(outputs, name, "output"), target=target_named(text).name)
    for name, text in _assignments(weights, "--weight", "OUTPUT=λ").items():
        outputs[name] = replace(_named(outputs, name, "output"), weight=_weight(name, text))
    for name in cuts:
        outputs[name] = replace(_named(outputs, name, "output"), is_cut=True)
    for output in outputs.values():
        if sentence := misfit(output.loss, target_named(output.target)):
            raise ParameterError(f"{output.name}: {sentence}")
    return tuple(outputs.values())


def _output(name: str, text: str) -> Output:
    loss = parse_choice(text)
    return Output(name, default_target(loss), loss)


def _assignments(texts: Iterable[str], option: str, form: str) -> dict[str, str]:
    """Return what an option says of each output that it names."""
    found = dict[str, str]()
    for text in texts:
        name, equals, value = map(str.strip, text.partition("="))
        if not (name and equals and value):
            raise ParameterError(f"{option} {text!r} must have the form {form}.")
        if name in found:
            raise ParameterError(f"{option} names the output {name!r} twice: name it once.")
        found[name] = value
    return found


def _named(values: Mapping[str, Value], name: str, kind: str) -> Value:
    if name not in values:
        raise closest(name, values, kind)
    return values[name]


def _weight(name: str, text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = math.nan
    if not math.isfinite(weight):
        raise ParameterError(f"--weight {name} must be a number, not {text!r}.")
    return weight


def parse_method(text: str) -> tuple[str, dict[str, float]]:
    """Read a method of combining gradients as typed, and values of its parameters.

    Parameters
    ----------
    text : str
        ``METHOD`` or ``METHOD:PARAM=VALUE,…``.

    Raises
    ------
    ParameterError
        If a name is unknown or a value not allowed.

    Examples
    --------
    >>> parse_method("cagrad:c=0.4")
    ('cagrad', {'c': 0.4})
    """
    name, _, listed = text.partition(":")
    return name, parse_values(method_named(name).parameters, listed, name)


def parse_intensities(text: str | None) -> tuple[float, ...]:
    """Read the intensities of a simulated image as typed, background first.

    Raises
    ------
    ParameterError
        If there is anything but numbers.

    Examples
    --------
    >>> parse_intensities("0.2:0.7"), parse_intensities(None)
    ((0.2, 0.7), ())
    """
    try:
        return tuple(float(number) for number in text.split(":")) if text else ()
    except ValueError:
        raise ParameterError(
            f"--intensities must be numbers such as 0:0.5:1, not {text!r}."
        ) from None


def _nothing(told: object) -> None:
    del told


def learn(
    truth: Batch,
    setup: Setup,
    steps: int,
    *,
    begun: Callable[[Setup], None] = _nothing,
    done: Callable[[StepReport], None] = _nothing,
    notes: Sequence[str] = (),
) -> Learning:
    """Train a network with several outputs.

    Parameters
    ----------
    truth : Batch
        The volumes.
    setup : Setup
        Network, outputs, data and optimizer; the outputs of a user's model in any order.
    steps : int
        How many steps, at least one.
    begun : callable, optional
        Called with the setup, its outputs in the model's order, before the first step.
    done : callable, optional
        Called with each step.
    notes : sequence of str
        Sentences about how the volumes were read.

    Raises
    ------
    ParameterError
        If a name is unknown, or a value is not what its description allows.
    lossexplorer.learning.networks.errors.NetworkError
        If the network cannot be made, or does not fit outputs, targets or patch.
    TooLargeError
        If a step would not fit into the memory.
    """
    if steps < 1:
        raise ParameterError(f"--steps must be at least 1, not {steps}.")
    for output in setup.outputs:
        checked(output.loss)
    check(setup)
    source = PatchSource(truth, setup)
    check_training(source.bytes_of_a_batch, setup.training)

    # The backend takes seconds to import: mistakes above are reported before.
    from lossexplorer.engine.backends.active import backend
    from lossexplorer.learning.networks import own
    from lossexplorer.learning.training import Trainer

    info = backend.prepare()
    own_model = None
    if isinstance(setup.network, OwnNetwork):
        own_model = own.load(setup.network, setup.training.seed)
        setup = _in_order(setup, own_model.output_names)
    trainer = Trainer(setup, truth, own_model)
    check_training(source.bytes_of_a_batch + trainer.memory, setup.training)
    begun(setup)
    reports = []
    for step in range(1, steps + 1):
        reports.append(trainer.train(with_table=step == steps))
        done(reports[-1])
    return Learning(truth, setup, trainer.graph, reports, info, notes)


def _in_order(setup: Setup, names: Sequence[str]) -> Setup:
    """Return the setup with its outputs in the order of the model's."""
    by_name = {output.name: output for output in setup.outputs}
    if set(names) != by_name.keys():  # the network says so
        return setup
    return replace(setup, outputs=tuple(by_name[name] for name in names))


def as_json(learning: Learning) -> str:
    """Return the run as JSON; a number that is not finite is null."""
    setup, table, first = learning.setup, learning.table, learning.truth[0]
    names = [output.name for output in setup.outputs]
    frozen = {node.name for node in learning.graph.nodes if node.is_frozen}
    content = {
        "truth": {
            "path": first.path,
            "samples": len(learning.truth),
            "shape": list(first.shape),
            "spacing_mm": list(first.spacing),
            "spacing_known": first.spacing_known,
            "orientation": first.orientation,
            "classes": [{"id": c.id, "name": c.name} for c in first.classes],
        },
        "outputs": [
            {
                "name": output.name,
                "target": output.target,
                "loss": output.loss.name,
                "parameters": dict(output.loss.parameters),
                "weight": output.weight,
                "cut": output.is_cut,
            }
            for output in setup.outputs
        ],
        "steps": [
            {
                "step": report.step,
                "losses": dict(zip(names, report.losses, strict=True)),
                "weights": dict(zip(names, report.weights, strict=True)),
                "regularisation": report.regularisation,
                "total": report.total,
            }
            for report in learning.reports
        ],
        "layers": [_content(row, names) | {"frozen": row.name in frozen} for row in table.rows],
        "trunk": _content(table.trunk, names),
        "gram": [list(row) for row in table.gram],
        "methods": [
            {
                "name": result.name,
                "weights": list(result.weights),
                "projections": list(result.projections),
                "rising": list(compress(names, result.rising)),
                "left_out": list(compress(names, result.left_out)),
            }
            for result in learning.last.methods
        ],
        "problem": learning.problem,
        "notes": list(learning.notes),
        "engine": {"backend": learning.engine.backend, "device": learning.engine.device},
    }
    return json.dumps(_finite(content), indent=2, ensure_ascii=False, allow_nan=False)


def _content(row: LayerRow, names: Sequence[str]) -> dict[str, Any]:
    return {
        "name": row.name,
        "weights": row.weights,
        "norms": dict(zip(names, row.norms, strict=True)),
        "cosine": {f"{one},{other}": value for (one, other), value in row.cosines.items()},
        "update": row.update,
    }


def _finite(content: Any) -> Any:
    """Return nested lists and dictionaries with None for numbers that are not finite."""
    if isinstance(content, dict):
        return {name: _finite(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    if isinstance(content, float) and not math.isfinite(content):
        return None
    return content
