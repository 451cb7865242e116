"""The project as others get it: built, and installed into an environment of its own."""

import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOT_COPIED = shutil.ignore_patterns(
    ".*", "build", "dist", "*.egg-info", "__pycache__", "node_modules", "*.pyi", "outputs"
)


@dataclass(frozen=True)
class Installed:
    """An environment that holds the project, and an empty folder to work in.

    Args:
        python: Its interpreter.
        package: The folder that pip installed into.
        work: The working folder.
        env: Environment variables: home and caches are folders of the test.
    """

    python: Path
    package: Path
    work: Path
    env: dict[str, str]

    def run(self, *arguments: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """Run the interpreter in the working folder."""
        return subprocess.run(
            [str(self.python), *arguments],
            cwd=self.work,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def files(self) -> dict[str, tuple[int, int]]:
        """List what lies in the installation: size and time by name."""
        found = {path: path.stat() for path in self.package.rglob("*") if path.is_file()}
        return {
            str(path.relative_to(self.package)): (stat.st_size, stat.st_mtime_ns)
            for path, stat in found.items()
        }


def build(folder: Path) -> tuple[Path, Path]:
    """Build the source distribution, and from that the wheel, without network; return both."""
    source, out = folder / "source", folder / "dist"
    shutil.copytree(ROOT, source, ignore=NOT_COPIED)
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(source)]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, env=outside())
    return next(out.glob("*.tar.gz")), next(out.glob("*.whl"))


def install(wheel: Path, folder: Path) -> Installed:
    """Install a wheel into a new environment that sees the dependencies of this one."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    python = folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    subprocess.run([*pip, "--no-index", "--no-deps", str(wheel)], check=True, env=outside())
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    found = subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True)
    package = Path(found.stdout.strip())
    # Python reads no .pth file in a folder that one names, so an editable installation is not seen.
    (package / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    home, work = folder / "home", folder / "work"
    home.mkdir()
    work.mkdir()
    own = {"HOME": home, "XDG_CACHE_HOME": home / "cache", "MPLCONFIGDIR": home / "matplotlib"}
    return Installed(python, package, work, outside() | {k: str(v) for k, v in own.items()})


def outside() -> dict[str, str]:
    """Return environment variables that say nothing of this checkout."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "ESAM_"))}
