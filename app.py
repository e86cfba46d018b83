"""The dashboard: the ASGI app when a server imports this file, the frame when a visitor's run executes it.

`streamlit run app.py` and `uvicorn app:app` both serve it.
"""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

if get_script_run_ctx(suppress_warning=True) is None:
    from pages.parts import server

    app = st.App(
        __file__,
        lifespan=server.lifespan,
        routes=server.routes(),
        middleware=server.middleware(),
        on_script_error=server.on_script_error,
    )
else:
    from pages.parts import shell

    shell.main()
