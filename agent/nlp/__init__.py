"""Text in, tags out. The only place that knows spaCy, and it imports it only when asked to.

clean(text, kind)            -> Cleaned        quotes, signatures and HTML out, offsets kept
Tagger().tag(text, …)        -> Tagging        tags and commitments of one clean text
Tagger().tag_turns(turns, …) -> Tagging        the same for a call, with seconds
"""
