package io.portward.core.http2;

import io.netty.channel.ChannelPipeline;
import io.portward.core.exchange.ClientConnection;
import io.portward.core.exchange.HttpService;
import io.portward.core.transport.DeadlineWheel;

/** Puts HTTP/2 into the pipeline of a client that has agreed on it. */
public final class Http2FrontEnd {

    private Http2FrontEnd() {}

    /**
     * Appends the handler that serves this connection. Below it there has to be TLS or nothing: it reads and writes bytes. To drain the
     * connection, fire {@link io.portward.core.transport.DrainEvent}; {@code close()} cuts it.
     *
     * <p>Threading: the channel's event loop.
     *
     * @param wheel of the event loop the channel lives on
     */
    public static void addTo(
            ChannelPipeline pipeline, HttpService service, ClientConnection client, DeadlineWheel wheel) {
        pipeline.addLast("http2", Http2Handler.create(service, client, wheel));
    }
}
