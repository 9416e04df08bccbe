"""PDF files of one empty page, with the table of objects that readers want."""


def small_pdf(catalog=b"", *, page=b"", more=(), end=b"", mark=""):
    """`catalog` and `page` are further entries of these; `more` are objects from the fourth on; `end` stands
    before the table; `mark` makes a file of its own.
    """
    objects = [
        b"<</Type/Catalog/Pages 2 0 R" + catalog + b">>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>" + page + b">>",
        *more,
    ]
    content, places = b"%PDF-1.7\n%" + mark.encode() + b"\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(content))
        content += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    content += end
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return content + (
        b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
        % (len(objects) + 1, table, len(objects) + 1, len(content))
    )


def stream(content, entries=b""):
    """An object for `more`."""
    return b"<</Length %d%b>>\nstream\n%b\nendstream" % (len(content), entries, content)


SMALL_PDF = small_pdf()
