"""The one exception that a user's input can cause."""


class UserError(Exception):
    """Something the user can mend: one sentence that names the file or option and the remedy.

    Commands print it on stderr without a traceback and exit with code 2.
    """
