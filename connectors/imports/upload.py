"""How large an upload may be: what is beyond that is not even stored."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, SkipFile

from connectors.imports.reading import LARGEST


class Bounded(FileUploadHandler):
    """Lets at most so many bytes of files through in one request; ``request.too_large`` tells."""

    received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.received += len(raw_data)
        if self.received > LARGEST:
            self.request.too_large = True  # type: ignore[union-attr]  # for the view to say
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> Any:
        """Another handler keeps the file."""
        return
