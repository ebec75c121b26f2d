"""Errors that a user can act on."""


class InputError(Exception):
    """The input cannot be used. The message names the file or the setting, what was found and what to do."""
