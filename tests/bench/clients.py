"""Visitors without a browser: they speak Streamlit's own protocol, so that the server alone is measured."""

import time
from typing import Any
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

LARGEST = 2**30  # bytes of a message
PATIENCE = 120.0  # seconds


class Visitor:
    """A session with the server: it looks at a page and changes select boxes there."""

    def __init__(self, address: str, page: str) -> None:
        """Connect and let the page be drawn."""
        path, _, self.query = page.partition("?")
        self.page = path
        self.boxes: dict[str, str] = {}  # a select box's key -> the id that the server gave it
        self.chosen: dict[str, str] = {}
        stream = f"ws://{urlsplit(address).netloc}/_stcore/stream"
        self.socket: ClientConnection = connect(stream, subprotocols=["streamlit"], origin=address, max_size=LARGEST)  # type: ignore[arg-type]
        self.bytes = 0
        self.rerun()

    def choose(self, key: str, option: str) -> float:
        """Choose an option of a select box; returns the seconds until the server has said its last word."""
        self.chosen[self.boxes[key]] = option
        return self.rerun()

    def rerun(self) -> float:
        """Ask for the page as it is now; returns the seconds until the server has said its last word."""
        asked = BackMsg()
        asked.rerun_script.page_name, asked.rerun_script.query_string = self.page, self.query
        for widget, option in self.chosen.items():
            asked.rerun_script.widget_states.widgets.add(id=widget, string_value=option)
        began = time.perf_counter()
        self.socket.send(asked.SerializeToString())
        while not self._is_last(self.socket.recv(PATIENCE)):
            pass
        return time.perf_counter() - began

    def _is_last(self, content: Any) -> bool:
        """Take a message in; returns whether it is the last of a run."""
        self.bytes += len(content)
        said = ForwardMsg.FromString(content)
        box = said.delta.new_element.selectbox if said.WhichOneof("type") == "delta" else None
        if box is not None and box.id:
            self.boxes[box.id.rpartition("-")[2]] = box.id
        if said.WhichOneof("type") == "page_info_changed":
            self.query = said.page_info_changed.query_string
        return said.WhichOneof("type") == "script_finished" and said.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
