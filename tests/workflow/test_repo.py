"""The repository itself: reference tables, SQL files, configuration, lock."""

import csv
import re
import subprocess
import tomllib
from collections import Counter
from pathlib import Path

import pytest
import yaml
from builders import PACKAGE, ROOT
from jumpcheck.base.tables import ENTRIES, TABLES, is_view
from jumpcheck.figures.registry import FIGURES, LISTED, caption_of, figures_of
from jumpcheck.pages import dictionary, figure_list


def table(name):
    with (ROOT / f"data/reference/{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_annotations_are_those_of_the_papers():
    rows = table("annotations")
    assert Counter(row["label"] for row in rows) == {"emergent": 67, "smooth": 58, "flat": 45, "other": 27}
    first = Counter(f"{row['first_model_family']} {row['first_model_size']}" for row in rows if row["label"] == "emergent")
    assert first == {
        "GPT-3 13B": 2,
        "GPT-3 175B": 15,
        "LaMDA 137B": 8,
        "PaLM 8B": 3,
        "PaLM 64B": 14,
        "PaLM 540B": 25,
    }
    assert all((row["label"] == "emergent") == bool(row["first_model_family"]) for row in rows)


def test_preferred_metrics_are_facts_of_bigbench():
    rows = table("preferred_metrics")
    labelled = [row for row in rows if row["source"] == "wei2022"]
    assert {row["task"] for row in labelled} == {row["task"] for row in table("annotations") if row["label"] == "emergent"}
    counts = Counter(row["preferred_metric"] for row in labelled)
    assert counts["multiple_choice_grade"] + counts["exact_str_match"] == 63
    assert len(labelled) == 67 and len(counts) == 5 and not any(row["subtask"] for row in labelled)
    assert len({(row["task"], row["subtask"]) for row in rows}) == len(rows) and len({row["task"] for row in rows}) == 208
    for row in rows:
        assert row["preferred_metric"] and row["source"], row
        assert row["higher_is_better"] in ("true", "false", "") and row["is_proportion"] in ("true", "false", ""), row
        assert not row["chance"] or 0 <= float(row["chance"]) < 1, row
        assert not row["n_examples"] or int(row["n_examples"]) > 0, row


def test_sizes_of_models_are_one_number_each():
    rows = table("model_sizes")
    assert len({(row["model_family"], row["model"]) for row in rows}) == len(rows) == 55
    for row in rows:
        given = [row[name] for name in row if name.endswith("_params") and row[name]]
        assert len(given) == (row["source"] != "not established") and all(int(number) > 1e6 for number in given), row


def test_sources_are_complete():
    rows = {row["dataset"]: row for row in table("sources")}
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))
    assert rows["bigbench"]["url"] == config["source"] and rows["bigbench"]["revision"] == config["revision"]
    for row in rows.values():
        assert all(row[name] for name in ("url", "revision", "licence", "citation"))
        assert not row["path"] or bool(row["sha256"]) != bool(row["git_blob"])
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", row["accessed"])


def test_metrics_have_declared_values():
    rows = table("metrics")
    names = [row["metric"] for row in rows]
    assert names == sorted(set(names), key=names.index) and len(names) == len(set(names))
    for row in rows:
        for column in ("is_linear", "is_continuous", "is_proportion", "higher_is_better"):
            assert row[column] in ("true", "false", ""), row
        bounds = [float(row[column]) for column in ("lower_bound", "upper_bound") if row[column]]
        assert bounds == sorted(bounds)
        assert row["source"]
        if row["is_proportion"] == "true":
            assert bounds == [0, 1] and row["higher_is_better"] == "true"
        assert row["chance"] in (("0", "given", "") if row["is_proportion"] == "true" else ("",))


@pytest.mark.parametrize("name", ["metrics", "annotations", "task_notes", "sources"])
def test_reference_tables_are_sorted_and_have_one_row_a_key(name):
    first = [next(iter(row.values())) for row in table(name)]
    assert first == sorted(set(first), key=str.lower)


def test_family_aliases_name_the_families_of_the_annotations():
    aliases = table("family_aliases")
    assert {row["annotated_family"] for row in aliases} == {
        row["first_model_family"] for row in table("annotations") if row["first_model_family"]
    }
    assert {(row["annotated_family"], row["model_family"]) for row in aliases} == {
        ("GPT-3", "GPT"),
        ("LaMDA", "BIG-G T=0"),
        ("LaMDA", "BIG-G T=1"),
        ("PaLM", "PaLM"),
    }


def test_every_sql_file_of_a_database_has_an_entry():
    """Of figures and pages each file has one user; of all others tables.yml says what it makes and needs."""
    named = {entry["sql"] for entry in ENTRIES.values() if "sql" in entry}
    rooms = {name.partition("/")[0] for name in named}
    assert named == {f"{room}/{path.stem}" for room in rooms for path in (PACKAGE / room / "sql").glob("*.sql")}
    assert {name for name, table in TABLES.items() if "sql" not in table} == {
        "model_effects", "sensitivity", "forecasts",
    }  # fmt: skip
    with_numbers = {path.parent.name for path in (PACKAGE / "figures/entries").glob("*/numbers.sql")}
    assert with_numbers == {name for name, entry in LISTED.items() if entry["of"] == "dataset"}


def test_the_data_dictionary_is_current():
    assert (ROOT / "docs/database.md").read_text(encoding="utf-8") == dictionary.page(), (
        "python -m jumpcheck.pages.dictionary"
    )


def test_the_picture_of_the_database_has_every_table_and_key():
    picture = re.search(
        r"```mermaid\nerDiagram\n(.*?)```", (ROOT / "docs/database.md").read_text(encoding="utf-8"), re.DOTALL
    )[1]
    boxes = {
        name: re.findall(r"key (\w+)", keys)
        for name, keys in re.findall(r"^    (\w+)(?: \{(.*?)\})?$", picture, re.M | re.S)
    }
    tables = {name: table for name, table in TABLES.items() if not is_view(name)}
    assert boxes == {name: table["key"] or [] for name, table in tables.items()}
    lines = re.findall(r'^    (\w+) \|o--o[{|] (\w+) : "(.*)"$', picture, re.M)
    assert len(boxes) + len(lines) == len(re.findall(r"^    \w", picture, re.M)), "a line of the picture was not understood"
    assert {(other, name) for other, name, _ in lines} == {
        (other, name) for name, table in tables.items() for other in table.get("references", [])
    }
    for other, name, columns in lines:
        assert columns.split(", ") == tables[other]["key"] and set(columns.split(", ")) <= set(tables[name]["columns"])
    # What is told by curves can be joined with them.
    assert {name for name, table in tables.items() if "curve_id" in (table["key"] or [])} - {"curves"} == {
        name for other, name, _ in lines if other == "curves"
    }


def test_sql_files_are_one_select_each():
    macros = {entry["sql"] for entry in ENTRIES.values() if entry.get("kind") == "macro"}
    for path in PACKAGE.rglob("*.sql"):
        text = re.sub(r"--.*", "", path.read_text(encoding="utf-8"))
        first = ("create",) if f"{path.parts[-3]}/{path.stem}" in macros else ("select", "with")
        assert ";" not in text and text.split()[0] in first, path


def test_the_shipped_configuration_has_every_key_of_the_schema():
    schema = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text(encoding="utf-8"))
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))
    assert set(config) == set(schema["properties"])
    for key, value in schema["properties"].items():
        assert value["description"]
        assert config[key] == value.get("default", config[key])
    assert schema["additionalProperties"] is False


def test_the_lock_has_hashes_and_no_host():
    for name in ("requirements.lock", "experiments.lock", "harness.lock", "slurm.lock", "uv.req"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        pins = re.findall(r"^[a-z0-9].*", text, re.MULTILINE)
        assert pins and all("==" in pin for pin in pins)
        assert text.count("--hash=sha256:") >= len(pins)


def test_science_knows_nothing_of_the_workflow():
    for path in PACKAGE.rglob("*.py"):
        assert not re.search(r"^\s*(import|from) snakemake", path.read_text(encoding="utf-8"), re.MULTILINE), path


def test_every_figure_has_a_caption_and_a_place_in_the_documents():
    text = "".join((ROOT / f"docs/{name}.md").read_text(encoding="utf-8") for name in ("figures", "experiments"))
    for name in (*FIGURES, "annotated_tasks", "power", "theory_figures"):
        assert f"`{name}`" in text, name
    captions = [(PACKAGE / caption_of(name)).read_text(encoding="utf-8") for name in LISTED]
    assert min(map(len, captions)) > 100 and len(set(captions)) == len(captions)


def test_the_list_of_figures_is_current():
    assert (ROOT / "docs/figures.md").read_text(encoding="utf-8") == figure_list.page(), "jumpcheck.pages.figure_list"


def test_every_figure_that_preferred_scores_have_has_a_thumbnail():
    """docs/figures.md shows each; that they are current says the test of the committed page."""
    text = (ROOT / "docs/figures.md").read_text(encoding="utf-8")
    wanted = {*figures_of("dataset"), *figures_of("theory")} - {"figure_6"}  # which needs two metrics of one task
    paths = sorted((ROOT / "docs/figures").iterdir())
    assert {path.name for path in paths} == {f"{name}.png" for name in wanted}
    assert sum(path.stat().st_size for path in paths) < 400e3
    for path in paths:
        assert path.read_bytes().startswith(b"\x89PNG") and f"](figures/{path.name})" in text, path.name


def test_the_readme_is_short_and_its_links_lead_somewhere():
    for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        text = path.read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
            assert (path.parent / target).exists(), f"{path.name}: {target}"
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


def test_generated_files_are_not_tracked():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip(f"not a git checkout: {listed.stderr.strip()}")
    for name in listed.stdout.splitlines():
        assert not name.startswith(("results/", "logs/", ".venv/"))
        assert not name.startswith("data/") or name == "data/README.md" or name.startswith("data/reference/")
        assert not Path(name).is_absolute()


def test_the_version_is_the_same_everywhere():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    heading = re.search(r"^## (\S+) \((\S+)\)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert heading.groups() == (citation["version"], str(citation["date-released"])) and citation["version"] == version


GONE = (
    "exceeds_threshold", "displays_emergence", "displaying", "display emergence", "displays emergence", "could be seen",
    "would be seen", "analysis/sql", "from analysis import", "import analysis",
    "emergence-meta-analysis",
)  # fmt: skip
"""Words that went: each had another word for the same thing beside it."""


def test_words_that_went_are_gone():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip(f"not a git checkout: {listed.stderr.strip()}")
    may_name_them = {"CHANGELOG.md", "tests/workflow/test_repo.py", "tests/helpers/compare_runs.py"}
    found = []
    for name in set(listed.stdout.split("\0")) - may_name_them - {""}:
        path = ROOT / name
        if path.suffix in (".py", ".sql", ".yml", ".yaml", ".md", ".j2", ".js", ".smk", ".rst", ".ipynb", ".toml"):
            text = path.read_text(encoding="utf-8")
            found += [(name, word) for word in GONE if word in text]
    assert found == []
    # The verdict keeps its value, and prose calls it undecided.
    for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        prose = re.sub(r"```.*?```|`[^`]*`", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert "inconclusive" not in prose or path.name == "database.md", path.name


def test_the_columns_of_tables_use_one_word_for_one_thing():
    """Above is one threshold alone, jumps is both."""
    columns = {column for table in TABLES.values() for column in table["columns"]}
    assert {"is_above", "jumps", "n_above", "n_jumps", "is_proportion"} <= columns
    assert not {column for column in columns if re.search(r"displa|exceed|_told|emergent", column)}
