"""The eight calls of the warehouse's Thrift service, over the engine."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any

import lz4.frame
import pyarrow as pa
from databricks.sql.thrift_api.TCLIService import ttypes as t

from tests.warehouse import columns
from tests.warehouse.errors import StatementError

_VERSION = t.TProtocolVersion.SPARK_CLI_SERVICE_PROTOCOL_V8  # the first with native parameters
_BATCH_ROWS = 10_000

Execute = Callable[[str, Any], pa.Table]


class Operation:
    """A statement under way, then its result or its error."""

    def __init__(self, *, compress: bool) -> None:
        self.handle = t.TOperationHandle(
            operationId=_handle(),
            operationType=t.TOperationType.EXECUTE_STATEMENT,
            hasResultSet=True,
        )
        self.compress = compress
        self.state = t.TOperationState.RUNNING_STATE
        self.error: StatementError | None = None
        self.result = pa.table({})
        self.position = 0
        self.done = threading.Event()

    def perform(self, work: Callable[[], pa.Table]) -> None:
        try:
            self.result = work()
            self.state = t.TOperationState.FINISHED_STATE
        except StatementError as error:
            self._fail(error)
        finally:
            if self.state == t.TOperationState.RUNNING_STATE:  # ours: the client must hear of it
                self._fail(StatementError("INTERNAL_ERROR", "see the server's log", "XX000"))
            self.done.set()

    def _fail(self, error: StatementError) -> None:
        self.error = error
        self.state = t.TOperationState.ERROR_STATE


class Service:
    """``TCLIService.Iface``: the generated processor calls it, so the names are Thrift's."""

    def __init__(self, execute: Execute, *, page_rows: int | None = None) -> None:
        self.execute = execute
        self.page_rows = page_rows
        self.wait = 5.0  # seconds a call waits for a statement before it says "running"
        self.sessions: set[bytes] = set()
        self.operations: dict[bytes, Operation] = {}
        self.rows_sent = 0

    def OpenSession(self, request: Any) -> Any:
        handle = _handle()
        self.sessions.add(handle.guid)
        return t.TOpenSessionResp(
            status=_ok(),
            serverProtocolVersion=_VERSION,
            sessionHandle=t.TSessionHandle(sessionId=handle, serverProtocolVersion=_VERSION),
            configuration={},
            initialNamespace=request.initialNamespace,
            canUseMultipleCatalogs=True,
        )

    def CloseSession(self, request: Any) -> Any:
        self.sessions.discard(request.sessionHandle.sessionId.guid)
        return t.TCloseSessionResp(status=_ok())

    def ExecuteStatement(self, request: Any) -> Any:
        if request.sessionHandle.sessionId.guid not in self.sessions:
            return t.TExecuteStatementResp(status=_invalid("SessionHandle"))
        operation = Operation(compress=bool(request.canDecompressLZ4Result))
        self.operations[operation.handle.operationId.guid] = operation
        threading.Thread(
            target=operation.perform,
            args=(lambda: self.execute(request.statement, request.parameters),),
            daemon=True,
        ).start()
        answer = t.TExecuteStatementResp(status=_ok(), operationHandle=operation.handle)
        if request.getDirectResults and operation.done.wait(self.wait):
            answer.directResults = self._direct_results(operation, request.getDirectResults)
        return answer

    def GetOperationStatus(self, request: Any) -> Any:
        operation = self._operation(request)
        if operation is None:
            return t.TGetOperationStatusResp(status=_invalid("OperationHandle"))
        operation.done.wait(self.wait)  # the client asks again at once: let it wait here
        return _status(operation)

    def GetResultSetMetadata(self, request: Any) -> Any:
        operation = self._operation(request)
        if operation is None:
            return t.TGetResultSetMetadataResp(status=_invalid("OperationHandle"))
        return _metadata(operation)

    def FetchResults(self, request: Any) -> Any:
        operation = self._operation(request)
        if operation is None:
            return t.TFetchResultsResp(status=_invalid("OperationHandle"))
        return self._page(operation, request.maxRows)

    def CloseOperation(self, request: Any) -> Any:
        self.operations.pop(request.operationHandle.operationId.guid, None)
        return t.TCloseOperationResp(status=_ok())

    def CancelOperation(self, request: Any) -> Any:
        operation = self._operation(request)
        if operation and not operation.done.is_set():
            operation.state = t.TOperationState.CANCELED_STATE
            operation.done.set()
        return t.TCancelOperationResp(status=_ok())

    def _operation(self, request: Any) -> Operation | None:
        return self.operations.get(request.operationHandle.operationId.guid)

    def _direct_results(self, operation: Operation, wanted: Any) -> Any:
        results = t.TSparkDirectResults(operationStatus=_status(operation))
        if operation.error:
            self.operations.pop(operation.handle.operationId.guid, None)
        if operation.state == t.TOperationState.FINISHED_STATE:
            results.resultSetMetadata = _metadata(operation)
            results.resultSet = self._page(operation, wanted.maxRows)
            if not results.resultSet.hasMoreRows:
                results.closeOperation = t.TCloseOperationResp(status=_ok())
                self.operations.pop(operation.handle.operationId.guid, None)
        return results

    def _page(self, operation: Operation, most: int) -> Any:
        start = operation.position
        page = operation.result.slice(start, min(most, self.page_rows or most))
        operation.position += page.num_rows
        self.rows_sent += page.num_rows
        batches = page.combine_chunks().to_batches(max_chunksize=_BATCH_ROWS)
        return t.TFetchResultsResp(
            status=_ok(),
            hasMoreRows=operation.position < operation.result.num_rows,
            results=t.TRowSet(
                startRowOffset=start,
                rows=[],
                arrowBatches=[_batch(batch, compress=operation.compress) for batch in batches],
            ),
            resultSetMetadata=_metadata(operation),
        )


def _batch(batch: pa.RecordBatch, *, compress: bool) -> Any:
    raw = batch.serialize().to_pybytes()
    return t.TSparkArrowBatch(
        batch=lz4.frame.compress(raw) if compress else raw, rowCount=batch.num_rows
    )


def _metadata(operation: Operation) -> Any:
    schema = operation.result.schema
    return t.TGetResultSetMetadataResp(
        status=_ok(),
        schema=columns.table_schema(schema),
        resultFormat=t.TSparkRowSetType.ARROW_BASED_SET,
        lz4Compressed=operation.compress,
        arrowSchema=schema.serialize().to_pybytes(),
        isStagingOperation=False,
    )


def _status(operation: Operation) -> Any:
    status = t.TGetOperationStatusResp(
        status=_ok(), operationState=operation.state, hasResultSet=True
    )
    if operation.error:
        status.errorMessage = status.displayMessage = str(operation.error)
        status.sqlState = operation.error.state
    elif "num_affected_rows" in operation.result.column_names:
        status.numModifiedRows = operation.result["num_affected_rows"][0].as_py()
    return status


def _ok() -> Any:
    return t.TStatus(statusCode=t.TStatusCode.SUCCESS_STATUS)


def _invalid(handle: str) -> Any:
    return t.TStatus(
        statusCode=t.TStatusCode.INVALID_HANDLE_STATUS,
        errorMessage=f"Invalid {handle}",
        sqlState="HY000",
    )


def _handle() -> Any:
    return t.THandleIdentifier(guid=uuid.uuid4().bytes, secret=b"s" * 16)
