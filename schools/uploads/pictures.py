"""Whether a picture is whole and of bearable size; runs apart."""

import io
import warnings

from PIL import Image, ImageFile, JpegImagePlugin, PngImagePlugin

from schools.workbooks.archive import ArchiveError, refuse_if

from .contents import MARKUP

MOST_PIXELS = 60_000_000
#: Named, so that the child does not load the readers of forty formats to find these two.
FORMATS = (JpegImagePlugin.JpegImageFile.format, PngImagePlugin.PngImageFile.format)


def inspect(content: bytes) -> bytes:
    """Its format, JPEG or PNG; ArchiveError for what is no picture that can be shown."""
    refuse_if(MARKUP.search(content), "图片里夹带了网页脚本，已拒绝，请用看图软件另存后再上传。")
    too_large = f"图片超过 {MOST_PIXELS // 10_000} 万像素，请缩小后再上传。"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # its own limit follows
            picture = Image.open(io.BytesIO(content), formats=FORMATS)
            refuse_if(picture.width * picture.height > MOST_PIXELS, too_large)
            ImageFile.LOAD_TRUNCATED_IMAGES = False  # the PDF library turns it on where it is loaded
            picture.draft("L", (1024, 1024))  # a JPEG is decoded at a fraction of its size
            picture.load()
    except ArchiveError:
        raise
    except Image.DecompressionBombError as error:
        raise ArchiveError(too_large) from error
    except Exception as error:
        raise ArchiveError("图片已损坏或不完整，请重新扫描或另存后再上传。") from error
    return picture.format.encode()
