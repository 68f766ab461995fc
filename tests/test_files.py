"""A file is never written over another unasked, and never by half."""

import errno
from pathlib import Path

import pytest

import steepest
from steepest.errors import SteepestError
from steepest.files import refuse_unwritable, what_to_do, written


def test_what_cannot_be_written_is_refused_before_any_work(tmp_path: Path) -> None:
    path = tmp_path / "fit.png"
    refuse_unwritable(path, force=False)
    path.write_text("an older one")
    with pytest.raises(SteepestError, match=r"is there already. Replace it with --force \(force=True\), or name anoth"):
        refuse_unwritable(path, force=False)
    refuse_unwritable(path, force=True)
    with pytest.raises(SteepestError, match=r"is a folder\. Name a file in it"):
        refuse_unwritable(tmp_path, force=True)
    with pytest.raises(SteepestError, match="there is no folder"):
        refuse_unwritable(tmp_path / "none" / "fit.png", force=True)


@pytest.mark.parametrize("there", [False, True])
def test_half_a_file_goes_and_an_older_one_stays(tmp_path: Path, there: bool) -> None:
    path = tmp_path / "page.html"
    if there:
        path.write_text("older")
    with pytest.raises(SteepestError, match="cannot be written: No space left"), written(path):
        path.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert path.exists() == there
    with pytest.raises(ZeroDivisionError), written(path):
        raise ZeroDivisionError


def test_only_a_full_disk_asks_for_space() -> None:
    assert all("Free some space" in what_to_do(OSError(number, "")) for number in (errno.ENOSPC, errno.EFBIG))
    assert all("Free" not in what_to_do(OSError(number, "")) for number in (errno.EROFS, errno.EACCES))


def test_one_wording_stands_in_one_place() -> None:
    home = Path(steepest.__file__).parent
    worded = [path.name for path in home.rglob("*.py") if 'is there already"' in path.read_text(encoding="utf-8")]
    assert worded == ["files.py"]
