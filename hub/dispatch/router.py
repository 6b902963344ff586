"""Routers only collect: a handler is declared inertly here and bound late, by `bind`, to the helpers it asks for.

A handler is a plain function `(event, uow, *helpers) -> Iterator[Event]`. What it hears and says is read from its
annotations: they are the map of the system.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import UnionType
from typing import Any, Protocol, TypeVar, Union, get_args, get_origin, get_type_hints

from events.base import Event
from hub.dispatch.unit_of_work import UnitOfWork
from hub.errors import WrongSetting
from hub.store.port import Store

Handler = TypeVar("Handler", bound=Callable[..., Iterator[Event] | None])


class Helper(Protocol):
    """What a handler may ask for by type: something that answers from memory and prepares itself before each batch."""

    async def prepare(self, store: Store, events: Sequence[Event]) -> None:
        """Do the slow part (reading, ranking) before the transaction opens."""
        ...


@dataclass(frozen=True)
class Reaction:
    """One handler as declared: its name is for ever, ids are made from it."""

    name: str
    group: str
    handler: Callable[..., Iterator[Event] | None]
    hears: tuple[type[Event], ...]
    says: tuple[type[Event], ...]
    helpers: tuple[tuple[str, type[Any]], ...]
    outward: bool = False

    @property
    def where(self) -> str:
        """Module and function, for people."""
        return f"{self.handler.__module__}.{self.handler.__name__}"


@dataclass
class Router:
    """Collects the handlers of one consumer group.

    An `outward` one only tells partners outside: it runs where there is Kafka, and nothing in the hub waits for it.
    """

    group: str
    outward: bool = False
    reactions: list[Reaction] = field(default_factory=list)

    def on(self, name: str, hears: Sequence[type[Event]] = ()) -> Callable[[Handler], Handler]:
        """Declare a handler under a name that never changes; `hears` is for more types than an annotation can name."""

        def declare(handler: Handler) -> Handler:
            self.reactions.append(_read_signature(name, self, handler, tuple(hears)))
            return handler

        return declare


@dataclass(frozen=True)
class Bound:
    """A handler with its helpers filled in."""

    name: str
    call: Callable[[Event, UnitOfWork], Iterator[Event] | None]


@dataclass(frozen=True)
class Group:
    """One consumer group, ready to run: what it hears, and the helpers to prepare before each batch."""

    name: str
    by_type: Mapping[str, tuple[Bound, ...]]
    helpers: tuple[Helper, ...] = ()
    silent: bool = False
    """Whether none of its handlers says anything, so that it may be replayed."""
    outward: bool = False
    """Whether it only tells partners outside."""

    async def prepare(self, store: Store, events: Sequence[Event]) -> None:
        """Let every helper do its slow work."""
        for helper in self.helpers:
            await helper.prepare(store, events)


def bind(routers: Sequence[Router], helpers: Sequence[Helper] = ()) -> dict[str, Group]:
    """Bind routers to helpers; raises WrongSetting for a helper nobody offers or a name used twice."""
    by_class: dict[type[Any], Helper] = {type(helper): helper for helper in helpers}
    reactions = [reaction for router in routers for reaction in router.reactions]
    _refuse_twins(reactions)
    groups: dict[str, Group] = {}
    for name in dict.fromkeys(reaction.group for reaction in reactions):
        own = [reaction for reaction in reactions if reaction.group == name]
        groups[name] = _bind_group(name, own, by_class)
    return groups


def _bind_group(name: str, reactions: Sequence[Reaction], offered: Mapping[type[Any], Helper]) -> Group:
    by_type: dict[str, tuple[Bound, ...]] = {}
    used: dict[type[Any], Helper] = {}
    for reaction in reactions:
        filled: dict[str, Helper] = {}
        for parameter, wanted in reaction.helpers:
            if wanted not in offered:
                raise WrongSetting(f"{reaction.where} asks for {wanted.__name__}, which nobody offers")
            filled[parameter] = used[wanted] = offered[wanted]
        bound = Bound(reaction.name, _fill(reaction.handler, filled))
        for heard in reaction.hears:
            by_type[heard.TYPE] = (*by_type.get(heard.TYPE, ()), bound)
    outward = any(reaction.outward for reaction in reactions)
    silent = not outward and not any(reaction.says for reaction in reactions)
    return Group(name, by_type, tuple(used.values()), silent, outward)


def _fill(
    handler: Callable[..., Iterator[Event] | None], filled: Mapping[str, Helper]
) -> Callable[[Event, UnitOfWork], Iterator[Event] | None]:
    if not filled:
        return handler
    return lambda event, uow: handler(event, uow, **filled)


def _refuse_twins(reactions: Sequence[Reaction]) -> None:
    names = [reaction.name for reaction in reactions]
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise WrongSetting(f"handler names are ids and must differ: {', '.join(twins)} is used twice")


def _read_signature(
    name: str, router: Router, handler: Callable[..., Iterator[Event] | None], hears: tuple[type[Event], ...]
) -> Reaction:
    hints = get_type_hints(handler)
    event, _uow, *rest = inspect.signature(handler).parameters
    returned = get_args(hints["return"])
    return Reaction(
        name=name,
        group=router.group,
        handler=handler,
        hears=hears or _members(hints[event]),
        says=_members(returned[0]) if returned and returned[0] is not Any else (),
        helpers=tuple((parameter, hints[parameter]) for parameter in rest),
        outward=router.outward,
    )


def _members(annotation: Any) -> tuple[type[Event], ...]:
    members = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    return tuple(member for member in members if inspect.isclass(member) and issubclass(member, Event))
