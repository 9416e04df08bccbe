"""版式与文书: a frozen context, a template, bytes.

Pure are the layout (`layout`, `wording`, `official`) and the setting (`papers`, `pdf`, `engine`, `fonts`); `life` keeps official
documents, and the modules of the single papers gather from the database what their context says.
"""
