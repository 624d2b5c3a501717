"""Writes a multi-layer perceptron as ONNX, and computes the same in numpy (the answers that a runtime must give)."""

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

# Old enough for every runtime in use.
IR_VERSION = 8
OPSET = 13


def export_mlp(weights, biases, path):
    """input FP32 [batch, n] -> label INT64 [batch], probabilities FP32 [batch, classes]."""
    nodes, constants, last = [], [], "input"
    for i, (weight, bias) in enumerate(zip(weights, biases)):
        constants += [numpy_helper.from_array(weight, f"weight{i}"), numpy_helper.from_array(bias, f"bias{i}")]
        nodes.append(helper.make_node("Gemm", [last, f"weight{i}", f"bias{i}"], [f"layer{i}"]))
        last = f"layer{i}"
        if i < len(weights) - 1:
            nodes.append(helper.make_node("Relu", [last], [f"relu{i}"]))
            last = f"relu{i}"
    nodes.append(helper.make_node("Softmax", [last], ["probabilities"], axis=1))
    nodes.append(helper.make_node("ArgMax", [last], ["label"], axis=1, keepdims=0))
    inputs = [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", weights[0].shape[0]])]
    outputs = [helper.make_tensor_value_info("label", TensorProto.INT64, ["batch"]),
               helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", weights[-1].shape[1]])]
    graph = helper.make_graph(nodes, "digits", inputs, outputs, constants)
    model = helper.make_model(graph, producer_name="orchestrator-samples", opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = IR_VERSION
    checker.check_model(model)
    save(model, str(path))


def run_mlp(weights, biases, images):
    values = images.astype(np.float32)
    for i, (weight, bias) in enumerate(zip(weights, biases)):
        values = values @ weight + bias
        if i < len(weights) - 1:
            values = np.maximum(values, 0)
    exponents = np.exp(values - values.max(axis=1, keepdims=True))
    return values.argmax(axis=1), exponents / exponents.sum(axis=1, keepdims=True)
