"""The documents name only what there is: links, headings, files, make targets, commands, options, metrics, codes."""

import contextlib
import io
import pathlib
import re
import shlex
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.dont_write_bytecode = True
sys.path[:0] = [str(HERE.parent), str(ROOT / "deploy" / "admin")]

import program  # noqa: E402
import settings  # noqa: E402

DOCUMENTS = [
    path
    for pattern in ("*.md", "*/*.md", "deploy/**/*.md", "*/src/**/*.md")
    for path in sorted(set(ROOT.glob(pattern)))
    if "target" not in path.parts
]
OPTIONS_OF_INFERENCE = "inference-service/src/main/java/platform/deepseek/inference"
CANARY_METRICS = "operator/src/main/java/platform/deepseek/operator/resource/CanaryMetric.java"
# What is read without an interface, and a logger.
UNDECLARED = {"deepseek.ort.library", "deepseek.crypto.profile", "deepseek.drain.delay", "deepseek.drain.time", "deepseek.auth.alert"}


def text_of(path):
    return path.read_text(encoding="utf-8")


TEXTS = {path: text_of(path) for path in DOCUMENTS}


def lines_of_code(text):
    """What is set as code: lines of blocks, those that go on as one, and `...` in a line."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.S | re.M)
    rest = re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
    joined = (re.sub(r"\\\n *", " ", block) for block in blocks)
    return [line for block in joined for line in block.splitlines()] + re.findall(r"`([^`\n]+)`", rest)


def anchors(text):
    """As GitHub makes them of headings."""
    found = set()
    for heading in re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.S | re.M), re.M):
        name = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        found.add(re.sub(r" ", "-", re.sub(r"[^\w\- ]", "", name).strip()))
    return found


class Documents(unittest.TestCase):
    def setUp(self):
        self.wrong = []

    def require(self, holds, path, what):
        """All that is wrong is told at once."""
        if not holds:
            self.wrong.append(f"{path.relative_to(ROOT)}: {what}")

    def tearDown(self):
        self.assertEqual([], self.wrong)

    def test_every_link_leads_somewhere(self):
        for path, text in TEXTS.items():
            for target in re.findall(r"\]\(([^)\s]+)\)", text):
                file, _, anchor = target.partition("#")
                there = (path.parent / file).resolve() if file else path
                if re.match(r"[a-z]+:", target):
                    continue
                self.require(there.exists(), path, target)
                if anchor and there.suffix == ".md" and there.exists():
                    self.require(anchor in anchors(text_of(there)), path, target)

    def test_every_file_that_is_named_is_there(self):
        folders = (each.name for each in ROOT.iterdir() if each.is_dir() and not each.name.startswith("."))
        named = re.compile(rf"(?<![\w/.-])((?:{'|'.join(sorted(folders))})/[\w./-]+)")
        for path, text in TEXTS.items():
            for line in lines_of_code(text):
                for name in named.findall("" if "kubectl" in line else line):
                    if "target/" not in name and not re.search(r"/[A-Z]+\b(?!\.)", name):
                        self.require((ROOT / name.rstrip(".")).exists(), path, name)

    def test_every_make_target_is_there(self):
        targets = set(re.findall(r"^([a-z0-9-]+):", text_of(ROOT / "Makefile"), re.M))
        targets |= {f"test-{module.parent.name}" for module in ROOT.glob("*/pom.xml")}
        for path, text in TEXTS.items():
            for line in lines_of_code(text):
                for target in re.findall(r"(?:^|[;&|] *|^\w+=\S+ )make ([a-z][a-z0-9-]*)", line):
                    self.require(target in targets, path, line)

    def test_make_help_lists_every_target(self):
        told = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True).stdout
        for target in re.findall(r"^([a-z0-9-]+):.*##", text_of(ROOT / "Makefile"), re.M):
            self.require(f"make {target} " in told, ROOT / "Makefile", target)

    def test_every_command_of_the_administration_is_understood(self):
        seen = 0
        for path, text in TEXTS.items():
            for line in lines_of_code(text):
                for quoted, bare in re.findall(r"make (?:-s )?admin ARGS=(\"[^\"]*\"|'[^']*')|(?:^|\s)deepseek-admin (.+)$", line):
                    words = shlex.split(shlex.split(quoted)[0] if quoted else re.sub(r" [>|<].*", "", bare), comments=True)
                    if words and "..." not in words and "--help" not in words:
                        seen += 1
                        self.require(not misunderstood(words), path, misunderstood(words))
        self.assertGreater(seen, 10)

    def test_configuration_md_has_the_defaults_of_the_code(self):
        path = ROOT / "docs" / "configuration.md"
        for option in options_of_inference():
            row = re.search(rf"^\|[^|]*\| `{re.escape(option.property)}` \|[^|]*\|([^|]*)\|", text_of(path), re.M)
            self.require(row, path, option.property)
            if row and option.default.startswith("`"):
                shown = row[1].strip().replace("`", "")
                self.require(shown.split(";")[0] == option.default.strip("`"), path, f"{option.property}: {shown}, not {option.default}")

    def test_every_option_is_there(self):
        known = UNDECLARED | {option.property for option in options_of_inference()}
        for folder, names in settings.SERVICES.values():
            known |= {option.property for option in settings.options(folder, names)}
        known |= {".".join(name.split(".")[:length]) for name in known for length in range(2, name.count(".") + 1)}
        for path, text in TEXTS.items():
            for name in re.findall(r"`-?D?(deepseek\.[a-z][a-z0-9.-]*[a-z0-9])[=`]", text):
                self.require(name in known, path, name)

    def test_the_table_of_settings_is_that_of_the_code(self):
        self.assertEqual(settings.document(), text_of(settings.DOCUMENT))
        for folder, names in settings.SERVICES.values():
            for name in names:
                java = text_of(ROOT / folder / f"{name}.java")
                members = sum(len(found) for found in settings.interfaces(java).values())
                self.assertEqual(len(re.findall(r"^ +[\w<>, .]+ \w+\(\);$", java, re.M)), members, name)

    def test_every_metric_is_one_that_metrics_md_explains(self):
        explained = text_of(ROOT / "docs" / "metrics.md")
        # What a cluster's metrics adapter makes of them, or a program of yours: the operator asks for these.
        explained += "".join(f"`{name}`" for name in re.findall(r'\("(deepseek_\w+)"\)', text_of(ROOT / CANARY_METRICS)))
        for path, text in TEXTS.items():
            for name in re.findall(r"`(deepseek_[a-z0-9_]+)(?:\{[^`]*)?`", text):
                stem = re.sub(r"_(bucket|sum|count)$", "", name)
                self.require(re.search(rf"`{stem}", explained), path, name)

    def test_every_test_that_is_a_proof_is_there(self):
        """`ClassTest.method`, and `.method` of the class named before it in the same line."""
        java = {file.stem: file for file in ROOT.glob("*/src/test/java/**/*Test.java")}
        python = {file.stem: file for pattern in ("deploy/**/*_test.py", "helm/tests/*.py") for file in ROOT.glob(pattern)}
        for path, text in TEXTS.items():
            for line in text.splitlines() if "src" not in path.parts else []:
                file = None
                for named, method in re.findall(r"`(?:[\w/]+\.)*?(\w+Test|\w+_test)?(?:\.(\w+))?`", line):
                    if named:
                        file = java.get(named) or python.get(named)
                        self.require(file, path, named)
                    if file and method not in ("", "py"):
                        self.require(re.search(rf"\b{method}\(", with_parent(file)), path, f"{file.stem}.{method}")

    def test_every_code_in_troubleshooting_is_one_that_is_explained(self):
        path = ROOT / "docs" / "troubleshooting.md"
        explained = "".join(text_of(ROOT / "docs" / name) for name in ("errors.md", "administration.md", "models.md", "api.md"))
        for code in re.findall(r"`([a-z]+(?:_[a-z]+)+)`", text_of(path)):
            self.require(code.startswith("deepseek_") or f"`{code}`" in explained, path, code)


def options_of_inference():
    for file in (ROOT / OPTIONS_OF_INFERENCE).rglob("*Config.java"):
        if "@ConfigMapping" in text_of(file):
            yield from settings.options(file.parent.relative_to(ROOT), [file.stem])


def with_parent(file):
    """A test and the class beside it that it takes methods from."""
    text = text_of(file)
    parent = re.search(r"^(?:final )?class \w+ extends (\w+)", text, re.M)
    beside = file.parent / f"{parent[1]}.java" if parent else file
    return text + (text_of(beside) if beside.exists() else "")


def misunderstood(words):
    """What the command line of the administration has against these words; nothing where it takes them."""
    with contextlib.redirect_stderr(io.StringIO()) as told:
        try:
            program.parser().parse_args(words)
        except SystemExit:
            return f"{' '.join(words)}: {told.getvalue().splitlines()[-1]}"
    return ""


if __name__ == "__main__":
    unittest.main()
