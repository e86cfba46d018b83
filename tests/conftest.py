"""How the tests are shared out where several processes run them."""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling


class Shares(LoadFileScheduling):
    """The tests of a file stay together, and one process drives the browser where things are timed: nothing there is held up by another."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "browser" if file.startswith("tests/browser/") and not file.endswith("test_frame.py") else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Shares:
    """Share the tests out as above, whatever `--dist` says."""
    return Shares(config, log)
