"""The chart as Helm renders it, value set by value set."""

import os
import pathlib
import re
import subprocess

CHART = pathlib.Path(__file__).resolve().parents[1]
ROOT = CHART.parent
TESTS = CHART / "tests"
NAMESPACE = "deepseek"
RELEASE = "deepseek"

# Change with every release.
VERSIONS = re.compile(r"^ +(?:app\.kubernetes\.io/version|helm\.sh/chart): .*\n", re.M)
APP_VERSION = re.search(r"^appVersion: (\S+)$", (CHART / "Chart.yaml").read_text(), re.M)[1]
SECRET_DATA = re.compile(r"^(  (?:service-key|pepper|master-key): ).*$", re.M)


def run(*command, given=None):
    return subprocess.run(
        command, input=given, capture_output=True, text=True, check=False, timeout=120
    )


def helm(*arguments):
    """Its exit status, and what it says without its remarks about links."""
    done = run(os.environ["HELM"], *arguments)
    lines = done.stderr.splitlines()
    said = "\n".join(line for line in lines if "found symbolic link" not in line)
    return done.returncode, done.stdout, said


def value_sets():
    return {file.stem: file for file in sorted((TESTS / "values").glob("*.yaml"))}


def files_of(values):
    """The arguments for a value set: the files that it is laid over, and itself."""
    first = values.read_text().splitlines()[0]
    base = first.removeprefix("# base:").split() if first.startswith("# base:") else []
    return [word for file in [*(CHART / name for name in base), values] for word in ("-f", file)]


def template(*arguments):
    return helm(
        "template", RELEASE, CHART, "-n", NAMESPACE, "--kube-version", "1.34.4",
        "--api-versions", "deepseek.platform/v1alpha1", *arguments,
    )  # fmt: skip


def render(values):
    status, text, said = template(*files_of(values))
    if status != 0:
        raise AssertionError(f"{values.name}: {said}")
    return text


def readable(text):
    """What a golden file keeps: no copies of files that are elsewhere in this repository, no
    comment of Helm's, no version that changes with every release, and no secret made for this rendering.
    """
    kept = []
    for document in re.split(r"^---\n", text, flags=re.M):
        document = re.sub(r"\A# Source: .*\n", "", document).strip("\n")
        if "\nkind: CustomResourceDefinition\n" in document:
            document = document[: document.index("\nspec:")] + "\nspec: the file's"
        elif "\nkind: PrometheusRule\n" in document:
            document = document[: document.index("\nspec:")] + "\nspec: the file's"
        elif "grafana_dashboard" in document and "\nkind: ConfigMap\n" in document:
            document = document[: document.index("\ndata:")] + "\ndata: the file's"
        if document:
            kept.append(SECRET_DATA.sub(r"\1made at random", VERSIONS.sub("", document).replace(f":{APP_VERSION}", ":APP-VERSION")))
    return "---\n".join(document + "\n" for document in kept)
