"""The report page: self-contained, whatever the names in it."""

import re
from html.parser import HTMLParser

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from builders import build, entry, known_rules, put, score_file
from jumpcheck.base import sql
from jumpcheck.base.words import REASONS
from jumpcheck.figures import style
from jumpcheck.normalise import results
from jumpcheck.normalise.bigbench import normalise
from jumpcheck.pages import explorer, report

HOSTILE = "<script>alert(1)</script>"
NAMES = [HOSTILE, "a \"quoted\" 'name' &amp;", "x" * 300, "\u202eright to left\u202c", "{{ 7 * 7 }}"]


class Page(HTMLParser):
    """What a browser would find: elements with their attributes, and text."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.text, self.open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text.append(data)


def made(folder, values, figures=None):
    """The report of one task of every name, on which six models have these scores."""
    for number, name in enumerate(NAMES):
        for k in range(6):
            document = score_file([entry({"exact_str_match": values[k]}, label=name)], name, name, f"m{k}", 10.0**k)
            put(folder / "in", document, f"scores_{k}.json", f"task{number}")
    put(folder / "in", b"", "scores_empty.json", "task0")
    con = build(normalise(folder / "in"), facts={"source": HOSTILE, "commit": None})
    path = folder / "d.duckdb"
    con.execute(f"attach {sql.quoted(str(path))} as d; copy from database memory to d; detach d")
    if figures is None:
        svg = b'<svg xmlns="http://www.w3.org/2000/svg"><text>hello</text></svg>'
        figures = [report.Figure("one", HOSTILE, svg, "<p>A caption.</p>")]
    config = {"emergence_threshold": 20, "sharpness_threshold": 2, "smallest_break": 1, "smallest_rise": 0.1}
    return report.page(str(path), HOSTILE, figures, config, simulated=True)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Of scores that may be rounded, so that nothing can be tested."""
    return made(tmp_path_factory.mktemp("report"), (0, 0, 0.01, 0, 0, 0.53))


@pytest.fixture(scope="module")
def tested_page(tmp_path_factory):
    """Of curves that are zeros, but for one late rise of which nothing can be said."""
    return made(tmp_path_factory.mktemp("tested"), [count / 203 for count in (0, 0, 2, 0, 0, 107)])


def test_names_are_text(page):
    found = Page(page)
    assert "script" not in [tag for tag, _ in found.elements]
    text = "".join(found.text)
    assert HOSTILE in text and NAMES[1] in text and NAMES[2] in text and "{{ 7 * 7 }}" in text and "49" not in NAMES[4]


def test_nothing_is_loaded_from_elsewhere(page):
    for tag, attributes in Page(page).elements:
        for name in ("src", "href", "data", "poster", "action"):
            assert attributes.get(name, "#").startswith(("#", "data:")), (tag, attributes)
        assert not [name for name in attributes if name.startswith("on")]
    assert "default-src 'none'" in page and "url(" not in page


def test_what_a_screen_reader_needs(page):
    found = Page(page)
    tags = [tag for tag, _ in found.elements]
    assert dict(found.elements)["html"]["lang"] == "en" and tags.count("h1") == 1 and tags.count("main") == 1
    assert all(attributes.get("alt") for tag, attributes in found.elements if tag == "img")
    assert all(attributes.get("scope") == "col" for tag, attributes in found.elements if tag == "th")
    identifiers = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    targets = {attributes["href"][1:] for tag, attributes in found.elements if tag == "a"}
    assert targets <= set(identifiers)


def test_it_says_what_was_run_and_found(page):
    text = " ".join("".join(Page(page).text).split())
    assert "Simulated: no model was run" in text and "commit" not in text.split("The analysis is")[0]
    # These tasks are not BIG-bench's, so what the paper claims of its metrics cannot be asked of them.
    assert "empty" in text and "Emergence shows on few of the preferred metrics." not in text
    assert "None of the paper's claims about BIG-bench can be asked of these data." in text
    assert "Preferred scores only: one metric per task." in text
    for setting in ("above 20, and above 2 times", "a break of 1 of log(−log(share))", "a rise of 10 percentage points"):
        assert setting in text


def words(page):
    return " ".join("".join(Page(page).text).split())


def cells(page, title):
    """Rows of the table under a heading, as lists of texts."""
    (body,) = re.findall(rf"<h3>{title}</h3>.*?<tbody>(.*?)</tbody>", page, re.DOTALL)
    rows_of = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    return [
        [re.sub(r"<.*?>", "", cell).strip() for cell in re.findall(r"<td.*?>(.*?)</td>", row, re.DOTALL)] for row in rows_of
    ]


def test_it_says_what_the_break_test_found(tested_page):
    n = str(len(NAMES))
    assert cells(tested_page, "Verdicts of the break test") == [["undecided", "yes", "", n]]
    # In no curve could a break be detected.
    assert "<p>None.</p>" in re.findall(r"<h3>How the verdicts move.*?<h3>", tested_page, re.DOTALL)[0]
    answer = re.search(r'<p class="answer">(.*?)</p>', tested_page, re.DOTALL)[1]
    # Pairs, of which so many are above 20 and jump; so many of them tested, 0 breaks, and none decided.
    assert re.findall(r"\d+", answer) == [n, n, "20", n, "2", n, n, n]
    in_all = re.search(r"Whether they jump or not, (.*?) cannot be decided", words(tested_page))[1]
    assert re.findall(r"\d+", in_all) == [n, *"000000", n]
    top = cells(tested_page, "Triplets that jump, the 40 largest")
    assert {(row[3], *row[-2:]) for row in top} == {("53.5", "203", "undecided")} and len(top) == len(NAMES)
    claim = re.search(r"\d+ curves tested\. (.*?) are undecided", words(tested_page))[0]
    assert re.findall(r"\d+", claim) == [n, n, "0", "0", "5", *"000000", n]


def test_it_says_why_nothing_was_tested(page):
    (row,) = cells(page, "Verdicts of the break test")
    n = str(len(NAMES))
    answer = re.search(r'<p class="answer">(.*?)</p>', page, re.DOTALL)[1]
    assert re.findall(r"\d+", answer) == [n, n, "20", n, "2", n]
    assert cells(page, "Why jumps could not be tested or decided") == [[REASONS["rounded"]["short"], n, ""]]
    assert [row[1:] for row in cells(page, "How the curves add up")] == [
        [count, count] for count in (n, "0", "0", "0", n, "0", n, *"000000")
    ]
    assert "Claims of emergence were made without control" not in words(page)  # nothing that jumps was tested
    assert row == ["not tested", "yes", REASONS["rounded"]["text"], str(len(NAMES))]
    assert "<p>None.</p>" in re.findall(r"<h3>How the verdicts move with each choice</h3>.*?<h3>", page, re.DOTALL)[0]


def test_pictures_that_answer_come_first_and_empty_ones_are_named(tmp_path):
    style.use_style()
    figures = []
    for name in ("figure_2", "break_verdicts", "figure_5a_triplets", "emergence_share", "figure_5a_pairs"):
        figure = style.nothing_to_draw("d", "No pair <here>.") if name == "figure_5a_pairs" else plt.figure()
        style.save(figure, str(tmp_path / "f.svg"), str(tmp_path / "f.png"))
        figures.append(report.Figure(name, f"title of {name}", (tmp_path / "f.svg").read_bytes(), ""))
    text = made(tmp_path, (0, 0, 0.01, 0, 0, 0.53), figures)
    answer, rest = text.split('<section id="claims"')
    assert re.findall('<figure id="(.*?)"', answer) == ["figure_5a_triplets", "emergence_share", "break_verdicts"]
    assert re.findall('<figure id="(.*?)"', rest) == ["figure_2"]
    assert "title of figure_5a_pairs: no pair &lt;here&gt;." in rest


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (float("nan"), ""),
        (float("inf"), "∞"),
        (1234567, "1,234,567"),
        (0.123456, "0.1235"),
        (True, "yes"),
        ("x", "x"),
    ],
)
def test_cells(value, text):
    assert report.shown(value) == text


def test_any_number_of_shots_reaches_the_explorer(tmp_path):
    for k in range(3):
        one = entry({"exact_str_match": k / 3}, shots=40_000)
        put(tmp_path / "in", score_file([one], model=f"m{k}", parameters=10.0 ** (6 + k)), f"scores_{k}.json")
    with build(normalise(tmp_path / "in")) as con:
        _, columns = explorer.contents(con)
    assert columns["shots"].tolist() == [40_000]


def test_short_curves_are_counted_and_errors_are_those_of_the_source(tmp_path):
    rows = [("t", "F", f"m{k}", 10.0**k, "accuracy", k / 10, 0.01 * k if k < 9 else None) for k in range(6, 10)]
    rows += [("short", "F", f"m{k}", 10.0**k, "accuracy", 0.5, None) for k in (6, 7)]
    rows += [("t", "F", "m8b", 10.0**8, "accuracy", 0.6, 0.06)]  # as large as m8: their point is a mean of two
    frame = pd.DataFrame(rows, columns=["task", "model_family", "model", "n_parameters", "metric", "score", "stderr"])
    (tmp_path / "in").mkdir()
    frame.to_csv(tmp_path / "in/t.csv", index=False)
    with build(results.normalise(tmp_path / "in", known_rules())) as con:
        header, columns = explorer.contents(con)
    assert header["n_short"] == 1 and header["texts"]["task"] == ["t"]
    assert columns["n_models"].tolist() == [1, 1, 2, 1]
    expected = [0.06, 0.07, (0.08**2 + 0.06**2) ** 0.5 / 2, float("nan")]
    assert columns["stderr"].tolist() == pytest.approx(expected, rel=1e-4, nan_ok=True)
