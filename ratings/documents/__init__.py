"""版式与文书: a frozen context, a template, bytes.

The layout (`layout`, `official`) and the setting (`papers`, `pdf`, `engine`, `fonts`) read no database;
`life` keeps official documents in it, and the modules of the single papers gather from it what their context
says.
"""
