"""ESRGAN as spandrel holds it: under the old names, with the count of added channels that is set here."""

from spandrel.architectures.__arch_helpers import block
from spandrel.architectures.ESRGAN import ESRGAN, _to_old_arch

original = block.RRDB


def old(growth, **structure):
    """spandrel knows 32 added channels only; the fixtures are to be small."""
    block.RRDB = lambda *given, **named: original(*given, **{**named, "gc": growth})
    module = ESRGAN(**structure)
    block.RRDB = original
    module.picture_channels = structure["in_nc"] // (structure.get("shuffle_factor") or 1) ** 2
    return module


def renamed(module, first, body, dense, last_of_body, up, high):
    """The state under the names of the later programs; spandrel's own way back must give what it was."""
    blocks = len(module.model[1].sub) - 1
    ups = (len(module.model) - 5) // 3
    names = {"model.0": first, f"model.1.sub.{blocks}": last_of_body}
    for index in range(blocks):
        for part in (1, 2, 3):
            for conv in (1, 2, 3, 4, 5):
                names[f"model.1.sub.{index}.RDB{part}.conv{conv}.0"] = f"{body}.{index}.{dense}{part}.conv{conv}"
    for index in range(1, ups + 1):
        names[f"model.{3 * index}"] = f"{up}{index}"
    names[f"model.{3 * ups + 2}"] = high
    names[f"model.{3 * ups + 4}"] = "conv_last"

    def state(stored):
        new = {}
        for name, value in stored.items():
            stem, kind = name.rsplit(".", 1)
            new[f"{names[stem]}.{kind}"] = value
        assert set(_to_old_arch(new)) == set(stored)
        return new

    return module, state


def basicsr(module):
    return renamed(module, "conv_first", "body", "rdb", "conv_body", "conv_up", "conv_hr")


def bsrgan(module):
    return renamed(module, "conv_first", "RRDB_trunk", "RDB", "trunk_conv", "upconv", "HRconv")


CASES = {
    "new-4x": lambda: basicsr(old(6, in_nc=3, out_nc=3, num_filters=8, num_blocks=2, scale=4)),
    "old-8x": lambda: old(4, in_nc=3, out_nc=3, num_filters=6, num_blocks=2, scale=8),
    "trunk-2x": lambda: bsrgan(old(4, in_nc=3, out_nc=3, num_filters=6, num_blocks=1, scale=2)),
    "old-1x": lambda: old(6, in_nc=3, out_nc=3, num_filters=12, num_blocks=1, scale=1),
    "grey-4x": lambda: old(4, in_nc=1, out_nc=1, num_filters=8, num_blocks=1, scale=4),
    "unshuffle-2x": lambda: basicsr(
        old(4, in_nc=12, out_nc=3, num_filters=8, num_blocks=2, scale=4, shuffle_factor=2)
    ),
    "unshuffle-1x": lambda: basicsr(
        old(6, in_nc=48, out_nc=3, num_filters=12, num_blocks=1, scale=4, shuffle_factor=4)
    ),
    "plus-4x": lambda: old(4, in_nc=3, out_nc=3, num_filters=8, num_blocks=2, scale=4, plus=True),
}
