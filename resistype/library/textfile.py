"""Text of a stranger's file: small, a real file, and UTF-8, or a sentence about what it is instead."""

from __future__ import annotations

from pathlib import Path

from resistype.errors import SignatureError

__all__ = ["MAX_BYTES", "read_text"]

MAX_BYTES = 8 * 2**20


def read_text(path: Path, *, latin: bool = False) -> str:
    """Text of a file of at most 8 MB; with `latin`, what is not UTF-8 is read as Latin-1.

    Raises
    ------
    SignatureError
        When it is absent, no file, too large or not UTF-8 (E205).
    """
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise SignatureError(f"{path} is not a file.", code="E205")
        if size > MAX_BYTES:
            message = (
                f"{path} has {size / 2**20:.1f} MB; signature files have at most 8 MB. Split it, or check the file."
            )
            raise SignatureError(message, code="E205")
        return _decoded(path.read_bytes(), latin=latin)
    except FileNotFoundError:
        message = f"There is no file {path}. Give a TOML or GMT file, a folder, or the id of a shipped signature."
        raise SignatureError(message, code="E205") from None
    except UnicodeDecodeError as error:
        message = f"{path} is not UTF-8 text (byte {error.start}). Save it as UTF-8."
        raise SignatureError(message, code="E205") from None
    except OSError as error:
        raise SignatureError(f"{path} cannot be read: {error.strerror}.", code="E205") from None


def _decoded(content: bytes, *, latin: bool) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        if not latin or b"\0" in content:
            raise
    return content.decode("latin-1")
