# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""recipe.py NAME DOCUMENT ADDRESS FOLDER: runs a block of docs/integrations.md with the real library, and says what the library has kept beside what ttnn says."""
import json
import os
import pathlib
import re
import sys
import time
import types

from truths import open_device, tensor, ttnn, view

import ttmem

NAME, DOCUMENT, ADDRESS, FOLDER = sys.argv[1:5]
STEP = "...  # your step"


def block():
    text = pathlib.Path(DOCUMENT).read_text(encoding="utf-8")
    return re.search(rf"<!-- recipe: {NAME} -->\n```python\n(.*?)```", text, re.S).group(1).replace("127.0.0.1:9465", ADDRESS)


def mlflow():
    os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"  # a database would need more packages
    import mlflow as library
    library.set_tracking_uri(f"file://{FOLDER}/runs")
    device, kept, truth = open_device(), [], []

    def work():
        kept.append(tensor(device))
        truth.append(view(device)[0])

    exec(block().replace(STEP, "work()"), {"work": work})
    client = library.MlflowClient()
    (run,) = client.search_runs([experiment.experiment_id for experiment in client.search_experiments()])
    found = [metric.value for metric in client.get_metric_history(run.info.run_id, "system/tt/allocated_bytes.dram.current")]
    names = set(run.data.metrics)
    assert {"system/tt/allocated_bytes.l1.peak", "system/tt/num_ooms"} <= names, names
    ttnn.close_device(device)
    return found, truth


def ray():
    import ray as library
    library.init(num_cpus=1, include_dashboard=False, log_to_driver=False, configure_logging=False)
    code = block().replace(STEP, "import truths; device = truths.open_device(); self.kept = truths.tensor(device); self.truth = truths.view(device)[0]")
    code += "    def told(self):\n        return self.truth\n"
    names = {}
    exec(code.replace('"TT_ALLOC_TRACKING_ENABLED": "1"', '"TT_ALLOC_TRACKING_ENABLED": "1", "PYTHONPATH": ' + repr(os.pathsep.join(sys.path))), names)
    worker = names["Worker"].remote()
    found = library.get(worker.step.remote(), timeout=240)["allocated_bytes.dram.current"]
    truth = library.get(worker.told.remote(), timeout=240)
    library.shutdown()
    return [found], [truth]


def wandb():
    os.environ.update(WANDB_MODE="offline", WANDB_DIR=FOLDER, WANDB_SILENT="true")
    import wandb as library
    device = open_device()
    kept = tensor(device)
    truth = view(device)[0]
    settings = library.Settings
    names = {}
    library.Settings = lambda **options: settings(x_stats_sampling_interval=1.0, **options)  # 15 s otherwise
    exec(block(), names)
    time.sleep(6)
    names["run"].finish()
    (file,) = pathlib.Path(FOLDER).glob("wandb/offline-run-*/*.wandb")
    # A statistics item is a key and its value as JSON, both as text in the file.
    found = re.findall(rb"(openmetrics\.ttmem\.tt_device_memory_allocated_bytes[^\x00-\x1f]*)[\x00-\x1f]+([0-9.e+]+)", file.read_bytes())
    del kept
    ttnn.close_device(device)
    return sorted({float(value) for _, value in found} & {float(truth)}), [truth] if found else [f"nothing in {file}"]


def vllm():
    """Without vLLM: the worker that the block inherits from is one of ours, which has what vLLM's has."""
    device = open_device()

    class Config:
        gpu_memory_utilization = 0.5

    class Runner:
        kept = [tensor(device, 2048)]

        def profile_run(self):
            more = tensor(device, 1024)
            Worker.most = view(device)[0]
            del more

    class Worker:
        mesh_device, cache_config, model_runner, most = device, Config(), Runner(), 0

    names = {"Worker": Worker, "print": lambda budget: str(budget)}
    exec(block(), names)
    found = names["MeasuredWorker"]().determine_available_memory()
    _, total, _, _ = view(device)
    ttnn.close_device(device)
    return [found], [int(total * 0.5) - Worker.most]


def lightning():
    """Without Lightning: its base class is empty, and the trainer has what the block asks of it."""
    pytorch = types.ModuleType("lightning.pytorch")
    pytorch.Callback = object
    sys.modules.update({"lightning": types.ModuleType("lightning"), "lightning.pytorch": pytorch})
    device, kept, found, truth = open_device(), [], [], []

    class Trainer:
        global_step, log_every_n_steps = 0, 2

        class logger:
            @staticmethod
            def log_metrics(figures, step):
                assert step == Trainer.global_step and None not in figures.values()
                found.append(figures["tt/allocated_bytes.dram.current"])

    names = {}
    exec(block(), names)
    callback = names["DeviceMemory"]()
    for Trainer.global_step in range(4):
        kept.append(tensor(device))
        callback.on_train_batch_end(Trainer, None, None, None, Trainer.global_step)
        if Trainer.global_step % 2 == 0:
            truth.append(view(device)[0])
    ttnn.close_device(device)
    return found, truth


found, truth = {"lightning": lightning, "mlflow": mlflow, "ray": ray, "wandb": wandb, "vllm": vllm}[NAME]()
print(json.dumps({"found": found, "truth": truth, "tracked": ttmem.is_tracking()}))
