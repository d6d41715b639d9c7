"""Small ONNX files as other programs write them, and what onnxruntime makes of a picture with them.

    python scripts/reference/foreign.py        (needs onnx, onnxruntime, numpy and Pillow)

Every upscaler is the same seeded network (nearest enlargement plus a small residual) behind other ends. `<case>.f32` is
the result for 24 x 24 pixels of picture.png as RGB planes, 0 to 1; of a grey network as one plane.
"""

import os
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

here = os.path.dirname(os.path.abspath(__file__))
folder = os.path.join(here, "foreign")
scale = 2
features = 8


def tensor(name, values):
    return numpy_helper.from_array(np.ascontiguousarray(values), name)


def core(channels, spread=0.05):
    """Nodes and initializers from "x" (NCHW fp32, 0 to 1) to "y", enlarged; seeded by the number of channels."""
    random = np.random.RandomState(channels)
    wide = channels * scale * scale
    nearest = np.zeros((wide, channels, 1, 1), np.float32)
    for index in range(wide):
        nearest[index, index % channels] = 1
    initializers = [
        tensor("first", random.normal(0, 0.4, (features, channels, 3, 3)).astype(np.float32)),
        tensor("first_bias", random.normal(0, 0.1, features).astype(np.float32)),
        tensor("last", random.normal(0, spread, (wide, features, 3, 3)).astype(np.float32)),
        tensor("nearest", nearest),
    ]
    nodes = [
        helper.make_node("Conv", ["x", "first", "first_bias"], ["a"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "last"], ["c"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        helper.make_node("Conv", ["x", "nearest"], ["d"], kernel_shape=[1, 1]),
        helper.make_node("Add", ["c", "d"], ["e"]),
        helper.make_node("DepthToSpace", ["e"], ["y"], blocksize=scale),
    ]
    return nodes, initializers


def model(case, before, after, given, got, channels=3, opset=17, extra=()):
    """`before` lead from "input" to "x", `after` from "y" to "output"; `given` and `got` are (dtype, shape)."""
    nodes, initializers = core(channels)
    graph = helper.make_graph(
        [*before, *nodes, *after],
        case,
        [helper.make_tensor_value_info("input", *given)],
        [helper.make_tensor_value_info("output", *got)],
        [*initializers, *extra],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], producer_name="pytorch")
    made.ir_version = 8
    onnx.checker.check_model(made)
    return made


def nchw(channels=3, height="height", width="width"):
    return [1, channels, height, width]


def node(op, inputs, output, **attributes):
    return helper.make_node(op, inputs, [output], **attributes)


def number(name, value, dtype=np.float32):
    return tensor(name, np.array(value, dtype))


floats, halves, bytes_ = TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.UINT8


def plain(case="plain", given=None, got=None, **options):
    before = [node("Identity", ["input"], "x")]
    after = [node("Identity", ["y"], "output")]
    return model(case, before, after, given or (floats, nchw()), got or (floats, nchw()), **options)


def layout():
    before = [node("Transpose", ["input"], "x", perm=[0, 3, 1, 2])]
    after = [node("Transpose", ["y"], "output", perm=[0, 2, 3, 1])]
    shape = ["batch", None, None, 3]
    return model("nhwc", before, after, (floats, shape), (floats, shape), opset=13)


def half():
    before = [node("Cast", ["input"], "x", to=floats)]
    after = [node("Cast", ["y"], "output", to=halves)]
    return model("half", before, after, (halves, nchw()), (halves, nchw()))


def eight():
    before = [node("Cast", ["input"], "f", to=floats), node("Div", ["f", "full"], "x")]
    after = [
        node("Mul", ["y", "full"], "g"),
        node("Clip", ["g", "none", "full"], "h"),
        node("Round", ["h"], "i"),
        node("Cast", ["i"], "output", to=bytes_),
    ]
    extra = [number("full", 255), number("none", 0)]
    return model("bytes", before, after, (bytes_, nchw()), (bytes_, nchw()), extra=extra)


def to255():
    before = [node("Div", ["input", "full"], "x")]
    after = [node("Mul", ["y", "full"], "output")]
    return model("range-255", before, after, (floats, nchw()), (floats, nchw()), extra=[number("full", 255)], opset=11)


def signed():
    before = [node("Add", ["input", "one"], "f"), node("Mul", ["f", "half"], "x")]
    after = [
        node("Sub", ["y", "half"], "g"),
        node("Div", ["g", "half"], "h"),
        node("Clip", ["h"], "output", min=-1.0, max=1.0),
    ]
    extra = [number("one", 1), number("half", 0.5)]
    return model("signed", before, after, (floats, nchw()), (floats, nchw()), extra=extra, opset=9, channels=3)


def fixed():
    before = [node("Reshape", ["input", "shape"], "x")]
    extra = [tensor("shape", np.array([1, 3, 64, 64], np.int64))]
    after = [node("Identity", ["y"], "output")]
    ends = (floats, nchw(3, 64, 64)), (floats, nchw(3, 128, 128))
    return model("fixed", before, after, *ends, extra=extra)


def multiple():
    before = [node("SpaceToDepth", ["input"], "f", blocksize=8), node("DepthToSpace", ["f"], "x", blocksize=8)]
    return model("multiple-8", before, [node("Identity", ["y"], "output")], (floats, nchw()), (floats, nchw()))


def grey():
    ends = (floats, nchw(1)), (floats, nchw(1))
    return plain("grey", *ends, channels=1)


def turned():
    order = tensor("order", np.array([2, 1, 0], np.int64))
    before = [node("Identity", ["input"], "x")]
    after = [node("Gather", ["y", "order"], "output", axis=1)]
    return model("turned", before, after, (floats, nchw()), (floats, nchw()), extra=[order])


def classifier():
    random = np.random.RandomState(1)
    nodes = [
        node("Conv", ["input", "w"], "a", kernel_shape=[3, 3]),
        node("GlobalAveragePool", ["a"], "b"),
        node("Flatten", ["b"], "c"),
        node("Gemm", ["c", "m"], "scores"),
    ]
    values = [
        tensor("w", random.normal(0, 1, (4, 3, 3, 3)).astype(np.float32)),
        tensor("m", random.normal(0, 1, (4, 10)).astype(np.float32)),
    ]
    given = helper.make_tensor_value_info("input", floats, nchw())
    got = helper.make_tensor_value_info("scores", floats, [1, 10])
    graph = helper.make_graph(nodes, "classifier", [given], [got], values)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def two():
    nodes, initializers = core(3)
    nodes = [node("Add", ["input", "noise"], "x"), *nodes, node("Identity", ["y"], "output")]
    given = [
        helper.make_tensor_value_info("input", floats, nchw()),
        helper.make_tensor_value_info("noise", floats, [1]),
    ]
    got = helper.make_tensor_value_info("output", floats, nchw())
    graph = helper.make_graph(nodes, "two", given, [got], initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def picture():
    """24 x 24 pixels as RGB planes, 0 to 1."""
    with Image.open(os.path.join(here, "picture.png")) as file:
        pixels = np.asarray(file.convert("RGB"), np.float32)[4:28, 8:32] / 255
    return pixels.transpose(2, 0, 1)[None]


def run(name, given):
    session = onnxruntime.InferenceSession(os.path.join(folder, f"{name}.onnx"), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: given})[0].astype(np.float32)


def keep(name, planes):
    planes.astype("<f4").tofile(os.path.join(folder, f"{name}.f32"))


def main():
    os.makedirs(folder, exist_ok=True)
    x = picture()
    made = {
        "plain": plain(),
        "nhwc": layout(),
        "half": half(),
        "bytes": eight(),
        "range-255": to255(),
        "signed": signed(),
        "fixed": fixed(),
        "multiple-8": multiple(),
        "grey": grey(),
        "turned": turned(),
        "classifier": classifier(),
        "two-inputs": two(),
    }
    for name, value in made.items():
        onnx.save(value, os.path.join(folder, f"{name}.onnx"))
    onnx.save(
        plain("external"),
        os.path.join(folder, "external.onnx"),
        save_as_external_data=True,
        location="external.onnx.data",
        size_threshold=64,
    )
    with open(os.path.join(folder, "plain.onnx"), "rb") as whole:
        content = whole.read()
    with open(os.path.join(folder, "truncated.onnx"), "wb") as cut:
        cut.write(content[: len(content) * 2 // 3])

    for name in ("plain", "external", "multiple-8"):
        keep(name, run(name, x))
    keep("nhwc", run("nhwc", x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2))
    keep("half", run("half", x.astype(np.float16)))
    keep("bytes", run("bytes", np.round(x * 255).astype(np.uint8)) / 255)
    keep("range-255", run("range-255", x * 255) / 255)
    keep("signed", (run("signed", x * 2 - 1) + 1) / 2)
    filled = reflected(x, 64)
    keep("fixed", run("fixed", filled)[:, :, :48, :48])
    weights = np.array([0.299, 0.587, 0.114], np.float32)
    keep("grey", run("grey", np.tensordot(weights, x[0], 1)[None, None]))
    keep("turned", run("turned", x)[:, ::-1])


def reflected(x, side):
    """Mirrored back and forth over the right and lower edge."""
    length = x.shape[2]
    period = 2 * (length - 1)
    at = [min(i % period, period - i % period) for i in range(side)]
    return np.ascontiguousarray(x[:, :, at][:, :, :, at])


if __name__ == "__main__":
    sys.exit(main())
