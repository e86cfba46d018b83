import re

import pytest

from pages.parts import routes

MODULES = sorted(path for path in routes.COMPONENTS.rglob("*.js"))


@pytest.mark.parametrize("module", MODULES, ids=lambda p: p.name)
def test_a_module_imports_only_modules_that_exist_beside_it(module):
    wanted = re.findall(r'^import [^;]*from "([^"]+)";', module.read_text(), flags=re.MULTILINE)
    assert all(name.startswith(".") and (module.parent / name).resolve().is_file() for name in wanted)


@pytest.mark.parametrize("module", MODULES, ids=lambda p: p.name)
def test_a_module_names_no_other_machine(module):
    outside = [u for u in re.findall(r"https?://[^\s\"'`]+", module.read_text()) if "www.w3.org" not in u]
    assert outside == []


@pytest.mark.parametrize("module", MODULES, ids=lambda p: p.name)
def test_text_from_data_is_never_read_as_markup(module):
    unsafe = [line for line in module.read_text().splitlines() if "innerHTML" in line and "<svg viewBox" not in line]
    assert unsafe == []


def test_symbols_stand_in_the_same_order_in_python_and_in_the_browser():
    from engine.plots import looks

    text = (routes.COMPONENTS / "canvas" / "symbols.js").read_text()
    names = re.search(r"NAMES = \[([^\]]*)\]", text)
    assert names is not None
    assert tuple(re.findall(r'"([^"]+)"', names.group(1))) == looks.SYMBOLS


@pytest.mark.parametrize("module", MODULES, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_a_module_imports_what_it_calls_from_its_neighbours_and_nothing_else(module):
    text = module.read_text()
    offered = {
        name
        for other in MODULES
        if other != module
        for name in re.findall(r"^export (?:async )?(?:function|const|class) (\w+)", other.read_text(), re.MULTILINE)
    }
    imported = {name.strip() for group in re.findall(r"^import \{([^}]*)\} from", text, re.MULTILINE) for name in group.split(",")}
    body = re.sub(r"^import .*$|//.*$|/\*[\s\S]*?\*/", "", text, flags=re.MULTILINE)
    own = set(re.findall(r"(?:function|const|let|class) (\w+)", body)) | set(re.findall(r"[({,\[]\s*(\w+)\s*[,})\]=]", body))
    own |= set(re.findall(r"^  (?:async )?(\w+)\([^)]*\) \{$", body, re.MULTILINE))  # methods
    called = {name for name in offered if re.search(rf"(?<![\w.]){name}\(", body)} - own
    assert called <= imported
    assert {name for name in imported if not re.search(rf"\b{name}\b", body)} == set()
