from . import workflow_pb2 as _workflow_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OutcomeKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OUTCOME_KIND_UNSPECIFIED: _ClassVar[OutcomeKind]
    OUTCOME_KIND_COMPLETED: _ClassVar[OutcomeKind]
    OUTCOME_KIND_FAILED: _ClassVar[OutcomeKind]
    OUTCOME_KIND_CANCELLED: _ClassVar[OutcomeKind]

class StepKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STEP_KIND_UNSPECIFIED: _ClassVar[StepKind]
    STEP_KIND_RUN: _ClassVar[StepKind]
    STEP_KIND_WAIT: _ClassVar[StepKind]
    STEP_KIND_MEMO: _ClassVar[StepKind]

class RunStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RUN_STATUS_QUEUED: _ClassVar[RunStatus]
    RUN_STATUS_RUNNING: _ClassVar[RunStatus]
    RUN_STATUS_COMPLETED: _ClassVar[RunStatus]
    RUN_STATUS_FAILED: _ClassVar[RunStatus]
    RUN_STATUS_CANCELLED: _ClassVar[RunStatus]
OUTCOME_KIND_UNSPECIFIED: OutcomeKind
OUTCOME_KIND_COMPLETED: OutcomeKind
OUTCOME_KIND_FAILED: OutcomeKind
OUTCOME_KIND_CANCELLED: OutcomeKind
STEP_KIND_UNSPECIFIED: StepKind
STEP_KIND_RUN: StepKind
STEP_KIND_WAIT: StepKind
STEP_KIND_MEMO: StepKind
RUN_STATUS_QUEUED: RunStatus
RUN_STATUS_RUNNING: RunStatus
RUN_STATUS_COMPLETED: RunStatus
RUN_STATUS_FAILED: RunStatus
RUN_STATUS_CANCELLED: RunStatus

class WorkRequest(_message.Message):
    __slots__ = ("hello", "started", "outcomes", "logs", "chunks", "refreshes", "released", "labels", "paused", "leaving", "steps", "histories", "evictions", "waits", "progress", "metrics")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: LabelValue
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[LabelValue, _Mapping]] = ...) -> None: ...
    HELLO_FIELD_NUMBER: _ClassVar[int]
    STARTED_FIELD_NUMBER: _ClassVar[int]
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    LOGS_FIELD_NUMBER: _ClassVar[int]
    CHUNKS_FIELD_NUMBER: _ClassVar[int]
    REFRESHES_FIELD_NUMBER: _ClassVar[int]
    RELEASED_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    PAUSED_FIELD_NUMBER: _ClassVar[int]
    LEAVING_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    HISTORIES_FIELD_NUMBER: _ClassVar[int]
    EVICTIONS_FIELD_NUMBER: _ClassVar[int]
    WAITS_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    hello: WorkerHello
    started: _containers.RepeatedCompositeFieldContainer[TaskStarted]
    outcomes: _containers.RepeatedCompositeFieldContainer[TaskOutcome]
    logs: _containers.RepeatedCompositeFieldContainer[TaskLog]
    chunks: _containers.RepeatedCompositeFieldContainer[TaskStreamChunk]
    refreshes: _containers.RepeatedCompositeFieldContainer[TimeoutRefresh]
    released: _containers.RepeatedCompositeFieldContainer[Attempt]
    labels: _containers.MessageMap[str, LabelValue]
    paused: bool
    leaving: bool
    steps: _containers.RepeatedCompositeFieldContainer[DurableStep]
    histories: _containers.RepeatedCompositeFieldContainer[Attempt]
    evictions: _containers.RepeatedCompositeFieldContainer[Eviction]
    waits: _containers.RepeatedCompositeFieldContainer[StepPlace]
    progress: _containers.RepeatedCompositeFieldContainer[TaskProgress]
    metrics: _containers.RepeatedCompositeFieldContainer[TaskMetric]
    def __init__(self, hello: _Optional[_Union[WorkerHello, _Mapping]] = ..., started: _Optional[_Iterable[_Union[TaskStarted, _Mapping]]] = ..., outcomes: _Optional[_Iterable[_Union[TaskOutcome, _Mapping]]] = ..., logs: _Optional[_Iterable[_Union[TaskLog, _Mapping]]] = ..., chunks: _Optional[_Iterable[_Union[TaskStreamChunk, _Mapping]]] = ..., refreshes: _Optional[_Iterable[_Union[TimeoutRefresh, _Mapping]]] = ..., released: _Optional[_Iterable[_Union[Attempt, _Mapping]]] = ..., labels: _Optional[_Mapping[str, LabelValue]] = ..., paused: _Optional[bool] = ..., leaving: _Optional[bool] = ..., steps: _Optional[_Iterable[_Union[DurableStep, _Mapping]]] = ..., histories: _Optional[_Iterable[_Union[Attempt, _Mapping]]] = ..., evictions: _Optional[_Iterable[_Union[Eviction, _Mapping]]] = ..., waits: _Optional[_Iterable[_Union[StepPlace, _Mapping]]] = ..., progress: _Optional[_Iterable[_Union[TaskProgress, _Mapping]]] = ..., metrics: _Optional[_Iterable[_Union[TaskMetric, _Mapping]]] = ...) -> None: ...

class WorkerHello(_message.Message):
    __slots__ = ("worker_id", "name", "actions", "slots", "labels", "sdk_version", "language", "language_version", "os", "held")
    class SlotsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: LabelValue
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[LabelValue, _Mapping]] = ...) -> None: ...
    WORKER_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    SLOTS_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    SDK_VERSION_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_VERSION_FIELD_NUMBER: _ClassVar[int]
    OS_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    worker_id: str
    name: str
    actions: _containers.RepeatedScalarFieldContainer[str]
    slots: _containers.ScalarMap[str, int]
    labels: _containers.MessageMap[str, LabelValue]
    sdk_version: str
    language: str
    language_version: str
    os: str
    held: _containers.RepeatedCompositeFieldContainer[Attempt]
    def __init__(self, worker_id: _Optional[str] = ..., name: _Optional[str] = ..., actions: _Optional[_Iterable[str]] = ..., slots: _Optional[_Mapping[str, int]] = ..., labels: _Optional[_Mapping[str, LabelValue]] = ..., sdk_version: _Optional[str] = ..., language: _Optional[str] = ..., language_version: _Optional[str] = ..., os: _Optional[str] = ..., held: _Optional[_Iterable[_Union[Attempt, _Mapping]]] = ...) -> None: ...

class LabelValue(_message.Message):
    __slots__ = ("text", "number")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    text: str
    number: int
    def __init__(self, text: _Optional[str] = ..., number: _Optional[int] = ...) -> None: ...

class Attempt(_message.Message):
    __slots__ = ("task_id", "attempt")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    attempt: int
    def __init__(self, task_id: _Optional[str] = ..., attempt: _Optional[int] = ...) -> None: ...

class TaskStarted(_message.Message):
    __slots__ = ("task_id", "attempt", "at")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    attempt: int
    at: float
    def __init__(self, task_id: _Optional[str] = ..., attempt: _Optional[int] = ..., at: _Optional[float] = ...) -> None: ...

class TaskOutcome(_message.Message):
    __slots__ = ("task_id", "attempt", "kind", "payload", "final", "retry_after", "started_at", "finished_at")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    FINAL_FIELD_NUMBER: _ClassVar[int]
    RETRY_AFTER_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    FINISHED_AT_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    attempt: int
    kind: OutcomeKind
    payload: bytes
    final: bool
    retry_after: float
    started_at: float
    finished_at: float
    def __init__(self, task_id: _Optional[str] = ..., attempt: _Optional[int] = ..., kind: _Optional[_Union[OutcomeKind, str]] = ..., payload: _Optional[bytes] = ..., final: _Optional[bool] = ..., retry_after: _Optional[float] = ..., started_at: _Optional[float] = ..., finished_at: _Optional[float] = ...) -> None: ...

class TaskLog(_message.Message):
    __slots__ = ("task_id", "attempt", "at", "level", "message", "fields")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    attempt: int
    at: float
    level: str
    message: str
    fields: bytes
    def __init__(self, task_id: _Optional[str] = ..., attempt: _Optional[int] = ..., at: _Optional[float] = ..., level: _Optional[str] = ..., message: _Optional[str] = ..., fields: _Optional[bytes] = ...) -> None: ...

class TaskStreamChunk(_message.Message):
    __slots__ = ("task_id", "attempt", "index", "data")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    attempt: int
    index: int
    data: bytes
    def __init__(self, task_id: _Optional[str] = ..., attempt: _Optional[int] = ..., index: _Optional[int] = ..., data: _Optional[bytes] = ...) -> None: ...

class TaskProgress(_message.Message):
    __slots__ = ("task_id", "attempt", "at", "fraction", "text")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    FRACTION_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    attempt: int
    at: float
    fraction: float
    text: str
    def __init__(self, task_id: _Optional[str] = ..., attempt: _Optional[int] = ..., at: _Optional[float] = ..., fraction: _Optional[float] = ..., text: _Optional[str] = ...) -> None: ...

class TaskMetric(_message.Message):
    __slots__ = ("task_id", "attempt", "at", "name", "labels", "total", "count", "low", "high")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    attempt: int
    at: float
    name: str
    labels: _containers.ScalarMap[str, str]
    total: float
    count: int
    low: float
    high: float
    def __init__(self, task_id: _Optional[str] = ..., attempt: _Optional[int] = ..., at: _Optional[float] = ..., name: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ..., total: _Optional[float] = ..., count: _Optional[int] = ..., low: _Optional[float] = ..., high: _Optional[float] = ...) -> None: ...

class TimeoutRefresh(_message.Message):
    __slots__ = ("task_id", "attempt", "by")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    attempt: int
    by: float
    def __init__(self, task_id: _Optional[str] = ..., attempt: _Optional[int] = ..., by: _Optional[float] = ...) -> None: ...

class DurableStep(_message.Message):
    __slots__ = ("task_id", "attempt", "node", "kind", "fingerprint", "description", "label", "conditions", "item", "value")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    attempt: int
    node: int
    kind: StepKind
    fingerprint: str
    description: str
    label: str
    conditions: _containers.RepeatedCompositeFieldContainer[WaitCondition]
    item: TriggerItem
    value: bytes
    def __init__(self, task_id: _Optional[str] = ..., attempt: _Optional[int] = ..., node: _Optional[int] = ..., kind: _Optional[_Union[StepKind, str]] = ..., fingerprint: _Optional[str] = ..., description: _Optional[str] = ..., label: _Optional[str] = ..., conditions: _Optional[_Iterable[_Union[WaitCondition, _Mapping]]] = ..., item: _Optional[_Union[TriggerItem, _Mapping]] = ..., value: _Optional[bytes] = ...) -> None: ...

class WaitCondition(_message.Message):
    __slots__ = ("key", "group", "sleep", "event_key", "scope", "expression", "since")
    KEY_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    SLEEP_FIELD_NUMBER: _ClassVar[int]
    EVENT_KEY_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    EXPRESSION_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    key: str
    group: int
    sleep: float
    event_key: str
    scope: str
    expression: str
    since: float
    def __init__(self, key: _Optional[str] = ..., group: _Optional[int] = ..., sleep: _Optional[float] = ..., event_key: _Optional[str] = ..., scope: _Optional[str] = ..., expression: _Optional[str] = ..., since: _Optional[float] = ...) -> None: ...

class Eviction(_message.Message):
    __slots__ = ("task_id", "attempt", "reason")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    attempt: int
    reason: str
    def __init__(self, task_id: _Optional[str] = ..., attempt: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class StepPlace(_message.Message):
    __slots__ = ("task_id", "attempt", "branch", "node")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    BRANCH_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    attempt: int
    branch: int
    node: int
    def __init__(self, task_id: _Optional[str] = ..., attempt: _Optional[int] = ..., branch: _Optional[int] = ..., node: _Optional[int] = ...) -> None: ...

class WorkResponse(_message.Message):
    __slots__ = ("welcome", "assignments", "cancels", "acknowledged", "errors", "answers", "settled", "histories", "stopped", "resync")
    WELCOME_FIELD_NUMBER: _ClassVar[int]
    ASSIGNMENTS_FIELD_NUMBER: _ClassVar[int]
    CANCELS_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGED_FIELD_NUMBER: _ClassVar[int]
    ERRORS_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    SETTLED_FIELD_NUMBER: _ClassVar[int]
    HISTORIES_FIELD_NUMBER: _ClassVar[int]
    STOPPED_FIELD_NUMBER: _ClassVar[int]
    RESYNC_FIELD_NUMBER: _ClassVar[int]
    welcome: WorkerWelcome
    assignments: _containers.RepeatedCompositeFieldContainer[Assignment]
    cancels: _containers.RepeatedCompositeFieldContainer[Attempt]
    acknowledged: _containers.RepeatedCompositeFieldContainer[Attempt]
    errors: _containers.RepeatedCompositeFieldContainer[SessionError]
    answers: _containers.RepeatedCompositeFieldContainer[StepAnswer]
    settled: _containers.RepeatedCompositeFieldContainer[SettledStep]
    histories: _containers.RepeatedCompositeFieldContainer[History]
    stopped: _containers.RepeatedCompositeFieldContainer[Attempt]
    resync: bool
    def __init__(self, welcome: _Optional[_Union[WorkerWelcome, _Mapping]] = ..., assignments: _Optional[_Iterable[_Union[Assignment, _Mapping]]] = ..., cancels: _Optional[_Iterable[_Union[Attempt, _Mapping]]] = ..., acknowledged: _Optional[_Iterable[_Union[Attempt, _Mapping]]] = ..., errors: _Optional[_Iterable[_Union[SessionError, _Mapping]]] = ..., answers: _Optional[_Iterable[_Union[StepAnswer, _Mapping]]] = ..., settled: _Optional[_Iterable[_Union[SettledStep, _Mapping]]] = ..., histories: _Optional[_Iterable[_Union[History, _Mapping]]] = ..., stopped: _Optional[_Iterable[_Union[Attempt, _Mapping]]] = ..., resync: _Optional[bool] = ...) -> None: ...

class StepAnswer(_message.Message):
    __slots__ = ("task_id", "attempt", "node", "branch", "child_run_id", "value", "error", "departed")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    BRANCH_FIELD_NUMBER: _ClassVar[int]
    CHILD_RUN_ID_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    DEPARTED_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    attempt: int
    node: int
    branch: int
    child_run_id: str
    value: bytes
    error: str
    departed: bool
    def __init__(self, task_id: _Optional[str] = ..., attempt: _Optional[int] = ..., node: _Optional[int] = ..., branch: _Optional[int] = ..., child_run_id: _Optional[str] = ..., value: _Optional[bytes] = ..., error: _Optional[str] = ..., departed: _Optional[bool] = ...) -> None: ...

class SettledStep(_message.Message):
    __slots__ = ("task_id", "attempt", "branch", "node", "payload", "failed")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    BRANCH_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    attempt: int
    branch: int
    node: int
    payload: bytes
    failed: bool
    def __init__(self, task_id: _Optional[str] = ..., attempt: _Optional[int] = ..., branch: _Optional[int] = ..., node: _Optional[int] = ..., payload: _Optional[bytes] = ..., failed: _Optional[bool] = ...) -> None: ...

class History(_message.Message):
    __slots__ = ("task_id", "attempt", "steps", "complete")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    attempt: int
    steps: _containers.RepeatedCompositeFieldContainer[RecordedStep]
    complete: bool
    def __init__(self, task_id: _Optional[str] = ..., attempt: _Optional[int] = ..., steps: _Optional[_Iterable[_Union[RecordedStep, _Mapping]]] = ..., complete: _Optional[bool] = ...) -> None: ...

class RecordedStep(_message.Message):
    __slots__ = ("node", "branch", "kind", "fingerprint", "description", "child_run_id", "order", "recorded_before", "payload", "failed")
    NODE_FIELD_NUMBER: _ClassVar[int]
    BRANCH_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    CHILD_RUN_ID_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    RECORDED_BEFORE_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    node: int
    branch: int
    kind: StepKind
    fingerprint: str
    description: str
    child_run_id: str
    order: int
    recorded_before: int
    payload: bytes
    failed: bool
    def __init__(self, node: _Optional[int] = ..., branch: _Optional[int] = ..., kind: _Optional[_Union[StepKind, str]] = ..., fingerprint: _Optional[str] = ..., description: _Optional[str] = ..., child_run_id: _Optional[str] = ..., order: _Optional[int] = ..., recorded_before: _Optional[int] = ..., payload: _Optional[bytes] = ..., failed: _Optional[bool] = ...) -> None: ...

class WorkerWelcome(_message.Message):
    __slots__ = ("worker_id", "lost", "timeout")
    WORKER_ID_FIELD_NUMBER: _ClassVar[int]
    LOST_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    worker_id: str
    lost: _containers.RepeatedCompositeFieldContainer[Attempt]
    timeout: float
    def __init__(self, worker_id: _Optional[str] = ..., lost: _Optional[_Iterable[_Union[Attempt, _Mapping]]] = ..., timeout: _Optional[float] = ...) -> None: ...

class Assignment(_message.Message):
    __slots__ = ("task_id", "attempt", "run_id", "workflow_id", "version_id", "workflow_name", "task_name", "action", "input", "parents", "errors", "metadata", "priority", "parent_run_id", "parent_task_id", "child_key", "max_attempts", "timeout", "event_id", "event_key", "filter_payload", "triggers", "durable", "restores", "batch_id", "batch_size", "batch_key", "traceparent")
    class ParentsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    class ErrorsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class TriggersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    WORKFLOW_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_ID_FIELD_NUMBER: _ClassVar[int]
    WORKFLOW_NAME_FIELD_NUMBER: _ClassVar[int]
    TASK_NAME_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    PARENTS_FIELD_NUMBER: _ClassVar[int]
    ERRORS_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    PARENT_RUN_ID_FIELD_NUMBER: _ClassVar[int]
    PARENT_TASK_ID_FIELD_NUMBER: _ClassVar[int]
    CHILD_KEY_FIELD_NUMBER: _ClassVar[int]
    MAX_ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    EVENT_KEY_FIELD_NUMBER: _ClassVar[int]
    FILTER_PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    TRIGGERS_FIELD_NUMBER: _ClassVar[int]
    DURABLE_FIELD_NUMBER: _ClassVar[int]
    RESTORES_FIELD_NUMBER: _ClassVar[int]
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    BATCH_KEY_FIELD_NUMBER: _ClassVar[int]
    TRACEPARENT_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    attempt: int
    run_id: str
    workflow_id: str
    version_id: str
    workflow_name: str
    task_name: str
    action: str
    input: bytes
    parents: _containers.ScalarMap[str, bytes]
    errors: _containers.ScalarMap[str, str]
    metadata: bytes
    priority: int
    parent_run_id: str
    parent_task_id: str
    child_key: str
    max_attempts: int
    timeout: float
    event_id: str
    event_key: str
    filter_payload: bytes
    triggers: _containers.ScalarMap[str, bytes]
    durable: bool
    restores: int
    batch_id: str
    batch_size: int
    batch_key: str
    traceparent: str
    def __init__(self, task_id: _Optional[str] = ..., attempt: _Optional[int] = ..., run_id: _Optional[str] = ..., workflow_id: _Optional[str] = ..., version_id: _Optional[str] = ..., workflow_name: _Optional[str] = ..., task_name: _Optional[str] = ..., action: _Optional[str] = ..., input: _Optional[bytes] = ..., parents: _Optional[_Mapping[str, bytes]] = ..., errors: _Optional[_Mapping[str, str]] = ..., metadata: _Optional[bytes] = ..., priority: _Optional[int] = ..., parent_run_id: _Optional[str] = ..., parent_task_id: _Optional[str] = ..., child_key: _Optional[str] = ..., max_attempts: _Optional[int] = ..., timeout: _Optional[float] = ..., event_id: _Optional[str] = ..., event_key: _Optional[str] = ..., filter_payload: _Optional[bytes] = ..., triggers: _Optional[_Mapping[str, bytes]] = ..., durable: _Optional[bool] = ..., restores: _Optional[int] = ..., batch_id: _Optional[str] = ..., batch_size: _Optional[int] = ..., batch_key: _Optional[str] = ..., traceparent: _Optional[str] = ...) -> None: ...

class SessionError(_message.Message):
    __slots__ = ("id", "code", "message", "field", "existing_run_id")
    ID_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    EXISTING_RUN_ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    code: int
    message: str
    field: str
    existing_run_id: str
    def __init__(self, id: _Optional[str] = ..., code: _Optional[int] = ..., message: _Optional[str] = ..., field: _Optional[str] = ..., existing_run_id: _Optional[str] = ...) -> None: ...

class CallRequest(_message.Message):
    __slots__ = ("triggers", "watch", "unwatch", "listen")
    TRIGGERS_FIELD_NUMBER: _ClassVar[int]
    WATCH_FIELD_NUMBER: _ClassVar[int]
    UNWATCH_FIELD_NUMBER: _ClassVar[int]
    LISTEN_FIELD_NUMBER: _ClassVar[int]
    triggers: _containers.RepeatedCompositeFieldContainer[TriggerItem]
    watch: _containers.RepeatedScalarFieldContainer[str]
    unwatch: _containers.RepeatedScalarFieldContainer[str]
    listen: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, triggers: _Optional[_Iterable[_Union[TriggerItem, _Mapping]]] = ..., watch: _Optional[_Iterable[str]] = ..., unwatch: _Optional[_Iterable[str]] = ..., listen: _Optional[_Iterable[str]] = ...) -> None: ...

class TriggerItem(_message.Message):
    __slots__ = ("run_id", "workflow", "input", "metadata", "priority", "parent_task_id", "child_key", "desired_worker_id", "watch", "again", "desired_labels", "ttl")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    WORKFLOW_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    PARENT_TASK_ID_FIELD_NUMBER: _ClassVar[int]
    CHILD_KEY_FIELD_NUMBER: _ClassVar[int]
    DESIRED_WORKER_ID_FIELD_NUMBER: _ClassVar[int]
    WATCH_FIELD_NUMBER: _ClassVar[int]
    AGAIN_FIELD_NUMBER: _ClassVar[int]
    DESIRED_LABELS_FIELD_NUMBER: _ClassVar[int]
    TTL_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    workflow: str
    input: bytes
    metadata: bytes
    priority: int
    parent_task_id: str
    child_key: str
    desired_worker_id: str
    watch: bool
    again: bool
    desired_labels: _containers.RepeatedCompositeFieldContainer[_workflow_pb2.DesiredLabel]
    ttl: float
    def __init__(self, run_id: _Optional[str] = ..., workflow: _Optional[str] = ..., input: _Optional[bytes] = ..., metadata: _Optional[bytes] = ..., priority: _Optional[int] = ..., parent_task_id: _Optional[str] = ..., child_key: _Optional[str] = ..., desired_worker_id: _Optional[str] = ..., watch: _Optional[bool] = ..., again: _Optional[bool] = ..., desired_labels: _Optional[_Iterable[_Union[_workflow_pb2.DesiredLabel, _Mapping]]] = ..., ttl: _Optional[float] = ...) -> None: ...

class CallResponse(_message.Message):
    __slots__ = ("accepted", "results", "chunks", "errors")
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    CHUNKS_FIELD_NUMBER: _ClassVar[int]
    ERRORS_FIELD_NUMBER: _ClassVar[int]
    accepted: _containers.RepeatedCompositeFieldContainer[Accepted]
    results: _containers.RepeatedCompositeFieldContainer[RunResult]
    chunks: _containers.RepeatedCompositeFieldContainer[StreamChunk]
    errors: _containers.RepeatedCompositeFieldContainer[SessionError]
    def __init__(self, accepted: _Optional[_Iterable[_Union[Accepted, _Mapping]]] = ..., results: _Optional[_Iterable[_Union[RunResult, _Mapping]]] = ..., chunks: _Optional[_Iterable[_Union[StreamChunk, _Mapping]]] = ..., errors: _Optional[_Iterable[_Union[SessionError, _Mapping]]] = ...) -> None: ...

class Accepted(_message.Message):
    __slots__ = ("run_id", "actual_run_id")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    ACTUAL_RUN_ID_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    actual_run_id: str
    def __init__(self, run_id: _Optional[str] = ..., actual_run_id: _Optional[str] = ...) -> None: ...

class RunResult(_message.Message):
    __slots__ = ("run_id", "status", "tasks")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    TASKS_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    status: RunStatus
    tasks: _containers.RepeatedCompositeFieldContainer[TaskResult]
    def __init__(self, run_id: _Optional[str] = ..., status: _Optional[_Union[RunStatus, str]] = ..., tasks: _Optional[_Iterable[_Union[TaskResult, _Mapping]]] = ...) -> None: ...

class TaskResult(_message.Message):
    __slots__ = ("task_id", "task_name", "status", "output", "error")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_NAME_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    task_name: str
    status: RunStatus
    output: bytes
    error: str
    def __init__(self, task_id: _Optional[str] = ..., task_name: _Optional[str] = ..., status: _Optional[_Union[RunStatus, str]] = ..., output: _Optional[bytes] = ..., error: _Optional[str] = ...) -> None: ...

class StreamChunk(_message.Message):
    __slots__ = ("run_id", "task_id", "index", "data", "end", "attempt")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    task_id: str
    index: int
    data: bytes
    end: bool
    attempt: int
    def __init__(self, run_id: _Optional[str] = ..., task_id: _Optional[str] = ..., index: _Optional[int] = ..., data: _Optional[bytes] = ..., end: _Optional[bool] = ..., attempt: _Optional[int] = ...) -> None: ...
