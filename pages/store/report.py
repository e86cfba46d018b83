"""Report: views chosen, their findings to be read first, and a bundle that opens anywhere, with all that is needed to check it."""

import time
from collections.abc import Sequence

import streamlit as st

from engine import control, errors, people, safety
from engine.control import workers
from engine.evidence import opened, pictures, views, writing
from engine.evidence import spec as asking
from engine.evidence.parts import Offer
from engine.evidence.spec import EvidenceSpec
from engine.plots import formats
from pages.parts import kit

VIEWS, ADDED, PASTED, RUN, UNKNOWN = "views", "report-added", "report-pasted", "run", "report-unknown"
AROUND = 5  # steps besides the views
MOST_BEFORE = 6


def main() -> None:
    """Draw the page."""
    kit.title(
        "Report",
        "What has been found here, to take away, to show and to check?",
        "Every page that can be reported has “Add to report” beside its title: what is chosen there goes along. Put the views in order, say what you "
        "want to say, and make the report: one archive with a page that opens without a network, in light and dark, and prints well; the rows behind "
        "each figure; SVG files; and a manifest with the hash of every file, of the networks' weights and of the data, the code revision, seeds and "
        "versions. Anybody with this program can check it: `python -m engine check report.zip`, and with `--rerun` compute its scores anew.",
    )  # fmt: skip
    with st.spinner("Looking up what this store can answer", width="content"):
        offers = {offer.address: offer for offer in kit.made(views.offered)}
    chosen, own = _chosen(offers)
    if not chosen:
        kit.empty("There is nothing to report yet.", "Run an evaluation", "assay-run")
        return
    kit.finding(_ready(chosen, offers, own=own))
    _made(_form(chosen))
    _views(chosen, offers, own=own)
    _more(chosen, offers)
    _before()


def _chosen(offers: dict[str, Offer]) -> tuple[list[str], bool]:
    """Return the views: those that a link brings, else the report under way, else the current findings; and whether somebody chose them."""
    linked = [one for one in st.query_params.get_all(VIEWS)[: asking.MOST_VIEWS] if _known(one)]
    chosen = linked or control.reports.collected()
    return (chosen, True) if chosen else ([address for address, offer in offers.items() if offer.usual], False)


def _ready(chosen: Sequence[str], offers: dict[str, Offer], *, own: bool) -> str:
    """Return what is in the report, and how much there could be."""
    pages = len({views.Asked(address).path for address in offers})
    many = formats.count(len(offers))
    if own:
        return f"Your report holds **{len(chosen)} view{'' if len(chosen) == 1 else 's'}**. This store can answer {many} views on {pages} pages."
    return (
        f"Nothing was put into your report yet, so it holds the current findings: **{len(chosen)} views**, one of each kind, of {many} that this "
        f"store can answer on {pages} pages."
    )


def _keep(addresses: Sequence[str]) -> None:
    """Keep these as the views: in the address where a link brought them or where this person keeps nothing here, else as the report under way."""
    if st.query_params.get_all(VIEWS) or not people.now().may("run"):
        st.query_params[VIEWS] = list(addresses)
        return
    try:
        control.reports.arrange(addresses)
    except errors.UserError as problem:
        st.session_state[UNKNOWN] = [problem]


def _known(address: str) -> bool:
    """Return whether an address leads to a page that can be reported."""
    try:
        return views.Asked(address).path in views.paths()
    except errors.UserError:
        return False


def _label(address: str, offers: dict[str, Offer]) -> str:
    """Return what a view is called: its page, and what of it."""
    page = views.title_of(address)
    return f"{page}: {offers[address].title}" if address in offers else f"{page}: {address}"


def _views(chosen: list[str], offers: dict[str, Offer], *, own: bool) -> None:
    """Show each view with what it will say; what was never asked is filled in one by one. The current findings are read only where that is asked."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.header("What it will say", anchor="preview", width="content")
        if own:
            st.button("Empty it", key="report-empty", type="tertiary", on_click=_empty)
        else:
            own = st.toggle("Read them all", key="report-read", help="Each view is asked now, which takes a moment.")
    if not own:
        st.markdown("\n".join(f"{i}. {kit.escape(_label(address, offers))}" for i, address in enumerate(chosen, 1)))
        return
    places = [st.container(key=f"report-preview-{i}") for i in range(len(chosen))]
    before = st.empty()
    for i, (address, place) in enumerate(zip(chosen, places, strict=True)):
        before.caption(f"Reading: {kit.escape(_label(address, offers))}")
        with place:
            _view(i, address, chosen)
    before.empty()


def _view(i: int, address: str, chosen: list[str]) -> None:
    """Show one view: its title, what it found, and how it is moved or taken out."""
    title, findings, figures = kit.made(_preview, address)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{i + 1}. {kit.escape(title[:1].upper() + title[1:])}** · {figures}", width="stretch")
        st.button("Up", key=f"report-up-{i}", type="tertiary", disabled=i == 0, on_click=_move, args=(chosen, i, -1))
        st.button("Down", key=f"report-down-{i}", type="tertiary", disabled=i == len(chosen) - 1, on_click=_move, args=(chosen, i, 1))
        st.button("Remove", key=f"report-remove-{i}", type="tertiary", on_click=_remove, args=(chosen, i))
    kit.finding("\n\n".join(findings), key=f"preview-{i}")
    kit.links([("Open it", "" if address == "home" else address)])


def _move(chosen: list[str], i: int, by: int) -> None:
    """Let two neighbours change places."""
    moved = list(chosen)
    moved[i], moved[i + by] = moved[i + by], moved[i]
    _keep(moved)


def _remove(chosen: list[str], i: int) -> None:
    _keep([one for k, one in enumerate(chosen) if k != i])


def _empty() -> None:
    """Take every view out; the current findings are shown then."""
    st.query_params.pop(VIEWS, None)
    if people.now().may("run"):
        control.reports.arrange([])


def _more(chosen: list[str], offers: dict[str, Offer]) -> None:
    """Offer further views: of those that this store can answer, and by the links of pages."""
    with st.expander("Add views", key="report-more", type="compact"):
        left = [address for address in offers if address not in chosen]
        st.multiselect(
            "Views that this store can answer", left, key=ADDED, format_func=lambda address: _label(address, offers), on_change=_take, args=(chosen,)
        )
        st.text_area(
            "Links of pages, one a line", key=PASTED, on_change=_paste, args=(chosen,), height=90,
            help="Set a page as it should be shown, copy its link (beside its title), and paste it here.",
        )  # fmt: skip
    for problem in st.session_state.pop(UNKNOWN, []):
        kit.problem(problem)


def _take(chosen: list[str]) -> None:
    """Put what was chosen from the list into the report."""
    _keep([*chosen, *st.session_state[ADDED]][: asking.MOST_VIEWS])
    st.session_state[ADDED] = []


def _paste(chosen: list[str]) -> None:
    """Take the pasted links into the choice; those that lead nowhere are told of."""
    lines = [line.strip() for line in st.session_state[PASTED].splitlines() if line.strip()]
    hint = f"Pages that can be: {', '.join(views.paths())}."
    st.session_state[UNKNOWN] = [errors.UserError(f"“{one[:120]}” is no view that can be reported.", hint) for one in lines if not _known(one)]
    _keep(list(dict.fromkeys([*chosen, *map(views.told, filter(_known, lines))]))[: asking.MOST_VIEWS])
    st.session_state[PASTED] = ""


def _form(chosen: Sequence[str]) -> EvidenceSpec | None:
    """Ask for title, author and words; None where no view is chosen."""
    left, right = st.columns(2)
    title = left.text_input("Title", key="report-title", max_chars=200, placeholder="Report of the current findings")
    author = right.text_input("Author", key="report-author", max_chars=200)
    words = st.text_area("What you want to say before the findings", key="report-words", max_chars=20_000, height=90)
    with st.expander("What goes in", key="report-options", type="compact"):
        found = pictures.browser() is not None
        svg = st.checkbox("SVG files of the figures", value=True, key="report-svg", help=_help("svg"))
        if not found:
            st.caption("No Chromium was found on this machine: the report has no SVG files, and its manifest says so.")
        answers = st.checkbox("Single answers behind the scores", key="report-predictions", help=_help("predictions"))
    if not chosen:
        st.info("Choose at least one view.")
        return None
    return EvidenceSpec(views=tuple(chosen), title=title.strip(), author=author.strip(), words=words, svg=svg, predictions=answers)


def _help(field: str) -> str | None:
    return EvidenceSpec.model_fields[field].description


def _made(spec: EvidenceSpec | None) -> None:
    """Show the report that is being made or was made last, and the button that makes one."""
    run = st.query_params.get(RUN)
    job = _job(run) if run else None
    if job is not None and kit.progress(lambda: _progress(job.id), key="report", cancel=lambda: control.cancel(job.id)):
        return
    if job is not None:
        _ended(job)
    if spec is not None and st.button("Make the report", type="primary", key="report-go"):
        _ask(spec)


def _ask(spec: EvidenceSpec) -> None:
    """Put the report into the queue, where this person may."""
    try:
        st.query_params[RUN] = control.submit(spec, asking.title(spec), total=len(spec.views) + AROUND)
    except errors.UserError as problem:
        kit.problem(problem)
        return
    workers.ensure()
    st.rerun()


def _job(run: str) -> control.Job | None:
    try:
        job = control.job(run)
    except errors.UserError as problem:
        kit.problem(problem)
        return None
    return job if job.study == "evidence" else None


def _progress(run: str) -> kit.Progress:
    """Return how far a report is; sees to it that somebody does the work."""
    job = control.job(run)
    doing = job.message
    stale = job.beat is not None and time.time() - job.beat > control.STALE_SECONDS
    if job.state == "queued" or (job.active and stale):
        workers.ensure()
        doing = "a worker is starting (this takes a few seconds)"
    return kit.Progress(job.title, min(job.done, job.total), job.total, job.active, "steps", doing, "", None, job.cancel)


def _ended(job: control.Job) -> None:
    """Show a finished report to be taken away, or why there is none."""
    if job.state != "done":
        why = f" {kit.escape(job.error.strip().splitlines()[-1])}" if job.error and job.error.strip() else ""
        st.warning(f"This report is {job.state}.{why}")
        return
    if not writing.place(job.id).is_file():
        st.warning("This report is not kept here any more. Make it again below.")
        return
    seal, title, files, svg = kit.made(_about, job.id)
    with st.container(border=True, key="report-made"):
        kit.finding(f"**{kit.escape(title)}** is ready: {kit.escape(job.message)}.", key="report")
        _download(job, "Download the report", primary=True)
        kit.facts({"seal (SHA-256 of its manifest)": seal, "files": str(files), "SVG files": svg})
        st.caption("Unpack it and open report.html. The seal, told apart from the report, shows whether its manifest is still the one made here.")
        st.code(f"python -m engine check {_file(job)} --seal {seal[:16]}", language=None)


def _about(run: str) -> tuple[str, str, int, str]:
    """Return a report's seal, title, number of files, and what became of its pictures."""
    bundle = opened.open_bundle(writing.place(run))
    return bundle.seal, bundle.manifest.title, len(bundle.manifest.files), bundle.manifest.svg


def _file(job: control.Job) -> str:
    return f"{safety.slug(job.title) or 'report'}.zip"


def _download(job: control.Job, label: str, *, primary: bool) -> None:
    kit.save(
        label, lambda: writing.place(job.id).read_bytes(), _file(job), "application/zip", key=f"report-download-{job.id}",
        type="primary" if primary else "tertiary", icon=":material/download:" if primary else None,
    )  # fmt: skip


def _preview(address: str) -> tuple[str, list[str], str]:
    """Return a view's title, its findings in Markdown, and how many figures it has; why not, where it cannot be reported."""
    try:
        part, asked = views.part(address)
    except errors.UserError as problem:
        return views.title_of(address), [f"This view cannot be reported: {kit.escape(str(problem))}"], "no figure"
    left = f" {kit.escape(', '.join(asked.unread))}: no part of the report." if asked.unread else ""
    n = len(part.figures)
    return part.title, [*part.findings[:2], *([left] if left else [])], f"{n} figure{'' if n == 1 else 's'}"


def _before() -> None:
    """Offer the reports that were made before."""
    done = [job for job in control.jobs(["done"], limit=100) if job.study == "evidence" and job.id != st.query_params.get(RUN)]
    kept = [job for job in done if writing.place(job.id).is_file()][:MOST_BEFORE]
    if kept:
        with st.expander(f"Made before ({len(kept)})", key="report-before"):
            for job in kept:
                _download(job, f"{job.title} ({job.id[:8]}): {job.message}", primary=False)


main()
