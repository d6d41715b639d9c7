"""
What the layers of a tiny UNet and text encoder give while LoRAs hang on them (diffusers and peft, not merged): writes
diffusion/lora/*.safetensors. `base-*` are the two networks, `kohya`, `peft` and `locon` the LoRAs, `given` and `expected`
what goes into each layer and comes out; `compvis.json` names the UNet's tensors as latent diffusion's own code does.

    python scripts/reference/diffusion-lora.py
"""

import json
import os

import torch
from diffusers import UNet2DConditionModel
from diffusers.loaders.lora_pipeline import StableDiffusionLoraLoaderMixin
from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "diffusion", "lora")
RANK = 3


def networks():
    torch.manual_seed(1)
    unet = UNet2DConditionModel(
        block_out_channels=[8, 12],
        layers_per_block=2,
        norm_num_groups=4,
        attention_head_dim=2,
        cross_attention_dim=12,
        down_block_types=["CrossAttnDownBlock2D", "DownBlock2D"],
        up_block_types=["UpBlock2D", "CrossAttnUpBlock2D"],
    )
    text = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=40,
            hidden_size=12,
            intermediate_size=20,
            num_hidden_layers=2,
            num_attention_heads=2,
            max_position_embeddings=10,
        )
    )
    return unet.eval(), text.eval()


def layers(network):
    kinds = (torch.nn.Linear, torch.nn.Conv2d)
    return {name: module for name, module in network.named_modules() if type(module) in kinds}


def matrices(layer, rank, generator):
    """Down and up of a LoRA, in the shapes that kohya's sd-scripts give them."""
    random = lambda *shape: torch.randn(*shape, generator=generator) * 0.3
    if isinstance(layer, torch.nn.Linear):
        return random(rank, layer.in_features), random(layer.out_features, rank)
    return random(rank, layer.in_channels, *layer.kernel_size), random(layer.out_channels, rank, 1, 1)


def kohya(unet, text, generator):
    state = {}
    for prefix, network in [("lora_unet", unet), ("lora_te", text)]:
        for name, layer in layers(network).items():
            down, up = matrices(layer, RANK, generator)
            key = f"{prefix}_{name.replace('.', '_')}"
            state[f"{key}.lora_down.weight"] = down
            state[f"{key}.lora_up.weight"] = up
            state[f"{key}.alpha"] = torch.tensor(1.5)
    # diffusers' reader of this naming knows neither end of the network.
    return {
        key: value.half() for key, value in state.items() if not any(end in key for end in ("unet_conv_", "time_embedding"))
    }


def peft(unet, text, generator):
    """As diffusers saves it now; the rank differs from the other's, and nothing tells of an alpha."""
    state = {}
    for prefix, network in [("unet", unet), ("text_encoder", text)]:
        for name, layer in layers(network).items():
            down, up = matrices(layer, 2, generator)
            state[f"{prefix}.{name}.lora_A.weight"] = down
            state[f"{prefix}.{name}.lora_B.weight"] = up
    return state


def load(unet, text, state, name):
    """By diffusers' own reader."""
    state, alphas = StableDiffusionLoraLoaderMixin.lora_state_dict(
        {key: value.float() for key, value in state.items()}, unet_config=unet.config
    )
    StableDiffusionLoraLoaderMixin.load_lora_into_unet(state, alphas, unet, adapter_name=name)
    StableDiffusionLoraLoaderMixin.load_lora_into_text_encoder(state, alphas, text, adapter_name=name)


def given(name, layer, generator):
    if isinstance(layer, torch.nn.Linear):
        return torch.randn(2, layer.in_features, generator=generator)
    side = layer.kernel_size[0] + 1
    return torch.randn(1, layer.in_channels, side, side, generator=generator)


def locon(unet, inputs, generator):
    """Convolutions through a middle one; applied here as their three convolutions, after LyCORIS' documentation."""
    state, outputs = {}, {}
    for name, layer in layers(unet).items():
        if not isinstance(layer, torch.nn.Conv2d) or layer.kernel_size != (3, 3):
            continue
        random = lambda *shape: torch.randn(*shape, generator=generator) * 0.3
        down, up = random(RANK, layer.in_channels, 1, 1), random(layer.out_channels, RANK, 1, 1)
        mid = random(RANK, RANK, 3, 3)
        key = f"lora_unet_{name.replace('.', '_')}"
        state |= {f"{key}.lora_{end}.weight": value for end, value in [("down", down), ("mid", mid), ("up", up)]}
        state[f"{key}.alpha"] = torch.tensor(1.0)
        x = torch.nn.functional.conv2d(inputs[f"unet/{name}"], down)
        x = torch.nn.functional.conv2d(x, mid, stride=layer.stride, padding=layer.padding)
        outputs[f"locon/unet/{name}"] = layer(inputs[f"unet/{name}"]) + torch.nn.functional.conv2d(x, up) / RANK
    return state, outputs


def compvis(unet):
    """Each tensor of the UNet in the order in which latent diffusion's openaimodel.py builds its blocks."""
    blocks = [["input_blocks.0.0", "conv"]]
    count = 1
    for level, attends in enumerate([True, False]):
        for _ in range(2):
            blocks += [[f"input_blocks.{count}.0", "res"]] + ([[f"input_blocks.{count}.1", "attn"]] if attends else [])
            count += 1
        if level == 0:
            blocks += [[f"input_blocks.{count}.0.op", "conv"]]
            count += 1
    blocks += [["middle_block.0", "res"], ["middle_block.1", "attn"], ["middle_block.2", "res"]]
    count = 0
    for level, attends in [(1, False), (0, True)]:
        for layer in range(3):
            blocks += [[f"output_blocks.{count}.0", "res"]] + ([[f"output_blocks.{count}.1", "attn"]] if attends else [])
            if level == 1 and layer == 2:
                blocks += [[f"output_blocks.{count}.{2 if attends else 1}.conv", "conv"]]
            count += 1
    attn = ["norm", "proj_in", "proj_out"] + [
        f"transformer_blocks.0.{part}"
        for part in ["norm1", "norm2", "norm3", "ff.net.0.proj", "ff.net.2"]
        + [f"attn{n}.{part}" for n in (1, 2) for part in ["to_q", "to_k", "to_v", "to_out.0"]]
    ]
    res = ["in_layers.0", "in_layers.2", "emb_layers.1", "out_layers.0", "out_layers.3", "skip_connection"]
    names = ["time_embed.0", "time_embed.2", "out.0", "out.2"]
    for block, kind in blocks:
        names += [block] if kind == "conv" else [f"{block}.{part}" for part in (res if kind == "res" else attn)]
    numbered = {
        f"model.diffusion_model.{name}.{kind}": torch.tensor(at) for at, name in enumerate(names) for kind in ("weight", "bias")
    }
    pairs = convert_ldm_unet_checkpoint(dict(numbered), {**unet.config, "class_embed_type": None})
    known = unet.state_dict()
    return {key: names[int(value)] for key, value in pairs.items() if key in known and key.endswith("weight")}


def main():
    os.makedirs(HERE, exist_ok=True)
    generator = torch.Generator().manual_seed(2)
    unet, text = networks()
    save_file({key: value.contiguous() for key, value in unet.state_dict().items()}, f"{HERE}/base-unet.safetensors")
    kept = {key: value.contiguous() for key, value in text.state_dict().items() if "position_ids" not in key}
    save_file(kept, f"{HERE}/base-text.safetensors")
    plain = {("unet", name): layer for name, layer in layers(unet).items()}
    plain |= {("text-encoder", name): layer for name, layer in layers(text).items()}
    inputs = {f"{part}/{name}": given(name, layer, generator) for (part, name), layer in plain.items()}
    files = {"kohya": kohya(unet, text, generator), "peft": peft(unet, text, generator)}
    files["locon"], expected = locon(unet, inputs, generator)
    names = compvis(unet)
    for name, state in files.items():
        save_file(state, f"{HERE}/{name}.safetensors")
    load(unet, text, files["kohya"], "kohya")
    load(unet, text, files["peft"], "peft")
    loaded = {"unet": unet, "text-encoder": text}
    for case, weights in {
        "kohya": {"kohya": 1.0},
        "half": {"kohya": 0.5},
        "negative": {"kohya": -0.5},
        "peft": {"peft": 1.0},
        "both": {"kohya": 0.8, "peft": -0.3},
    }.items():
        for network in loaded.values():
            for name in ("kohya", "peft"):
                for module in network.modules():
                    if hasattr(module, "scaling") and name in module.scaling:
                        module.set_scale(name, weights.get(name, 0.0))
                        module.set_adapter([part for part in ("kohya", "peft") if part in module.scaling])
        for (part, name), layer in plain.items():
            wrapped = loaded[part].get_submodule(name)
            with torch.no_grad():
                expected[f"{case}/{part}/{name}"] = wrapped(inputs[f"{part}/{name}"])
    save_file(inputs, f"{HERE}/given.safetensors")
    save_file({key: value.detach().contiguous() for key, value in expected.items()}, f"{HERE}/expected.safetensors")
    with open(f"{HERE}/compvis.json", "w") as file:
        json.dump(dict(sorted(names.items())), file, indent=1)
    print(len(plain), "layers,", len(names), "names,", {name: len(state) for name, state in files.items()})


main()
