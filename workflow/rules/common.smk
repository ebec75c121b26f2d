# Checks the configuration and derives from it what the stages share. No rules.
import contextlib
import difflib
import fcntl
import json
import math
import os
import sys
from pathlib import Path

import yaml
from snakemake.exceptions import WorkflowError
from snakemake.utils import validate

from jumpcheck.base.dependencies import dependencies
from jumpcheck.base.errors import InputError
from jumpcheck.base.made import damaged, dated_later
from jumpcheck.base.shards import n_shards_for
from jumpcheck.figures.registry import FIGURES, LISTED, caption_of, figures_of
from jumpcheck.sources.layout import fingerprint, is_address, is_results, secret_in
from jumpcheck.sources.published import KINDS, PREFERRED, kind_of


def check_config(config):
    """Stop at an unknown key with the nearest known one; fill in defaults and check values by the schema."""
    schema = workflow.source_path("../schemas/config.schema.yaml")
    with open(schema, encoding="utf-8") as file:
        properties = yaml.safe_load(file)["properties"]
    if "verify" in config:
        raise WorkflowError("config: verify is a target now: snakemake --cores 1 verify")
    for key in config:
        if key not in properties:
            nearest = difflib.get_close_matches(key, properties, n=1, cutoff=0)
            raise WorkflowError(f"config: there is no key '{key}'; the nearest one is '{nearest[0]}'")
    for key, value in config.items():
        # To Snakemake dataset=2023_1 on the command line is the number 20231, and strict=true a text.
        kind = properties[key]["type"]
        if kind == "string" and not isinstance(value, str):
            raise WorkflowError(f"config: {key} is read as {value!r}; give a text with a letter, so it is no number")
        elif kind == "number" and isinstance(value, float) and not math.isfinite(value):
            raise WorkflowError(f"config: {key} is {value}; give a finite number")
        elif kind == "boolean" and str(value).lower() in ("true", "false"):
            config[key] = str(value).lower() == "true"
    validate(config, schema)


def check_places(config):
    """Stop at what no run can use: secrets in addresses, rules that are not there, a name that promises what it is not."""
    for key in ("source", *(f"{word}_address" for word in KINDS)):
        if secret_in(config[key]):
            raise WorkflowError(
                f"config: {key} has a name or a password before its @, which a run would write into its files. Give the address "
                "without it, and the password to git: git config --global credential.helper store (or cache), or a program in "
                "the environment variable GIT_ASKPASS"
            )
        if "\n" in config[key] or "\r" in config[key]:
            raise WorkflowError(f"config: {key} has a line break in it")
    if config["rules"] and not os.path.isfile(config["rules"]):
        raise WorkflowError(f"config: rules: there is no file {config['rules']}")
    if "{" in config["rules"]:
        raise WorkflowError("config: rules: to Snakemake braces in a path are wildcards; put the file elsewhere")
    if config["dataset"] == "simulated" and config["source"] != "simulated":
        raise WorkflowError("config: dataset=simulated is the name of what is simulated; give real results another name")


def check_writable(dataset):
    """Stop where nothing can be written, before Snakemake and every job say so in their own words."""
    for wanted in (".snakemake", f"data/{dataset}", f"results/{dataset}", f"logs/{dataset}"):
        folder = Path.cwd() / wanted
        # Only these subfolders are checked too: data/<dataset>/raw and .snakemake may hold very many.
        below = [path for part in ("shards", "shards/*", "figures", "tables") for path in folder.glob(part)]
        while not folder.exists():
            folder = folder.parent
        for place in (folder, *below):
            if not os.access(place, os.W_OK | os.X_OK):
                raise WorkflowError(
                    f"{place} cannot be written: it is another user's, or its disk is read-only. Ask for the right to write "
                    "there, or give a folder of your own: --directory FOLDER"
                )


check_config(config)
check_places(config)
check_writable(config["dataset"])
DATASET = config["dataset"]
SIMULATED = config["source"] == "simulated"
TRAINED = config["source"] == "trained"  # models that this workflow trains
PUBLISHED = config["source"] in KINDS  # BIG-bench's scores in one published file
ONLY_PREFERRED = (KINDS.get(config["source"]) or kind_of(Path(config["source"]))) is PREFERRED
# What figures call the dataset: nobody shall take simulated data for real.
DATASET_LABEL = DATASET if not SIMULATED or DATASET == "simulated" else f"{DATASET} (simulated)"


ROOT = Path(workflow.current_basedir.get_path_or_uri(secret_free=True)).parents[1]


def packaged(path):
    """A file of the project, by its path in it, as an input of a rule."""
    if "{" not in str(ROOT):
        return workflow.source_path(f"../../{path}")
    # To Snakemake braces in a path are wildcards. Seen from the project's folder there are none.
    relative = os.path.relpath(ROOT / path)
    if "{" in relative:
        raise WorkflowError(f"the path of the project has braces, {ROOT}: run it from that folder, or give it another name")
    return relative


def code_of(script):
    """Modules, SQL and other files of the package that a script of workflow/scripts depends on, found in its code."""
    files = dependencies(ROOT / "workflow/scripts" / script, ROOT / "analysis/jumpcheck")
    return [packaged(path.relative_to(ROOT)) for path in files]


def reference(name):
    """A table of data/reference."""
    return packaged(f"data/reference/{name}.csv")


def report_labels(name):
    """How Snakemake's report lists a figure or a table, and its caption, relative to the folder of the rules."""
    return {
        "category": LISTED[name]["section"],
        "labels": {"figure": LISTED[name]["title"]},
        "caption": f"../../analysis/jumpcheck/{caption_of(name)}",
    }


def input_bytes():
    """Size of an input on this machine; None where it is made or fetched."""
    source = Path(config["source"])
    if SIMULATED or TRAINED or PUBLISHED or is_address(config["source"]) or not source.exists():
        return None
    paths = [source] if source.is_file() else (Path(folder, name) for folder, _, names in os.walk(source) for name in names)
    return sum(path.stat().st_size for path in paths if path.is_file())


# The run measures the input and passes the size to its jobs in an environment variable. A job measures it again only on
# a cluster that does not pass the environment on.
SIZES_VARIABLE = "JUMPCHECK_INPUT_BYTES"
SIZES = json.loads(os.environ.get(SIZES_VARIABLE, "{}"))  # by dataset: a workflow may use this one twice
if workflow.is_main_process or DATASET not in SIZES:
    SIZES[DATASET] = input_bytes()
    os.environ[SIZES_VARIABLE] = json.dumps(SIZES)
INPUT_BYTES = SIZES[DATASET]
# How many shards the work is cut into: as configured, or by the size of the input.
N_SHARDS = config["shards"] or n_shards_for(INPUT_BYTES or 0)
# A stage of a small input is too quick for two processes, and leaves a core to what needs no data.
STAGE_THREADS = 1 if PUBLISHED or TRAINED or (INPUT_BYTES is not None and INPUT_BYTES < 20e6) else 2
HAS_RESULTS = TRAINED or PUBLISHED or (not SIMULATED and is_results(Path(config["source"])))
SHARDS = [f"{k:03}" for k in range(N_SHARDS)]
# What the results depend on; not on how the work is cut.
RESULT_CONFIG = {key: value for key, value in config.items() if key != "shards"}
SHARD = f"data/{DATASET}/shards/{{shard}}"
try:
    CORES = workflow.cores
except WorkflowError:  # on a cluster, where there is no total; profiles say how many threads a rule gets
    CORES = 2
# One shard has the machine for itself; of several a few run at a time.
TEST_THREADS = CORES if N_SHARDS == 1 else min(2, CORES)


wildcard_constraints:
    shard=r"\d{3}",


def source_state(wildcards):
    """Changes when a score file of the source does, so that the input is read again."""
    if PUBLISHED:
        return config[f"{config['source']}_address"]  # the content is fixed by its digest
    try:
        if is_results(Path(config["source"])):
            from jumpcheck.formats.reading import fingerprint as fingerprint_of_results

            return fingerprint_of_results(Path(config["source"]))
        return fingerprint(config["source"])
    except InputError:
        return "not there"  # which the rule `download` says, in one line


def lock_dataset():
    """Keep two runs off one dataset. The lock ends with the process, also when it is killed."""
    path = Path("data") / DATASET / ".lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    file = open(path, "w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise WorkflowError(f"another run works on dataset '{DATASET}'; wait for it, or give this one another dataset")
    return file


def another_run_works():
    """Whether a run holds the lock: what looks damaged then may be what it has just made, and has not recorded yet."""
    try:
        with open(Path("data", DATASET, ".lock")) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # there is no lock yet
        pass
    return False


def name_what_is_damaged():
    """Name outputs that are not as their job left them, and count those that are dated later than now; whether there are any.

    Nothing on the disk changes while the workflow is read: the rule `verify` sets them aside.
    """
    faults, later = damaged(Path("logs", DATASET), False), dated_later(Path("logs", DATASET), time.time())
    for fault in faults.values():
        print(f"damaged: {fault}", file=sys.stderr)
    if later:
        print(
            f"clock: {len(later):,} files and folders are dated later than now, so that changes before them would be missed",
            file=sys.stderr,
        )
    if faults or later:
        print(
            "Nothing of this is changed here: `snakemake --cores 1 verify`, with the same --config, sets it aside, and the next "
            "run makes it again",
            file=sys.stderr,
        )
    return bool(faults or later)


IS_DAMAGED = workflow.is_main_process and not another_run_works() and name_what_is_damaged()


DATABASE = Path("data", DATASET, "emergence.duckdb")
LAST_DATABASE = Path("data", DATASET, "emergence.last.duckdb")


def keep_last_database():
    """Give the database a second name: Snakemake deletes an output before it makes it again, and the job may fail."""
    if DATABASE.exists():
        LAST_DATABASE.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # a disk without hard links
            LAST_DATABASE.hardlink_to(DATABASE)


def drop_last_database():
    """Take the second name away again where there is a database; where there is none, say what is left of the last one."""
    if DATABASE.exists():
        LAST_DATABASE.unlink(missing_ok=True)
    elif LAST_DATABASE.exists():
        print(f"The last database that was built well is kept: {LAST_DATABASE}", file=sys.stderr)


onstart:
    global dataset_lock
    dataset_lock = lock_dataset()
    verifies = {rule.name for rule in workflow.dag.targetrules} == {"verify"}
    if IS_DAMAGED and not verifies:
        raise WorkflowError(
            "files of an earlier run are damaged or dated later than now (named above): run `snakemake --cores 1 verify`, with "
            "the same --config, and then the same command again"
        )
    if not verifies:  # which may find that the database itself is damaged
        keep_last_database()
