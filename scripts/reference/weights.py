"""Makes scripts/reference/weights/: small PyTorch files as torch itself writes them, for weights.test.ts.

Every tensor's value number i (row by row) is ((i * 37 + key * 11) % 64 - 32) / 16, which all float dtypes hold exactly;
the tensors and their keys are listed in the test. `network.ckpt` holds the weights of a fixture of families.py.
"""

import zipfile
from collections import OrderedDict
from pathlib import Path

import torch
from safetensors.torch import load_file

FOLDER = Path(__file__).parent / "weights"


def tensor(key, shape, dtype=torch.float32):
    count = 1
    for side in shape:
        count *= side
    values = [((i * 37 + key * 11) % 64 - 32) / 16 for i in range(count)]
    return torch.tensor(values, dtype=torch.float64).reshape(shape).to(dtype)


def state():
    turned = tensor(3, [4, 6]).t().contiguous().t()
    flipped = tensor(4, [2, 3, 4, 5]).to(memory_format=torch.channels_last)
    both = torch.cat([tensor(5, [3, 4]).flatten(), tensor(6, [7])])
    return OrderedDict(
        [
            ("conv.weight", torch.nn.Parameter(tensor(1, [8, 3, 3, 3]))),
            ("conv.bias", tensor(2, [8])),
            ("turned", turned),
            ("channels_last", flipped),
            ("shared.first", both[:12].view(3, 4)),
            ("shared.second", both[12:]),
            ("half", tensor(7, [5], torch.float16)),
            ("brain", tensor(8, [5], torch.bfloat16)),
            ("double", tensor(9, [5], torch.float64)),
            ("expanded", tensor(10, [1]).expand(4)),
            ("scalar", tensor(11, [])),
            ("empty", torch.zeros(0, 3)),
            ("index", torch.arange(6).view(2, 3)),
        ]
    )


class Strange:
    """Stands for what training programs leave in checkpoints; its code is in no reader's reach."""

    def __init__(self, **attributes):
        self.__dict__.update(attributes)


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 4, 3)


def checkpoint():
    weights = tensor(1, [4, 3])
    optimiser = torch.optim.Adam([torch.nn.Parameter(weights.clone())])
    return {
        "epoch": 3,
        "global_step": 10**12,
        "state_dict": OrderedDict([("net_g.conv.weight", weights), ("net_g.conv.bias", tensor(2, [4]))]),
        "optimizer_states": [optimiser.state_dict()],
        "callbacks": {Strange: {"best": Strange(score=tensor(3, [1]), path="a")}},
        "hyper_parameters": Strange(rate=1e-4, ids=[1, 2]),
        "size": torch.Size([1, 2]),
        "device": torch.device("cpu"),
        "rng": torch.tensor([1, 2, 3], dtype=torch.uint8),
    }


def save(name, value, **options):
    torch.save(value, FOLDER / name, **options)


def without_paths(path):
    """TorchScript keeps the paths of the machine that wrote it; nobody needs them."""
    with zipfile.ZipFile(path) as archive:
        members = [(one, archive.read(one)) for one in archive.infolist() if not one.filename.endswith(".debug_pkl")]
    with zipfile.ZipFile(path, "w") as archive:
        for one, content in members:
            archive.writestr(one, content)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    save("zip.pth", state())
    save("stream.pth", state(), _use_new_zipfile_serialization=False)
    save("protocol-4.pth", state(), pickle_protocol=4)
    save("nested.pth", {"params": {"a": tensor(1, [3])}, "params_ema": {"a": tensor(2, [3])}})
    save("lightning.ckpt", checkpoint())
    save("lightning-stream.ckpt", checkpoint(), _use_new_zipfile_serialization=False)
    save("whole-module.pth", Network())
    save("strange-tensor.pth", {"a": tensor(1, [3]), "b": torch.sparse_coo_tensor([[0]], [1.0], (4,))})
    save("quantised.pth", {"a": torch.quantize_per_tensor(tensor(1, [3]), 0.1, 0, torch.qint8)})
    weights = load_file(FOLDER.parent / "families" / "srvgg-2x-grey.safetensors")
    state_dict = {f"net_g.{name}": values for name, values in weights.items()}
    save("network.ckpt", {"epoch": 1, "state_dict": state_dict}, _use_new_zipfile_serialization=False)
    traced = torch.jit.trace(Network().conv, torch.zeros(1, 3, 8, 8))
    torch.jit.save(traced, str(FOLDER / "torchscript.pt"))
    without_paths(FOLDER / "torchscript.pt")
