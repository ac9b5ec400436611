"""Documents and frames of which a long-lived process reads many, none twice.

Reading JSON, pydantic keeps up to 16,384 short texts for the next time that they come. Of ids,
times and reasons that never come again, it would keep megabytes, and hold what lies beside them.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

UNCACHED = ConfigDict(cache_strings="keys")
"""Of the outermost document or frame; names of fields are few, and kept."""


class UncachedJson(BaseModel):
    """Of its JSON no text is kept beyond its use."""

    model_config = UNCACHED
