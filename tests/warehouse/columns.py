"""Arrow columns in the words of the Thrift protocol."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
from databricks.sql.thrift_api.TCLIService.ttypes import (
    TColumnDesc,
    TPrimitiveTypeEntry,
    TTableSchema,
    TTypeDesc,
    TTypeEntry,
    TTypeId,
    TTypeQualifiers,
    TTypeQualifierValue,
)

_TYPES: list[tuple[Callable[[pa.DataType], bool], int]] = [
    (pa.types.is_boolean, TTypeId.BOOLEAN_TYPE),
    (pa.types.is_int8, TTypeId.TINYINT_TYPE),
    (pa.types.is_int16, TTypeId.SMALLINT_TYPE),
    (pa.types.is_int32, TTypeId.INT_TYPE),
    (pa.types.is_integer, TTypeId.BIGINT_TYPE),
    (pa.types.is_float32, TTypeId.FLOAT_TYPE),
    (pa.types.is_floating, TTypeId.DOUBLE_TYPE),
    (pa.types.is_date, TTypeId.DATE_TYPE),
    (pa.types.is_timestamp, TTypeId.TIMESTAMP_TYPE),
    (pa.types.is_binary, TTypeId.BINARY_TYPE),
    (pa.types.is_decimal, TTypeId.DECIMAL_TYPE),
    (pa.types.is_null, TTypeId.NULL_TYPE),
    (pa.types.is_map, TTypeId.MAP_TYPE),
    (pa.types.is_struct, TTypeId.STRUCT_TYPE),
    (pa.types.is_list, TTypeId.ARRAY_TYPE),
]


def table_schema(schema: pa.Schema) -> TTableSchema:
    return TTableSchema(
        [
            TColumnDesc(
                columnName=field.name,
                typeDesc=_description(field.type),
                position=position,
                comment="",
            )
            for position, field in enumerate(schema, start=1)
        ]
    )


def _description(kind: pa.DataType) -> TTypeDesc:
    type_id = next((known for matches, known in _TYPES if matches(kind)), TTypeId.STRING_TYPE)
    qualifiers = None
    if type_id == TTypeId.DECIMAL_TYPE:
        qualifiers = TTypeQualifiers(
            {
                "precision": TTypeQualifierValue(i32Value=kind.precision),
                "scale": TTypeQualifierValue(i32Value=kind.scale),
            }
        )
    return TTypeDesc(
        [TTypeEntry(primitiveEntry=TPrimitiveTypeEntry(type=type_id, typeQualifiers=qualifiers))]
    )
