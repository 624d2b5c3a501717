"""Writes the small models the tests use. Run with a Python that has the onnx package: python3 make_models.py [folder]"""
import os
import sys

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper, numpy_helper

FOLDER = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "models")
TYPES = {
    "bool": T.BOOL, "uint8": T.UINT8, "uint16": T.UINT16, "uint32": T.UINT32, "uint64": T.UINT64, "int8": T.INT8, "int16": T.INT16,
    "int32": T.INT32, "int64": T.INT64, "float16": T.FLOAT16, "float32": T.FLOAT, "float64": T.DOUBLE, "string": T.STRING,
}


def value(name, kind, shape):
    return helper.make_tensor_value_info(name, kind, shape)


def weight(name, array):
    return numpy_helper.from_array(np.asarray(array), name)


def save(name, nodes, inputs, outputs, weights=(), domains=()):
    graph = helper.make_graph(nodes, name, inputs, outputs, list(weights))
    opsets = [helper.make_opsetid("", 13)] + [helper.make_opsetid(d, 2) for d in domains]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    onnx.save(model, os.path.join(FOLDER, name + ".onnx"))


def node(op, inputs, outputs, **attributes):
    return helper.make_node(op, inputs, outputs, **attributes)


os.makedirs(FOLDER, exist_ok=True)

# Every datatype through one model: six inputs would hide which of them fails.
for name, kind in TYPES.items():
    save("identity_" + name, [node("Identity", ["x"], ["y"])], [value("x", kind, ["N", 2])], [value("y", kind, ["N", 2])])

# Two inputs of different types, two outputs.
save("two", [node("Cast", ["b"], ["bf"], to=T.FLOAT), node("Add", ["a", "bf"], ["sum"]), node("Identity", ["b"], ["same"])],
     [value("a", T.FLOAT, ["N", 3]), value("b", T.INT64, ["N", 3])], [value("sum", T.FLOAT, ["N", 3]), value("same", T.INT64, ["N", 3])])

# A batch of exactly four.
save("fixed4", [node("Add", ["x", "one"], ["y"])], [value("x", T.FLOAT, [4, 2])], [value("y", T.FLOAT, [4, 2])],
     [weight("one", np.float32([1]))])
save("fixed4_string", [node("Identity", ["x"], ["y"])], [value("x", T.STRING, [4, 1])], [value("y", T.STRING, [4, 1])])

# One row, and results that do not name it.
save("fixed1", [node("ReduceSum", ["x"], ["total"], keepdims=0), node("Squeeze", ["x", "zero"], ["row"])],
     [value("x", T.FLOAT, [1, 3])], [value("total", T.FLOAT, []), value("row", T.FLOAT, [3])], [weight("zero", np.int64([0]))])

# Outputs without a batch dimension beside one that has it, and one whose metadata does not say so.
save("no_batch", [node("ReduceSum", ["x"], ["total"], keepdims=0), node("Identity", ["x"], ["y"]),
                  node("Reshape", ["x", "shape"], ["late"])],
     [value("x", T.FLOAT, ["N", 2])],
     [value("total", T.FLOAT, []), value("y", T.FLOAT, ["N", 2]), helper.make_tensor_value_info("late", T.FLOAT, None)],
     [weight("shape", np.int64([-1, 2, 1]))])
save("only_total", [node("ReduceSum", ["x"], ["total"], keepdims=0)], [value("x", T.FLOAT, ["N", 2])], [value("total", T.FLOAT, [])])


# What skl2onnx makes of a classifier: a label, and by default the probabilities as a sequence of maps.
def classifier(name, outputs):
    zipped = onnx.ValueInfoProto(name="probabilities")
    entry = zipped.type.sequence_type.elem_type.map_type
    entry.key_type = T.INT64
    entry.value_type.tensor_type.elem_type = T.FLOAT
    save(name,
         [node("Softmax", ["x"], ["p"], axis=1), node("ArgMax", ["p"], ["label"], axis=1, keepdims=0),
          node("ZipMap", ["p"], ["probabilities"], domain="ai.onnx.ml", classlabels_int64s=[0, 1])],
         [value("x", T.FLOAT, ["N", 2])],
         [{"label": value("label", T.INT64, ["N"]), "probabilities": zipped}[o] for o in outputs], domains=["ai.onnx.ml"])


classifier("zipmap", ["label", "probabilities"])
classifier("only_zipmap", ["probabilities"])

# A scalar input has no rows.
save("scalar_input", [node("Identity", ["x"], ["y"])], [value("x", T.FLOAT, [])], [value("y", T.FLOAT, [])])

# A small network for the benchmark: 64 -> 8 -> 10, weights without randomness.
w1 = np.sin(np.arange(64 * 8, dtype=np.float32)).reshape(64, 8)
w2 = np.cos(np.arange(8 * 10, dtype=np.float32)).reshape(8, 10)
mlp_nodes = [node("Gemm", ["input", "w1", "b1"], ["h"]), node("Relu", ["h"], ["r"]), node("Gemm", ["r", "w2", "b2"], ["logits"])]
mlp_weights = [weight("w1", w1), weight("b1", np.zeros(8, np.float32)), weight("w2", w2), weight("b2", np.zeros(10, np.float32))]
save("mlp", mlp_nodes, [value("input", T.FLOAT, ["N", 64])], [value("logits", T.FLOAT, ["N", 10])], mlp_weights)

# The same with its weights in a file beside it.
os.makedirs(os.path.join(FOLDER, "external"), exist_ok=True)
external = os.path.join(FOLDER, "external", "model.onnx")
data = os.path.join(FOLDER, "external", "weights.bin")
if os.path.exists(data):
    os.remove(data)  # onnx appends
onnx.save(onnx.load(os.path.join(FOLDER, "mlp.onnx")), external, save_as_external_data=True, all_tensors_to_one_file=True,
          location="weights.bin", size_threshold=0)
