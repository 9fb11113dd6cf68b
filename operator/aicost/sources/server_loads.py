"""What share of their KV cache model servers used, hour by hour: one query, whichever server it is.

Names as of the end of 2026, from the projects' own metrics pages: vLLM's two, the second until 0.9, also as Ray Serve
prints them; SGLang's share of its token pool; TensorRT-LLM's in Triton. All are gauges from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from aicost.core.loads import ServerLoad
from aicost.core.usage import FULLY_BUSY_PPM
from aicost.core.window import HOUR, Instant, Window
from aicost.sources.prometheus import Prometheus
from aicost.sources.prometheus_answers import Sample

SERIES = (
    "vllm:kv_cache_usage_perc",
    "vllm:gpu_cache_usage_perc",
    "ray_vllm_kv_cache_usage_perc",
    "ray_vllm_gpu_cache_usage_perc",
    "sglang:token_usage",
    'nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="fraction"}',
)
_PEAKS = " or ".join(f"max by (namespace, pod) (max_over_time({series}[1h] offset 1ms))" for series in SERIES)


async def server_loads(prometheus: Prometheus, hours: Window) -> tuple[ServerLoad, ...]:
    """Of whole hours, by hour and pod. Raises Unavailable, TooLarge, Malformed or Forbidden."""
    samples = await prometheus.steps(_PEAKS, Instant(hours.start + HOUR), hours.end, HOUR)
    return tuple(peaks(samples))


def peaks(samples: Iterable[Sample]) -> Iterator[ServerLoad]:
    """One load for each pod and hour with a possible value."""
    for sample in sorted(samples, key=lambda each: (each.at, sorted(each.labels.items()))):
        namespace, pod = sample.labels.get("namespace", ""), sample.labels.get("pod", "")
        if namespace and pod and 0 <= sample.value <= 1:
            hour = Window(Instant(sample.at - HOUR), sample.at)
            yield ServerLoad(namespace, pod, hour, round(sample.value * FULLY_BUSY_PPM))
