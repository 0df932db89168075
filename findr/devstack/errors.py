"""What can stop a command before it has done its work."""


class CannotStart(Exception):
    """One clear sentence for the person at the terminal, and the last lines of a log where they help."""

    def __init__(self, sentence: str, log_lines: str = "") -> None:
        super().__init__(sentence)
        self.log_lines = log_lines
