// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.understudy.api.HostName;
import org.understudy.api.InventoryChange.HostChanged;
import org.understudy.api.InventoryChange.PoolChanged;
import org.understudy.api.InventoryChange.VfChanged;
import org.understudy.api.InventoryChange.VmChanged;
import org.understudy.api.InventorySnapshot;
import org.understudy.api.JsonView;
import org.understudy.api.Revised;
import org.understudy.api.Vm;
import org.understudy.api.VmUuid;

/**
 * What a stream sends before changes: the whole state between {@code begin} and {@code ready}, or what a client has missed
 * before {@code ready}. Written while the client reads it, so that a large fleet needs no memory for each client: streams are
 * concatenated, as the iterator of {@link Stream#flatMap} stores all elements of a part before it returns the first one.
 */
final class EventFrames {
    /** The time after which browsers connect again. */
    private static final byte[] RETRY = "retry: 1000\n\n".getBytes(StandardCharsets.UTF_8);

    private EventFrames() {}

    /** Clears the ID that the client knows: what it receives next is complete only with {@code ready}. */
    static Iterator<byte[]> complete(Stream<Event> state, String id, JsonView view) {
        return all(List.of(
                        Stream.of(RETRY, EventLog.withId("", Event.frame("begin", "{}"))),
                        state.map(event -> event.frame(view)),
                        Stream.of(ready(id))))
                .iterator();
    }

    static Iterator<byte[]> resumed(List<EventLog.Entry> missed, EventFilter filter, String id) {
        return all(List.of(
                        Stream.of(RETRY),
                        missed.stream()
                                .filter(entry -> filter.test(entry.event()))
                                .map(EventLog.Entry::frame),
                        Stream.of(ready(id))))
                .iterator();
    }

    private static <T> Stream<T> all(List<Stream<T>> parts) {
        return parts.stream().reduce(Stream.empty(), Stream::concat);
    }

    private static byte[] ready(String id) {
        return EventLog.withId(id, Event.frame("ready", "{}"));
    }

    static Stream<Event> inventory(InventorySnapshot state, EventFilter filter) {
        return all(filter.kinds().stream()
                .map(kind -> inventory(kind, state, filter))
                .toList());
    }

    private static Stream<Event> inventory(EventKind kind, InventorySnapshot state, EventFilter filter) {
        return switch (kind) {
            case HOST ->
                state.hosts().stream()
                        .map(host -> new HostChanged(
                                host.revision(), host.value().view().name(), Optional.of(host.value())))
                        .map(Event::of);
            case VM ->
                vms(state, filter)
                        .map(vm -> new VmChanged(
                                vm.revision(), vm.value().host(), vm.value().uuid(), Optional.of(vm.value())))
                        .map(Event::of);
            case VF ->
                hosts(state)
                        .flatMap(host -> state.vfs(host).stream()
                                .map(vf -> new VfChanged(
                                        vf.revision(), host, vf.value().address(), Optional.of(vf.value()))))
                        .map(Event::of);
            case POOL ->
                hosts(state)
                        .flatMap(host -> state.poolShares(host).stream()
                                .map(share -> new PoolChanged(
                                        share.revision(), host, share.value().pool(), Optional.of(share.value()))))
                        .map(Event::of);
            case MIGRATION, CONFIGURATION, PAIR -> Stream.empty();
        };
    }

    private static Stream<Revised<Vm>> vms(InventorySnapshot state, EventFilter filter) {
        return filter.vm().map(vm -> state.find(new VmUuid(vm.uuid()))).orElseGet(state::vms).stream();
    }

    private static Stream<HostName> hosts(InventorySnapshot state) {
        return state.hosts().stream().map(host -> host.value().view().name());
    }
}
