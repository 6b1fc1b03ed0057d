# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""L1 of cores without a bank that streams between host and device take. The truth: the streams' own core and addresses."""
import host

KERNELS = "models/demos/deepseek_v3_b1/micro_ops/host_io/kernels"


def test_what_streams_take_is_on_their_cores(tools, python):
    folder = tools.scratch / KERNELS
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("h2d_reader", "h2d_writer", "d2h_reader", "d2h_writer"):
        (folder / f"persistent_{name}.cpp").write_text("void kernel_main() {}\n")
    seen = []
    with host.Host(tools, [python, host.HOSTS / "service_cores.py"], "service cores", "p150", tools.preload()) as run:
        while not (message := run.hear()).get("end"):
            [device] = tools.snapshot()["devices"]
            regions = [region for region in device["memory"]["regions"] if region["type"] == "service_core"]
            streams = {tuple(stream["core"]): stream["addresses"] for stream in message["streams"]}
            on = {tuple(ranges[:2]) for region in regions for ranges in region["cores"]}
            assert all(ranges[:2] == ranges[2:] for region in regions for ranges in region["cores"])
            assert on == set(streams)
            for core, addresses in streams.items():
                own = [region for region in regions if region["cores"] == [[*core, *core]]]
                for address in addresses:
                    assert any(r["address"] <= address < r["address"] + r["bytes"] for r in own), (core, hex(address), own)
                [one] = tools.l1("--core", f"{core[0]},{core[1]}")["devices"]
                assert not one["l1"]["in_bank"] and one["l1"]["unexplained_bytes"] == 0
                assert sum(s["bytes"] for s in one["l1"]["stretches"] if s.get("region") == "service_core") == sum(r["bytes"] for r in own)
            seen.append(len(streams))
            run.say()
        assert run.end() == 0
    assert seen == [0, 1, 2]
