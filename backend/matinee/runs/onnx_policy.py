"""A checkpoint's policy as an ONNX model, for whatever runs such models; needs `matinee[onnx]`.

    python -m matinee.runs.onnx_policy CHECKPOINT_FOLDER > policy.onnx

The model is written node by node from `policy.json` and the weights, without torch. Its input is
what `policy.json` makes of an observation: normalisation and scaling are inside. Its outputs are
`logits` or `mean` and `log_std`, and `value`; all of them begin with a free batch axis. What makes
actions of them is in the model's metadata, under `matinee.policy`. The server has it written by
a program of its own: onnx is native code, and would stay in memory.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import ValidationError
from safetensors.numpy import load

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
OBSERVATION = "observation"
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
        InvalidInputError: onnx is not installed, or the network remembers.
        CheckpointError: the checkpoint is of a version that did not describe its policy, or does
            so in a later way.
    """
    if importlib.util.find_spec("onnx") is None:
        raise InvalidInputError(
            "ONNX needs the package onnx, which is not installed here: "
            "pip install 'matinee[onnx]'; the zip file needs nothing",
            code="onnx_unavailable",
        )
    about = _about(contents)
    if about.network.lstm_units:
        raise InvalidInputError(
            f"the policy has an LSTM of {about.network.lstm_units} units: ONNX files are made of "
            "networks with hidden layers and convolutions only; policy.py in the zip file plays it",
            code="onnx_unsupported",
        )
    return about


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
    """Nodes in the order in which they are computed, and the arrays that they use."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, TensorProto] = {}

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
    features = _features(graph, x, about, about.network.trunk)
    head = (features, "policy.weight", "policy.bias")
    outputs: dict[str, list[int]] = {}
    if about.branches is not None:
        outputs[graph.add("Gemm", *head, output="logits")] = numbers
    else:
        mean = graph.add("Gemm", *head, output="mean")
        outputs[mean] = numbers
        shape = graph.add("Shape", mean)
        outputs[graph.add("Expand", "policy.log_std", shape, output="log_std")] = numbers
    if "value_trunk.0.weight" in about.arrays:
        features = _features(graph, x, about, "value_trunk")
    values = graph.add("Gemm", features, "value.weight", "value.bias")
    axes = graph.constant("value.axes", [1], np.int64)
    outputs[graph.add("Squeeze", values, axes, output="value")] = []
    return outputs


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


def _written(graph: _Graph, outputs: Mapping[str, Sequence[int]], about: PolicyFile) -> bytes:
    from onnx import TensorProto, checker, helper

    from matinee import __version__

    def described(name: str, shape: Sequence[int]) -> Any:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [BATCH, *shape])

    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "policy",
            [described(OBSERVATION, about.network.observation_shape)],
            [described(name, shape) for name, shape in outputs.items()],
            list(graph.constants.values()),
        ),
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
        producer_name="matinee",
        producer_version=__version__,
        doc_string=f"A policy that was trained in {about.environment_id}.",
    )
    helper.set_model_props(model, {METADATA: about.model_dump_json(exclude={"arrays"})})
    checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


if __name__ == "__main__":
    sys.stdout.buffer.write(onnx_model(read_verified(Path(sys.argv[1]))))
