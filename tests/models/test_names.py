"""Which model it is: names as they are written in the wild, rules for paths, and the file of rules to complete."""

import pytest
import yaml
from builders import ROOT, snakemake
from jumpcheck.base.errors import InputError
from jumpcheck.models import rule_files
from jumpcheck.normalise import results
from result_files import RULES, of, reasons, v3, v4, write


def own(folder, text):
    """Rules of a user's before the known ones."""
    path = folder / "own.yml"
    path.write_text(text)
    return rule_files.read([path, ROOT / "data/reference/rules.yml"], 1)


@pytest.mark.parametrize(
    ("name", "family", "size", "steps"),
    [
        ("EleutherAI/pythia-v1.1-1.4b-deduped", "Pythia-deduped", 1.4e9, 143000),
        ("eleutherai/pythia-1b-v0", "Pythia", 1e9, 143000),
        ("pretrained=EleutherAI/pythia-70m,dtype=float16,revision=step1000", "Pythia", 70e6, 1000),
        ("use_accelerate=True,pretrained=EleutherAI/pythia-6.9b", "Pythia", 6.9e9, 143000),
        ("/data/models/pythia-160m-deduped/step3000", "Pythia-deduped", 160e6, 3000),
        ("./opt-13b/", "OPT", 13e9, None),
        ("C:\\models\\opt-6.7b", "OPT", 6.7e9, None),
        ("/cache/hub/models--facebook--opt-125m/snapshots/3d2b5f", "OPT", 125e6, None),
        ("Llama-2-7.0B", "Llama-2", 7e9, None),
        ("openai/gpt2", "GPT-2", 124e6, None),
        ("pythia-1b-bf16", "Pythia-bf16", 1e9, 143000),
        ("pythia-1b-0.5MtokBS", "Pythia-0.5mtokbs", 1e9, 143000),
        ("someone/opt-13b-finetuned", None, None, None),
        ("/data/opt-13b-finetuned", None, None, None),
        ("someone/opt-13b", None, None, None),
    ],
)
def test_names_as_they_are_written(name, family, size, steps):
    found = RULES.of_model(name, None)
    assert (found.model_family, found.n_parameters, found.training_steps) == (family, size, steps)


def test_checkpoints_in_paths_are_those_of_one_model(tmp_path):
    """By parameters the last one counts alone."""
    files = {f"{steps}.json": v4(f"/data/pythia-70m/step{steps}") for steps in (1000, 2000, 143000)}
    _, scores, rejects = of(write(tmp_path, files))
    assert scores["model"].unique().tolist() == ["pythia-70m"] and len(scores) == 1
    assert reasons(rejects) == [("earlier_checkpoint", 2)] * 2


def test_a_rule_on_the_path_of_a_file(tmp_path):
    rules = own(tmp_path, "models: [{path: '.*/llama-(?P<size>\\d+b)/.*', family: LLaMA, model: 'llama-{size}'}]")
    files = {f"in/llama-{size}/r.json": v3(f"/x/{size}") for size in ("7B", "13B", "30B")}
    files["in/opt.json"] = v3("facebook/opt-13b")
    write(tmp_path, files)
    tables, scores, rejects = of(tmp_path / "in", known=rules)
    sizes = {row["model"]: row["total_params"] for row in tables.models.to_pylist()}
    assert sizes == {"llama-7B": 7e9, "llama-13B": 13e9, "llama-30B": 30e9, "facebook/opt-13b": 13e9} and rejects == []
    assert scores.loc[scores["model_family"] == "LLaMA", "source_file"].nunique() == 3


def test_steps_in_a_path_or_a_name(tmp_path):
    rule = "models: [{pattern: 'net-(?P<size>\\d+m)-step(?P<steps>\\d+)', family: Net}, "
    rules = own(tmp_path, rule + "{path: '(?P<steps>\\d+)/.*', pattern: other, family: Other, n_parameters: 5000000}]")
    files = {f"in/{k}.json": v4(f"net-1m-step{k}") for k in (10, 20)} | {f"in/{k}/r.json": v4("other") for k in (10, 20)}
    write(tmp_path, files)
    _, scores, rejects = of(tmp_path / "in", known=rules)
    assert sorted(scores["model"]) == ["Net 1m", "other"] and reasons(rejects) == [("earlier_checkpoint", 2)] * 2
    _, scores, _ = of(tmp_path / "in", "steps", rules)
    assert set(scores["model"]) == {"step 10", "step 20"}


def test_a_model_that_no_file_names(tmp_path):
    nameless = v4()
    del nameless["config"], nameless["model_name"]
    write(tmp_path, {"in/net-1b/r.json": nameless | {"config": {}}, "in/r.json": v4()})
    _, _, rejects = of(tmp_path / "in")
    assert reasons(rejects) == [("missing_model", 2)] and "'path' and 'model'" in rejects[0]["detail"]
    rules = own(tmp_path, "models: [{path: 'net-(?P<size>\\d+b)/.*', family: Net, model: 'net-{size}'}]")
    _, scores, rejects = of(tmp_path / "in", known=rules)
    assert set(scores["model"]) == {"net-1b", "EleutherAI/pythia-70m"} and rejects == []


def test_a_whole_configuration_is_named_by_what_it_loads(tmp_path):
    arguments = {f"option_{k}": k for k in range(60)} | {"load": "/fsx/pythia-70m", "iteration": 1000}
    document = v3()
    document["config"] |= {"model": "neox", "model_args": arguments}
    other = v3()
    other["config"] |= {"model": "neox", "model_args": {f"option_{k}": k for k in range(60)}}
    _, scores, rejects = of(write(tmp_path, {"a.json": document, "b.json": other}), "steps")
    assert scores["model_family"].tolist() == ["/fsx/pythia-70m"] and scores["model"].tolist() == ["step 1000"]
    assert reasons(rejects) == [("unknown_scale", 2)] and "configuration " in rejects[0]["location"]
    assert len(rejects[0]["location"]) < 80


def test_the_reason_names_what_is_unknown(tmp_path):
    files = {
        "a.json": v4("lab/net", config={"model_args": "pretrained=lab/net,revision=step1"}),
        "b.json": v4("EleutherAI/pythia-70m", config={"model_args": "pretrained=EleutherAI/pythia-70m,revision=odd"}),
        "c.json": v4(),
    }
    _, _, rejects = of(write(tmp_path, files))
    detail = {reject["reason"]: reject["detail"] for reject in rejects}
    assert set(detail) == {"unknown_model", "unknown_revision"}
    assert "no rule knows the model 'lab/net'" in detail["unknown_model"] and "step1" in detail["unknown_model"]
    assert "revision 'odd'" in detail["unknown_revision"]


def test_what_one_file_says_of_a_model_holds_for_the_others(tmp_path):
    head = "task,model,metric,score"
    write(tmp_path, {"a.csv": f"{head},family,params\nt,m,acc,0.5,F,7.5B\n", "b.csv": f"{head}\nu,m,acc,0.25\n"})
    tables, scores, rejects = of(tmp_path)
    assert set(scores["model_family"]) == {"F"} and rejects == [] and tables.models["total_params"].to_pylist() == [7.5e9]


def test_rules_to_complete(tmp_path):
    """Every unknown name once; filled in, the file places them all."""
    files = {f"{k}.json": v4("lab/net-7b", {"a": {"acc,none": 0.5}, f"t{k}": {"acc,none": 0.5}}) for k in range(3)}
    files |= {"x.json": v4("lab/pythia-2b"), "y.json": v4()}
    tables, _, _ = of(write(tmp_path / "in", files))
    text = tables.facts["rules_to_complete"]
    assert tables.facts["unknown_models"] == 2 and text.count("pattern: 'lab/net") == 1
    assert "# 6 numbers, as in 0.json: unknown_model" in text and "the name says 7b" in text
    assert "the nearest rule is Pythia{variant}" in text
    with pytest.raises(InputError, match=r"models\[0\].family is None; fill in a name, or remove the rule"):
        own(tmp_path, text)
    filled = text.replace("family:\n", "family: Net\n").replace(
        "n_parameters:  # the name says 7b", "n_parameters: 7000000000"
    )
    filled = filled.replace("n_parameters:  # the name says 2b", "n_parameters: 2000000000")
    _, scores, rejects = of(tmp_path / "in", known=own(tmp_path, filled))
    assert {reject["reason"] for reject in rejects} == {"repeated"}
    assert scores.groupby("model_family")["model"].nunique().to_dict() == {"Net": 2, "Pythia": 1}
    assert yaml.safe_load(filled)["models"][0]["pattern"].endswith("7b")


def test_a_run_writes_the_rules_to_complete_and_says_what_to_do_next(tmp_path):
    write(tmp_path / "in", {f"{size}.json": v4(f"lab/net-{size}") for size in ("1b", "2b", "4b")})
    command = ["data/d/emergence.duckdb", "--directory", tmp_path, "--config", "dataset=d", f"source={tmp_path / 'in'}"]
    result = snakemake(*command)
    assert result.returncode == 1
    path = tmp_path / "data/d/unknown_models.yml"
    said = "data/d/unknown_models.yml has a rule to complete for each: copy it, fill it in, and run again with rules=YOUR_"
    assert said in result.stdout
    # The last line of all says it once more.
    assert said in (result.stdout + result.stderr).splitlines()[-1] or said in result.stderr.splitlines()[-1]
    rules = tmp_path / "my_rules.yml"
    text = path.read_text().replace("family:\n", "family: Net\n")
    for size in "124":
        text = text.replace(f"n_parameters:  # the name says {size}b", f"n_parameters: {size}000000000")
    rules.write_text(text)
    assert snakemake(*command, f"rules={rules}").returncode == 0 and not path.exists()
    # A file that is in use is not written over.
    path.write_text("models: [{pattern: other, family: O}]")
    assert snakemake(*command, f"rules={path}").returncode == 1
    assert path.read_text() == "models: [{pattern: other, family: O}]"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("{family: F}", "neither 'pattern'"),
        ("{pattern: 'a(', family: F}", "no regular expression"),
        ("{path: x, family: '{size}'}", "no group of the pattern"),
        ("{path: x, family: F, model: '{size}'}", "no group of the pattern"),
        ("{pattern: x, family: F, model: ''}", "fill in a name"),
        ("{pattern: x, family: [F]}", "fill in a name"),
    ],
)
def test_rules_that_are_none(tmp_path, rule, said):
    with pytest.raises(InputError, match=said):
        own(tmp_path, f"models: [{rule}]")


def test_nothing_placed_brings_its_rules(tmp_path):
    with pytest.raises(results.NonePlaced) as raised:
        results.normalise(write(tmp_path, {"a.json": v4("lab/net-7b")}), RULES)
    assert "lab/net" in raised.value.rules_to_complete


@pytest.mark.parametrize(
    ("columns", "values", "scale_by", "scale"),
    [
        ("training_steps", "1000", "tokens", 1000 * 2097152),
        ("training_tokens", "2097152000", "steps", 1000),
        ("training_steps", "1000", "steps", 1000),
        ("revision,training_tokens", "step3000,6291456000", "steps", 3000),
    ],
)
def test_a_checkpoint_of_a_known_model_is_not_the_finished_one(tmp_path, columns, values, scale_by, scale):
    """Steps and tokens follow from each other by the batch; those of the finished model are not put in their place."""
    rows = "".join(
        f"t,EleutherAI/pythia-70m,acc,{score},{given}\n" for score, given in ((0.25, values), (0.5, values + "0"))
    )
    write(tmp_path, {"t.csv": f"task,model,metric,score,{columns}\n{rows}"})
    tables, _, _ = of(tmp_path, scale_by)
    assert scale in [row["scale"] for row in tables.models.to_pylist()]
    assert all(row["scale"] != 143000 for row in tables.models.to_pylist())
