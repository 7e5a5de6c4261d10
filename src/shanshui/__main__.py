"""The command, for those who start it as a module."""

from shanshui.cli.main import started

if __name__ == "__main__":
    started()
