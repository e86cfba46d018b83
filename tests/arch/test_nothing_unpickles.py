"""Nothing that the program opens may run code: no unpickling, no evaluating, anywhere under engine/ or pages/."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(path for path in (*ROOT.glob("engine/**/*.py"), *ROOT.glob("pages/**/*.py"), ROOT / "app.py") if path.is_file())

MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "jsonpickle"}
CALLS = {
    "eval": "evaluates text",
    "exec": "runs text",
    "compile": "compiles text",
    "__import__": "imports by name",
    "read_pickle": "unpickles",
    "to_pickle": "pickles",
    "load_module": "runs a file",
}
TORCH_CODE = {"torch.jit.load", "torch.export.load", "torch.hub.load", "torch.package.PackageImporter"}


def dotted(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            return f"{dotted(value)}.{name}"
    return ""


def is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def is_false(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def offences(source: str) -> Iterator[str]:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (f"line {node.lineno} imports {a.name}" for a in node.names if a.name.split(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module.split(".")[0] in MODULES:
                yield f"line {node.lineno} imports from {node.module}"
            if node.module in {"torch", "numpy"} and "load" in {a.name for a in node.names}:
                yield f"line {node.lineno} takes load out of {node.module}, where this test cannot see it"
        elif isinstance(node, ast.Call):
            yield from called(node)


def called(node: ast.Call) -> Iterator[str]:
    name = dotted(node.func)
    last = name.rsplit(".", 1)[-1]
    given = {keyword.arg: keyword.value for keyword in node.keywords}
    if (name in CALLS or (last in {"read_pickle", "to_pickle", "load_module"})) and last in CALLS:
        yield f"line {node.lineno} calls {name}, which {CALLS[last]}"
    if name in TORCH_CODE:
        yield f"line {node.lineno} calls {name}, which runs what it loads"
    if name == "torch.load" and not is_true(given.get("weights_only")):
        yield f"line {node.lineno} calls torch.load without weights_only=True"
    if name in {"np.load", "numpy.load"} and not is_false(given.get("allow_pickle")):
        yield f"line {node.lineno} calls {name} without allow_pickle=False"
    if "allow_pickle" in given and not is_false(given["allow_pickle"]):
        yield f"line {node.lineno} calls {name} with allow_pickle"
    if last == "load" and name.endswith(("yaml.load",)):
        yield f"line {node.lineno} calls {name}, which can make any object"
    if is_true(given.get("shell")) or name in {"os.system", "os.popen"}:
        yield f"line {node.lineno} calls {name} through a shell"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_file_opens_what_can_run_code(path):
    assert list(offences(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "import joblib as j",
        "from pickle import loads",
        "from torch import load",
        "import torch\ntorch.load(p)",
        "torch.load(p, weights_only=False)",
        "torch.load(p, weights_only=flag)",
        "torch.jit.load(p)",
        "torch.export.load(p)",
        "np.load(p)",
        "np.load(p, allow_pickle=True)",
        "reader(p, allow_pickle=flag)",
        "pd.read_pickle(p)",
        "eval(text)",
        "exec(text)",
        "subprocess.run(x, shell=True)",
        "os.system(x)",
    ],
)
def test_the_check_itself_sees_what_it_should(source):
    assert list(offences(source))


@pytest.mark.parametrize(
    "source",
    [
        "torch.load(p, weights_only=True)",
        "np.load(p, allow_pickle=False)",
        "model.eval()",
        "connection.execute(sql)",
        "re.compile(p)",
        "ast.literal_eval(text)",
        "json.load(file)",
    ],
)
def test_the_check_lets_pass_what_is_safe(source):
    assert list(offences(source)) == []


def test_there_are_files_to_check():
    assert len(FILES) > 20
