package io.portward.core.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** What a new connection begins with. Called on the event loop, once for each address that is tried. */
public interface Opening {

    /** The first handler; above TLS, where there is TLS. */
    ChannelHandler handler();

    /** What is sent before the TLS handshake; not asked for where there is no TLS. The caller owns it. */
    default ByteBuf preface(ByteBufAllocator allocator) {
        return Unpooled.EMPTY_BUFFER;
    }

    /** What else has to be done, after TLS, before the connection can be used; null for nothing. */
    default @Nullable Future<?> ready(Channel channel) {
        return null;
    }
}
