"""What both engines count, and where: the columns of their tables.

Counts and times are integers; times are ticks.
"""

from __future__ import annotations

__all__: list[str] = []

FRESH, REDIAL, RECONTACT, PASSED_IN = 0, 1, 2, 3
"""By queue and interval of arrival: how a contact came. For the first time; again after giving up;
again after being served; from another queue."""
ANSWERED, GAVE_UP, STILL, MISSED, PASSED_ON = 4, 5, 6, 7, 8
"""How it left the queue: served; gave up; waiting still at the end; called back and not reached;
moved to another queue while it waited. Nothing else can happen: the first four and these five add
up to the same."""
IN_TIME, SHORT, DELAYED = 9, 10, 11
"""Answered within the threshold; gave up within it; had to wait at all."""
WAITED_ANSWERED, WAITED_OTHER, HANDLED = 12, 13, 14
"""Ticks that those who were answered waited; those who were not; ticks of handling, a chat's until
the end at most. A wait that goes on in another queue counts there, from its beginning."""
RESOLVED = 15
"""Served contacts after which the customer needs nothing more."""
OFFERED_CALLBACK, ACCEPTED_CALLBACK, CALLED_IN_WINDOW, LATE = 16, 17, 18, 19
"""Callbacks offered, accepted, first called within their window; answered later than their
deadline."""
BRIEF = 20
"""Gave up within the queue's ``short_abandon_s``."""
DEPARTED = 21
"""By the interval in which it happens: contacts that left the queue, in whatever way but the end.
What arrived so far less this is who waits when an interval ends."""
QUEUE = 22
"""By the interval in which the time passes: ticks that all waiting contacts wait."""
QUEUE_COLUMNS = 23

BUSY, IN_HAND, STAFFED, OVERTIME = 0, 1, 2, 3
"""By pool and interval in which the time passes: ticks in which an agent has a contact; ticks of
contacts in hand, more than busy where an agent has several chats; ticks on duty; ticks of finishing
a call after duty."""
POOL_COLUMNS = 4

SETTLED, GONE_QUIETLY, GAVE_UP_FOR_GOOD, OUT_OF_ATTEMPTS = 0, 1, 2, 3
COMING_BACK, IN_SERVICE, WAITING, UNREACHED, CUSTOMERS = 4, 5, 6, 7, 8
"""What became of customers, at the end: resolved, or nothing is known of a return where the model
has no loop; unresolved, and will not ask again; gave up, and will not call again; asked as often as
anybody may; will come back after the end; being served; waiting; called back in vain. They add up
to the last: all customers."""
FATES = 9
HANDED_ON = 9
"""Only in a trace: the contact goes on in another queue."""

CUSTOMER, ATTEMPT, KIND, QUEUE_OF, POOL_OF, AGENT = 0, 1, 2, 3, 4, 5
ARRIVED, LEFT_QUEUE, LEFT, OUTCOME, AFTER, FIRST_QUEUE = 6, 7, 8, 9, 10, 11
"""Columns of a trace, one row for each contact in a queue: whose and which attempt; how it came (as
the first four columns above); which queue, pool and agent (-1: none); when it arrived, was answered
or left the queue, and ended (-1: it waited still at the end; at the end or later: it was in service
then); how it left the queue (ANSWERED to PASSED_ON above); what the customer does next (a fate
above; COMING_BACK also where it was seen); in which queue the customer first came, where the number
counts."""
TRACE_COLUMNS = 12
