"""What a released version left behind, and that this version can still read it: digests of migrations,
backups of databases.
"""
