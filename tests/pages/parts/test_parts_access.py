"""Roles from what an identity provider says, and who acts where nobody signs in."""

import pytest
from starlette.requests import Request

from engine import people
from pages.parts import access, routes

SETTINGS = {"admins": ["ann@example.org"], "runners": ["*@lab.example.org"], "viewers": ["*@example.org"]}


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"email": "ann@example.org"}, "admin"),
        ({"email": "Ann@Example.org"}, "admin"),
        ({"email": "ben@lab.example.org"}, "runner"),
        ({"email": "eve@example.org"}, "viewer"),
        ({"email": "eve@example.org.evil.net"}, "nobody"),
        ({"email": "eve@example.org", "email_verified": False}, "nobody"),
        ({"email": "eve@example.org", "iat": 1_000_000 - 13 * 3600}, "nobody"),
        ({}, "nobody"),
    ],
)
def test_a_role_follows_from_the_address(claims, role):
    assert access.role_of({"iat": 1_000_000, **claims}, SETTINGS, now=1_000_000) == role


def test_a_role_follows_from_groups_where_the_file_says_so():
    settings = {"claim": "groups", "runners": ["ml-team"], "viewers": ["staff"], "hours": 1}
    assert access.role_of({"groups": ["staff", "ml-team"], "iat": 0}, settings, now=3_600) == "runner"
    assert access.role_of({"groups": ["staff"], "iat": 0}, settings, now=3_601) == "nobody"
    assert access.role_of({"groups": []}, settings, now=0) == "nobody"


def test_nobody_signs_in_where_nothing_is_configured(monkeypatch):
    for name in ("TOUCHSTONE_PUBLIC", access.DEMO, access.ROLE):
        monkeypatch.delenv(name, raising=False)
    assert not access.configured()
    assert access.person() is None  # the owner of the machine
    monkeypatch.setenv("TOUCHSTONE_PUBLIC", "1")
    assert access.person() == people.Person(None, "viewer")
    monkeypatch.setenv(access.ROLE, "runner")
    assert access.person() == people.Person(None, "runner")
    monkeypatch.setenv(access.ROLE, "emperor")
    assert access.person() == people.Person(None, "viewer")
    monkeypatch.setenv(access.DEMO, "1")
    assert access.person() == people.Person(None, "viewer")


def came_back(path="/", query="", wanted="claim%3Fclaim%3Dtransfer", signed=True):
    cookies = f"{routes.NEXT}={wanted}" + (f"; {routes.SIGNED}=x" if signed else "")
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": query.encode(),
        "headers": [(b"cookie", cookies.encode())],
        "server": ("x", 80),
    }
    assert Request(scope).url.path == path
    return routes.followed(scope)


def test_who_comes_from_the_sign_in_goes_where_they_wanted_to_go():
    answer = came_back()
    assert (answer.status_code, answer.headers["location"]) == (303, "/claim?claim=transfer")
    assert f"{routes.NEXT}=" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    "visit",
    [
        {"signed": False}, {"path": "/runs"}, {"query": "sign-in=now"}, {"wanted": "https%3A//evil.net/x"}, {"wanted": "//evil.net"},
        {"wanted": "..%2Fx"}, {"wanted": ""},
    ],
)  # fmt: skip
def test_nobody_is_sent_elsewhere(visit):
    assert came_back(**visit) is None
