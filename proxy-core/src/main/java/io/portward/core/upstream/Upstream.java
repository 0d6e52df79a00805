package io.portward.core.upstream;

import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpObject;
import java.util.Set;

/**
 * The way of one request to a server and of its response back: a whole HTTP/1.1 connection, or a stream among others of an HTTP/2 one. The one
 * who got it owns it until {@link #release}.
 *
 * <p>Threading: the event loop it shares with the client's connection.
 */
public sealed interface Upstream permits UpstreamConnection, UpstreamStream {

    /** From now on {@code listener} hears what happens here. */
    void use(UpstreamListener listener);

    /**
     * Whether the connection, ours alone, has carried a request before, so that the server may have closed it for being idle while ours was on
     * the way.
     */
    boolean isReused();

    /** Whether anything of an answer to the current request has been read. */
    boolean isResponseBegun();

    /** Whether the server has said that it did nothing with the request (RFC 9113 §8.7), so that any may be sent again. */
    boolean isUnprocessed();

    /** The code by which the server ended this request alone (RFC 9113 §7); negative when it did no such thing. */
    long resetCode();

    String serverName();

    Server server();

    /** Servers that the request was sent to before, in vain. */
    Set<Server> excluded();

    /** Takes ownership of {@code message}, in HTTP/1 form; sent with the next {@link #flush}. */
    void write(HttpObject message);

    void flush();

    boolean isWritable();

    void pauseResponse(boolean pause);

    /** The listener cannot use what it was told: it hears of a failure as if the response were malformed. */
    void refuseResponse();

    /** The connection, for others to use from here on. Only where a 101 may have been answered. */
    Channel channel();

    /**
     * Takes the connection out of HTTP. What the server sent behind its 101 is fired to the handlers that follow in the pipeline, so the new
     * owner of the {@link #channel} must have added them.
     */
    void leaveHttp();

    /** Gives it back when request and response are both complete; ends what is not. */
    void release();
}
