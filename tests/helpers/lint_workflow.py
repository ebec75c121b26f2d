"""`snakemake --lint`, but for one of its rules: prints every other problem, and any ends in exit status 1.

That rule asks for a conda environment or a container per rule. The software of this workflow is one locked environment
(requirements.lock), in which the tests run; an environment that no test runs in would be a promise that nobody keeps.
"""

import subprocess
import sys

PASSED_OVER = "    * Specify a conda environment or container for each rule.:"


def problems():
    linted = subprocess.run(["snakemake", "--lint"], capture_output=True, text=True, check=False)
    lines = (linted.stdout + linted.stderr).splitlines()
    titles = [line for line in lines if line.startswith("    * ")]
    if linted.returncode and not titles:  # it could not even read the workflow
        return lines
    place, found = "", []
    for line in lines:
        if line.startswith("Lints for "):
            place = line
        elif line in titles and line != PASSED_OVER:
            found.append(f"{place}\n{line}")
    return found


if __name__ == "__main__":
    found = problems()
    print("\n".join(found) or "snakemake --lint: no problem")
    sys.exit(bool(found))
