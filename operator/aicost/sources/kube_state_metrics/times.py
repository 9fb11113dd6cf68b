"""When pods were there, from kube-state-metrics' facts about them. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from aicost.core.window import Instant, Window, window
from aicost.sources.kube_state_metrics.facts import Answers, by, pod_key


class Times:
    """When pods held what they asked for, of those that were seen in the window; `interval` is that of the scrapes."""

    def __init__(self, answers: Answers, over: Window, interval: int) -> None:
        self._over, self._interval = over, interval
        self.first, self.last = by(pod_key, answers.first_seen, min), by(pod_key, answers.last_seen, max)
        self._scheduled = by(pod_key, answers.scheduled, min)
        self._completed = by(pod_key, answers.completed, max)
        self._terminated = by(pod_key, answers.terminated, max)

    def of(self, uid: str) -> Iterator[tuple[Window, Instant | None]]:
        """The window and where knowledge of its end ends; nothing for a pod that was not seen or held nothing."""
        if uid not in self.last:
            return
        end, assumed_from = self._end(uid)
        start = int(self._scheduled.get(uid, self.first[uid]))
        held = window(Instant(start), Instant(int(end)))
        if held:
            yield held, None if assumed_from is None else max(held.start, Instant(int(assumed_from)))

    def _end(self, uid: str) -> tuple[float, float | None]:
        """Only a terminal phase ends a pod: the completion time stands as soon as one of its containers has ended.

        A pod that ended without one, as evicted ones do, is dated by the share of its samples that are terminal: to
        about one interval. All of them: it held nothing in this window.
        """
        first, last = max(self.first[uid], self._over.start), self.last[uid]
        share = self._terminated.get(uid, 0.0)
        if not share:
            return last + self._interval, last
        if uid in self._completed:
            return self._completed[uid], None
        if share >= 1:
            return 0, None
        end = first + (1 - share) * (last - first + self._interval)
        return end, end - self._interval
