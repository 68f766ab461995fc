"""The course as one offline site: every lesson linked and shown, links into the pages, nothing asked of any network."""

import html
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jupytext
import pytest
import typer
from browser import INSIDE, opened, settle
from playwright.sync_api import Browser, Page
from typer.testing import CliRunner

from steepest.cli import learn as door
from steepest.errors import SteepestError
from steepest.lessons import prose, site
from steepest.lessons.course import COURSE, home
from steepest.lessons.presenting import LINKS, page_file
from steepest.lessons.running import run
from steepest.lessons.sources import cells

ROOT = Path(__file__).parent.parent
SOURCES = sorted(home().glob("[0-9]*.py"))
pytestmark = pytest.mark.timeout(300)  # the first test here runs all lessons


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return site.write_site(tmp_path_factory.mktemp("course") / "site").parent


def pages(course: Path) -> dict[str, str]:
    """Those that are written here; what a report or a worksheet holds has tests of its own."""
    found = {path.name: path.read_text(encoding="utf-8") for path in sorted(course.glob("*.html"))}
    return {name: text for name, text in found.items() if not re.search("-page|^worksheet", name)}


@contextmanager
def visited(chromium: Browser, path: Path, *, width: int = 1440, dark: bool = False) -> Iterator[Page]:
    """Open a page of the site, which has no script; a message or a request to anything is a failure."""
    scheme = "dark" if dark else "light"
    world = chromium.new_context(viewport={"width": width, "height": 900}, offline=True, color_scheme=scheme)
    page, heard = world.new_page(), list[str]()
    page.on("console", lambda message: heard.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("request", lambda request: heard.extend([request.url] * (not request.url.startswith(INSIDE))))
    page.goto(path.as_uri())
    yield page
    world.close()
    assert not heard, heard


def test_every_lesson_is_linked_and_ran_to_its_end(course: Path) -> None:
    told = pages(course)
    there = [lesson for lesson in COURSE.values() if (home() / f"{lesson.file}.py").is_file()]
    assert len(there) == len(SOURCES) and set(told) == {
        "index.html",
        *(f"{lesson.file}.html" for lesson in there),
        *(f"guide-{lesson.number:02d}.html" for lesson in there),
    }
    for lesson in there:
        assert f'<a href="{lesson.file}.html">{lesson.number} {lesson.title}</a>' in told["index.html"]
        assert f"<span>{lesson.tangible}</span>" in html.unescape(told["index.html"])
        text = told[f"{lesson.file}.html"]
        assert "stopped early" not in text, re.findall("stopped early.*", text)
        assert text.count('class="shown"') > 5 and "<h2>Build it</h2>" in text
        tags = [cell.tags for cell in cells((home() / f"{lesson.file}.py").read_text(encoding="utf-8"))]
        assert text.count("<p>Your work</p>") == sum("exercise" in tag for tag in tags) > 0
        assert "show_report(" not in text or f'<iframe class="page" src="{page_file(lesson.number)}"' in text
    assert "No guide is written" not in "".join(told.values())


def test_every_link_goes_somewhere_and_nothing_is_fetched(course: Path) -> None:
    for name, text in pages(course).items():
        assert "default-src 'none'" in text and "script-src" not in text and "<script" not in text
        assert not re.search(r"""(?:src|xlink:href|action|srcset)=["'](?!data:|\d\d-page\.html")""", text), name
        places = set(re.findall(r'id="([^"]+)"', text))
        assert len(places) == text.count(' id="'), f"{name} names a place twice"
        for href in re.findall(r'<a [^>]*href="([^"]+)"', text):
            file, _, place = html.unescape(href).partition("#")
            assert (course / file).is_file() if file else place in places, f"{name}: {href}"


def test_a_lesson_shows_what_its_cells_print_and_draw(course: Path) -> None:
    text = (course / "05-the-four-steps.html").read_text(encoding="utf-8")
    assert "slopes: 36.305 for m, 6.265 for b" in text and "m = -0.4681258499622345" in text
    assert text.count('<img src="data:image/png') == 3 and 'alt="cost by epoch' in text
    assert "%matplotlib inline" in text and "# %matplotlib" not in text
    assert '<a href="07-let-autograd-do-it.html">lesson 7</a>' in text
    assert "<math" in (course / "06-derive-it-yourself.html").read_text(encoding="utf-8")


def alone(page: Page) -> None:
    """Take the page in a lesson away: it is looked at by tests of its own, and no script from here can look into it."""
    page.evaluate("document.querySelectorAll('iframe').forEach((frame) => frame.remove())")


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (360, True)])
@pytest.mark.parametrize("name", ["index", "01-the-blind-trilobite", "05-the-four-steps", "guide-05", "guide-08"])
def test_axe_finds_nothing_serious(chromium: Browser, course: Path, name: str, width: int, dark: bool) -> None:
    from axe_core_python.sync_playwright import Axe

    with visited(chromium, course / f"{name}.html", width=width, dark=dark) as page:
        for summary in page.locator("details > summary").all():
            summary.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("iframe:not([title])").count() == 0
        alone(page)
        found = Axe().run(page)
        assert len(found["passes"]) > 10
        assert not [
            f"{item['id']}: {[node['html'][:160] for node in item['nodes'][:4]]}"
            for item in found["violations"]
            if item["impact"] in ("serious", "critical")
        ]


def test_axe_can_find_something(chromium: Browser, course: Path) -> None:
    from axe_core_python.sync_playwright import Axe

    with visited(chromium, course / "05-the-four-steps.html") as page:
        page.evaluate("document.querySelector('img').removeAttribute('alt')")
        alone(page)
        assert "image-alt" in {item["id"] for item in Axe().run(page)["violations"]}


@pytest.mark.parametrize("width", [1440, 360])
def test_a_derivation_reads_from_left_to_right_and_its_rules_are_seen(
    chromium: Browser, course: Path, width: int
) -> None:
    with visited(chromium, course / "06-derive-it-yourself.html", width=width) as page:
        rows = page.evaluate(
            """[...document.querySelectorAll("table:has(math) tr:has(mo)")].map((row) => {
              const [equals, right] = row.cells[1].querySelector("math").children;
              return [equals, right, row.cells[2]].map((part) => part.getBoundingClientRect().toJSON());
            })"""
        )
        assert len(rows) > 20
        for equals, right, rule in rows:
            assert equals["right"] <= right["left"]
            assert equals["top"] < right["bottom"]
            assert right["top"] < equals["bottom"]
            assert rule["right"] <= width


def test_the_page_in_a_lesson_lives_in_a_frame_that_can_do_nothing_outside(chromium: Browser, course: Path) -> None:
    with visited(chromium, course / "05-the-four-steps.html") as page:
        page.locator("iframe").scroll_into_view_if_needed()
        page.frame_locator("iframe").locator("html.ready").wait_for(state="attached")
        inner = page.frames[-1]
        assert inner.evaluate("[...steepest.get('start')]") == pytest.approx([0.9, 0.1])
        assert inner.evaluate("self.origin") == "null"
        reached = "() => { try { parent.document.title = 'owned'; return true; } catch { return false; } }"
        assert inner.evaluate(reached) is False and page.title() == "5 The four steps"


OPENED: dict[int, list[dict[str, Any]]] = {
    1: [{"fog": True, "presenting": False, "at": 0}, {"presenting": True, "fog": False, "hidden": []}],
    2: [{"presenting": True, "start": [0.9, 0.1]}, {"start": [-0.5, 2], "hidden": ["verdict"]}],
    5: [
        {"phase": 1, "at": 0, "rate": 0.01, "presenting": True},
        {"phase": 4, "at": 0, "presenting": True},
        {"at": 20, "look": "contour", "presenting": True},
        {"rate": 0.055, "hidden": ["verdict", "zones"], "presenting": True},
    ],
    7: [{"at": 0, "presenting": False}],
    8: [
        {"rate": 0.055, "predicting": True, "guessed": False},
        {"rate": 0.05, "look": "contour", "presenting": True},
        {"rate": 0.05, "hidden": ["zones", "verdict", "curvature"]},
    ],
    9: [{"at": 3, "look": "contour"}, {"standardise": True, "rate": 0.5, "presenting": True}],
    10: [{"at": 1000, "presenting": True}],
    11: [{"at": 25, "presenting": True}],
    12: [{"look": "contour", "standardise": False}, {"standardise": True, "rate": 0.2}],
}
"""What the lesson speaks of at each link."""


@pytest.mark.parametrize("number", LINKS)
def test_each_presenter_link_opens_the_page_at_its_state(chromium: Browser, course: Path, number: int) -> None:
    guide = (course / f"guide-{number:02d}.html").read_text(encoding="utf-8")
    written = re.findall(rf'href="{page_file(number)}#([^"]+)">([^<]+)<', guide)
    assert [(words, html.unescape(fragment)) for fragment, words in written] == [*LINKS[number]]
    assert len(OPENED[number]) == len(LINKS[number])
    with opened(chromium, course / page_file(number)) as page:
        for (_, fragment), expected in zip(LINKS[number], OPENED[number], strict=True):
            page.goto("about:blank")  # else the state before may still be on its way into the address
            page.goto(f"{(course / page_file(number)).as_uri()}#{fragment}")
            page.wait_for_selector("html.ready", state="attached")
            settle(page)
            state = page.evaluate("() => ({...steepest.settings, start: [...steepest.get('start')]})")
            assert state["start"] == pytest.approx(expected.get("start", state["start"]))
            assert {key: state[key] for key in expected if key != "start"} == {
                key: value for key, value in expected.items() if key != "start"
            }, fragment
            assert page.locator("#share p[role=status]").get_attribute("data-ignored") == "", "all is understood"
            asked = dict(part.split("=") for part in fragment.split("&"))
            assert state["hidden"] == [*filter(None, asked.get("hide", "").split(","))]


def test_what_a_link_hides_is_hidden_and_what_it_shows_is_seen(chromium: Browser, course: Path) -> None:
    with opened(chromium, course / page_file(2)) as page:
        page.goto(f"{(course / page_file(2)).as_uri()}#{LINKS[2][0][1]}")
        page.reload()
        page.wait_for_selector("html.ready", state="attached")
        settle(page)
        assert page.locator("#fit").is_visible() and page.locator("#landscape").is_visible()
        assert not any(page.locator(f"#{name}").is_visible() for name in ("curve", "rate", "transport"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_cells_are_those_that_jupytext_reads(path: Path) -> None:
    mine = [(cell.prose, cell.text, list(cell.tags)) for cell in cells(path.read_text(encoding="utf-8"))]
    theirs = [
        (
            cell.cell_type == "markdown",
            re.sub(r"^%", "# %", re.sub(r"^\[!\[.*\n?", "", cell.source, flags=re.MULTILINE), flags=re.MULTILINE),
            cell.metadata.get("tags", []),
        )
        for cell in jupytext.read(path).cells
    ]
    assert mine == theirs


def test_prose_can_do_nothing_in_a_page() -> None:
    words = prose.Glossary({"cost": 'what "it" <costs> in lesson 2'})
    text = prose.to_html(
        "<script>a</script> [x](javascript:alert(1)) ![cost](https://example.org/a.png)\n\n"
        "It costs a cost and a cost, `cost`, Lesson 7, lesson 77\n\n<iframe src=x>",
        words,
    )
    assert not re.search(r"<(?:script|iframe|img)|href=\"javascript", text)
    assert "It costs a <a" in text and "trap" not in prose.LINKED
    assert text.count('class="word"') == 1 and words.met == words.definitions
    assert 'title="what &quot;it&quot; &lt;costs&gt; in lesson 2"' in text and "<code>cost</code>" in text
    assert '<a href="07-let-autograd-do-it.html">Lesson 7</a>' in text and "lesson 77" in text


def test_the_words_are_those_of_the_glossary(course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = prose.glossary().definitions
    defined = re.findall(r"^(\w[^\n]*)\n  \S", (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"), re.M)
    assert [*told] == defined and len(told) > 30 and not re.search(r"[{`]", "".join(told.values()))
    assert set(prose.LINKED) <= set(told) and set(prose.VERBS) <= set(prose.LINKED)
    index = (course / "index.html").read_text(encoding="utf-8")
    for name in told:
        assert f'<dt id="{prose.anchor(name)}">{name}</dt>' in index
    (tmp_path / "glossary.md").write_text("gear\n  What turns\n  {term}`another <gear>`.\n", encoding="utf-8")
    monkeypatch.setattr(prose, "home", lambda: tmp_path)
    assert prose.glossary().definitions == {"gear": "What turns another."}, "a wheel has it inside"


LESSON = """\
# %% [markdown]
# # 1 Hello

# %%
print("one")
import matplotlib.pyplot as plt
figure, ax = plt.subplots()
_ = ax.set_title("a title")

# %%
class Sly:
    def _repr_html_(self):
        return "<script>"
    def __repr__(self):
        return "sly"
Sly()

# %%
None

# %%
raise ValueError("no more")

# %%
print("never")
"""


def test_of_a_lesson_that_stops_what_it_showed_is_kept_and_the_reason(tmp_path: Path) -> None:
    import matplotlib.pyplot as plt

    path = tmp_path / "01-hello.py"
    path.write_text(LESSON, encoding="utf-8")
    ran = run(path, cells(LESSON))
    assert ran.failed == "ValueError: no more"
    assert [(index, [(item.kind, item.title) for item in items]) for index, items in ran.outputs.items()] == [
        (1, [("text", ""), ("picture", "a title")]),
        (2, [("text", "")]),
    ]
    assert ran.outputs[1][0].content == "one" and ran.outputs[2][0].content == "sly", "others' HTML is for no page"
    assert ran.outputs[1][1].content.startswith(b"\x89PNG") and not plt.get_fignums()
    assert [file.name for file in tmp_path.iterdir()] == ["01-hello.py"]


def test_the_command_writes_the_site_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(site, "home", lambda: tmp_path)  # no lesson is here: it is quick
    app = typer.Typer()
    app.command()(door.learn)

    def asked(*arguments: str) -> str:
        return CliRunner().invoke(app, arguments, catch_exceptions=False).stdout

    assert asked("--page").strip() == str(Path("steepest-course", "index.html"))
    assert "not in this installation" in Path("steepest-course", "index.html").read_text(encoding="utf-8")
    with pytest.raises(SteepestError, match=r"is there already\. Replace it with --force"):
        asked("--page")
    assert json.loads(asked("--page", "--force", "--json")) == {"page": str(Path("steepest-course", "index.html"))}
    assert asked("--page", "-o", "other").strip() == str(Path("other", "index.html"))
    Path("taken").touch()
    for arguments, sentence in ((["-o", "taken"], "'taken' is a file"), (["5"], "it is the whole course")):
        with pytest.raises(SteepestError, match=sentence):
            asked("--page", *arguments)
