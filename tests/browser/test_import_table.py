"""A result table in a real browser: uploaded, audited, settled, imported, listed."""

import pytest
from playwright.sync_api import expect

from tests.browser import _server

pytestmark = pytest.mark.browser
SECONDS = 60_000
TABLE = "model,img_size,ID,OOD,param_count\n" + "".join(f'net {i},224,{60 + i}.5,{40 + i}.25,"{20 + i},557"\n' for i in range(10)) + (
    'net 3,224,63.5,43.25,"23,557"\nnet 4,288,66.1,45.75,"24,557"\nodd,224,160.5,44.1,"9,000"\n'
)  # fmt: skip


def choose(page, key, text):
    box = page.locator(f".st-key-{key} input").first
    box.scroll_into_view_if_needed()
    box.click()
    box.fill(text)
    page.get_by_role("option", name=text).first.click()
    _server.settled(page)


@pytest.fixture
def page():
    with _server.browsing() as browser, _server.serving() as server, _server.looking(browser, size=(1440, 1400)) as (page, heard):
        _server.ready(page, f"{server}/library?tab=Bring+your+own&bring=Result+table")
        yield page
        heard.nothing()


def test_a_table_is_uploaded_audited_settled_imported_and_listed(page):
    file = {"name": "my results.csv", "mimeType": "text/csv", "buffer": TABLE.encode()}
    page.locator(".st-key-table-upload-0 input[type=file]").set_input_files(file)
    expect(page.get_by_role("button", name="Import this table")).to_be_visible(timeout=SECONDS)
    expect(page.get_by_text("1 row (8% of all) is an exact copy of an earlier row (row 11).")).to_be_visible()
    expect(page.get_by_text("12 networks on 2 sets")).to_be_visible()
    _server.settled(page)
    choose(page, "table-fix--0impossible", "Their rows are left out")
    expect(page.get_by_text("11 networks on 2 sets")).to_be_visible(timeout=SECONDS)
    _server.settled(page)
    choose(page, "table-id-0", "ID")
    page.get_by_role("button", name="Import this table").click()
    expect(page.get_by_text("is in the store: 11 networks on 2 sets, 22 scores")).to_be_visible(timeout=SECONDS)
    page.get_by_role("link", name="Its card").click()
    expect(page.get_by_role("heading", name="my results")).to_be_visible(timeout=SECONDS)
    _server.settled(page)
    card = page.locator(".st-key-opened")
    expect(card.locator(".ts-facts").first).to_contain_text("model, img_size")
    expect(card.locator(".ts-facts").first).to_contain_text("copies: drop")
    card.get_by_text("Log of the import").click()
    expect(card.get_by_text("left out, outside 0..1: rows 13")).to_be_visible()
    card.get_by_role("button", name="Remove …").click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("The table my results was removed.")).to_be_visible(timeout=SECONDS)
    expect(page.get_by_text("There is no table here yet.")).to_be_visible()
