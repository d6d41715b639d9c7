"""
Textual inversions as programs save them: writes diffusion/embedding/* by torch and safetensors. All hold the same one or
two vectors, value number i being (i % 251) / 125 - 1.

    python scripts/reference/diffusion-embedding.py
"""

import inspect
import os

import torch
from safetensors.torch import save_file

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "diffusion", "embedding")


def vectors(count, width):
    return ((torch.arange(count * width) % 251) / 125 - 1).reshape(count, width)


def without_source(path):
    """This format tells where torch lies on the machine and quotes its source: as many other letters do as well."""
    place = os.path.dirname(os.path.dirname(torch.__file__)).encode()
    source = inspect.getsource(torch.nn.ParameterDict).encode()
    with open(path, "rb") as file:
        content = file.read()
    content = content.replace(place, b"/" + b"x" * (len(place) - 1)).replace(source, b" " * len(source))
    with open(path, "wb") as file:
        file.write(content)


def main():
    os.makedirs(HERE, exist_ok=True)
    two = torch.nn.Parameter(vectors(2, 768))
    told = {"name": "told", "step": 100, "sd_checkpoint": "0123abcd", "sd_checkpoint_name": "base"}
    torch.save({"string_to_token": {"*": 265}, "string_to_param": {"*": two}, **told}, f"{HERE}/automatic1111.pt")
    # The first program of them: its parameters are an object of torch's.
    first = {"string_to_token": {"*": torch.tensor(265)}, "string_to_param": torch.nn.ParameterDict({"*": two})}
    torch.save(first, f"{HERE}/original.pt")
    torch.save(first, f"{HERE}/original-2019.pt", _use_new_zipfile_serialization=False)
    without_source(f"{HERE}/original-2019.pt")
    torch.save({"<cat-toy>": vectors(1, 768)[0].clone()}, f"{HERE}/learned_embeds.bin")
    save_file({"emb_params": vectors(2, 768).half()}, f"{HERE}/kohya.safetensors")
    save_file({"<cat-toy>": vectors(2, 1024)}, f"{HERE}/wide.safetensors")
    save_file({"clip_l": vectors(1, 768), "clip_g": vectors(1, 1280)}, f"{HERE}/xl.safetensors")


main()
