"""The agent at work: one loop a source, one that sends, one that listens, one that keeps in touch.

loop        a thread that runs its turn when rung, when its time has come, or when asked
sourceloops each source's turn: read, prove that nothing is missing, wait for news
auditing    the source's inventory against the books
tagging     the tagger, in a process of its own
taught      what the company has taught it
requests    what other processes ask of us
knowledge   directory and policy, and the pipeline made of them
reading     one pass over one source
listening   recordings, one after the other, in a process of their own
contact     directory, policy, heartbeat and reminders
reporting   what is known of each source, as the server and people see it
supervisor  starts, asks and stops them all
"""

from agent.daemon.supervisor import Agent, Parts

__all__ = ["Agent", "Parts"]
