"""A checkpoint's policy as an ONNX model, for whatever runs such models; needs `matinee[onnx]`.

    python -m matinee.runs.onnx_policy CHECKPOINT_FOLDER > policy.onnx

The model is written node by node from `policy.json` and the weights, without torch. Its input is
what `policy.json` makes of an observation: normalisation and scaling are inside. Its outputs are
`logits` or `mean` and `log_std`, and `value`; all of them begin with a free batch axis. What makes
actions of them is in the model's metadata, under `matinee.policy`.

A network that remembers has its state as further inputs and outputs: `h_in` and `c_in`, `h_out`
and `c_out`, and the same with `value_` before them where the value has a trunk of its own. They
are 0 at the first step of an episode, and at each later one what came out of the step before. That
is in the metadata, under `matinee.state`.

The server has a model written by a program of its own: onnx is native code, and would stay in
memory.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import sys
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import ValidationError
from safetensors.numpy import load

from matinee import __version__
from matinee.contracts.checkpoints import TENSORS_FILE
from matinee.contracts.policy_file import POLICY_FILE, NormalizationFile, PolicyFile
from matinee.errors import CheckpointError, InvalidInputError
from matinee.journal.checkpoint_folders import read_verified

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

OPSET = 18
"""The first in which means and sums are taken over axes that are inputs, as they still are."""

IR_VERSION = 8
"""Of the file, as old as the operators allow: programs refuse what is newer than they are."""

METADATA = "matinee.policy"
STATE_METADATA = "matinee.state"
OBSERVATION = "observation"
VALUE_TRUNK = "value_trunk"
BATCH = "batch"


def onnx_model(contents: Mapping[str, bytes]) -> bytes:
    """An ONNX file.

    Args:
        contents: The files of a checkpoint.

    Raises:
        InvalidInputError: as `exportable`.
        CheckpointError: as `exportable`.
    """
    about = exportable(contents)
    tensors = load(contents[TENSORS_FILE])
    graph = _Graph()
    for name, array in about.arrays.items():
        graph.constant(name, tensors["weights"][array.start : array.stop].reshape(array.shape))
    return _written(graph, _outputs(graph, about, tensors), about)


def exportable(contents: Mapping[str, bytes]) -> PolicyFile:
    """The description of a policy that can be written; onnx itself is not loaded for this.

    Raises:
        InvalidInputError: onnx is not installed.
        CheckpointError: the checkpoint is of a version that did not describe its policy, or does
            so in a later way.
    """
    _require_onnx()
    return _about(contents)


def writer_version() -> bytes:
    """What changes if the same policy would be written otherwise.

    Raises:
        InvalidInputError: onnx is not installed.
    """
    _require_onnx()
    program = (resources.files("matinee.runs") / "onnx_policy.py").read_bytes()
    described = (resources.files("matinee.contracts") / "policy_file.py").read_bytes()
    versions = [__version__, *map(importlib.metadata.version, ("onnx", "protobuf"))]
    return b"\0".join([program, described, *(version.encode() for version in versions)])


def why_no_onnx() -> str | None:
    """What to install, in words; None: ONNX models can be written here."""
    if importlib.util.find_spec("onnx") is not None:
        return None
    return (
        "ONNX needs the package onnx, which is not installed here: "
        "pip install 'matinee[onnx]'; the zip file needs nothing"
    )


def _require_onnx() -> None:
    words = why_no_onnx()
    if words is not None:
        raise InvalidInputError(words, code="onnx_unavailable")


def _about(contents: Mapping[str, bytes]) -> PolicyFile:
    if POLICY_FILE not in contents:
        raise CheckpointError(
            f"the checkpoint is of an older version: it has no {POLICY_FILE}, which says what "
            "its weights are"
        )
    try:
        return PolicyFile.model_validate_json(contents[POLICY_FILE])
    except ValidationError as error:
        raise CheckpointError(f"{POLICY_FILE} of the checkpoint is not valid: {error}") from error


class _Graph:
    """Nodes in the order in which they are computed, and the arrays that they use.

    Attributes:
        state: Names of inputs and of the outputs that go into them at the next step.
    """

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, TensorProto] = {}
        self.state: dict[str, str] = {}

    def constant(self, name: str, values: ArrayLike, dtype: type = np.float32) -> str:
        from onnx import numpy_helper

        self.constants[name] = numpy_helper.from_array(np.array(values, dtype), name)
        return name

    def add(self, operator: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        """One more node; gives the name of what it computes."""
        from onnx import helper

        name = output or f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name

    def split(self, x: str, parts: Sequence[str], *, size: int) -> None:
        """Columns of x, so many for each part, under the names of the parts."""
        from onnx import helper

        sizes = self.constant(f"{parts[0]}.sizes", [size] * len(parts), np.int64)
        self.nodes.append(helper.make_node("Split", [x, sizes], parts, name=parts[0], axis=1))


def _outputs(
    graph: _Graph, about: PolicyFile, tensors: Mapping[str, NDArray[Any]]
) -> dict[str, list[int]]:
    """Compute all outputs; gives their shapes without the batch axis."""
    x = OBSERVATION
    if about.normalization is not None:
        x = _normalized(graph, x, about.normalization, tensors)
    if about.network.divisor != 1.0:
        x = graph.add("Div", x, graph.constant("divisor", about.network.divisor))
    if about.network.standard_floor is not None:
        x = _standardized(graph, x, about.network.standard_floor)
    numbers = about.arrays["policy.bias"].shape
    features = _remembered(graph, _features(graph, x, about, about.network.trunk), about, "")
    head = (features, "policy.weight", "policy.bias")
    outputs: dict[str, list[int]] = {}
    if about.branches is not None:
        outputs[graph.add("Gemm", *head, output="logits")] = numbers
    else:
        mean = graph.add("Gemm", *head, output="mean")
        outputs[mean] = numbers
        shape = graph.add("Shape", mean)
        outputs[graph.add("Expand", "policy.log_std", shape, output="log_std")] = numbers
    if any(name.startswith(f"{VALUE_TRUNK}.") for name in about.arrays):
        features = _remembered(graph, _features(graph, x, about, VALUE_TRUNK), about, "value_")
    values = graph.add("Gemm", features, "value.weight", "value.bias")
    axes = graph.constant("value.axes", [1], np.int64)
    outputs[graph.add("Squeeze", values, axes, output="value")] = []
    return outputs | {name: [about.network.lstm_units] for name in graph.state.values()}


def _normalized(
    graph: _Graph, x: str, how: NormalizationFile, tensors: Mapping[str, NDArray[Any]]
) -> str:
    count = tensors["normalization.count"]
    mean, deviation = np.zeros(1), np.ones(1)
    # Before any sample the trainer clips only.
    if count > 0:
        mean = tensors["normalization.mean"]
        deviation = np.sqrt(tensors["normalization.m2"] / count + how.epsilon)
    x = graph.add("Sub", x, graph.constant("normalization.mean", mean))
    x = graph.add("Mul", x, graph.constant("normalization.inverse", 1.0 / deviation))
    low = graph.constant("normalization.low", -how.clip)
    return graph.add("Clip", x, low, graph.constant("normalization.high", how.clip))


def _standardized(graph: _Graph, x: str, floor: float) -> str:
    axes = graph.constant("image.axes", [1, 2, 3], np.int64)
    x = graph.add("Sub", x, graph.add("ReduceMean", x, axes))
    variance = graph.add("ReduceMean", graph.add("Mul", x, x), axes)
    deviation = graph.add("Sqrt", variance)
    return graph.add("Div", x, graph.add("Max", deviation, graph.constant("image.floor", floor)))


def _features(graph: _Graph, x: str, about: PolicyFile, trunk: str) -> str:
    network = about.network
    for depth, layer in enumerate(network.convolutions):
        name = f"{trunk}.convolution.{depth}"
        strides = [layer.stride, layer.stride]
        x = graph.add("Conv", x, f"{name}.weight", f"{name}.bias", strides=strides)
        x = graph.add("Relu", x)
    if len(network.observation_shape) > 1:
        x = graph.add("Flatten", x, axis=1)
    for depth in range(network.hidden_layers):
        x = graph.add("Gemm", x, f"{trunk}.{depth}.weight", f"{trunk}.{depth}.bias")
        x = graph.add("Relu" if network.activation == "relu" else "Tanh", x)
    return x


def _remembered(graph: _Graph, x: str, about: PolicyFile, prefix: str) -> str:
    """What an LSTM makes of the features, from the state that goes in; without one the features.

    c' = sigmoid(f) c + sigmoid(i) tanh(g), h' = sigmoid(o) tanh(c'), as `algorithm.lstm` has it.
    """
    if not about.network.lstm_units:
        return x
    name = f"{VALUE_TRUNK if prefix else about.network.trunk}.lstm"
    h, c = f"{prefix}h_in", f"{prefix}c_in"
    gates = graph.add(
        "Add",
        graph.add("Gemm", x, f"{name}.input", f"{name}.bias"),
        graph.add("MatMul", h, f"{name}.recurrent"),
    )
    parts = [f"{name}.{gate}" for gate in ("i", "f", "g", "o")]
    graph.split(gates, parts, size=about.network.lstm_units)
    i, f, o = (graph.add("Sigmoid", part) for part in (parts[0], parts[1], parts[3]))
    kept = graph.add("Mul", f, c)
    added = graph.add("Mul", i, graph.add("Tanh", parts[2]))
    after_c = graph.add("Add", kept, added, output=f"{prefix}c_out")
    after_h = graph.add("Mul", o, graph.add("Tanh", after_c), output=f"{prefix}h_out")
    graph.state |= {h: after_h, c: after_c}
    return after_h


def _written(graph: _Graph, outputs: Mapping[str, Sequence[int]], about: PolicyFile) -> bytes:
    from onnx import TensorProto, checker, helper

    inputs = {OBSERVATION: about.network.observation_shape}
    inputs |= {name: [about.network.lstm_units] for name in graph.state}
    metadata = {METADATA: about.model_dump_json(exclude={"arrays"})}
    if graph.state:
        metadata[STATE_METADATA] = json.dumps({"initial_value": 0.0, "next": graph.state})

    meanings = {OBSERVATION: f"As {METADATA} says: coded, not normalised."}
    for before, after in graph.state.items():
        meanings[before] = f"0 where an episode begins, else {after} of the step before."
        meanings[after] = f"Goes into {before} at the next step."

    def described(name: str, shape: Sequence[int]) -> Any:
        return helper.make_tensor_value_info(
            name, TensorProto.FLOAT, [BATCH, *shape], doc_string=meanings.get(name, "")
        )

    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "policy",
            [described(name, shape) for name, shape in inputs.items()],
            [described(name, shape) for name, shape in outputs.items()],
            list(graph.constants.values()),
        ),
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
        producer_name="matinee",
        producer_version=__version__,
        doc_string=f"A policy that was trained in {about.environment_id}.",
    )
    helper.set_model_props(model, metadata)
    checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


if __name__ == "__main__":
    sys.stdout.buffer.write(onnx_model(read_verified(Path(sys.argv[1]))))
