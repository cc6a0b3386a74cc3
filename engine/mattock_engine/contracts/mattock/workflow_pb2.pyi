from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class QueueOrder(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    QUEUE_ORDER_FIFO: _ClassVar[QueueOrder]
    QUEUE_ORDER_LIFO: _ClassVar[QueueOrder]
QUEUE_ORDER_FIFO: QueueOrder
QUEUE_ORDER_LIFO: QueueOrder

class PutWorkflowRequest(_message.Message):
    __slots__ = ("workflow",)
    WORKFLOW_FIELD_NUMBER: _ClassVar[int]
    workflow: WorkflowDefinition
    def __init__(self, workflow: _Optional[_Union[WorkflowDefinition, _Mapping]] = ...) -> None: ...

class PutWorkflowResponse(_message.Message):
    __slots__ = ("workflow_id", "version_id")
    WORKFLOW_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_ID_FIELD_NUMBER: _ClassVar[int]
    workflow_id: str
    version_id: str
    def __init__(self, workflow_id: _Optional[str] = ..., version_id: _Optional[str] = ...) -> None: ...

class WorkflowDefinition(_message.Message):
    __slots__ = ("name", "tasks", "on_failure", "description", "version", "default_priority", "queue_order", "metadata", "input_schema")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TASKS_FIELD_NUMBER: _ClassVar[int]
    ON_FAILURE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_PRIORITY_FIELD_NUMBER: _ClassVar[int]
    QUEUE_ORDER_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    INPUT_SCHEMA_FIELD_NUMBER: _ClassVar[int]
    name: str
    tasks: _containers.RepeatedCompositeFieldContainer[TaskDefinition]
    on_failure: TaskDefinition
    description: str
    version: str
    default_priority: int
    queue_order: QueueOrder
    metadata: bytes
    input_schema: bytes
    def __init__(self, name: _Optional[str] = ..., tasks: _Optional[_Iterable[_Union[TaskDefinition, _Mapping]]] = ..., on_failure: _Optional[_Union[TaskDefinition, _Mapping]] = ..., description: _Optional[str] = ..., version: _Optional[str] = ..., default_priority: _Optional[int] = ..., queue_order: _Optional[_Union[QueueOrder, str]] = ..., metadata: _Optional[bytes] = ..., input_schema: _Optional[bytes] = ...) -> None: ...

class TaskDefinition(_message.Message):
    __slots__ = ("name", "action", "parents", "retries", "backoff_factor", "backoff_max", "execution_timeout", "schedule_timeout", "slots", "durable", "priority")
    class SlotsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    PARENTS_FIELD_NUMBER: _ClassVar[int]
    RETRIES_FIELD_NUMBER: _ClassVar[int]
    BACKOFF_FACTOR_FIELD_NUMBER: _ClassVar[int]
    BACKOFF_MAX_FIELD_NUMBER: _ClassVar[int]
    EXECUTION_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    SCHEDULE_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    SLOTS_FIELD_NUMBER: _ClassVar[int]
    DURABLE_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    name: str
    action: str
    parents: _containers.RepeatedScalarFieldContainer[str]
    retries: int
    backoff_factor: float
    backoff_max: float
    execution_timeout: float
    schedule_timeout: float
    slots: _containers.ScalarMap[str, int]
    durable: bool
    priority: int
    def __init__(self, name: _Optional[str] = ..., action: _Optional[str] = ..., parents: _Optional[_Iterable[str]] = ..., retries: _Optional[int] = ..., backoff_factor: _Optional[float] = ..., backoff_max: _Optional[float] = ..., execution_timeout: _Optional[float] = ..., schedule_timeout: _Optional[float] = ..., slots: _Optional[_Mapping[str, int]] = ..., durable: _Optional[bool] = ..., priority: _Optional[int] = ...) -> None: ...
