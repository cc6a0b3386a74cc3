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

class ConcurrencyStrategy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONCURRENCY_STRATEGY_GROUP_ROUND_ROBIN: _ClassVar[ConcurrencyStrategy]
    CONCURRENCY_STRATEGY_CANCEL_IN_PROGRESS: _ClassVar[ConcurrencyStrategy]
    CONCURRENCY_STRATEGY_CANCEL_NEWEST: _ClassVar[ConcurrencyStrategy]
    CONCURRENCY_STRATEGY_CANCEL_QUEUED_EXCEPT_NEWEST: _ClassVar[ConcurrencyStrategy]
    CONCURRENCY_STRATEGY_CANCEL_QUEUED_EXCEPT_OLDEST: _ClassVar[ConcurrencyStrategy]

class Comparator(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COMPARATOR_EQUAL: _ClassVar[Comparator]
    COMPARATOR_NOT_EQUAL: _ClassVar[Comparator]
    COMPARATOR_GREATER_THAN: _ClassVar[Comparator]
    COMPARATOR_GREATER_THAN_OR_EQUAL: _ClassVar[Comparator]
    COMPARATOR_LESS_THAN: _ClassVar[Comparator]
    COMPARATOR_LESS_THAN_OR_EQUAL: _ClassVar[Comparator]

class ConditionAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONDITION_ACTION_UNSPECIFIED: _ClassVar[ConditionAction]
    CONDITION_ACTION_QUEUE: _ClassVar[ConditionAction]
    CONDITION_ACTION_CANCEL: _ClassVar[ConditionAction]
    CONDITION_ACTION_SKIP: _ClassVar[ConditionAction]

class Sticky(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STICKY_NONE: _ClassVar[Sticky]
    STICKY_SOFT: _ClassVar[Sticky]
    STICKY_HARD: _ClassVar[Sticky]
QUEUE_ORDER_FIFO: QueueOrder
QUEUE_ORDER_LIFO: QueueOrder
CONCURRENCY_STRATEGY_GROUP_ROUND_ROBIN: ConcurrencyStrategy
CONCURRENCY_STRATEGY_CANCEL_IN_PROGRESS: ConcurrencyStrategy
CONCURRENCY_STRATEGY_CANCEL_NEWEST: ConcurrencyStrategy
CONCURRENCY_STRATEGY_CANCEL_QUEUED_EXCEPT_NEWEST: ConcurrencyStrategy
CONCURRENCY_STRATEGY_CANCEL_QUEUED_EXCEPT_OLDEST: ConcurrencyStrategy
COMPARATOR_EQUAL: Comparator
COMPARATOR_NOT_EQUAL: Comparator
COMPARATOR_GREATER_THAN: Comparator
COMPARATOR_GREATER_THAN_OR_EQUAL: Comparator
COMPARATOR_LESS_THAN: Comparator
COMPARATOR_LESS_THAN_OR_EQUAL: Comparator
CONDITION_ACTION_UNSPECIFIED: ConditionAction
CONDITION_ACTION_QUEUE: ConditionAction
CONDITION_ACTION_CANCEL: ConditionAction
CONDITION_ACTION_SKIP: ConditionAction
STICKY_NONE: Sticky
STICKY_SOFT: Sticky
STICKY_HARD: Sticky

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

class Concurrency(_message.Message):
    __slots__ = ("expression", "max_runs", "max_runs_expression", "strategy", "name")
    EXPRESSION_FIELD_NUMBER: _ClassVar[int]
    MAX_RUNS_FIELD_NUMBER: _ClassVar[int]
    MAX_RUNS_EXPRESSION_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    expression: str
    max_runs: int
    max_runs_expression: str
    strategy: ConcurrencyStrategy
    name: str
    def __init__(self, expression: _Optional[str] = ..., max_runs: _Optional[int] = ..., max_runs_expression: _Optional[str] = ..., strategy: _Optional[_Union[ConcurrencyStrategy, str]] = ..., name: _Optional[str] = ...) -> None: ...

class RateLimit(_message.Message):
    __slots__ = ("key", "key_expression", "units", "units_expression", "limit_expression", "window")
    KEY_FIELD_NUMBER: _ClassVar[int]
    KEY_EXPRESSION_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    UNITS_EXPRESSION_FIELD_NUMBER: _ClassVar[int]
    LIMIT_EXPRESSION_FIELD_NUMBER: _ClassVar[int]
    WINDOW_FIELD_NUMBER: _ClassVar[int]
    key: str
    key_expression: str
    units: int
    units_expression: str
    limit_expression: str
    window: float
    def __init__(self, key: _Optional[str] = ..., key_expression: _Optional[str] = ..., units: _Optional[int] = ..., units_expression: _Optional[str] = ..., limit_expression: _Optional[str] = ..., window: _Optional[float] = ...) -> None: ...

class DesiredLabel(_message.Message):
    __slots__ = ("key", "text", "number", "comparator", "required", "weight")
    KEY_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    COMPARATOR_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    key: str
    text: str
    number: int
    comparator: Comparator
    required: bool
    weight: int
    def __init__(self, key: _Optional[str] = ..., text: _Optional[str] = ..., number: _Optional[int] = ..., comparator: _Optional[_Union[Comparator, str]] = ..., required: _Optional[bool] = ..., weight: _Optional[int] = ...) -> None: ...

class EventFilter(_message.Message):
    __slots__ = ("expression", "scope", "payload")
    EXPRESSION_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    expression: str
    scope: str
    payload: bytes
    def __init__(self, expression: _Optional[str] = ..., scope: _Optional[str] = ..., payload: _Optional[bytes] = ...) -> None: ...

class Condition(_message.Message):
    __slots__ = ("action", "key", "group", "expression", "parent", "sleep", "event_key", "scope", "look_back")
    ACTION_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    EXPRESSION_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    SLEEP_FIELD_NUMBER: _ClassVar[int]
    EVENT_KEY_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    LOOK_BACK_FIELD_NUMBER: _ClassVar[int]
    action: ConditionAction
    key: str
    group: int
    expression: str
    parent: str
    sleep: float
    event_key: str
    scope: str
    look_back: float
    def __init__(self, action: _Optional[_Union[ConditionAction, str]] = ..., key: _Optional[str] = ..., group: _Optional[int] = ..., expression: _Optional[str] = ..., parent: _Optional[str] = ..., sleep: _Optional[float] = ..., event_key: _Optional[str] = ..., scope: _Optional[str] = ..., look_back: _Optional[float] = ...) -> None: ...

class WorkflowDefinition(_message.Message):
    __slots__ = ("name", "tasks", "on_failure", "description", "version", "default_priority", "queue_order", "metadata", "input_schema", "concurrency", "sticky", "event_triggers", "filters", "cron_triggers", "cron_input", "idempotency", "queue_limit", "debounce", "priority_ageing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TASKS_FIELD_NUMBER: _ClassVar[int]
    ON_FAILURE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_PRIORITY_FIELD_NUMBER: _ClassVar[int]
    QUEUE_ORDER_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    INPUT_SCHEMA_FIELD_NUMBER: _ClassVar[int]
    CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    STICKY_FIELD_NUMBER: _ClassVar[int]
    EVENT_TRIGGERS_FIELD_NUMBER: _ClassVar[int]
    FILTERS_FIELD_NUMBER: _ClassVar[int]
    CRON_TRIGGERS_FIELD_NUMBER: _ClassVar[int]
    CRON_INPUT_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_FIELD_NUMBER: _ClassVar[int]
    QUEUE_LIMIT_FIELD_NUMBER: _ClassVar[int]
    DEBOUNCE_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_AGEING_FIELD_NUMBER: _ClassVar[int]
    name: str
    tasks: _containers.RepeatedCompositeFieldContainer[TaskDefinition]
    on_failure: TaskDefinition
    description: str
    version: str
    default_priority: int
    queue_order: QueueOrder
    metadata: bytes
    input_schema: bytes
    concurrency: _containers.RepeatedCompositeFieldContainer[Concurrency]
    sticky: Sticky
    event_triggers: _containers.RepeatedScalarFieldContainer[str]
    filters: _containers.RepeatedCompositeFieldContainer[EventFilter]
    cron_triggers: _containers.RepeatedScalarFieldContainer[str]
    cron_input: bytes
    idempotency: Idempotency
    queue_limit: QueueLimit
    debounce: Debounce
    priority_ageing: float
    def __init__(self, name: _Optional[str] = ..., tasks: _Optional[_Iterable[_Union[TaskDefinition, _Mapping]]] = ..., on_failure: _Optional[_Union[TaskDefinition, _Mapping]] = ..., description: _Optional[str] = ..., version: _Optional[str] = ..., default_priority: _Optional[int] = ..., queue_order: _Optional[_Union[QueueOrder, str]] = ..., metadata: _Optional[bytes] = ..., input_schema: _Optional[bytes] = ..., concurrency: _Optional[_Iterable[_Union[Concurrency, _Mapping]]] = ..., sticky: _Optional[_Union[Sticky, str]] = ..., event_triggers: _Optional[_Iterable[str]] = ..., filters: _Optional[_Iterable[_Union[EventFilter, _Mapping]]] = ..., cron_triggers: _Optional[_Iterable[str]] = ..., cron_input: _Optional[bytes] = ..., idempotency: _Optional[_Union[Idempotency, _Mapping]] = ..., queue_limit: _Optional[_Union[QueueLimit, _Mapping]] = ..., debounce: _Optional[_Union[Debounce, _Mapping]] = ..., priority_ageing: _Optional[float] = ...) -> None: ...

class QueueLimit(_message.Message):
    __slots__ = ("max_queued", "drop_oldest")
    MAX_QUEUED_FIELD_NUMBER: _ClassVar[int]
    DROP_OLDEST_FIELD_NUMBER: _ClassVar[int]
    max_queued: int
    drop_oldest: bool
    def __init__(self, max_queued: _Optional[int] = ..., drop_oldest: _Optional[bool] = ...) -> None: ...

class Debounce(_message.Message):
    __slots__ = ("expression", "delay", "max_wait")
    EXPRESSION_FIELD_NUMBER: _ClassVar[int]
    DELAY_FIELD_NUMBER: _ClassVar[int]
    MAX_WAIT_FIELD_NUMBER: _ClassVar[int]
    expression: str
    delay: float
    max_wait: float
    def __init__(self, expression: _Optional[str] = ..., delay: _Optional[float] = ..., max_wait: _Optional[float] = ...) -> None: ...

class Idempotency(_message.Message):
    __slots__ = ("expression", "ttl", "until_end")
    EXPRESSION_FIELD_NUMBER: _ClassVar[int]
    TTL_FIELD_NUMBER: _ClassVar[int]
    UNTIL_END_FIELD_NUMBER: _ClassVar[int]
    expression: str
    ttl: float
    until_end: bool
    def __init__(self, expression: _Optional[str] = ..., ttl: _Optional[float] = ..., until_end: _Optional[bool] = ...) -> None: ...

class TaskDefinition(_message.Message):
    __slots__ = ("name", "action", "parents", "retries", "backoff_factor", "backoff_max", "execution_timeout", "schedule_timeout", "slots", "durable", "priority", "concurrency", "rate_limits", "desired_labels", "conditions", "batch")
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
    CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    RATE_LIMITS_FIELD_NUMBER: _ClassVar[int]
    DESIRED_LABELS_FIELD_NUMBER: _ClassVar[int]
    CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
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
    concurrency: _containers.RepeatedCompositeFieldContainer[Concurrency]
    rate_limits: _containers.RepeatedCompositeFieldContainer[RateLimit]
    desired_labels: _containers.RepeatedCompositeFieldContainer[DesiredLabel]
    conditions: _containers.RepeatedCompositeFieldContainer[Condition]
    batch: Batch
    def __init__(self, name: _Optional[str] = ..., action: _Optional[str] = ..., parents: _Optional[_Iterable[str]] = ..., retries: _Optional[int] = ..., backoff_factor: _Optional[float] = ..., backoff_max: _Optional[float] = ..., execution_timeout: _Optional[float] = ..., schedule_timeout: _Optional[float] = ..., slots: _Optional[_Mapping[str, int]] = ..., durable: _Optional[bool] = ..., priority: _Optional[int] = ..., concurrency: _Optional[_Iterable[_Union[Concurrency, _Mapping]]] = ..., rate_limits: _Optional[_Iterable[_Union[RateLimit, _Mapping]]] = ..., desired_labels: _Optional[_Iterable[_Union[DesiredLabel, _Mapping]]] = ..., conditions: _Optional[_Iterable[_Union[Condition, _Mapping]]] = ..., batch: _Optional[_Union[Batch, _Mapping]] = ...) -> None: ...

class Batch(_message.Message):
    __slots__ = ("max_size", "interval", "key_expression", "max_runs")
    MAX_SIZE_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    KEY_EXPRESSION_FIELD_NUMBER: _ClassVar[int]
    MAX_RUNS_FIELD_NUMBER: _ClassVar[int]
    max_size: int
    interval: float
    key_expression: str
    max_runs: int
    def __init__(self, max_size: _Optional[int] = ..., interval: _Optional[float] = ..., key_expression: _Optional[str] = ..., max_runs: _Optional[int] = ...) -> None: ...
