"""Who is behind a visit: sign-in through Streamlit's OIDC where it is configured, roles from the same file, a demo that changes nothing.

Without `[auth]` in .streamlit/secrets.toml nobody signs in: on this machine alone the visitor owns it; a server open to other machines
(TOUCHSTONE_PUBLIC=1) shows, and lets nobody act unless TOUCHSTONE_ROLE says otherwise. TOUCHSTONE_DEMO=1 makes everybody a viewer.
"""

import fnmatch
import html
import os
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError
from streamlit.runtime.scriptrunner import get_script_run_ctx

from engine import errors, people
from pages.parts import routes, server
from pages.parts.problems import problem

ROLE, DEMO = "TOUCHSTONE_ROLE", "TOUCHSTONE_DEMO"
SECTION = "touchstone"  # of the secrets file: admins, runners, viewers, hours, claim
SIGN_IN, NOW = "sign-in", "now"
HOURS = 12.0  # after which a visitor signs in anew, unless the file says otherwise
LISTS = {"admins": people.ADMIN, "runners": people.RUNNER, "viewers": people.VIEWER}


def configured() -> bool:
    """Return whether people sign in here."""
    try:
        return "auth" in st.secrets
    except StreamlitSecretNotFoundError:
        return False


def is_demo() -> bool:
    """Return whether nothing can be changed here, by anybody."""
    return os.environ.get(DEMO) == "1"


def person() -> people.Person | None:
    """Return who acts in this process now: None is the owner of the machine."""
    if is_demo():
        return people.Person(None, people.VIEWER)
    if configured():
        return _signed_in() if get_script_run_ctx(suppress_warning=True) else people.Person(None, people.NOBODY)
    if not server.is_public():
        return None
    role = os.environ.get(ROLE, people.VIEWER)
    return people.Person(None, role if role in people.ROLES else people.VIEWER)


def _signed_in() -> people.Person:
    claims: Mapping[str, Any] = st.user.to_dict()
    if not claims.get("is_logged_in"):
        return people.Person(None, people.NOBODY)
    settings = st.secrets.get(SECTION, {})
    return people.Person(_named(claims), role_of(claims, settings, time.time()))


def _named(claims: Mapping[str, Any]) -> str:
    return str(claims.get("email") or claims.get("preferred_username") or claims.get("sub") or "somebody")[:200]


def role_of(claims: Mapping[str, Any], settings: Mapping[str, Any], now: float) -> str:
    """Return the role of somebody who signed in.

    Args:
        claims: What the identity provider says of them.
        settings: `admins`, `runners`, `viewers`: patterns such as "ann@example.org" or "*@example.org"; `claim`: the claim they are compared with,
            "email" unless given, which may be a list, as groups are; `hours`: how long a sign-in counts.
        now: Seconds since 1970.
    """
    hours = float(settings.get("hours", HOURS))
    if now - float(claims.get("iat", now)) > 3600 * hours or claims.get("email_verified") is False:
        return people.NOBODY
    said = claims.get(str(settings.get("claim", "email"))) or ()
    values = [said] if isinstance(said, str) else [str(one) for one in said]
    for name, role in LISTS.items():
        if _matches(values, settings.get(name, ())):
            return role
    return people.NOBODY


def _matches(values: Sequence[str], patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(value.lower(), pattern.lower()) for value in values for pattern in patterns)


def gate() -> bool:
    """Return whether the visitor may look; where not, show how to sign in, or that this account has no role."""
    if not configured() or is_demo():
        return True
    if people.now().may("look"):
        return True
    st.title("Touchstone", anchor=False)
    if not st.user.is_logged_in:
        if st.query_params.get(SIGN_IN) == NOW:
            st.login()
        st.markdown("What neural networks do where they were not trained. Sign in to see your team's results.")
        address = f"{routes.base_path()}/ts/sign-in?next={quote(_here(), safe='')}"
        st.html(f'<a class="ts-button" target="_self" href="{html.escape(address)}">Sign in</a>')  # a link button would open another tab
    else:
        who = _named(st.user.to_dict())
        problem(errors.UserError(f"{who} has no role here, or signed in too long ago.", "Sign in again, or ask whoever runs this dashboard."))
        st.button("Sign out", icon=":material/logout:", on_click=st.logout)
    return False


def _here() -> str:
    """Return the page and choices of the address that was asked for."""
    path = urlsplit(st.context.url or "").path.removeprefix(routes.base_path()).strip("/")  # without the choices
    query = urlencode([(name, value) for name in st.query_params for value in st.query_params.get_all(name)])
    return f"{path}?{query}" if query else path


def account() -> None:
    """Show who is signed in, with the way out; in a demo, that nothing can be changed."""
    if is_demo():
        st.sidebar.caption("A demo: everything can be seen, nothing changed.")
    elif configured() and st.user.is_logged_in:
        who = people.now()
        st.sidebar.caption(f"{who.name} ({who.role})".replace("@", "@\u200b"))
        st.sidebar.button("Sign out", key="sign-out", icon=":material/logout:", on_click=st.logout, type="tertiary")
