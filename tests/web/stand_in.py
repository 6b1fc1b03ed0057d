# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""A stand-in for the server: gives out the page with its policy, and whatever JSON a test wants, so that figures and names can be what no program would make."""
import contextlib
import http.server
import json
import pathlib
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
GIB = 1 << 30


def use(allocated, capacity, peak=None, buffers=0, banks=12, physical=None, hole=None):
    return {"physical_bytes": physical, "capacity_bytes": capacity, "reserved_bytes": None if physical is None else physical - capacity,
            "allocated_bytes": allocated, "requested_bytes": allocated, "peak_bytes": peak, "upstream_bytes": 0, "buffers": buffers, "banks": banks,
            "largest_free_bytes_per_bank": hole}


def device(index, dram, l1, name="n150", mock=False):
    """An N150 that holds so much."""
    base, limit, high, physical = 0x19000, 0x19000 + 1_393_312 - l1 // 64, 300_000, 1_499_136
    return {
        "index": index, "id": index, "kmd_index": index, "pci": f"0000:{index + 1:02x}:00.0", "unique_id": f"0x10001851170c{index:04x}", "board_id": None,
        "arch": "wormhole_b0", "board": name, "mock": mock, "remote": False, "sources": ["ledger"], "live_processes": 1,
        "memory": {
            "dram": use(dram, 12 * 1_072_693_184, dram + GIB // 2, 1234, 12, 12 * GIB, 500_000_000), "l1": use(l1, 64 * 1_393_312, l1 * 2, 77, 64, 72 * physical, 700_000),
            "l1_small": use(32_768, 64 * 32_768, 32_768, 1, 64), "trace": use(None, None, None, None, None), "preallocated_bytes": 0,
            "circular_buffers": {"current_bytes": high * 64, "cached_union_bytes": high * 64, "programs_sum_bytes": 3 * high * 64, "high_water_bytes_per_core": high,
                                 "headroom_bytes_per_core": max(0, limit - base - high), "base_address": base, "limit_address": limit, "clashes_ahead": []},
            "kernels": {"loaded_bytes": 13_500_000, "application_bytes": 13_400_000, "fabric_bytes": 0, "dispatch_bytes": 100_000,
                        "ring_capacity_bytes_per_core": 70_656, "ring_used_bytes_per_core": 54_000, "rings": []},
            "regions": [{"pid": 4711, "mesh": None, "memory": "l1", "type": "firmware", "source": "base of the banks", "address": 0, "bytes": base, "cores": None}],
            "layout": {"l1_core": {"physical_bytes": physical, "region_bytes": base, "buffer_bytes": l1 // 64, "free_bytes": physical - base - l1 // 64,
                                   "unexplained_bytes": 0, "contested_bytes": 0}, "dram_bank": None},
            "spaces": []},
        "telemetry": None if mock else {"condition": "ok", "sensors": {
            "asic_temperature": {"state": "known", "value": 54.25, "unit": "C", "age_ns": 1000, "limit": 75, "min": 50, "max": 60},
            "power": {"state": "known", "value": 38, "unit": "W", "age_ns": 1000, "limit": 160, "min": 20, "max": 90},
            "ai_clock": {"state": "known", "value": 1000, "unit": "MHz", "age_ns": 1000, "limit": None, "min": 500, "max": 1000}}}}


def process(pid, index, dram, l1, name="python3", state="live"):
    holding = {"index": index, "id": index, "dram_bytes": dram, "l1_bytes": l1, "l1_small_bytes": 0, "trace_bytes": None, "cb_bytes": 300_000 * 64,
               "kernel_bytes": 13_500_000, "application_kernel_bytes": 0, "fabric_kernel_bytes": 0, "dispatch_kernel_bytes": 0, "dram_peak_bytes": dram + GIB // 2,
               "l1_peak_bytes": l1 * 2, "l1_small_peak_bytes": None, "trace_peak_bytes": None}
    return {"pid": pid, "pid_visible": True, "start_time_ns": pid, "user": "alice", "name": name, "command": f"{name} serve.py --model llama", "library": "ttnn",
            "state": state, "reason": None, "source": "ledger", "container": None, "ledger": f"/dev/shm/{pid}.ledger", "unlisted_buffers": 0, "lost_events": 0,
            "one_moment": True, "devices": [holding]}


def snapshot():
    now = time.time_ns()
    return {"schema": 1, "time_ns": now, "driver_version": "2.7.0",
            "devices": [device(0, 8 * GIB, 40_000_000), device(1, 3 * GIB, 5_000_000, mock=True)],
            "processes": [process(4711, 0, 6 * GIB, 40_000_000), process(4712, 0, 2 * GIB, 0), process(4800, 1, 3 * GIB, 5_000_000, state="died")],
            "failures": [{"pid": 4711, "number": 1, "time_ns": now - 10**10, "type": "out_of_memory", "mesh": None, "devices": [0], "operation": "ttnn.matmul",
                          "kind": "dram", "requested_bytes": 2 * GIB, "bytes_per_bank": 2 * GIB // 12, "banks": 12, "largest_free_bytes_per_bank": 100_000_000,
                          "allocated_bytes": 8 * GIB}], "notices": []}


def history():
    now = time.time_ns() // 10**9 * 10**9
    columns = ["time_ns", "dram_bytes", "l1_bytes", "l1_small_bytes", "trace_bytes", "cb_bytes", "kernel_bytes", "dram_max_bytes", "l1_max_bytes",
               "l1_small_max_bytes", "trace_max_bytes"]
    points = lambda size: [[now - 10**9 * ago, int(size * (1 + (ago // 20) % 4 / 4)), 40_000_000 * (ago % 5), 0, 0, 19_200_000, 0, None, None, None, None]
                           for ago in range(600, 0, -2)]
    return {"schema": 1, "seconds_per_point": 2, "columns": columns,
            "devices": [{"index": i, "id": i, "unique_id": f"0x10001851170c{i:04x}", "pci": None, "arch": "wormhole_b0", "board": "n150", "mock": False,
                         "first_seen_ns": 0, "last_seen_ns": now} for i in range(2)],
            "processes": [{"index": i, "pid": 4711 + i, "uid": 0, "user": "alice", "command": "python3", "source": "ledger", "container": None, "start_time_ns": 0,
                           "first_seen_ns": 0, "last_seen_ns": now, "state": "live", "ended_ns": None, "devices": []} for i in range(2)],
            "series": [{"device_index": i, "device": i, "process_index": p, "pid": None if p is None else 4711 + p, "points": points(size)}
                       for i, p, size in ((0, None, 4 * GIB), (1, None, GIB), (0, 0, 3 * GIB), (0, 1, GIB))],
            "card_columns": [], "cards": [],
            "events": [{"time_ns": now - 10**11, "type": "failure", "process_index": 0, "pid": 4711, "device_index": 0, "kind": "dram",
                        "requested_bytes": 2 * GIB, "largest_free_bytes_per_bank": None, "allocated_bytes": None, "text": None}], "events_cut": False}


def picture(pid=4711):
    physical, base = 1_499_136, 0x19000
    stretches, at = [{"address": 0, "bytes": base, "type": "region", "region": "firmware", "kind": None, "source": "base of the banks", "buffer": None, "more_buffers": 0}], base
    top = physical - 32_768
    holes = [(700_000, 0), (40_000, 2), (65_536, 1), (12_000, 3), (200_000, 4), (30_000, 5)]
    for number, (free, size) in enumerate(holes):
        stretches.append({"address": at, "bytes": free, "type": "free", "region": None, "kind": "l1", "source": None, "buffer": None, "more_buffers": 0})
        at += free
        size = 16_384 + 20_000 * size
        stretches.append({"address": at, "bytes": size, "type": "buffer", "region": None, "kind": "l1", "source": None,
                          "buffer": {"pid": pid, "id": number, "address": at, "bytes_per_bank": size}, "more_buffers": 0})
        at += size
    stretches.append({"address": at, "bytes": top - at, "type": "free", "region": None, "kind": "l1", "source": None, "buffer": None, "more_buffers": 0})
    stretches.append({"address": top, "bytes": 32_768, "type": "buffer", "region": None, "kind": "l1_small", "source": None,
                      "buffer": {"pid": pid, "id": 99, "address": top, "bytes_per_bank": 32_768}, "more_buffers": 0})
    cores = [{"x": x, "y": y, "current_end_address": base + 280_000, "current_program": None, "cached_end_address": base + 300_000 + 1000 * x,
              "cached_program": {"pid": pid, "id": 3, "name": "ttnn.matmul"}, "headroom_bytes": 60_000 * (x + y) - 20_000} for y in range(8) for x in range(8)]
    space = {"pid": pid, "mesh": None, "kind": "l1", "banks": 64, "base_address": base, "bank_bytes": 1_393_312, "alignment": 16, "allocated_bytes_per_bank": 400_000,
             "free_bytes_per_bank": 993_312, "largest_free_bytes_per_bank": 700_000, "free_blocks": 7, "top_down": True, "blocks": [],
             "fits": [{"page_bytes": 2048, "interleaved_bytes": 44_564_480, "sharded_bytes_per_core": 698_368}],
             "walls": [{"below": [base, 700_000], "above": [base + 716_384, 40_000], "bytes_per_bank": 16_384, "buffers": [stretches[2]["buffer"]]}]}
    layout = {"physical_bytes": physical, "region_bytes": base, "buffer_bytes": 0, "free_bytes": 0, "unexplained_bytes": 0, "contested_bytes": 0, "core": None, "in_bank": True,
              "stretches": stretches}
    return {"index": 0, "id": 0, "arch": "wormhole_b0", "board": "n150", "mock": False, "l1_cores": 64, "l1_columns": 8, "l1_banks": 64, "dram_banks": 12, "l1": layout,
            "dram": None, "gauge": {"known": True, "base_address": base, "limit_address": top, "lowest_buffer": None, "clashes_ahead": [], "cores": cores},
            "circular_buffers": {}, "programs": [], "rings": [], "spaces": [space], "failures": []}


def buffers(pid=4711):
    rows = [{"pid": pid, "id": s["buffer"]["id"], "devices": [0], "device_indexes": [0], "mesh": None, "kind": s["kind"], "address": s["address"],
             "requested_bytes": s["bytes"] * 64, "allocated_bytes": s["bytes"] * 64, "bytes_per_bank": s["bytes"], "banks": 64, "page_bytes": 2048, "layout": "interleaved",
             "kernel_binaries": False, "thread": pid, "allocated_at_ns": time.time_ns() - 10**10, "region": "decoder layer 3 attention",
             "operation": "ttnn.softmax", "stack": [{"file": "model.py", "line": 42, "function": "attention"}]}
            for s in picture(pid)["l1"]["stretches"] if s["type"] == "buffer"]
    return {"schema": 1, "time_ns": time.time_ns(), "matching": len(rows), "matching_allocated_bytes": sum(r["allocated_bytes"] for r in rows), "offset": 0, "limit": 200, "buffers": rows}


ANSWERS = {
    "/api/v1/snapshot": snapshot, "/api/v1/history": history, "/api/v1/buffers": buffers,
    "/api/v1/l1": lambda: {"schema": 1, "time_ns": time.time_ns(), "devices": [picture()], "notices": []},
    "/api/v1/web/session": lambda: {"session": "s" * 64, "user": "alice"},
}


@contextlib.contextmanager
def stand_in(change=lambda path, answer: answer, more={}):
    """Yields the page's address; `change` may turn each answer into another one, `more` answers for further paths, or instead."""
    answers = {**ANSWERS, **more}
    page = (ROOT / "web/dist/page.html").read_bytes()
    policy = (ROOT / "web/dist/policy.txt").read_text().strip()

    ended = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            if ended.is_set():
                self.close_connection = True
                return
            path = self.path.split("?")[0]
            if path == "/":
                body, kind = page, "text/html; charset=utf-8"
            elif path in answers:
                body, kind = json.dumps(change(path, answers[path]())).encode(), "application/json"
            elif path == "/api/v1/events":
                event = {"time_ns": time.time_ns(), "pid": 4711, "type": "allocate", "kind": "dram", "id": 1, "bytes": 4096, "devices": [0], "device_indexes": [0], "thread": 1}
                body, kind = f"retry: 500\n\nevent: allocate\ndata: {json.dumps(change(path, event))}\n\n".encode(), "text/event-stream"
            else:
                self.send_error(404)
                return
            self.send_response(200)
            for name, value in (("Content-Type", kind), ("Content-Length", str(len(body))), ("Content-Security-Policy", policy), ("X-Content-Type-Options", "nosniff")):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        ended.set()
        server.shutdown()
        thread.join()
        server.server_close()
