"""RGT, with narrower ends so that files stay small."""

from torch import nn
from torch.nn.functional import pad

from spandrel.architectures.RGT import RGT
from spandrel.architectures.RGT.__arch.rgt import Upsample


def adjust(name, tensor):
    # Around 0.3, as a trained scale of a skip may be: the seeded ones would double the features with every block.
    return 0.3 if name.endswith("gamma") else None


def network(end, **structure):
    module = RGT(embed_dim=64, img_size=8, resi_connection="3conv", **structure)
    module.conv_before_upsample[0] = nn.Conv2d(64, end, 3, 1, 1)
    module.upsample = Upsample(structure["upscale"], end)
    module.conv_last = nn.Conv2d(end, 3, 3, 1, 1)
    return module, placed


def placed(state):
    """Without the masks for a picture of 64 x 64, which are large."""
    return {name: value for name, value in state.items() if "attn_mask" not in name}


def run(module, picture):
    """Sides must be multiples of 16, as the small map's pixels are."""
    height, width = picture.shape[2:]
    output = module(pad(picture, (0, -width % 16, 0, -height % 16), mode="reflect"))
    return output[:, :, : height * module.upscale, : width * module.upscale]


CASES = {
    "4x": lambda: network(8, split_size=[2, 8], depth=[3], num_heads=[4], mlp_ratio=1, upscale=4),
    "square-3x": lambda: network(
        6, split_size=[4, 4], depth=[2], num_heads=[2], mlp_ratio=2, upscale=3, c_ratio=0.25, qkv_bias=False
    ),
    "1x": lambda: network(8, split_size=[4, 8], depth=[1, 1], num_heads=[4, 4], mlp_ratio=1, upscale=1),
}

RUN = {case: run for case in CASES}
