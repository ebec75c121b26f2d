"""What a run would take of results, before it: python workflow/look.py SOURCE [rules=FILE] [scale_by=...] [...].

The choices are those of the configuration that concern the input: rules, scale_by, on_conflict, wide, missing.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CHOICES = {"rules": "", "scale_by": "parameters", "on_conflict": "auto", "wide": "", "missing": ""}


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
    from jumpcheck.models import known_facts, names
    from jumpcheck.normalise.look import look, metrics_known
    from jumpcheck.normalise.results import NonePlaced

    reference = ROOT / "data/reference"
    rules = choices.pop("rules")
    try:
        own = [Path(rules)] if rules else []
        known = names.read([*own, reference / "rules.yml"], len(own))
        facts = known_facts.read(reference / "preferred_metrics.csv", reference / "model_sizes.csv")
        for line in look(given[0], known, metrics_known(reference / "metrics.csv"), facts, **choices):
            print(line)
    except NonePlaced as error:
        print(f"{error}\n{error.rules_to_complete}")
        return 1
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
