package io.portward.core.connection;

import io.netty.channel.Channel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.portward.core.transport.DescriptorLimit;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * All client connections of the process, and the cap on their number.
 *
 * <p>Threading: any thread.
 */
final class Connections {

    /** Of every eight descriptors one stays for listeners, files, scrapes and new connections to backends. */
    private static final int RESERVED_SHARE = 8;

    private final ChannelGroup open = new DefaultChannelGroup("clients", GlobalEventExecutor.INSTANCE);
    private final AtomicInteger count = new AtomicInteger();
    private final CompletableFuture<Void> drained = new CompletableFuture<>();
    private final long max;
    private final AtomicInteger backendConnections;
    private volatile boolean draining;

    private Connections(long max, AtomicInteger backendConnections) {
        this.max = max;
        this.backendConnections = backendConnections;
    }

    /** As many as there are descriptors left, of which enough stay for the process to go on when clients and backends use up theirs. */
    static Connections withinDescriptorLimit(AtomicInteger backendConnections) {
        long left = DescriptorLimit.left();
        return new Connections(left - left / RESERVED_SHARE, backendConnections);
    }

    /** @return false over the cap; the channel is not kept then */
    boolean add(Channel channel) {
        if (count.incrementAndGet() + backendConnections.get() > max) {
            left();
            return false;
        }
        open.add(channel);
        channel.closeFuture().addListener(closed -> left());
        return true;
    }

    /** One that was refused counted for a moment too, and may be the last. */
    private void left() {
        if (count.decrementAndGet() == 0 && draining) {
            drained.complete(null);
        }
    }

    boolean isDraining() {
        return draining;
    }

    /** @return completes when the last connection is closed */
    CompletionStage<Void> drain() {
        draining = true;
        if (count.get() == 0) {
            drained.complete(null);
        }
        return drained;
    }

    ChannelGroup open() {
        return open;
    }
}
