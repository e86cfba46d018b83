"""How the tests are shared out where several processes run them."""

import os

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

BROWSER, DRIVER = "browser", "gw0"  # the tests that time what a browser does, and the process that gets them
TIMED = ("act_answers", "act_path", "assay_path", "circuits_path", "heads_path", "scatter", "stepper_path", "strip_path")
LONG = ("tests/docs/", "tests/pages/parts/test_parts_shell.py")  # one test that takes a minute: at the end, all would wait for it
MANNERS = 5  # how far the other processes stand back


class Shares(LoadFileScheduling):
    """The tests of a file stay together; the first process drives the browser where things are timed, the others begin with what takes longest."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return BROWSER if file in {f"tests/browser/test_{name}.py" for name in TIMED} else file

    def _assign_work_unit(self, node: WorkerController) -> None:
        if long := next((scope for scope in self.workqueue if scope.startswith(LONG)), None):
            self.workqueue.move_to_end(long, last=False)
        if BROWSER in self.workqueue:
            self.workqueue.move_to_end(BROWSER, last=node.gateway.id != DRIVER)
        super()._assign_work_unit(node)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Shares:
    """Share the tests out as above, whatever `--dist` says."""
    return Shares(config, log)


def pytest_configure(config: pytest.Config) -> None:
    """Let the process that drives the browser, and what it starts, go first: there are more processes than cores, as browsers mostly wait."""
    if getattr(config, "workerinput", {"workerid": DRIVER})["workerid"] != DRIVER:
        os.nice(MANNERS)
