"""Everything behind bin/serve, bin/test and bin/manage: the virtual environment, embedded servers, processes.

Standard library only (and psycopg once the virtual environment exists); it imports no app and no Django.
"""
