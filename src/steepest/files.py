"""A file to be written: never over another unasked, and never half of one."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from steepest.errors import SteepestError


def refuse_unwritable(path: Path, *, force: bool) -> None:
    """Refuse, before anything is worked out, a file in a folder that is not there, and one that is, unless `force`.

    >>> refuse_unwritable(Path("pictures of 1912") / "fit.png", force=False)
    Traceback (most recent call last):
    steepest.errors.SteepestError: there is no folder 'pictures of 1912'. Make it, or name one that is there.
    """
    if not path.parent.is_dir():
        raise SteepestError(f"there is no folder '{path.parent}'", remedy="Make it, or name one that is there")
    if path.is_dir():
        raise SteepestError(f"'{path}' is a folder", remedy="Name a file in it")
    if path.exists() and not force:
        raise SteepestError(
            f"'{path}' is there already", remedy="Replace it with --force (force=True), or name another place"
        )


@contextmanager
def written(path: Path) -> Iterator[None]:
    """Word what the operating system has against a file that is being written, and leave no part of a new one behind.

    >>> with written(Path("fit.png")):
    ...     raise OSError(28, "No space left on device")
    Traceback (most recent call last):
    steepest.errors.SteepestError: 'fit.png' cannot be written: No space left on device. Free some space, or ...
    """
    new = not path.exists()
    try:
        yield
    except OSError as error:
        if new:  # half a file would pass for a whole one, and stand in the way of the next try
            with suppress(OSError):
                path.unlink(missing_ok=True)
        raise SteepestError(
            f"'{path}' cannot be written: {error.strerror or error}", remedy=what_to_do(error)
        ) from error


def what_to_do(error: OSError) -> str:
    """Say what helps where the operating system will not write.

    >>> what_to_do(OSError(errno.EROFS, "Read-only file system"))
    'Name another place, or look at what may be written there'
    """
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return (
        "Free some space, or name another place" if full else "Name another place, or look at what may be written there"
    )
