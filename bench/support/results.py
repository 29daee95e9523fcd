"""What `record` kept: the tables of each benchmark, by their titles and the first cells of their rows."""

import json
import pathlib


class Results:
    def __init__(self, directory):
        self.files = {path.stem: json.loads(path.read_text()) for path in sorted(pathlib.Path(directory).glob("*.json"))}

    def table(self, name, title):
        """The rows, as dictionaries by column, of the table of that benchmark whose title begins so; none if there is none."""
        for table in self.files.get(name, {}).get("tables", []):
            if table["title"].startswith(title):
                return [dict(zip(table["columns"], row)) for row in table["rows"]]
        return []

    def cell(self, name, title, row, *columns):
        """
        The number in the row whose first cells begin so, in the last of these columns that there is; None if there is none.
        """
        for found in self.table(name, title):
            if all(cell.startswith(start) for cell, start in zip(found.values(), row)):
                values = [number(found.get(column, "")) for column in columns]
                return next((value for value in reversed(values) if value is not None), None)
        return None


def number(text):
    """The number a cell begins with; None if it does not."""
    try:
        return float(text.replace(",", "").split()[0])
    except (IndexError, ValueError):
        return None
