# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Tensors that bound C++ functions put on the device, where no Python frame is an operation's, and one that an operation makes."""
import host_protocol
from host_protocol import checkpoint, open_device, ttnn


def prepared_weights(device):
    weights = ttnn.Tensor([0.0] * 9216, [32, 32, 3, 3], ttnn.bfloat16, ttnn.ROW_MAJOR_LAYOUT)
    return ttnn.prepare_conv_weights(
        weight_tensor=weights, input_memory_config=ttnn.DRAM_MEMORY_CONFIG, input_layout=ttnn.ROW_MAJOR_LAYOUT, weights_format="OIHW",
        in_channels=32, out_channels=32, batch_size=1, input_height=32, input_width=32, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1),
        dilation=(1, 1), has_bias=False, groups=1, device=device, input_dtype=ttnn.bfloat16)


def main():
    device = open_device()
    values = [0.0] * 4096
    host = ttnn.Tensor(values, [1, 1, 64, 64], ttnn.bfloat16, ttnn.ROW_MAJOR_LAYOUT)
    tiled = ttnn.empty((1, 1, 64, 96), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)
    made = {
        "to": host.to(device, ttnn.DRAM_MEMORY_CONFIG),
        "constructor": ttnn.Tensor(values, [1, 1, 64, 64], ttnn.bfloat16, ttnn.ROW_MAJOR_LAYOUT, device),
        "reshape": tiled.reshape(1, 1, 96, 64),
        "weights": prepared_weights(device),
        "operation": ttnn.to_device(host, device),
    }
    checkpoint("made", [device], addresses={name: int(tensor.buffer_address()) for name, tensor in made.items()})
    host_protocol.tell(end=True)


if __name__ == "__main__":
    main()
