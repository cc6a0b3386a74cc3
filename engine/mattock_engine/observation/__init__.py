"""What tasks tell of themselves while they run, and what is told of runs: nothing here decides anything.

It does not go through the core: it is gathered here, and written beside the rounds, a few times a second.
"""

from __future__ import annotations

from .record import MAX_TEXT as MAX_TEXT
from .record import Observation as Observation
from .record import Progress as Progress
from .record import Sample as Sample
from .record import check_progress as check_progress
from .record import check_sample as check_sample
from .recorder import Recorder as Recorder
