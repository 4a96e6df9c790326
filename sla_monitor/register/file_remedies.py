"""What helps with a file that cannot be read as it is: by the options of a command, by what is there on a page, or by
the parameters of an address."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class FileRemedies:
    """How one medium words each. `no_end` has `{heading}` for the column that may be it."""

    asked: str
    one_column: str
    columns: str
    no_end: str
    is_open: str
    dates: str
    years: str
    invoice: str = ""
    on: str = ""


COMMAND = FileRemedies(
    asked="which --map names",
    one_column="choose one with --map, or rename the others",
    columns="name them with --map",
    no_end='pass --map "{heading}=ended", or --open-without-end if every ticket is open',
    is_open="add its end, leave the row out, or pass --open-without-end",
    dates="say which, by --dates",
    years="export it with four, or pass --two-digit-years",
    invoice="add a column, or pass --invoice",
    on="add a column, or pass --date",
)
PAGE = FileRemedies(
    asked="which “Columns” names",
    one_column="choose another one under “Columns”, or rename them in the file",
    columns="choose them under “Columns”",
    no_end="choose it for “Ended” under “Columns”, or tick “Tickets without an end are open” if every ticket is",
    is_open="add its end, leave the row out, or tick “Tickets without an end are open”",
    dates="say which, by “Dates in the file”",
    years="export it with four, or tick “Years of two digits”",
)
INVOICE_PAGE = replace(
    PAGE,
    asked="which “Columns with other headings” names",
    one_column="name one under “Columns with other headings”, or rename them in the file",
    columns="name them under “Columns with other headings”",
    years="export it with four",
    invoice="add a column, or fill in “The invoice’s number”",
    on="add a column, or fill in “The invoice’s day”",
)
ADDRESS = FileRemedies(
    asked="which `map` names",
    one_column="choose one with map=HEADING=FIELD, or rename the others",
    columns="name them with map=HEADING=FIELD",
    no_end="pass map={heading}=ended, or open_without_end=true if every ticket is open",
    is_open="add its end, leave the row out, or pass open_without_end=true",
    dates="say which, by dates=day-first or dates=month-first",
    years="export it with four, or pass two_digit_years=true",
)
