package io.portward.core.connection;

import io.netty.channel.Channel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.portward.core.transport.DescriptorLimit;
import io.portward.core.upstream.Backends;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * All client connections of the process, and the cap on their number.
 *
 * <p>Clients and backend connections share the descriptors. Idle backend connections are only kept as long as nobody else needs theirs: at the
 * cap they are given up, one for each client. Those of the client's own event loop are closed before it is let in; those of other loops may be
 * open for a moment beyond the cap, for which half of the reserve may be used.
 *
 * <p>Threading: any thread but for {@link #add}.
 */
final class Connections {

    /** Of every eight descriptors one stays for listeners, files, scrapes and new connections to backends. */
    private static final int RESERVED_SHARE = 8;

    /** Far enough below zero that newcomers, who count for a moment, do not bring it back. */
    private static final int ENDED = Integer.MIN_VALUE / 2;

    private final ChannelGroup open = new DefaultChannelGroup("clients", GlobalEventExecutor.INSTANCE);
    /** {@link #ENDED} when the last one has left after a drain. */
    private final AtomicInteger count = new AtomicInteger();

    private final CompletableFuture<Void> drained = new CompletableFuture<>();
    private final int maxClients;
    private final long max;
    /** How far the cap may be passed while idle backend connections are being closed. */
    private final long slack;

    private final AtomicInteger backendConnections;
    private final Backends backends;
    private volatile boolean draining;

    /**
     * @param left descriptors that clients and backends may use up, with a reserve of one eighth with which the process goes on
     * @param maxClients the operator's cap
     * @param backendConnections open connections to backends, idle ones and those that are being dialled included
     */
    Connections(long left, int maxClients, AtomicInteger backendConnections, Backends backends) {
        this.maxClients = maxClients;
        long reserve = left / RESERVED_SHARE;
        this.max = left - reserve;
        this.slack = reserve / 2;
        this.backendConnections = backendConnections;
        this.backends = backends;
    }

    /** For the descriptors that are left now. */
    static Connections withinDescriptorLimit(int maxClients, AtomicInteger backendConnections, Backends backends) {
        return new Connections(DescriptorLimit.left(), maxClients, backendConnections, backends);
    }

    /**
     * Called on the event loop of {@code channel}.
     *
     * @return false over the cap, and when the last connection has left after a drain; the channel is not kept then
     */
    boolean add(Channel channel) {
        int clients = count.incrementAndGet();
        if (clients < 0) {
            count.decrementAndGet();
            return false;
        }
        if (clients > maxClients) {
            left();
            return false;
        }
        if (isOverCap()) {
            backends.giveUpIdle(this::isOverCap);
            if (over() > Math.min(backends.idleConnections(), slack)) {
                left();
                return false;
            }
        }
        open.add(channel);
        channel.closeFuture().addListener(closed -> left());
        return true;
    }

    private boolean isOverCap() {
        return over() > 0;
    }

    private long over() {
        return count.get() + backendConnections.get() - max;
    }

    /** One that was refused counted for a moment too, and may be the last. */
    private void left() {
        if (count.decrementAndGet() == 0 && draining) {
            endIfEmpty();
        }
    }

    private void endIfEmpty() {
        if (count.compareAndSet(0, ENDED)) {
            drained.complete(null);
        }
    }

    boolean isDraining() {
        return draining;
    }

    /** @return completes when the last connection is closed; from then on there is no other */
    CompletionStage<Void> drain() {
        draining = true;
        endIfEmpty();
        return drained;
    }

    ChannelGroup open() {
        return open;
    }
}
