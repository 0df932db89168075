"""Who follows which feed in this process. Everything here runs on its event loop."""

import asyncio
from collections import defaultdict
from uuid import UUID

from notifications.realtime.follower import Follower
from notifications.realtime.subscription import Subscription


class Hub:
    """Passes what Redis says of a recipient to everybody here who follows it; serialised once, whoever reads it."""

    def __init__(self) -> None:
        self._followers: defaultdict[UUID, set[Follower]] = defaultdict(set)
        self._subscription = Subscription(self._hear)
        self._listening = asyncio.get_running_loop().create_task(self._subscription.run())

    async def join(self, follower: Follower) -> None:
        """What happens from now on reaches this follower."""
        self._followers[follower.recipient].add(follower)
        await self._subscription.add(follower.recipient)

    async def leave(self, follower: Follower) -> None:
        """Nothing reaches it any more."""
        follower.end()
        following = self._followers[follower.recipient]
        following.discard(follower)
        if not following:
            del self._followers[follower.recipient]
            await self._subscription.drop(follower.recipient)

    def positions(self) -> dict[UUID, int]:
        """How far everybody has been told, by recipient."""
        return {who: min(one.position for one in following) for who, following in self._followers.items()}

    def hear_of(self, last_seqs: dict[UUID, int]) -> None:
        """These recipients have events up to these numbers."""
        for recipient, seq in last_seqs.items():
            for follower in tuple(self._followers.get(recipient, ())):
                follower.hear_of(seq)

    def _hear(self, recipient: UUID, seq: int, text: str) -> None:
        for follower in tuple(self._followers.get(recipient, ())):
            follower.hear(seq, text)
