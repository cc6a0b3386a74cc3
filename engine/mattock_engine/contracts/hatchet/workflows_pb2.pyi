from . import shared_pb2 as _shared_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TriggerWorkflowResponse(_message.Message):
    __slots__ = ("workflow_run_id",)
    WORKFLOW_RUN_ID_FIELD_NUMBER: _ClassVar[int]
    workflow_run_id: str
    def __init__(self, workflow_run_id: _Optional[str] = ...) -> None: ...

class BulkTriggerWorkflowRequest(_message.Message):
    __slots__ = ("workflows",)
    WORKFLOWS_FIELD_NUMBER: _ClassVar[int]
    workflows: _containers.RepeatedCompositeFieldContainer[_shared_pb2.TriggerWorkflowRequest]
    def __init__(self, workflows: _Optional[_Iterable[_Union[_shared_pb2.TriggerWorkflowRequest, _Mapping]]] = ...) -> None: ...

class BulkTriggerWorkflowResponse(_message.Message):
    __slots__ = ("workflow_run_ids",)
    WORKFLOW_RUN_IDS_FIELD_NUMBER: _ClassVar[int]
    workflow_run_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, workflow_run_ids: _Optional[_Iterable[str]] = ...) -> None: ...
