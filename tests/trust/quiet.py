"""Does the work of a user under a hook that tells of every socket: `python -m tests.trust.quiet
WHAT FOLDER`.
"""

from __future__ import annotations

import sys

TOLD: list[str] = []


def hook(event: str, args: object) -> None:
    """Note whatever touches the network, opens a browser or starts a program."""
    if event.startswith(("socket.", "urllib.", "http.", "ftplib.", "smtplib.", "webbrowser.")):
        TOLD.append(f"{event} {args!r}"[:200])


sys.addaudithook(hook)


def main() -> None:
    """Import, score, classify, report and export."""
    what, folder = sys.argv[1], sys.argv[2]
    import resistype as rt

    if what != "import":
        made = rt.datasets.demo()
        if what == "score":
            rt.score(made.expression, method=["ssgsea", "ucell"])
        if what == "report":
            calls = rt.classify(made.expression, samples=made.samples, baseline="Pre")
            calls.report(f"{folder}/report.html")
        if what == "command line":
            from resistype.cli import main as command

            for words in (
                ["demo", "--out", f"{folder}/demo"],
                ["signatures", "list"],
                ["schemes", "list"],
            ):
                try:
                    command(words)
                except SystemExit as end:
                    if end.code:
                        raise
        if what == "every name":
            for name in rt.__all__:
                getattr(rt, name)
    print("TOLD", len(TOLD), *TOLD[:5], flush=True)


if __name__ == "__main__":
    main()
