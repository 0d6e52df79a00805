package io.portward.core.tls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.AbstractCoalescingBufferQueue;
import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

/**
 * Plaintext waiting to be sealed. Small neighbours are copied together so that a response head and a short body become one record; a large
 * buffer is handed out in slices.
 *
 * <p>Threading: the channel's event loop. Ownership: takes what is added; what {@code remove} returns is the caller's.
 */
final class PlaintextQueue extends AbstractCoalescingBufferQueue {

    PlaintextQueue(Channel channel) {
        super(channel, 4);
    }

    @Override
    protected ByteBuf composeFirst(ByteBufAllocator allocator, ByteBuf first, int total) {
        ByteBuf joined = allocator.directBuffer(total);
        joined.writeBytes(first);
        first.release();
        return joined;
    }

    @Override
    protected ByteBuf compose(ByteBufAllocator allocator, ByteBuf joined, ByteBuf next) {
        // Behind a buffer that was taken whole only empty ones can follow, and it may be read-only.
        if (next.isReadable()) {
            joined.writeBytes(next);
        }
        next.release();
        return joined;
    }

    @Override
    protected @Nullable ByteBuf removeEmptyValue() {
        return null;
    }
}
