"""The pages in a real browser: headless Chromium, offline, at the width of a desk and of a phone."""

import io
import json
import re
import shutil
import time
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from builders import ROOT, build, entry, known_rules, put, score_file, snakemake
from jumpcheck.base import sql
from jumpcheck.base.words import VERDICTS
from jumpcheck.breaks.prediction import prediction_interval
from jumpcheck.breaks.smooth_law import law
from jumpcheck.normalise import results
from jumpcheck.normalise.bigbench import normalise
from jumpcheck.pages import explorer, report
from scipy.stats import norm
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait
from statsmodels.stats.proportion import proportion_confint

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
AXE = ROOT / ".venv/node_modules/axe-core/axe.min.js"
pytestmark = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="chromium or chromedriver is not installed (Debian: apt-get install chromium-driver)"
)
HOSTILE = [
    "<script>window.hacked = 1</script>",
    "a \"quoted\" 'name' &amp;",
    "x" * 300,
    "\u202eright to left",
    "{{ 7 * 7 }}",
]


@pytest.fixture(scope="module")
def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "disable-background-networking"):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


def make(folder, source):
    pages = [f"results/d/{name}.html" for name in ("report", "explorer")]
    result = snakemake(*pages, "--directory", folder, "--config", "dataset=d", f"source={source}")
    assert result.returncode == 0, result.stdout + result.stderr
    return folder / "results/d"


@pytest.fixture(scope="module")
def real_pages(real_source, tmp_path_factory):
    return make(tmp_path_factory.mktemp("pages"), real_source)


@pytest.fixture(scope="module")
def hostile_pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    for number, name in enumerate(HOSTILE):
        for k in range(6):
            scores = {"exact_str_match": (0, 0, 0.01, 0, 0, 0.53)[k], "bleu": float(k), name: k / 7}
            document = score_file([entry(scores, label=name)], name, name, f"m{k}", 10.0 ** (k + 6))
            put(folder / "in", document, f"scores_{k}.json", f"task{number}")
    con = build(normalise(folder / "in"), facts={"source": "/".join(HOSTILE), "commit": HOSTILE[2]})
    database = str(folder / "d.duckdb")
    con.execute(f"attach {sql.quoted(database)} as d; copy from database memory to d; detach d")
    config = {"emergence_threshold": 20, "sharpness_threshold": 2, "smallest_break": 1, "smallest_rise": 0.1}
    pages = {"explorer": explorer.page(database, HOSTILE[0], True)}
    pages["report"] = report.page(database, HOSTILE[0], [], config, True)
    for name, text in pages.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return folder


def show(browser, page, fragment="", width=1400):
    """Open a page; returns the seconds to its first chart, where it has one."""
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get("about:blank")
    browser.get_log("browser"), browser.get_log("performance")
    started = time.monotonic()
    browser.get(f"file://{page}{fragment}")
    if page.stem == "explorer":
        WebDriverWait(browser, 20, 0.05).until(lambda b: b.execute_script("return document.body.dataset.drawn"))
    return time.monotonic() - started


def settled(browser):
    """Wait until all charts of the last choice are drawn."""
    script = "const d = document.body.dataset; return d.complete && d.complete === d.drawn"
    WebDriverWait(browser, 20, 0.05).until(lambda b: b.execute_script(script))


def faults(browser):
    """What went wrong: messages of the console, and requests that left the page."""
    messages = [line["message"] for line in browser.get_log("browser") if line["level"] in ("SEVERE", "WARNING")]
    for line in browser.get_log("performance"):
        event = json.loads(line["message"])["message"]
        if event["method"] == "Network.requestWillBeSent":
            address = event["params"]["request"]["url"]
            if not address.startswith(("file://", "data:", "blob:", "about:")):
                messages.append(f"request to {address[:100]}")
    return messages


def chart(browser):
    return browser.find_element(By.ID, "chart").get_attribute("aria-label")


def test_every_control_of_the_explorer(browser, real_pages):
    show(browser, real_pages / "explorer.html")
    settled(browser)
    # The largest jump in which a break could be detected.
    assert browser.find_element(By.ID, "curve-title").text == "exact_str_match of word_sorting, BIG-G T=0"
    told = browser.find_element(By.ID, "verdict").text
    assert told.startswith("verdict on this curve\nundecided")
    assert "likeliest break\nfrom 1.28 × 10¹¹ parameters, loss / " in told

    Select(browser.find_element(By.ID, "task")).select_by_value("novel_concepts")
    settled(browser)
    Select(browser.find_element(By.ID, "metric")).select_by_value("multiple_choice_grade")
    settled(browser)
    assert chart(browser).startswith("multiple_choice_grade of novel_concepts, BIG-G T=0: ")
    told = browser.find_element(By.ID, "verdict").text
    assert [tick.text for tick in browser.find_elements(By.CSS_SELECTOR, "#chart .role-axis-label text")][-1] == "1.0"
    assert "chance" in browser.find_element(By.CSS_SELECTOR, "#chart svg").text
    # A test set of 6 examples says nothing: a rise could hide in the scores of models that guess.
    assert "∞: a jump" in told and told.startswith("verdict on this curve\nundecided") and "examples\n6" in told
    assert "source of the jump" not in told
    others = [caption.text for caption in browser.find_elements(By.CSS_SELECTOR, "#others figcaption")]
    assert len(others) == 1 and others[0].startswith("top_choice_brier_score: score ")
    assert browser.find_elements(By.CSS_SELECTOR, "#chart svg") and browser.find_elements(By.CSS_SELECTOR, "#others svg")

    address = browser.current_url
    assert "task=novel_concepts" in address and "shots=3" in address
    show(browser, real_pages / "explorer.html", "#" + address.split("#")[1])
    assert chart(browser).startswith("multiple_choice_grade of novel_concepts")

    search = browser.find_element(By.ID, "search")
    search.send_keys("word exact")
    rows = [row.text for row in browser.find_elements(By.CSS_SELECTOR, "#rows tr")]
    assert len(rows) == 2 and rows[0].startswith("word_unscrambling") and "∞" in rows[0]
    assert browser.find_element(By.ID, "count").text == "2 of 150 triplets"
    head = browser.find_element(By.XPATH, "//tr[@id='heads']//button[text()='task']")
    head.click()
    assert [row.text.split()[0] for row in browser.find_elements(By.CSS_SELECTOR, "#rows tr")] == [
        "word_sorting", "word_unscrambling",
    ]  # fmt: skip
    assert head.find_element(By.XPATH, "..").get_attribute("aria-sort") == "ascending"
    browser.find_element(By.CSS_SELECTOR, "#rows button").click()
    settled(browser)
    assert chart(browser).startswith("exact_str_match of word_sorting")
    told = browser.find_element(By.ID, "verdict").text
    assert (
        "improvement score\n49: a jump" in told
        and "verdict on this curve\nundecided" in told
        and "break\nfrom 1.28 × 10¹¹ parameters" in told
    )
    search.clear()
    search.send_keys(" ")
    n_rows = len(browser.find_elements(By.CSS_SELECTOR, "#rows tr"))
    browser.find_element(By.ID, "more").click()
    assert n_rows == 100 and len(browser.find_elements(By.CSS_SELECTOR, "#rows tr")) == 150
    assert faults(browser) == []


def test_filters_and_order_of_the_table(browser, real_pages):
    show(browser, real_pages / "explorer.html", "#of_metric=exact_str_match")
    settled(browser)
    assert browser.find_element(By.ID, "curve-title").text == "exact_str_match of word_sorting, BIG-G T=0"
    rows = [row.text for row in browser.find_elements(By.CSS_SELECTOR, "#rows tr")]
    assert len(rows) == 18 and all("exact_str_match" in row for row in rows)
    infinite = [row.split()[0] for row in rows if "∞" in row and "−∞" not in row]
    with duckdb.connect(str(real_pages.parents[1] / "data/d/emergence.duckdb"), read_only=True) as con:
        infinities = "from curves where metric = 'exact_str_match' and improvement_score = 'inf'"
        by_range = con.sql(f"select task {infinities} order by y_max - y_min desc").fetchall()
    assert infinite == [task for (task,) in by_range] and len(infinite) == 4
    Select(browser.find_element(By.ID, "of_verdict")).select_by_value("undecided")
    WebDriverWait(browser, 10, 0.05).until(lambda b: "of_verdict=undecided" in b.current_url)
    tasks = [row.text.split()[0] for row in browser.find_elements(By.CSS_SELECTOR, "#rows tr")]
    assert "word_sorting" in tasks and len(tasks) < 18
    Select(browser.find_element(By.ID, "of_verdict")).select_by_value("")
    Select(browser.find_element(By.ID, "of_metric")).select_by_value("top_choice_brier_score")
    rows = [row.text for row in browser.find_elements(By.CSS_SELECTOR, "#rows tr")]
    assert len(rows) == 66 and all(row.endswith("not tested: not percent-correct") for row in rows)
    assert faults(browser) == []


def test_what_is_shown_can_be_saved(browser, real_pages, tmp_path):
    browser.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    show(browser, real_pages / "explorer.html", "#task=word_sorting&of_verdict=undecided")
    settled(browser)

    def saved(button, name):
        browser.find_element(By.ID, button).click()
        # Its name is taken by an empty file until all of it is there.
        WebDriverWait(browser, 10, 0.05).until(lambda _: (tmp_path / name).exists() and (tmp_path / name).stat().st_size)
        return (tmp_path / name).read_text(encoding="utf-8")

    name = "word_sorting-exact_str_match-BIG-G_T=0"
    points = pd.read_csv(io.StringIO(saved("curve-csv", f"{name}.csv")))
    with duckdb.connect(str(real_pages.parents[1] / "data/d/emergence.duckdb"), read_only=True) as con:
        published = con.sql(
            "select scale, score from points inner join curves using (curve_id) where task = 'word_sorting' order by scale"
        ).df()
    assert points["scale"].tolist() == published["scale"].tolist()
    assert points["score"].to_numpy() == pytest.approx(published["score"].to_numpy(), rel=1e-4)
    expected = proportion_confint(points["score"] * 205, 205, method="wilson")
    with duckdb.connect(str(real_pages.parents[1] / "data/d/emergence.duckdb"), read_only=True) as con:
        assert con.sql("select n_examples from breaks where task = 'word_sorting'").fetchall() == [(205,)]
    assert points[["low", "high"]].to_numpy() == pytest.approx(np.array(expected).T, abs=1e-4)
    assert saved("curve-svg", f"{name}.svg").startswith("<svg")
    triplets = pd.read_csv(io.StringIO(saved("table-csv", "triplets.csv")))
    assert triplets["verdict"].unique().tolist() == ["undecided"] and "word_sorting" in triplets["task"].tolist()
    assert faults(browser) == []


def test_intervals_of_what_is_no_share_come_from_the_errors_of_the_source(browser, tmp_path):
    """Of a score its error either side; of a perplexity, which is scored as its logarithm, that of the logarithm."""
    values, errors = np.array([90.0, 60, 40, 25, 16, 11]), np.array([4, 3, 2.5, 1.5, 1, 0.5])
    metrics = ("perplexity", "bleu")
    rows = [("t", "F", f"m{k}", 10.0 ** (k + 6), metric, values[k], errors[k]) for metric in metrics for k in range(6)]
    columns = ["task", "model_family", "model", "n_parameters", "metric", "score", "stderr"]
    (tmp_path / "in").mkdir()
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "in/t.csv", index=False)
    con = build(results.normalise(tmp_path / "in", known_rules()))
    con.execute(f"attach {sql.quoted(str(tmp_path / 'd.duckdb'))} as d; copy from database memory to d; detach d")
    (tmp_path / "explorer.html").write_text(explorer.page(str(tmp_path / "d.duckdb"), "d", False), encoding="utf-8")
    browser.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    found = {}
    for metric in metrics:
        show(browser, tmp_path / "explorer.html", f"#task=t&metric={metric}")
        settled(browser)
        assert browser.find_element(By.ID, "curve-title").text == f"{metric} of t, F"
        assert "from the source's standard errors" in browser.find_element(By.ID, "verdict").text
        browser.find_element(By.ID, "curve-csv").click()
        file = tmp_path / f"t-{metric}-F.csv"
        WebDriverWait(browser, 10, 0.05).until(lambda _, file=file: file.exists() and file.stat().st_size)
        found[metric] = pd.read_csv(file)
        assert found[metric]["score"].to_numpy() == pytest.approx(values, rel=1e-4)
    z = norm.ppf(0.975)
    bleu, perplexity = (found[metric][["low", "high"]].to_numpy().T for metric in ("bleu", "perplexity"))
    np.testing.assert_allclose(bleu, [values - z * errors, values + z * errors], rtol=1e-3)
    wide = np.exp(z * errors / values)
    np.testing.assert_allclose(perplexity, [values / wide, values * wide], rtol=1e-3)
    assert faults(browser) == []


def test_the_answer_of_the_report_counts_what_the_tables_say(browser, real_pages):
    """Number by number, counted again from the curves and the verdicts on them."""
    with duckdb.connect(str(real_pages.parents[1] / "data/d/emergence.duckdb"), read_only=True) as con:
        curves, breaks, pairs = (con.sql(f"from {name}").df() for name in ("curves", "breaks", "pairs"))
    key = ["task", "metric", "model_family"]
    kept = curves[curves["is_counted"] & curves["is_preferred"]].merge(breaks[["curve_id", "verdict"]], "left", "curve_id")
    score = kept["improvement_score"]
    kept = kept.assign(above=score > 20, jumps=score > np.maximum(20, 2 * kept["straight_line_score"]))
    of_pair = kept.groupby(key)[["above", "jumps"]].any().join(pairs.set_index(key)[["verdict", "p"]])
    # Of these data every pair has one curve, so that the verdict on a pair that jumps is that on its curve.
    assert (kept.groupby(key).size() == 1).all()
    n = of_pair.loc[of_pair["jumps"], "verdict"].value_counts()
    expected = [len(of_pair), of_pair["above"].sum(), 20, n.sum(), 2, n.sum() - n["not_testable"], n.sum()]
    expected += [count for count in (n.get("smooth", 0), n.get("at_chance", 0), n.get("inconclusive", 0)) if count]
    expected += [n["not_testable"]]  # all are of percent-correct metrics, whose number of examples is not known
    show(browser, real_pages / "report.html")
    (answer,) = browser.find_elements(By.CSS_SELECTOR, "#answer .answer")
    assert [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*\b", answer.text)] == expected
    in_all = of_pair["verdict"].value_counts()
    told = re.search("Whether they jump or not, (.*?) cannot be decided", " ".join(browser.page_source.split()))[1]
    counts = [in_all.get(name, 0) for name in ("break", "one_model", "family", "smooth", "at_chance", "inconclusive")]
    seen = of_pair["p"].notna().sum()
    assert [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", told)] == [sum(counts), seen, *counts]


def test_every_triplet_of_the_explorer_has_the_verdict_of_the_database(browser, real_pages):
    with duckdb.connect(str(real_pages.parents[1] / "data/d/emergence.duckdb"), read_only=True) as con:
        rows = con.execute(
            "select triplets.task, triplets.metric, triplets.model_family, verdict, is_proportion from triplets "
            "inner join metrics on triplets.metric = metrics.metric"
        ).fetchall()
    expected = {
        row[:3]: VERDICTS[row[3]]["called"] if row[4] else "not tested: not percent-correct" for row in rows
    }  # fmt: skip
    show(browser, real_pages / "explorer.html")
    while browser.find_element(By.ID, "more").is_displayed():
        browser.find_element(By.ID, "more").click()
    script = "return [...document.querySelectorAll('#rows tr')].map((row) => [...row.cells].map((cell) => cell.textContent))"
    shown = {tuple(row[:3]): row[5] for row in browser.execute_script(script)}
    assert shown == expected and set(expected.values()) >= {"at chance", "undecided", "not tested"}
    for verdict in set(expected.values()):
        Select(browser.find_element(By.ID, "of_verdict")).select_by_value(verdict)
        found = {tuple(row[:3]) for row in browser.execute_script(script)}
        assert len(found) == min(100, sum(one == verdict for one in expected.values())), verdict
        assert {expected[key] for key in found} == {verdict}
        browser.find_element(By.CSS_SELECTOR, "#rows button").click()
        settled(browser)
        told = browser.find_element(By.ID, "verdict").text
        assert told.startswith(f"verdict on this curve\n{verdict}"), verdict
    assert faults(browser) == []


def test_the_band_of_the_explorer_is_that_of_the_gallery(browser, real_pages):
    """The grey band of a curve whose rates are small: 95 % of a beta-binomial, as Python computes it."""
    with duckdb.connect(str(real_pages.parents[1] / "data/d/emergence.duckdb"), read_only=True) as con:
        (row,) = con.sql(
            "select curve_id, level, slope, curvature, floor, scatter, n_examples from breaks where task = 'word_sorting'"
        ).fetchall()
        scales = np.array(con.sql(f"select scale from points where curve_id = {row[0]} order by scale").fetchall())[:, 0]
    show(browser, real_pages / "explorer.html", "#task=word_sorting")
    settled(browser)
    # The outline of the band in pixels: one edge to the right, and the other one back. The axis goes from 0 to 1.
    outline = browser.find_element(By.CSS_SELECTOR, "#plot .mark-area path").get_attribute("d")
    heights = np.array(re.findall(r"[ML][-\d.]+,([-\d.]+)", outline), float)
    ticks = browser.execute_script("return document.querySelector('#plot .background').getBoundingClientRect().height")
    edges = (1 - heights[:122] / ticks).reshape(2, 61)
    found_high, found_low = sorted((edges[0], edges[1][::-1]), key=np.sum, reverse=True)
    at = np.geomspace(scales[0], scales[-1], 61)
    mean = law(np.log(scales)[None, :], np.array(row[1:5], float)[None, :], np.log(at)[None, :])[0]
    low, high = prediction_interval(mean, row[6], row[5])
    # The page has four digits of each parameter, so that an end may be another count.
    np.testing.assert_allclose(found_low, low, atol=1.01 / row[6] + 1e-3)
    np.testing.assert_allclose(found_high, high, atol=1.01 / row[6] + 1e-3)
    assert high.max() > 0.02 and (low == 0).any()


def test_on_a_phone_tables_are_cards_with_the_verdict(browser, real_pages):
    show(browser, real_pages / "explorer.html", width=390)
    settled(browser)
    cell = browser.find_element(By.CSS_SELECTOR, "#rows tr td:last-child")
    place = browser.execute_script("const r = arguments[0].getBoundingClientRect(); return [r.left, r.right]", cell)
    assert cell.text and 0 <= place[0] < place[1] <= 390
    show(browser, real_pages / "report.html", width=390)
    script = "return [...document.querySelectorAll('table td')].every(d => d.getBoundingClientRect().right <= 390)"
    assert browser.execute_script(script)


def test_the_explorer_by_keyboard(browser, real_pages):
    show(browser, real_pages / "explorer.html")
    settled(browser)
    before = chart(browser)
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    assert browser.switch_to.active_element.get_attribute("id") == "task"
    browser.switch_to.active_element.send_keys("word_u")
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    WebDriverWait(browser, 10).until(lambda b: chart(b) != before)
    assert " of word_unscrambling, " in chart(browser)
    seen = []
    for _ in range(16):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        seen.append(browser.switch_to.active_element.get_attribute("id") or browser.switch_to.active_element.tag_name)
    assert {"model_family", "metric", "subtask", "shots", "curve-csv", "curve-svg", "search", "of_verdict", "button"} <= set(
        seen
    )


@pytest.mark.parametrize("name", ["report", "explorer"])
@pytest.mark.parametrize("width", [1400, 390])
def test_it_fits_and_is_accessible(browser, real_pages, name, width):
    show(browser, real_pages / f"{name}.html", width=width)
    if name == "explorer":
        settled(browser)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert faults(browser) == []
    if not AXE.exists():
        pytest.skip(f"{AXE.relative_to(ROOT)} is not there: npm install --prefix .venv axe-core")
    browser.execute_script(AXE.read_text(encoding="utf-8"))
    found = browser.execute_async_script("axe.run().then(arguments[0])")
    serious = [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
    assert [(one["id"], one["nodes"][0]["html"][:120]) for one in serious] == []
    assert len(found["passes"]) > 15


@pytest.mark.parametrize("name", ["report", "explorer"])
def test_hostile_names_are_text(browser, hostile_pages, name):
    show(browser, hostile_pages / f"{name}.html", width=390)
    if name == "explorer":
        for number in range(len(HOSTILE)):
            Select(browser.find_element(By.ID, "task")).select_by_index(number)
            settled(browser)
        shown = browser.execute_script("return document.body.textContent")
        assert browser.execute_script("return document.getElementById('task').options.length") == len(HOSTILE)
    else:
        shown = browser.find_element(By.TAG_NAME, "main").get_attribute("textContent")
    for one in HOSTILE:
        assert one in shown
    assert browser.execute_script("return window.hacked") is None
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
    assert faults(browser) == []


@pytest.mark.slow
def test_the_first_chart_of_a_full_size_benchmark(browser, tmp_path):
    """The whole simulated benchmark: at most 15 MB, and a chart; it takes less than 2 seconds where nothing else runs."""
    target = "results/full/explorer.html"
    command = [target, "--directory", tmp_path, "--config", "dataset=full", "source=simulated"]
    result = snakemake(*command)
    assert result.returncode == 0, result.stdout + result.stderr
    page = Path(tmp_path / target)
    seconds = sorted(show(browser, page) for _ in range(5))
    print(f"{page.stat().st_size / 1e6:.1f} MB, first chart after {seconds[2]:.2f} s")
    assert page.stat().st_size < 15e6 and seconds[2] < 20
