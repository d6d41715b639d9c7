"""
A tiny Stable Diffusion as ready-made ONNX folders, in the three dialects that are published: writes diffusion/onnx/<dialect>/<path>.gzip.
Weights are those that diffusion-onnx.test.ts makes, of few different values, so that they compress.

    a: as diffusers' convert_stable_diffusion_checkpoint_to_onnx.py: `input_ids` int32, `timestep` of one value a picture, an encoder
       that samples, weights in weights.pb
    b: by optimum: `input_ids` int64, a single `timestep`, `latent_parameters`, weights in model.onnx_data
    c: as Microsoft's for WebNN: half precision, fixed shapes (two pictures at once), an int64 `timestep`, no encoder

    PYTHONPATH=<optimum and optimum-onnx> python scripts/reference/diffusion-onnx.py
"""

import gzip
import os
import shutil
import tempfile

import numpy as np
import onnx
import torch
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from onnx import helper, numpy_helper
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

ROOT = os.path.dirname(os.path.abspath(__file__))
HERE = os.path.join(ROOT, "diffusion", "onnx")
# CLIP's tokens fall together on so many vectors, or the table would be most of all files.
ROWS = 61
# Places of the latent map along a side of the graphs of fixed shapes.
SIDE = 40


def seeded(name, shape, low, high):
    """As in seeded.ts: FNV-1a of the name starts a linear congruential generator."""
    state = 2166136261
    for byte in name.encode():
        state = ((state ^ byte) * 16777619) % 2**32
    count = int(np.prod(shape))
    factors = np.multiply.accumulate(np.full(count, 1664525, np.uint32), dtype=np.uint32)
    sums = np.add.accumulate(np.concatenate([[1], factors[:-1]]).astype(np.uint32), dtype=np.uint32)
    states = factors * np.uint32(state) + sums * np.uint32(1013904223)
    return (low + (high - low) * (states.astype(np.float64) / 2**32)).astype(np.float32).reshape(shape)


def values(name, shape):
    """As in diffusion-onnx.test.ts."""
    if len(shape) < 2:
        if name == "quant_conv.bias":
            # Logarithms of variances at which a sample is the mean.
            return np.array([0, 0, 0, 0, -30, -30, -30, -30], np.float32)
        return np.full(shape, 0 if name.endswith("bias") else 1, np.float32)
    if name.endswith("token_embedding.weight"):
        return values("rows", (ROWS, shape[1]))[np.arange(shape[0]) % ROWS]
    inputs = int(np.prod(shape[1:]))
    most = 0.5 if "embedding" in name or name == "rows" else (3 / inputs) ** 0.5
    steps = np.floor(seeded(name, shape, 0, 3)) - 1
    result = (steps * most).astype(np.float32)
    if name == "quant_conv.weight":
        result[4:] = 0
    return result


def filled(model):
    state = {
        name: tensor if name.endswith("position_ids") else torch.from_numpy(values(name, tuple(tensor.shape)))
        for name, tensor in model.state_dict().items()
    }
    model.load_state_dict(state)
    return model.eval()


def text_encoder():
    return filled(
        CLIPTextModel(
            CLIPTextConfig(
                hidden_size=64,
                intermediate_size=128,
                num_hidden_layers=1,
                num_attention_heads=1,
                max_position_embeddings=77,
                hidden_act="quick_gelu",
            )
        )
    )


def unet():
    return filled(
        UNet2DConditionModel(
            sample_size=SIDE,
            block_out_channels=[32],
            layers_per_block=1,
            attention_head_dim=2,
            cross_attention_dim=64,
            down_block_types=["CrossAttnDownBlock2D"],
            up_block_types=["UpBlock2D"],
        )
    )


def vae():
    return filled(
        AutoencoderKL(
            sample_size=8 * SIDE,
            block_out_channels=[32] * 3 + [64],
            layers_per_block=1,
            latent_channels=4,
            down_block_types=["DownEncoderBlock2D"] * 4,
            up_block_types=["UpDecoderBlock2D"] * 4,
        )
    )


class Encoder(torch.nn.Module):
    """The encoder's sample, as the script has it."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, sample):
        return self.model.encode(sample, return_dict=False)[0].sample()


class Decoder(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, latent_sample):
        return self.model.decode(latent_sample, return_dict=False)[0]


def narrowed(model):
    """The text encoder with a table of few rows, which tokens are counted round."""
    graph = model.graph
    table = next(one for one in graph.initializer if list(one.dims) == [49408, 64])
    rows = numpy_helper.to_array(table)[:ROWS].copy()
    table.CopyFrom(numpy_helper.from_array(rows, table.name))
    gather = next(node for node in graph.node if node.op_type == "Gather" and node.input[0] == table.name)
    source = gather.input[1]
    dtype = np.int32 if graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.INT32 else np.int64
    graph.initializer.append(numpy_helper.from_array(np.array(ROWS, dtype), "rows.count"))
    gather.input[1] = "rows.place"
    place = next(index for index, node in enumerate(graph.node) if node.name == gather.name)
    graph.node.insert(place, helper.make_node("Mod", [source, "rows.count"], ["rows.place"], name="rows.mod"))
    return model


def write(dialect, path, model, beside=None):
    """Weights of more than a kilobyte go into the file `beside`, if one is named."""
    del model.graph.value_info[:]
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    model.doc_string = ""
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "model.onnx")
        if beside:
            onnx.save_model(model, file, save_as_external_data=True, all_tensors_to_one_file=True, location=beside)
        else:
            onnx.save_model(model, file)
        target = os.path.join(HERE, dialect, os.path.dirname(path))
        os.makedirs(target, exist_ok=True)
        for source, name in [("model.onnx", os.path.basename(path)), *([(beside, beside)] if beside else [])]:
            with open(os.path.join(folder, source), "rb") as file:
                packed = gzip.compress(file.read(), 9, mtime=0)
            with open(os.path.join(target, f"{name}.gzip"), "wb") as file:
                file.write(packed)
            print(dialect, os.path.dirname(path), name, len(packed))


def exported(model, arguments, inputs, outputs, axes, opset):
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "model.onnx")
        with torch.no_grad():
            torch.onnx.export(
                model,
                arguments,
                file,
                input_names=inputs,
                output_names=outputs,
                dynamic_axes=axes,
                opset_version=opset,
                do_constant_folding=True,
            )
        return onnx.load(file)


class Hidden(torch.nn.Module):
    """Both outputs as a plain tuple."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids):
        result = self.model(input_ids)
        return result.last_hidden_state, result.pooler_output


class Noise(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, sample, timestep, encoder_hidden_states):
        return self.model(sample, timestep, encoder_hidden_states, return_dict=False)[0]


def dialect_a():
    map_axes = {0: "batch", 1: "channels", 2: "height", 3: "width"}
    text = exported(
        Hidden(text_encoder()),
        (torch.zeros(1, 77, dtype=torch.int32),),
        ["input_ids"],
        ["last_hidden_state", "pooler_output"],
        {"input_ids": {0: "batch", 1: "sequence"}},
        14,
    )
    write("a", "text_encoder/model.onnx", narrowed(text))
    drawer = exported(
        Noise(unet()),
        (torch.randn(2, 4, SIDE, SIDE), torch.randn(2), torch.randn(2, 77, 64)),
        ["sample", "timestep", "encoder_hidden_states"],
        ["out_sample"],
        {"sample": map_axes, "timestep": {0: "batch"}, "encoder_hidden_states": {0: "batch", 1: "sequence"}},
        14,
    )
    write("a", "unet/model.onnx", drawer, "weights.pb")
    encoder = exported(
        Encoder(vae()), (torch.randn(1, 3, 64, 64),), ["sample"], ["latent_sample"], {"sample": map_axes}, 14
    )
    write("a", "vae_encoder/model.onnx", encoder)
    decoder = exported(
        Decoder(vae()), (torch.randn(1, 4, 8, 8),), ["latent_sample"], ["sample"], {"latent_sample": map_axes}, 14
    )
    write("a", "vae_decoder/model.onnx", decoder)


def dialect_b():
    from optimum.exporters.onnx import main_export

    with tempfile.TemporaryDirectory() as folder:
        merges = os.path.join(ROOT, "..", "..", "public", "models", "clip", "merges.txt")
        tokens = os.path.join(folder, "tokens")
        os.makedirs(tokens)
        shutil.copy(merges, os.path.join(tokens, "merges.txt"))
        with open(os.path.join(tokens, "vocab.json"), "w") as file:
            file.write('{"<|startoftext|>": 49406, "<|endoftext|>": 49407}')
        pipeline = StableDiffusionPipeline(
            vae=vae(),
            text_encoder=text_encoder(),
            tokenizer=CLIPTokenizer.from_pretrained(tokens),
            unet=unet(),
            scheduler=DDIMScheduler(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012),
            safety_checker=None,
            feature_extractor=None,
        )
        source, target = os.path.join(folder, "source"), os.path.join(folder, "target")
        pipeline.save_pretrained(source)
        main_export(source, target, task="text-to-image", do_validation=False)
        for part in ["text_encoder", "unet", "vae_encoder", "vae_decoder"]:
            model = onnx.load(os.path.join(target, part, "model.onnx"))
            write("b", f"{part}/model.onnx", narrowed(model) if part == "text_encoder" else model, "model.onnx_data")


def dialect_c():
    text = exported(
        Hidden(text_encoder().half()),
        (torch.zeros(2, 77, dtype=torch.int32),),
        ["input_ids"],
        ["last_hidden_state", "pooler_output"],
        {},
        17,
    )
    write("c", "text-encoder.onnx", narrowed(text))
    drawer = exported(
        Noise(unet().half()),
        (torch.randn(2, 4, SIDE, SIDE).half(), torch.tensor([999, 999]), torch.randn(2, 77, 64).half()),
        ["sample", "timestep", "encoder_hidden_states"],
        ["out_sample"],
        {},
        17,
    )
    write("c", "unet.onnx", drawer)
    decoder = exported(
        Decoder(vae().half()), (torch.randn(1, 4, SIDE, SIDE).half(),), ["latent_sample"], ["sample"], {}, 17
    )
    write("c", "vae_decoder.onnx", decoder)


for make in [dialect_a, dialect_b, dialect_c]:
    make()
