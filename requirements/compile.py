"""Compile the locks from pyproject.toml, or tell which are stale.

    python requirements/compile.py           makes them anew, with the newest releases (`make locks`)
    python requirements/compile.py --check   exit 1 if pyproject.toml has changed since

Every lock is universal: it holds for Linux, macOS and Windows, and for every Python from the one it was
resolved for. Its second line is a digest of what it was made from, so the check needs no network.
"""

import hashlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
PYPROJECT = HERE.parent / "pyproject.toml"

LOCKS: dict[str, list[str]] = {
    # All that development needs: tests, browser, checks.
    "dev.txt": ["--group=pyproject.toml:dev", "--python-version=3.11"],
    "bench.txt": ["--group=pyproject.toml:bench", "--python-version=3.11"],
    "docs.txt": ["--group=pyproject.toml:docs", "--python-version=3.11"],
    # What the tests need, for the Pythons besides the newest; Django 5.2 on Python 3.11.
    "test.txt": ["--group=pyproject.toml:test", "--python-version=3.11"],
    "django60.txt": [
        "--group=pyproject.toml:test",
        "--python-version=3.12",
        "--constraint=requirements/django60.in",
    ],
    # The lowest releases that pyproject.toml admits.
    "lowest.txt": [
        "--group=pyproject.toml:test",
        "--python-version=3.11",
        "--resolution=lowest-direct",
    ],
}


def main() -> int:
    if "--check" not in sys.argv:
        for name in LOCKS:
            (HERE / name).write_text(compile_lock(name))
        return 0
    stale = [name for name in LOCKS if header(name) not in (HERE / name).read_text()]
    for name in stale:
        print(f"requirements/{name} is older than pyproject.toml: run `make locks`")
    return 1 if stale else 0


def compile_lock(name: str) -> str:
    """Return the text of a lock, freshly resolved."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", *LOCKS[name]]
    command += ["--universal", "--upgrade", "--generate-hashes", "--quiet", "--no-header"]
    # A lock must not tell where this machine gets its packages from.
    command += ["--no-emit-index-url", "--no-emit-find-links"]
    done = subprocess.run(command, cwd=HERE.parent, check=True, capture_output=True, text=True)
    return f"{header(name)}\n{done.stdout}"


def header(name: str) -> str:
    return (
        "# Made by `make locks` from pyproject.toml; never edit it by hand.\n"
        f"# {digest(name)} {' '.join(LOCKS[name])}"
    )


def digest(name: str) -> str:
    """Return a digest of everything in pyproject.toml that this lock depends on."""
    pyproject = tomllib.loads(PYPROJECT.read_text())
    sources = [pyproject["project"].get(key) for key in ("dependencies", "optional-dependencies")]
    sources += [pyproject["project"]["requires-python"], pyproject["dependency-groups"], name]
    return hashlib.sha256(json.dumps(sources, sort_keys=True).encode()).hexdigest()[:16]


if __name__ == "__main__":
    sys.exit(main())
