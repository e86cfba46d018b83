"""SQL over the store: one SELECT at a time, in a process of its own, that can change nothing."""

import pandas as pd
import streamlit as st

from engine import errors, store
from engine.store import apart, sql
from pages.parts import kit

LONGEST = 20_000  # characters of a question
EXAMPLES = {
    "Which networks fall furthest?": """SELECT network, dataset, round(avg(value), 3) AS accuracy, sum(n) AS images
FROM scores
WHERE metric = 'accuracy' AND shift = '' AND slice IS NULL AND split = 'test'
GROUP BY ALL
ORDER BY accuracy
LIMIT 20""",
    "How do answers change with strength?": """SELECT shift, strength, round(avg(value), 3) AS accuracy, count(DISTINCT network) AS networks
FROM scores
WHERE metric = 'accuracy' AND shift <> '' AND slice IS NULL
GROUP BY ALL
ORDER BY shift, strength""",
    "Who is sure and wrong?": """SELECT network, dataset, example_id, label, predicted, round(confidence, 3) AS confidence
FROM predictions
WHERE predicted <> label
ORDER BY confidence DESC
LIMIT 50""",
    "What was run?": "SELECT run, study, title, state, finished FROM runs ORDER BY finished DESC LIMIT 20",
}
TEXT = "sql-text"


def main() -> None:
    """Draw the page."""
    kit.title(
        "SQL",
        "What else is in the store?",
        f"One SELECT in DuckDB's SQL, over the tables below and nothing else. It runs in a process of its own, is stopped after {sql.SECONDS:g} "
        f'seconds, gives at most {sql.ROWS:,} rows, and cannot change anything. The same on the command line: `python -m engine query "SELECT …"`.',
    )
    tables = kit.made(_columns)
    with st.container(horizontal=True, gap="small"):
        for number, words in enumerate(EXAMPLES):
            st.button(words, key=f"sql-example-{number}", on_click=_take, args=(words,), type="secondary")
    st.session_state.setdefault(TEXT, next(iter(EXAMPLES.values())))
    text = st.text_area("SELECT", key=TEXT, height=190, max_chars=LONGEST)
    asked = st.button("Ask", type="primary", icon=":material/play_arrow:", key="sql-ask")
    if asked:
        with st.spinner("Asking the store"):
            st.session_state["sql-answer"] = _answer(text)
    _show(st.session_state.get("sql-answer"))
    st.subheader("Tables", anchor=False)
    for name, frame in tables.items():
        with st.expander(f"{name}, {len(frame)} columns", key=f"sql-table-{name}"):
            st.dataframe(frame, hide_index=True, key=f"sql-columns-{name}", alt=f"columns of {name}")


def _take(words: str) -> None:
    st.session_state[TEXT] = EXAMPLES[words]


def _columns() -> dict[str, pd.DataFrame]:
    """Return the columns of every table: name and type."""
    return {name: store.query(f"DESCRIBE {name}")[["column_name", "column_type"]].set_axis(["column", "type"], axis=1) for name in sql.tables()}


def _answer(text: str) -> sql.Answer | errors.UserError:
    try:
        return apart.select(text)
    except errors.UserError as error:
        return error


def _show(answer: sql.Answer | errors.UserError | None) -> None:
    """Show what the last question gave."""
    match answer:
        case None:
            st.caption("Nothing was asked yet: take an example, or write your own, then press Ask.")
        case errors.UserError():
            kit.problem(answer)
        case _:
            if answer.cut:
                st.caption(f"Only the first {len(answer.frame):,} rows; the rest was left out.")
            kit.table(answer.frame, key="sql-answer-rows", name="answer")


main()
