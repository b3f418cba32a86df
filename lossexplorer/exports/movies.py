"""Movies from pictures: GIF and WebP with Pillow, MP4 with ffmpeg, each written as a whole."""

from __future__ import annotations

import contextlib
import io
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from PIL import Image

from lossexplorer.core.files import replace_file

MOVIE_SUFFIXES = (".gif", ".webp", ".mp4")
"""The endings of movies' names: one for each format."""

_Frame = TypeVar("_Frame")
_PALETTE_SAMPLE = 400  # pixels along an edge of what the colours of a GIF are chosen from
_WEBP_QUALITY = 80
_MP4_CRF = 20  # x264's constant rate factor, at which text stays sharp; smaller is better


class MovieError(Exception):
    """A movie cannot be written; the message says why and what to do."""


class CancelledError(Exception):
    """A movie was cancelled while it was written."""


@dataclass(frozen=True)
class Movie:
    """Pictures that follow each other.

    Attributes
    ----------
    frames : sequence of bytes
        Image files, such as PNGs, of one size.
    seconds : float
        How long all of them take, above 0.
    """

    frames: Sequence[bytes]
    seconds: float


def to_and_fro(frames: Sequence[_Frame]) -> tuple[_Frame, ...]:
    """Return frames forwards and then backwards, so that the last is the first.

    Examples
    --------
    >>> to_and_fro("abc")
    ('a', 'b', 'c', 'b', 'a')
    """
    return (*frames, *frames[-2::-1])


def check_movie(path: Path) -> None:
    """Refuse a file that no movie can be written to.

    Raises
    ------
    MovieError
        If its ending is that of no format, or the format needs what is not installed.

    Examples
    --------
    >>> check_movie(Path("slider.gif"))
    """
    suffix = path.suffix.lower()
    if suffix not in MOVIE_SUFFIXES:
        raise MovieError(
            f"{path.name}: a movie ends in {', '.join(MOVIE_SUFFIXES[:-1])} or "
            f"{MOVIE_SUFFIXES[-1]}; choose one of these."
        )
    if suffix == ".mp4":
        _ffmpeg()


def write_movie(movie: Movie, path: Path, proceed: Callable[[int], bool] = lambda _: True) -> None:
    """Write a movie as a whole, in the format that the file's ending says.

    Parameters
    ----------
    movie : Movie
        What is written.
    path : Path
        Where.
    proceed : callable, optional
        Is told before each frame how many there were, and says whether to go on.

    Raises
    ------
    MovieError
        As `check_movie`, or if ffmpeg fails.
    CancelledError
        If `proceed` said so; nothing is left behind.
    OSError
        If it cannot be written.
    """
    check_movie(path)
    write = {".gif": _write_gif, ".webp": _write_webp, ".mp4": _write_mp4}[path.suffix.lower()]

    def frames() -> Iterator[Image.Image]:
        for place, frame in enumerate(movie.frames):
            if not proceed(place):
                raise CancelledError
            yield _image(frame)

    replace_file(path, lambda file: write(movie, frames(), file))


def _image(frame: bytes) -> Image.Image:
    with Image.open(io.BytesIO(frame)) as image:
        return image.convert("RGB")


def _write_gif(movie: Movie, frames: Iterator[Image.Image], file: Path) -> None:
    palette = _palette(movie)
    indexed = (each.quantize(palette=palette, dither=Image.Dither.NONE) for each in frames)
    _write_frames(indexed, movie, file, format="GIF", disposal=1)


def _palette(movie: Movie) -> Image.Image:
    """Return an image whose colours suit all frames, so that what does not move does not flicker.

    Three of the way there are looked at; on the way back they come again.
    """
    count = len(movie.frames)
    places = sorted({0, count // 4, count // 2})
    seen = Image.new("RGB", (_PALETTE_SAMPLE, _PALETTE_SAMPLE * len(places)))
    for row, place in enumerate(places):
        small = _image(movie.frames[place]).resize((_PALETTE_SAMPLE, _PALETTE_SAMPLE))
        seen.paste(small, (0, row * _PALETTE_SAMPLE))
    # Half of them are those that most pixels need, which may all be grey; the other half is as far
    # apart as the colours that there are, else what is small and bright would be pale.
    ways = (Image.Quantize.MEDIANCUT, Image.Quantize.MAXCOVERAGE)
    halves = [seen.quantize(128, method=way).getpalette() or [] for way in ways]
    palette = Image.new("P", (1, 1))
    palette.putpalette([level for half in halves for level in half])
    return palette


def _write_webp(movie: Movie, frames: Iterator[Image.Image], file: Path) -> None:
    _write_frames(frames, movie, file, format="WEBP", quality=_WEBP_QUALITY)


def _write_frames(
    frames: Iterator[Image.Image], movie: Movie, file: Path, format: str, **options: int
) -> None:
    """Write frames that are repeated for ever, with Pillow."""
    milliseconds = round(1e3 * movie.seconds / len(movie.frames))
    with file.open("wb") as stream:
        next(frames).save(
            stream,
            format,
            save_all=True,
            append_images=frames,
            duration=milliseconds,
            loop=0,
            **options,
        )


def _write_mp4(movie: Movie, frames: Iterator[Image.Image], file: Path) -> None:
    first = _image(movie.frames[0])
    size = (first.width - first.width % 2, first.height - first.height % 2)  # x264 wants even ones
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{size[0]}x{size[1]}"]
    source += ["-r", str(len(movie.frames) / movie.seconds), "-i", "-"]
    made = ["-vcodec", "libx264", "-pix_fmt", "yuv420p", "-crf", str(_MP4_CRF)]
    made += ["-movflags", "+faststart", "-f", "mp4", str(file)]
    # A file and not a pipe, because ffmpeg's messages are not read while it runs.
    with tempfile.TemporaryFile() as messages:
        try:
            process = subprocess.Popen(
                [_ffmpeg(), "-y", "-loglevel", "error", *source, *made],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=messages,
            )
        except OSError as error:
            raise MovieError(_ffmpeg_sentence(error)) from error
        try:
            assert process.stdin is not None
            with contextlib.suppress(BrokenPipeError):  # it says why below
                for frame in frames:
                    process.stdin.write(frame.crop((0, 0, *size)).tobytes())
                process.stdin.flush()
            process.communicate()
        finally:
            process.kill()
            with contextlib.suppress(BrokenPipeError):
                process.communicate()
        if process.returncode != 0:
            messages.seek(0)
            raise MovieError(_ffmpeg_sentence(messages.read().decode(errors="replace")))


def _ffmpeg_sentence(error: object) -> str:
    said = str(error).strip().splitlines() or ["it gave no reason"]
    return (
        f"ffmpeg could not write the movie ({said[0].rstrip('.:')}). IMAGEIO_FFMPEG_EXE can name "
        "another ffmpeg; GIF and WebP need none."
    )


def _ffmpeg() -> str:
    """Return where ffmpeg is."""
    try:
        import imageio_ffmpeg
    except ImportError:
        raise MovieError(
            "MP4 needs ffmpeg: pip install 'lossexplorer[movie]', or choose GIF or WebP."
        ) from None
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise MovieError(_ffmpeg_sentence(error)) from error
