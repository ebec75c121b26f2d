"""The pages in a real browser: headless Chromium, offline, at the width of a desk and of a phone."""

import json
import shutil
import time
from pathlib import Path

import pytest
from builders import ROOT, build, entry, put, score_file, snakemake
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

from analysis.base import sql
from analysis.normalise.bigbench import normalise
from analysis.pages import explorer, report

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
    config = {"emergence_threshold": 20, "sharpness_threshold": 2, "smallest_break": 1}
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
    Select(browser.find_element(By.ID, "task")).select_by_value("novel_concepts")
    settled(browser)
    Select(browser.find_element(By.ID, "metric")).select_by_value("multiple_choice_grade")
    settled(browser)
    assert chart(browser).startswith("multiple_choice_grade of novel_concepts, BIG-G T=0: ")
    told = browser.find_element(By.ID, "verdict").text
    assert "∞: a jump" in told and "at chance" in told and "source of the jump\nties" in told and "examples\n6" in told
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
    assert "improvement score\n49: a jump" in told and "verdict\nbreak" in told and "likeliest break\nfrom 128" in told
    search.clear()
    search.send_keys(" ")
    n_rows = len(browser.find_elements(By.CSS_SELECTOR, "#rows tr"))
    browser.find_element(By.ID, "more").click()
    assert n_rows == 100 and len(browser.find_elements(By.CSS_SELECTOR, "#rows tr")) == 150
    assert faults(browser) == []


def test_the_explorer_by_keyboard(browser, real_pages):
    show(browser, real_pages / "explorer.html")
    settled(browser)
    before = chart(browser)
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    assert browser.switch_to.active_element.get_attribute("id") == "task"
    browser.switch_to.active_element.send_keys("word_s")
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    WebDriverWait(browser, 10).until(lambda b: chart(b) != before)
    assert " of word_sorting, " in chart(browser)
    seen = []
    for _ in range(12):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        seen.append(browser.switch_to.active_element.get_attribute("id") or browser.switch_to.active_element.tag_name)
    assert {"model_family", "metric", "subtask", "shots", "search", "button"} <= set(seen)


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
    """The whole simulated benchmark: at most 15 MB, and a chart within 2 seconds (median of 5)."""
    target = "results/full/explorer.html"
    command = [target, "--directory", tmp_path, "--config", "dataset=full", "source=simulated"]
    result = snakemake(*command)
    assert result.returncode == 0, result.stdout + result.stderr
    page = Path(tmp_path / target)
    seconds = sorted(show(browser, page) for _ in range(5))
    print(f"{page.stat().st_size / 1e6:.1f} MB, first chart after {seconds[2]:.2f} s")
    assert page.stat().st_size < 15e6 and seconds[2] < 2
