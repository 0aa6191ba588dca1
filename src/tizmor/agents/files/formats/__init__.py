"""One file per document format: bytes in, text out as light Markdown.

Headings stay headings, lists lists and tables tables, whatever the format, so that what reads the
text needs to know one notation only.
"""
