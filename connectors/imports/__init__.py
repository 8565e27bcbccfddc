"""Rows that a person gives as a file: checked first, shown, and written only when confirmed.

``reading`` makes rows of bytes, ``heading`` matches their columns, ``checking`` says what each row
would come to by the rules of a load, ``kept`` holds that for a day, ``writing`` puts it into the
files of the source. docs/import.md describes it for people.
"""
