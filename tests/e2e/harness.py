# ruff: noqa: E501, S310  pieces of JavaScript stay on one line; every address here is of this
# machine
"""Drive a real JupyterLab, or Notebook 7, in headless Chromium, without galata and without any
download beyond PyPI + Debian.

with LabServer(root) as lab, browser_page() as page:
    nb = lab.write_notebook("t.ipynb", ["import x", "w = ...; w"])
    lab.open(page, nb); lab.run_all(page)
    page.locator(...).click()
    lab.kernel_eval("w.count")     # asks the notebook's own kernel, not the page
"""

from __future__ import annotations

import ast
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from tests.processes import LIMIT, LIMIT_MS, started

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
CHROMIUM_ARGS = [
    "--no-sandbox",  # needed as root (CI containers)
    "--disable-dev-shm-usage",  # /dev/shm is small in containers
    "--use-gl=angle",
    "--use-angle=swiftshader",  # software WebGL 1+2
    "--enable-unsafe-swiftshader",  # recent Chromium refuses the software fallback without it
    "--ignore-gpu-blocklist",
    # no calls home from a closed network (playwright sets most of these too)
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_http(url: str, proc=None, timeout: float = LIMIT) -> float:
    t0 = time.monotonic()
    while True:
        if proc is not None and proc.poll() is not None:
            raise RuntimeError(f"server ended with {proc.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=timeout) as r:
                if r.status == 200:
                    return time.monotonic() - t0
        except OSError:
            pass
        if time.monotonic() - t0 > timeout:
            raise TimeoutError(url)
        time.sleep(0.1)


class LabServer:
    def __init__(
        self,
        root: Path | str,
        python: str = sys.executable,
        timeout: float = LIMIT,
        theme: str = "JupyterLab Light",
        *,
        classic: bool = False,
    ):
        self.theme = theme
        self.module = "notebook" if classic else "jupyterlab"
        self.pages = "notebooks" if classic else "lab/tree"
        self.root = Path(root)
        self.root.mkdir(parents=True, exist_ok=True)
        self.python, self.timeout = python, timeout
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.tmp = tempfile.TemporaryDirectory(prefix="lab-")
        self.proc = None

    def __enter__(self):
        env = dict(os.environ)
        t = self.tmp.name
        env.update(
            JUPYTER_CONFIG_DIR=f"{t}/config",  # nothing of the user's leaks in
            JUPYTER_DATA_DIR=f"{t}/data",
            JUPYTER_RUNTIME_DIR=f"{t}/runtime",  # where the kernel connection files appear
            JUPYTERLAB_SETTINGS_DIR=f"{t}/settings",
            JUPYTERLAB_WORKSPACES_DIR=f"{t}/workspaces",
            IPYTHONDIR=f"{t}/ipython",
            PYTHONUNBUFFERED="1",
        )
        env.pop("JUPYTER_TOKEN", None)
        # No "Jupyter news" pop-up over the cells, and a chosen theme, from files (CLI flags do not
        # do it).
        cfg = Path(t, "config", "labconfig")
        cfg.mkdir(parents=True)
        (cfg / "page_config.json").write_text(
            json.dumps(
                {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
            )
        )
        st = Path(t, "settings", "@jupyterlab", "apputils-extension")
        st.mkdir(parents=True)
        (st / "themes.jupyterlab-settings").write_text(json.dumps({"theme": self.theme}))
        self.log = Path(t, "lab.log").open("wb")
        self.running = started(
            [
                self.python,
                "-m",
                self.module,
                "--no-browser",
                "--allow-root",
                "--ip=127.0.0.1",
                f"--port={self.port}",
                "--ServerApp.port_retries=0",
                f"--ServerApp.root_dir={self.root}",
                "--IdentityProvider.token=",
                "--ServerApp.password=",
                "--ServerApp.disable_check_xsrf=True",
                "--LabApp.expose_app_in_browser=True",  # window.jupyterapp
                "--JupyterNotebookApp.expose_app_in_browser=True",
                "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
                "--LabApp.extension_manager=readonly",
            ],
            cwd=self.root,
            env=env,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        self.proc = self.running.__enter__()
        try:
            self.startup_s = wait_http(self.url + "/api/status", self.proc, self.timeout)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc):
        if self.proc and self.proc.poll() is None:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(
                    urllib.request.Request(self.url + "/api/shutdown", method="POST"), timeout=LIMIT
                )
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.proc.wait(LIMIT)  # it ends its kernels, which have process groups of their own
        self.running.__exit__(None, None, None)
        self.log.close()
        self.tmp.cleanup()

    # -- notebooks ---------------------------------------------------------
    def write_notebook(self, name: str, cells: list[str]) -> str:
        import nbformat

        nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
        nb.metadata["kernelspec"] = {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
        nbformat.write(nb, self.root / name)
        return name

    def open(self, page, name: str) -> float:
        t0 = time.monotonic()
        for s in json.load(
            urllib.request.urlopen(self.url + "/api/sessions")
        ):  # one kernel at a time
            urllib.request.urlopen(
                urllib.request.Request(f"{self.url}/api/sessions/{s['id']}", method="DELETE")
            )
        self.current = name
        page.goto(f"{self.url}/{self.pages}/{name}?reset", wait_until="domcontentloaded")
        page.wait_for_function(
            "() => window.jupyterapp && document.querySelector('.jp-Notebook .jp-Cell')",
            timeout=self.timeout * 1000,
        )
        page.evaluate("async () => { await window.jupyterapp.restored; }")
        page.wait_for_function(
            """() => { const w = window.jupyterapp.shell.currentWidget;
                       const s = w && w.sessionContext;
                       return s && s.isReady && s.session && s.session.kernel &&
                              s.session.kernel.status === 'idle'; }""",
            timeout=self.timeout * 1000,
        )
        return time.monotonic() - t0

    def run_all(self, page, timeout: float | None = None) -> float:
        """Run every cell, wait until each has an execution count and the kernel is idle, raise
        on a Python error.
        """
        t0 = time.monotonic()
        page.evaluate(
            "async () => { await window.jupyterapp.commands.execute('notebook:run-all-cells'); }"
        )
        page.wait_for_function(
            """() => { const w = window.jupyterapp.shell.currentWidget;
                       const cs = w.content.widgets.filter(c => c.model.type === 'code');
                       return w.sessionContext.session.kernel.status === 'idle' &&
                              cs.every(c => c.model.executionCount !== null || !c.model.sharedModel.source.trim()); }""",
            timeout=(timeout or self.timeout) * 1000,
        )
        errs = page.evaluate(
            """() => window.jupyterapp.shell.currentWidget.content.widgets.flatMap(c =>
                     c.model.type !== 'code' ? [] : c.model.outputs.toJSON().filter(o => o.output_type === 'error'))"""
        )
        if errs:
            raise RuntimeError("\n".join(["cell failed:"] + errs[0]["traceback"]))
        return time.monotonic() - t0

    def save(self, page) -> None:
        page.evaluate(
            "async () => { await window.jupyterapp.commands.execute('docmanager:save'); }"
        )

    # -- the notebook's kernel, from outside ---------------------------------
    def set_theme(self, page, theme: str) -> None:
        page.evaluate(
            "async (t) => { await window.jupyterapp.commands.execute('apputils:change-theme',"
            " {theme: t}); }",
            theme,
        )

    def kernel_eval(self, expr: str, timeout: float = LIMIT):
        """Value of a Python expression in the running notebook's kernel (JSON-able), over its
        own ZMQ ports.
        """
        from jupyter_client import BlockingKernelClient

        sessions = json.load(urllib.request.urlopen(self.url + "/api/sessions"))
        kid = next(s["kernel"]["id"] for s in sessions if s["path"] == self.current)
        kc = BlockingKernelClient(connection_file=f"{self.tmp.name}/runtime/kernel-{kid}.json")
        kc.load_connection_file()
        kc.start_channels()
        try:
            kc.wait_for_ready(timeout=timeout)
            code = f"import json as _j\n_lab_probe = _j.dumps({expr})"
            msg = kc.execute(
                code,
                user_expressions={"v": "_lab_probe"},
                store_history=False,
                reply=True,
                timeout=timeout,
            )
            c = msg["content"]
            if c["status"] != "ok" or c["user_expressions"]["v"]["status"] != "ok":
                raise RuntimeError(str(c.get("traceback") or c))
            return json.loads(ast.literal_eval(c["user_expressions"]["v"]["data"]["text/plain"]))
        finally:
            kc.stop_channels()

    def wait_kernel(self, expr: str, want, timeout: float = LIMIT):
        """Poll: a click reaches Python asynchronously."""
        t0 = time.monotonic()
        while True:
            got = self.kernel_eval(expr)
            if got == want:
                return time.monotonic() - t0
            if time.monotonic() - t0 > timeout:
                raise AssertionError(f"{expr}: wanted {want!r}, last got {got!r}")
            time.sleep(0.05)


@contextlib.contextmanager
def browser_page(viewport=(1400, 1100)):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as p:
        b = p.chromium.launch(executable_path=CHROMIUM, headless=True, args=CHROMIUM_ARGS)
        ctx = b.new_context(viewport={"width": viewport[0], "height": viewport[1]})
        ctx.set_default_timeout(LIMIT_MS)
        page = ctx.new_page()
        page.console_log, page.failed, page.external = [], [], []
        page.on("console", lambda m: page.console_log.append((m.type, m.text)))
        page.on("pageerror", lambda e: page.console_log.append(("pageerror", str(e))))

        def route(r):  # a widget that reaches for a CDN must fail loudly, here as on a cluster
            if r.request.url.startswith(
                ("http://127.0.0.1", "http://localhost", "data:", "blob:", "file:")
            ):
                return r.continue_()
            page.external.append(r.request.url)
            return r.abort()

        ctx.route("**/*", route)
        try:
            yield page
        finally:
            ctx.close()
            b.close()


@contextlib.contextmanager
def marimo_server(app, folder, **more):
    """The address of `marimo run` on an app of this folder, with its own files and log in
    `folder`.
    """
    port = free_port()
    places = {f"XDG_{kind}_HOME": str(folder) for kind in ("CONFIG", "CACHE", "STATE", "DATA")}
    own = {
        "RESISTYPE_ROOT": str(Path(__file__).resolve().parents[2]),
        "MARIMO_SKIP_UPDATE_CHECK": "1",
        **more,
    }
    command = [sys.executable, "-m", "marimo", "-q", "-y", "run", str(Path(__file__).parent / app)]
    command += ["--headless", "--no-token", "--host", "127.0.0.1", "--port", str(port)]
    with (
        (Path(folder) / "log").open("wb") as log,
        started(
            command, env={**os.environ, **places, **own}, stdout=log, stderr=subprocess.STDOUT
        ) as server,
    ):
        try:
            wait_http(f"http://127.0.0.1:{port}/health", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(LIMIT)
