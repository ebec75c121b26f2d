"""What a run would take of results, before it: python workflow/look.py SOURCE [rules=FILE] [scale_by=...] [...].

The choices are those of the configuration that concern the input: rules, scale_by, on_conflict, wide, missing, percent.
Rules for models that no rule knows are printed; where they are many, all of them go to the file unknown_models.yml here.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CHOICES = {"rules": "", "scale_by": "parameters", "on_conflict": "auto", "wide": "", "missing": "", "percent": ""}
SHOWN_RULES = 20
REST = Path("unknown_models.yml")


def main(arguments: list[str]) -> int:
    """Print the lines of `jumpcheck.normalise.look`; 1 where nothing could be taken."""
    if {"-h", "--help"} & set(arguments):
        print(__doc__)
        return 0
    choices = dict(CHOICES)
    given = [argument.removeprefix("source=") for argument in arguments]
    for argument in [one for one in given if one.partition("=")[0] in CHOICES]:
        name, _, choices[name] = argument.partition("=")
        given.remove(argument)
    if len(given) != 1 or given[0].startswith("-"):
        print(f"{__doc__}\nfound: {' '.join(arguments) or 'nothing'}", file=sys.stderr)
        return 2
    from jumpcheck.base.errors import InputError
    from jumpcheck.models import benchmark_sizes, known_facts, rule_files
    from jumpcheck.normalise.look import look, metrics_known
    from jumpcheck.normalise.results import NonePlaced

    reference = ROOT / "data/reference"
    rules = choices.pop("rules")
    try:
        own = [Path(rules)] if rules else []
        known = rule_files.read([*own, reference / "rules.yml"], len(own))
        facts = known_facts.read(reference / "preferred_metrics.csv", reference / "model_sizes.csv")
        sizes = benchmark_sizes.read(reference / "benchmark_sizes.csv", known)
        for line in look(given[0], known, metrics_known(reference / "metrics.csv"), facts, sizes=sizes, **choices):
            print(shortened(line))
    except NonePlaced as error:
        print(f"{error}\n{shortened(error.rules_to_complete)}")
        return 1
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def shortened(text: str) -> str:
    """A file of rules to complete with its first rules, the whole of which is written here; any other text as it is."""
    from jumpcheck.models.rules_to_complete import HEAD, first_rules

    if not text.startswith(HEAD):
        return text
    first, n_more = first_rules(text, SHOWN_RULES)
    if not n_more:
        return text
    if REST.exists() and not REST.read_text(encoding="utf-8").startswith(HEAD):
        return f"{first}# {n_more:,} more; {REST} here is another file, so they were not written"
    REST.write_text(text.rstrip() + "\n", encoding="utf-8")
    return f"{first}# {n_more:,} more; all of them are in {REST}"


if __name__ == "__main__":
    try:
        code = main(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code)
