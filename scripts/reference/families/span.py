"""SPAN with its training chains (and an `eval_conv` that is stale, as files have it), and multiplied out."""

from spandrel.architectures.SPAN import SPAN


def adjust(name, tensor):
    # Pictures go in times 255: the first convolution brings them back to where the blocks work.
    if name in ("conv_1.sk.weight", "conv_1.conv.2.weight"):
        return 0.01
    return None


def folded(module):
    """Without the chains: what they were multiplied out to when the module ran."""

    def state(_):
        return {
            name: value
            for name, value in module.state_dict().items()
            if ".sk." not in name and ".conv." not in name
        }

    return module, state


def plain(**structure):
    return SPAN(num_in_ch=3, num_out_ch=3, norm=False, **structure)


CASES = {
    "4x": lambda: SPAN(num_in_ch=3, num_out_ch=3, feature_channels=10, upscale=4),
    "plain-2x": lambda: plain(feature_channels=8, upscale=2),
    "folded-1x": lambda: folded(SPAN(num_in_ch=3, num_out_ch=3, feature_channels=12, upscale=1)),
    "grey-3x": lambda: SPAN(num_in_ch=1, num_out_ch=1, feature_channels=8, upscale=3, norm=False),
}
