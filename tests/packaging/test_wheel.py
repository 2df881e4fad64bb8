"""The wheel, as a person gets it: built, installed into an empty environment, used."""

import os
import subprocess
import sys
import venv
import zipfile
from importlib.metadata import distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
# What a wheel can lose without any import failing.
DATA_FOLDERS = ["migrations", "templates", "static", "locale"]


def run(*command: str | Path, cwd: Path) -> str:
    env = {name: os.environ[name] for name in os.environ if not name.startswith("DJANGO_")}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    return next(folder.glob("errorkit-*.whl"))


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory) -> Path:
    """Return the interpreter of an environment that holds the wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    # The releases that this run uses anyway, so that a release of today cannot break it.
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(f"{found.name}=={found.version}" for found in distributions()))
    interpreter = folder / "bin" / "python"
    run(
        *(interpreter, "-m", "pip", "install", "--quiet", "--no-compile"),
        *("--constraint", constraints, wheel),
        cwd=folder,
    )
    return interpreter


def test_wheel_holds_every_file_of_the_package(wheel) -> None:
    tracked = run("git", "ls-files", "errorkit", cwd=ROOT).split()

    packed = set(zipfile.ZipFile(wheel).namelist())

    assert set(tracked) <= packed
    assert "errorkit/py.typed" in packed
    assert not [name for name in packed if name.startswith(("tests/", "project/"))]


@pytest.mark.parametrize("folder", DATA_FOLDERS)
def test_wheel_holds_the_data_of_the_package_when_there_is_some(wheel, folder) -> None:
    sources = [path for path in (ROOT / "errorkit" / folder).rglob("*") if path.suffix != ".pyc"]
    names = {path.relative_to(ROOT).as_posix() for path in sources if path.is_file()}

    assert names <= set(zipfile.ZipFile(wheel).namelist())


def test_translations_are_compiled_when_they_are_there() -> None:
    sources = list((ROOT / "errorkit").rglob("*.po"))

    assert all(source.with_suffix(".mo").exists() for source in sources)


def test_bare_site_migrates_when_the_wheel_is_installed(python, tmp_path) -> None:
    run(python, "-m", "django", "startproject", "hostsite", tmp_path, cwd=tmp_path)
    with (tmp_path / "hostsite" / "settings.py").open("a") as settings:
        settings.write(
            "INSTALLED_APPS += ['errorkit']\n"
            "MIDDLEWARE.insert(1, 'errorkit.middleware.ErrorkitMiddleware')\n"
        )

    run(python, "manage.py", "check", cwd=tmp_path)
    run(python, "manage.py", "migrate", "--verbosity=0", cwd=tmp_path)

    where = run(python, "-c", "import errorkit; print(errorkit.__file__)", cwd=tmp_path)
    assert not Path(where).is_relative_to(ROOT)


def test_environment_is_consistent_when_the_wheel_is_installed(python, tmp_path) -> None:
    assert "No broken requirements" in run(python, "-m", "pip", "check", cwd=tmp_path)


def test_locks_do_not_tell_where_packages_came_from() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text()

        assert "://" not in text
        assert "--find-links" not in text
        assert "--index" not in text
