"""The heads in an executor: they take minutes, so that one process is enough, and say so."""

from collections.abc import Iterator

from engine import errors
from engine.executors import Executor
from engine.heads.spec import HeadsSpec
from engine.steps import Before, Step


def run(_spec: HeadsSpec, _before: Before, _executor: Executor) -> Iterator[Step]:
    """Raise UserError: networks with heads are fitted in one process."""
    raise errors.UserError("Networks with heads are fitted in one process.", "Run it without a pool or a scheduler.")
