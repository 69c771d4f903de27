"""The one exception that ends the program with a sentence instead of a traceback."""


class UserError(Exception):
    """Something the user can put right; the message names the file or option and the remedy."""
