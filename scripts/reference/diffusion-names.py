"""
The tensors of tiny diffusion models under the names of single-file checkpoints and under those of diffusers' folders: writes
diffusion/names/<case>.json, a list of [name in the file, shape there, name in the folder, shape there, part of parts].
Where diffusers itself can read such a file (and open_clip can write one), it has checked the list.

    python scripts/reference/diffusion-names.py
"""

import json
import os
import re

import torch
from diffusers import AutoencoderKL, ControlNetModel, UNet2DConditionModel
from diffusers.loaders import single_file_utils as official
from transformers import CLIPTextConfig, CLIPTextModel

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "diffusion", "names")

RESIDUAL = [
    ("norm1", "in_layers.0"),
    ("conv1", "in_layers.2"),
    ("time_emb_proj", "emb_layers.1"),
    ("norm2", "out_layers.0"),
    ("conv2", "out_layers.3"),
    ("conv_shortcut", "skip_connection"),
]
ENDS = [
    ("time_embedding.linear_1", "time_embed.0"),
    ("time_embedding.linear_2", "time_embed.2"),
    ("conv_in", "input_blocks.0.0"),
    ("conv_norm_out", "out.0"),
    ("conv_out", "out.2"),
    ("controlnet_cond_embedding.conv_in", "input_hint_block.0"),
    ("controlnet_cond_embedding.conv_out", "input_hint_block.14"),
    ("controlnet_mid_block", "middle_block_out.0"),
]


def begins(name, pairs):
    for named, numbered in pairs:
        if name.startswith(named + "."):
            return numbered + name[len(named) :]
    return name


def to_numbered(name, per_level, early_attention):
    """`per_level`: residual blocks a level on the way down, as the numbering takes it."""
    step = per_level + 1
    found = re.match(r"(down|up)_blocks\.(\d+)\.(resnets|attentions|downsamplers|upsamplers)\.(\d+)\.(.*)", name)
    if found:
        side, level, kind, index, rest = found.groups()
        level, index = int(level), int(index)
        if kind == "attentions" and side == "up" and level == 0 and not early_attention:
            return name
        if kind == "downsamplers":
            return f"input_blocks.{step * (level + 1)}.0.op{rest[len('conv'):]}"
        if kind == "upsamplers":
            slot = 1 if level == 0 and not early_attention else 2
            return f"output_blocks.{step * level + per_level}.{slot}.{rest}"
        at = step * level + index + (1 if side == "down" else 0)
        side = "input" if side == "down" else "output"
        slot = 0 if kind == "resnets" else 1
        return f"{side}_blocks.{at}.{slot}.{begins(rest, RESIDUAL) if slot == 0 else rest}"
    found = re.match(r"mid_block\.(resnets|attentions)\.(\d+)\.(.*)", name)
    if found:
        kind, index, rest = found.groups()
        if kind == "attentions":
            return f"middle_block.1.{rest}"
        return f"middle_block.{2 * int(index)}.{begins(rest, RESIDUAL)}"
    name = re.sub(r"^controlnet_down_blocks\.(\d+)\.", r"zero_convs.\1.0.", name)
    found = re.match(r"controlnet_cond_embedding\.blocks\.(\d+)\.(.*)", name)
    if found:
        return f"input_hint_block.{2 * int(found[1]) + 2}.{found[2]}"
    return begins(name, ENDS)


def to_autoencoder(name, levels):
    name = re.sub(r"^(encoder|decoder)\.conv_norm_out\.", r"\1.norm_out.", name)
    name = name.replace("conv_shortcut", "nin_shortcut")
    name = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", name)
    name = name.replace("mid_block.attentions.0.group_norm", "mid.attn_1.norm")
    name = re.sub(r"mid_block\.attentions\.0\.to_([qkv])", r"mid.attn_1.\1", name)
    name = name.replace("mid_block.attentions.0.to_out.0", "mid.attn_1.proj_out")
    name = re.sub(r"down_blocks\.(\d+)", r"down.\1", name)
    name = re.sub(r"up_blocks\.(\d+)", lambda m: f"up.{levels - 1 - int(m[1])}", name)
    name = name.replace("resnets", "block")
    return re.sub(r"(down|up)samplers\.0", r"\1sample", name)


def to_old_autoencoder(name):
    new = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    return re.sub(r"\.(to_q|to_k|to_v|to_out\.0)\.", lambda m: f".{new[m[1]]}.", name)


def to_open_clip(name):
    name = name.replace("text_model.encoder.layers.", "transformer.resblocks.")
    name = name.replace("text_model.embeddings.token_embedding", "token_embedding")
    name = name.replace("text_model.embeddings.position_embedding.weight", "positional_embedding")
    name = name.replace("text_model.final_layer_norm", "ln_final").replace("self_attn.out_proj", "attn.out_proj")
    name = name.replace("layer_norm", "ln_").replace("mlp.fc1", "mlp.c_fc").replace("mlp.fc2", "mlp.c_proj")
    return re.sub(r"self_attn\.[qkv]_proj\.(weight|bias)", r"attn.in_proj_\1", name)


def same(ours, theirs, case):
    assert set(ours) == set(theirs), (case, set(ours) ^ set(theirs))
    for name, value in theirs.items():
        assert value.flatten().equal(ours[name].flatten()), (case, name)


def write(case, prefix, state, rename, shaped=lambda name, shape: shape, check=None):
    """`check`: takes the state under the file's names with the prefix and gives it under the folder's."""
    rows, file = [], {}
    for name, value in state.items():
        if name.endswith("position_ids"):
            continue
        old = rename(name)
        part = "qkv".index(re.search(r"self_attn\.([qkv])_proj", name)[1]) if "in_proj" in old else 0
        parts = 3 if "in_proj" in old else 1
        shape = list(value.shape)
        stored = shaped(name, [parts * shape[0], *shape[1:]])
        rows.append([prefix + old, stored, name, shape, part, parts])
        joined = [file[prefix + old]] if prefix + old in file else []
        file[prefix + old] = torch.cat([*joined, value.reshape([stored[0] // parts, *stored[1:]])])
    if check:
        same({row[2]: state[row[2]] for row in rows}, check(file), case)
    with open(os.path.join(HERE, f"{case}.json"), "w") as out:
        out.write("[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]\n")
    print(case, len(rows), "checked by diffusers" if check else "")
    return file


def unet(**more):
    down = ("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D")
    config = dict(
        block_out_channels=(32, 32, 64, 64),
        down_block_types=down,
        up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3,
        cross_attention_dim=24,
        attention_head_dim=8,
    )
    config.update(more)
    return UNet2DConditionModel(**config)


def through(converter, config, strip=""):
    return lambda file: converter({name[len(strip) :]: value for name, value in file.items()}, config=dict(config))


def main():
    torch.manual_seed(0)
    model = unet()
    check = through(official.convert_ldm_unet_checkpoint, model.config)
    rename = lambda name: to_numbered(name, 2, False)
    prefix = "model.diffusion_model."
    write("unet-1", prefix, model.state_dict(), rename, check=check)

    model = unet(use_linear_projection=True, layers_per_block=1)
    check = through(official.convert_ldm_unet_checkpoint, model.config)
    write("unet-2", prefix, model.state_dict(), lambda name: to_numbered(name, 1, False), check=check)

    # As distilled by halves (BK-SDM): numbered as if nothing were missing, attention where the numbering has none.
    model = unet(
        block_out_channels=(32, 32, 64),
        down_block_types=("CrossAttnDownBlock2D",) * 3,
        up_block_types=("CrossAttnUpBlock2D",) * 3,
        mid_block_type=None,
        layers_per_block=1,
    )
    write("unet-tiny", prefix, model.state_dict(), rename)
    numbered = lambda name: to_numbered(name, 1, True)
    write("unet-tiny-numbered", prefix, model.state_dict(), numbered)

    model = ControlNetModel(
        block_out_channels=(32, 32, 64, 64),
        conditioning_embedding_out_channels=(4, 8, 12, 16),
        cross_attention_dim=24,
        attention_head_dim=8,
    )
    for parameter in model.parameters():
        parameter.data = torch.randn_like(parameter)
    check = through(official.convert_controlnet_checkpoint, model.config)
    write("controlnet", "control_model.", model.state_dict(), rename, check=check)

    model = AutoencoderKL(
        block_out_channels=(32, 32, 64),
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        layers_per_block=2,
        latent_channels=4,
    )
    point = lambda name, shape: shape + [1, 1] if re.search(r"\.to_.*weight", name) else shape
    check = through(official.convert_ldm_vae_checkpoint, model.config)
    rename = lambda name: to_autoencoder(name, 3)
    write("vae", "first_stage_model.", model.state_dict(), rename, point, check)
    write("vae-old", "", model.state_dict(), to_old_autoencoder)

    model = CLIPTextModel(
        CLIPTextConfig(vocab_size=11, hidden_size=64, intermediate_size=32, num_hidden_layers=2, num_attention_heads=1)
    )
    bare = {name: value.clone() for name, value in model.state_dict().items()}
    write("text-1", "cond_stage_model.transformer.", bare, lambda name: name)
    write("text-1-bare", "cond_stage_model.transformer.", bare, lambda name: name[len("text_model.") :])
    file = write("text-2", "cond_stage_model.model.", bare, to_open_clip)
    against_open_clip(file)


def against_open_clip(file):
    """open_clip's own text encoder has the same names and shapes, beside those that are not needed."""
    from open_clip.transformer import TextTransformer

    theirs = TextTransformer(context_length=77, vocab_size=11, width=64, heads=1, layers=2, mlp_ratio=0.5)
    shapes = {f"cond_stage_model.model.{name}": value.shape for name, value in theirs.state_dict().items()}
    unneeded = {name for name in shapes if name.endswith(("text_projection", "attn_mask"))}
    assert set(shapes) - unneeded == set(file), set(shapes) ^ set(file)
    assert all(shapes[name] == value.shape for name, value in file.items())
    print("text-2 has open_clip's names")


main()
