"""How the tests are shared out where several processes run them."""

import pytest


@pytest.hookimpl(tryfirst=True)  # before the groups are read
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let one process drive the browser, so that what is timed there is not held up by another; keep the tests of every other file together."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group("browser" if item.get_closest_marker("browser") else str(item.path)))
