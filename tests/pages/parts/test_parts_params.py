"""Choices in the address: what another page left under a key of this one does not empty a choice."""

from streamlit.testing.v1 import AppTest


def page():
    from pages.parts import kit

    one = kit.choose("One", ["a", "b"], key="one", default="b")
    some = kit.choose_many("Some", ["a", "b"], key="some", default=["a"])
    kit.empty(f"{one} {some}")


def test_an_empty_choice_of_another_page_is_forgotten():
    app = AppTest.from_function(page)
    app.session_state["one"] = None  # as pills leave it where nothing is chosen
    app.session_state["some"] = "a"
    app.run()
    assert not app.exception
    assert app.selectbox[0].value == "b"
    assert app.multiselect[0].value == ["a"]


def test_a_choice_of_this_page_stays():
    app = AppTest.from_function(page).run()
    app.selectbox[0].set_value("a").run()
    app.multiselect[0].set_value([]).run()
    assert app.selectbox[0].value == "a"
    assert app.multiselect[0].value == []
