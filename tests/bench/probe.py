"""A page that times itself: from the last key or click to the last change that is painted, and in it from the request to the server's last word.

Put into a page before it loads (`page.add_init_script(PROBE)`); then `act(page, what, do)` for each act, and `taken(page)` at the end.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.browser._server import MILLISECONDS, READY, TITLE

PROBE = """(() => {
  const probe = window.probe = {acts: [], last: 0, armed: null, open: null, seen: new WeakSet()};
  for (const kind of ["pointerup", "keydown"]) addEventListener(kind, () => { probe.last = performance.now(); }, true);
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    if (!this.heard) {
      this.heard = true;
      this.addEventListener("message", () => { if (probe.open) probe.open.told = performance.now(); });
    }
    if (probe.armed !== null) {
      probe.open = {what: probe.armed, acted: probe.last, asked: performance.now(), told: 0, drawn: 0};
      probe.armed = null;
    }
    return send.call(this, data);
  };
  const painted = () => { const open = probe.open; if (open) requestAnimationFrame(() => { open.drawn = performance.now(); }); };
  // what lies inside a canvas is for screen readers: grids fill it in later on purpose, and nothing of it is painted
  const hidden = ({target}) => (target.nodeType === Node.ELEMENT_NODE ? target : target.parentElement)?.closest("canvas");
  const watcher = new MutationObserver(records => { if (!records.every(hidden)) painted(); });
  const watch = root => {
    if (!root || probe.seen.has(root)) return;
    probe.seen.add(root);
    watcher.observe(root, {subtree: true, childList: true, characterData: true, attributes: true});
  };
  probe.close = () => { if (probe.open) probe.acts.push(probe.open); probe.open = probe.armed = null; };
  probe.arm = what => {
    probe.close();
    const main = document.querySelector("[data-testid=stMain]");
    watch(main);
    for (const one of main.querySelectorAll("*")) watch(one.shadowRoot);
    probe.armed = what;
  };
  probe.take = () => { probe.close(); return probe.acts.splice(0); };
})()"""

# notes when a page that opens is first of use: its title stands there, and no script runs any more
FIRST = """(() => {
  const look = () => {
    if ((%s)() && document.querySelector("%s")) window.useful = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()""" % (READY, TITLE)  # noqa: UP031  braces are JavaScript's


@dataclass(frozen=True)
class Act:
    """What a page told of one act, in seconds."""

    what: str
    painted: float  # from the act to the last change that was painted
    answered: float  # from the request to the server's last word


def opened(page: Any, address: str) -> float:
    """Go to an address and return the seconds until the page is of use; `FIRST` has to be in the page."""
    page.goto(address, wait_until="commit")
    page.wait_for_function("() => window.useful !== undefined", timeout=MILLISECONDS)
    return float(page.evaluate("() => window.useful")) / 1000


def act(page: Any, what: str, ready: Callable[[], None], do: Callable[[], None]) -> None:
    """Do something that the page answers; what makes it ready (opening a list, say) is not timed."""
    page.evaluate("() => window.probe.close()")
    ready()
    page.evaluate("what => window.probe.arm(what)", what)
    do()


def taken(page: Any) -> list[Act]:
    """Return the acts since the last time that were answered and painted, and forget them."""
    found = page.evaluate("() => window.probe.take()")
    return [
        Act(one["what"], (one["drawn"] - one["acted"]) / 1000, (one["told"] - one["asked"]) / 1000) for one in found if one["told"] and one["drawn"]
    ]
