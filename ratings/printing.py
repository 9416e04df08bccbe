"""The PDF renderer of the documents, lent to the pages used all year."""

from ratings.documents.fonts import FontMissing
from ratings.documents.papers import paper_pdf
from ratings.documents.pdf import DocumentError
from schools.printing import Paper
from schools.saving import Refused


def print_paper(paper: Paper) -> bytes:
    """See `schools.printing.pdf_of`."""
    try:
        return paper_pdf(paper)
    except (FontMissing, DocumentError) as error:
        raise Refused(str(error)) from error
