# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The Helm chart: linted and rendered by Helm, its objects read by Kubernetes' schemas and the Prometheus operator's types, its arguments given to the server. Helm is
the one on PATH; with --long it is made from its Go modules where there is none, which takes minutes."""
import os
import shutil
import subprocess
import sys

import go_programs
import pytest
import yaml

CHART = "packaging/helm/ttmem"
LONG = os.environ.get("TTMEM_LONG") == "1"
SCHEMAS = "kubernetes-validate==1.37.0"
# The parts that a chart can leave out or take in, and values of users: each must give objects that Kubernetes takes.
SETTINGS = {
    "as it comes": (),
    "nothing more than the server": ("history.enabled=false", "podMonitor.enabled=false", "prometheusRule.enabled=false", "hostPID=false", "resources=null", "affinity=null"),
    "every value": ("imagePullSecrets[0].name=mine", "image.tag=v9", "extraArgs[0]=--rate=5", "podLabels.team=x", "podAnnotations.note=y", "priorityClassName=system-node-critical",
                    "nodeSelector.zone=a", "podMonitor.labels.release=p", "prometheusRule.labels.release=p", "port=9999", "tolerations[0].key=tt,tolerations[0].effect=NoSchedule"),
}


@pytest.fixture(scope="module")
def helm(tmp_path_factory):
    program = shutil.which("helm") or (go_programs.helm() if LONG else None)
    if program is None:
        pytest.skip("helm is not installed; ./test.sh --long makes it")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path_factory.mktemp("helm"))}

    def run(*arguments, fails=False):
        done = subprocess.run([program, *arguments], capture_output=True, text=True, env=environment)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout

    return run


def rendered(helm, root, settings=(), **options):
    """The objects of the chart with these values; {kind: object}, one of each."""
    words = [word for setting in settings for word in ("--set", setting)]
    for name, value in options.items():
        words += [f"--{name.replace('_', '-')}", value]
    objects = [each for each in yaml.safe_load_all(helm("template", "name", root / CHART, *words)) if each]
    made = {each["kind"]: each for each in objects}
    assert len(made) == len(objects)
    return made


def test_the_chart_is_linted_and_rendered(root, helm):
    said = helm("lint", "--strict", root / CHART)
    assert "0 chart(s) failed" in said and "WARNING" not in said and "ERROR" not in said, said
    made = rendered(helm, root)
    assert set(made) == {"DaemonSet", "PodMonitor", "PrometheusRule"}
    assert made["PrometheusRule"]["spec"] == yaml.safe_load((root / "packaging/prometheus/ttmem.rules.yml").read_text())
    pod = made["DaemonSet"]["spec"]["template"]
    selector = made["DaemonSet"]["spec"]["selector"]["matchLabels"]
    assert selector.items() <= pod["metadata"]["labels"].items()
    assert made["PodMonitor"]["spec"]["selector"]["matchLabels"] == selector
    assert pod["metadata"]["labels"][made["PodMonitor"]["spec"]["jobLabel"]] == "ttmem", "the rules ask for up{job=\"ttmem\"}"
    for container in pod["spec"]["containers"] + pod["spec"]["initContainers"]:
        rights = container["securityContext"]
        assert rights["capabilities"]["drop"] == ["ALL"] and not rights["allowPrivilegeEscalation"] and "privileged" not in rights
    volumes = {volume["name"] for volume in pod["spec"]["volumes"]}
    assert {mount["name"] for mount in pod["spec"]["containers"][0]["volumeMounts"]} == volumes
    without = rendered(helm, root, SETTINGS["nothing more than the server"])
    assert set(without) == {"DaemonSet"}
    spec = without["DaemonSet"]["spec"]["template"]["spec"]
    assert "--no-history" in spec["containers"][0]["args"] and {volume["name"] for volume in spec["volumes"]} == {"ledgers", "run"}
    whole = rendered(helm, root, SETTINGS["every value"])["DaemonSet"]["spec"]["template"]
    assert whole["metadata"]["labels"]["team"] == "x" and whole["metadata"]["annotations"] == {"note": "y"}
    server = whole["spec"]["containers"][0]
    assert server["image"] == "ttmem:v9" and "--rate=5" in server["args"] and "--http=0.0.0.0:9999" in server["args"] and server["ports"][0]["containerPort"] == 9999


def test_its_archive_is_what_the_folder_is(root, helm, tmp_path):
    """scripts/release.sh packs the folder with tar; `helm package` is Helm's way."""
    helm("package", root / CHART, "--destination", tmp_path)
    (archive,) = tmp_path.glob("ttmem-*.tgz")
    assert helm("template", "name", archive) == helm("template", "name", root / CHART)


def test_kubernetes_before_what_the_chart_names_is_refused(root, helm):
    oldest = yaml.safe_load((root / CHART / "Chart.yaml").read_text())["kubeVersion"]
    assert oldest == ">=1.25.0-0"
    helm("template", "name", root / CHART, "--kube-version", "1.24.17", fails=True)
    assert "DaemonSet" in rendered(helm, root, kube_version="1.25.0")


@pytest.fixture(scope="module")
def validate(tmp_path_factory):
    """validate(objects of one Kubernetes version): what Kubernetes' own schemas say of them, unknown fields included."""
    folder = tmp_path_factory.mktemp("schemas")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    done = subprocess.run([folder / "bin/pip", "install", "--quiet", "--disable-pip-version-check", SCHEMAS], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

    def run(version, text):
        return subprocess.run([folder / "bin/kubernetes-validate", "--strict", "--kubernetes-version", version, "-"], input=text, capture_output=True, text=True)

    return run


@pytest.mark.long
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_kubernetes_and_the_operator_take_its_objects(root, helm, validate, settings):
    made = rendered(helm, root, settings)
    operator = go_programs.operator_objects()
    for kind, each in made.items():
        text = yaml.safe_dump(each)
        if kind == "DaemonSet":
            for version in ("1.25", "1.31", "1.37"):
                done = validate(version, text)
                assert done.returncode == 0, done.stdout + done.stderr
        else:
            done = subprocess.run([operator], input=text, capture_output=True, text=True)
            assert done.returncode == 0 and done.stdout == f"{kind}\n", done.stderr


@pytest.mark.long
def test_a_wrong_field_is_seen(root, helm, validate):
    made = rendered(helm, root)
    for kind, wrong in (("DaemonSet", {"hostPid": True}), ("PodMonitor", {"podMetricsEndpoint": []}), ("PrometheusRule", {"rules": []})):
        spec = made[kind]["spec"]
        (spec["template"]["spec"] if kind == "DaemonSet" else spec).update(wrong)
        text = yaml.safe_dump(made[kind])
        done = validate("1.37", text) if kind == "DaemonSet" else subprocess.run([go_programs.operator_objects()], input=text, capture_output=True, text=True)
        assert done.returncode != 0 and next(iter(wrong)) in done.stdout + done.stderr, done


def test_the_server_takes_the_arguments_of_the_chart(root, build, helm, tmp_path):
    """The chart's arguments are those of an unprivileged container; its folders lie elsewhere here."""
    arguments = rendered(helm, root, ("port=0",))["DaemonSet"]["spec"]["template"]["spec"]["containers"][0]["args"]
    for folder in ("/run/ttmem", "/var/lib/ttmem", "/dev/shm/ttmem"):
        (tmp_path / folder.replace("/", "-")).mkdir()
        arguments = [argument.replace(folder, str(tmp_path / folder.replace("/", "-"))) for argument in arguments]
    with subprocess.Popen([build / "bin/ttmem", *arguments], stderr=subprocess.PIPE, text=True) as serving:
        said = next((line for line in serving.stderr if "HTTP on http" in line), None)
        serving.terminate()
        rest = serving.stderr.read()
        assert serving.wait(60) == 0 and said, rest
    assert (tmp_path / "-var-lib-ttmem/history.db").exists()
