"""What is released: an sdist and a wheel that hold all of the package, and work where nothing else of the repository is."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile

import pytest
from builders import ROOT
from packaging.metadata import Metadata
from packaging.requirements import Requirement

UV = shutil.which("uv", path=f"{sys.prefix}/bin:{os.environ['PATH']}")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(UV is None, reason="uv is not installed: make setup")]
PAGE = "".join((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("bring_your_own.md", "python.md"))


def listed(*folders):
    """Files of the repository, without what is generated."""
    command = ["git", "ls-files", "-z", "-co", "--exclude-standard", "--", *folders]
    found = subprocess.run(command, cwd=ROOT, capture_output=True)
    if found.returncode:
        pytest.skip(f"not a git checkout: {found.stderr.decode().strip()}")
    return [name for name in found.stdout.decode().split("\0") if name]


def members(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def build(folder, *arguments):
    """As `make package` does, without a network."""
    command = [UV, "build", "--no-build-isolation", "--offline", "--python", sys.executable, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


WORKFLOW_ONLY = {
    "docutils", "jinja2", "matplotlib", "pillow", "pygments", "rouge-score", "seaborn", "snakemake", "tqdm",
    "vl-convert-python",
}  # fmt: skip
IMPORTED_AS = {"pillow": "PIL", "rouge-score": "rouge_score", "vl-convert-python": "vl_convert"}


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A copy: no test may find what an earlier build left in the repository itself."""
    copy = tmp_path_factory.mktemp("package") / "repository"
    for name in listed():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, copy / name, follow_symlinks=False)
    build(copy)
    return copy


@pytest.fixture(scope="module")
def wheel(repository):
    (path,) = repository.glob("dist/*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A folder where the wheel is installed, with no file of the repository beside it."""
    folder = tmp_path_factory.mktemp("installed")
    command = [
        UV,
        "pip",
        "install",
        "--offline",
        "--no-deps",
        "--python",
        sys.executable,
        "--target",
        folder / "site",
        wheel,
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


def python(installed, *arguments):
    """Python there. What is installed comes before the repository, which the environment of the tests knows too."""
    environment = os.environ | {"PYTHONPATH": f"{installed}/site:{installed}/tests/helpers"}
    return subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=installed, env=environment, capture_output=True, text=True
    )


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    found = {f"analysis/{name}": content for name, content in members(wheel).items() if ".dist-info/" not in name}
    assert found == {name: (ROOT / name).read_bytes() for name in listed("analysis")}
    assert {name.rsplit(".")[-1] for name in found} == {"py", "sql", "yml", "j2", "js", "rst"}


def test_the_sdist_makes_the_wheel_that_the_repository_makes(repository, wheel):
    (sdist,) = repository.glob("dist/*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.split("/", 1)[-1] for name in archive.getnames()}
    assert {"LICENSE", "README.md", "pyproject.toml", *listed("analysis")} <= names
    build(repository, "--wheel", "--out-dir", "direct")  # `wheel` is made from the sdist
    (direct,) = repository.glob("direct/*.whl")
    assert members(direct) == members(wheel) and direct.name == wheel.name


def test_the_metadata_is_that_of_the_project(wheel):
    files = {name.split(".dist-info/")[-1]: content for name, content in members(wheel).items()}
    found = Metadata.from_email(files["METADATA"])  # refuses what a package index refuses
    said = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert found.name == said["name"] and str(found.version) == said["version"]
    assert found.license_expression == "Apache-2.0" and found.license_files == ["LICENSE"]
    assert files["licenses/LICENSE"] == (ROOT / "LICENSE").read_bytes()
    assert found.description == (ROOT / "README.md").read_text(encoding="utf-8")
    assert found.description_content_type == "text/markdown"
    needed = {str(one) for one in found.requires_dist if one.marker is None}
    assert needed == {str(Requirement(one)) for one in said["dependencies"]}
    names = {Requirement(one).name for one in said["dependencies"]}
    extra = {Requirement(one).name for one in said["optional-dependencies"]["workflow"]}
    assert not names & WORKFLOW_ONLY and extra == WORKFLOW_ONLY


def test_the_python_of_the_page(installed):
    for name, content in re.findall(r"```csv (\S+)\n(.*?)\n```", PAGE, re.DOTALL):
        (installed / name).parent.mkdir(parents=True, exist_ok=True)
        (installed / name).write_text(content + "\n", encoding="utf-8")
    (code,) = re.findall(r"```python\n(import.*?)\n```", PAGE, re.DOTALL)
    # Nothing of what the extra `workflow` brings is there, and the user has a module of the name of the repository's folder.
    absent = f"import sys\nsys.modules |= dict.fromkeys({sorted(IMPORTED_AS.get(name, name) for name in WORKFLOW_ONLY)})"
    (installed / "analysis.py").write_text("raise ImportError('the module of a user')", encoding="utf-8")
    result = python(installed, "-c", f"{absent}\n{code}\nimport jumpcheck\nprint(jumpcheck.__file__)")
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("62.0 ") and "no break could be detected" in result.stdout and "GSM8K" in result.stdout
    assert result.stdout.splitlines()[-1] == str(installed / "site/jumpcheck/__init__.py")


def test_the_report_of_a_database_is_made(installed):
    """By its own tests, copied: of the repository they need the reference tables besides."""
    for name in listed("tests/helpers", "tests/pages/test_report.py", "data/reference"):
        (installed / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, installed / name, follow_symlinks=False)
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-c", os.devnull]
    result = python(installed, "-m", "pytest", *options, "tests/pages/test_report.py")
    assert result.returncode == 0 and " passed" in result.stdout, result.stdout + result.stderr


def test_the_workflow_is_a_module_of_a_project_with_an_analysis_of_its_own(installed, repository, tmp_path):
    """By the page's Snakefile, with the installed wheel; dry, because what the rules do is tested elsewhere."""
    (snakefile,) = re.findall(r"```python\n(module emergence:.*?)\n```", PAGE, re.DOTALL)
    (tmp_path / "Snakefile").write_text(snakefile.replace("PATH", str(repository)) + "\n", encoding="utf-8")
    (tmp_path / "analysis").mkdir()
    (tmp_path / "analysis/__init__.py").write_text("raise ImportError('the package of a user')", encoding="utf-8")
    (tmp_path / "my_results").mkdir()
    row = "task,model_family,model,n_parameters,metric,score\nt,F,m,1e9,acc,0.5\n"
    (tmp_path / "my_results/m.csv").write_text(row, encoding="utf-8")
    result = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "1", "--dry-run"],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": f"{installed}/site"}, capture_output=True, text=True,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    assert "emergence_report_page" in result.stdout + result.stderr
