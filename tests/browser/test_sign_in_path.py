"""Signing in at an identity provider in a real browser: the address that was asked for is kept, the role decides what can be done."""

import json
import secrets
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from engine import control
from tests.browser import _server

pytestmark = pytest.mark.browser
ANN, BEN, EVE = "ann@example.org", "ben@example.org", "eve@elsewhere.org"
browser = _server.browser


@pytest.fixture(scope="module")
def provider():
    port = _server.free_port()
    claims = [json.dumps({"sub": name, "email": name, "email_verified": True}) for name in (ANN, BEN, EVE)]
    words = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "oidc_provider_mock",
        "--port",
        str(port),
        *(word for one in claims for word in ("--user-claims", one)),
    ]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        _server.until_answered(f"http://127.0.0.1:{port}/.well-known/openid-configuration")
        yield f"http://127.0.0.1:{port}"
        server.terminate()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def address(provider, home):
    port = _server.free_port()
    file = home / "secrets.toml"
    settings = {
        "auth": {
            "redirect_uri": f"http://127.0.0.1:{port}/oauth2callback", "cookie_secret": secrets.token_hex(), "client_id": "touchstone",
            "client_secret": "not-secret", "server_metadata_url": f"{provider}/.well-known/openid-configuration",
        },
        "touchstone": {"runners": [ANN], "viewers": ["*@example.org"]},
    }  # fmt: skip
    file.write_text(
        "\n".join(f"[{name}]\n" + "\n".join(f"{key} = {json.dumps(value)}" for key, value in part.items()) for name, part in settings.items())
    )
    with _server.serving(home, port=port, STREAMLIT_SECRETS_FILES=str(file)) as found:
        yield found


def signed_in(page, address, name, path):
    page.goto(f"{address}/{path}")
    page.get_by_role("link", name="Sign in").click(timeout=_server.MILLISECONDS)
    page.locator("input[name=sub]").fill(name, timeout=_server.MILLISECONDS)
    page.get_by_role("button", name="Authorize").click()


def test_who_signs_in_comes_to_the_page_they_asked_for_and_may_act_as_their_role_says(browser, address, home, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(home))
    with _server.looking(browser) as (page, _):
        signed_in(page, address, ANN, "claim?claim=awareness")
        expect(page.get_by_role("heading", level=1)).to_have_text("Claim", timeout=_server.MILLISECONDS)
        assert "claim=awareness" in page.url
        expect(page.get_by_text("(runner)")).to_be_visible()
        page.get_by_text("Review: open").click()
        page.get_by_label("Note").fill("seen by the team")
        page.get_by_role("button", name="Keep").click()
        expect(page.get_by_text("seen by the team").first).to_be_visible(timeout=_server.MILLISECONDS)
        assert control.reviews.notes("finding", "claim?claim=awareness")[0].user == ANN


def test_a_viewer_sees_and_changes_nothing(browser, address, home, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(home))
    with _server.looking(browser) as (page, _):
        signed_in(page, address, BEN, "claim?claim=transfer")
        expect(page.get_by_role("heading", level=1)).to_have_text("Claim", timeout=_server.MILLISECONDS)
        page.get_by_text("Review: open").click()
        page.get_by_label("Note").fill("may I?")
        page.get_by_role("button", name="Keep").click()
        expect(page.get_by_text("takes the role runner")).to_be_visible(timeout=_server.MILLISECONDS)
        assert control.reviews.notes("finding", "claim?claim=transfer") == []


def test_who_has_no_role_sees_nothing(browser, address):
    with _server.looking(browser) as (page, _):
        signed_in(page, address, EVE, "runs")
        expect(page.get_by_text("has no role here")).to_be_visible(timeout=_server.MILLISECONDS)
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        assert page.locator("[data-testid=stSidebarNavLink]").count() == 0
