package io.portward.core.exchange;

import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import java.time.Duration;

/**
 * The client's end of one exchange: where the response goes, and the brake on the request. Implemented by each front end.
 *
 * <p>Order of calls: any number of 1xx {@link #head}, one final {@link #head}, any number of {@link #body}, one {@link #end}; or
 * {@link #abort} at any point, after which nothing more is called. Headers are already those the client may see (hop-by-hop fields are
 * gone); framing on the wire is the front end's: {@code Content-Length} is present if the length is known, {@code Transfer-Encoding} never.
 *
 * <p>Threading: the event loop of the client's connection. Ownership: {@link #body} and {@link #end} take their argument.
 */
public interface ResponseSink {

    /** @param last no body follows: {@link #end} comes next with an empty content */
    void head(HttpResponse response, boolean last);

    void body(HttpContent content);

    /** The response is complete; trailing headers may be present. */
    void end(LastHttpContent last);

    /** Pushes out what was written; called once for each batch read from the backend. */
    void flush();

    /** Whether more response bytes are welcome; when not, {@link Exchange#clientWritable} tells that they are again. */
    boolean isWritable();

    /**
     * How many bytes the client has taken of what was written, counted from anywhere, though perhaps not enough for {@link #isWritable}. Without
     * epoll it is only a figure that changes when the client takes some, while nothing is written. Costs a system call, so it is for looks that
     * are seconds apart.
     */
    long taken();

    /** How many bytes of request bodies the client has sent, counted from anywhere. */
    long received();

    /**
     * The response cannot be completed: the client must be able to tell that it is cut short.
     *
     * @param resetCode by which the server has ended it (RFC 9113 §7), for clients that can be told; negative when it has not
     */
    void abort(long resetCode);

    /** Asks for no more (or again for) request body; what has been read already still arrives. */
    void pauseRequest(boolean pause);

    /**
     * Whether the client asked to leave HTTP for WebSocket (RFC 6455 §4.1), so that a 101 may be passed on. {@link #tunnel} follows it.
     */
    default boolean acceptsUpgrade() {
        return false;
    }

    /**
     * After a 101 was passed on: bytes flow untouched between the client and {@code upstream} from here, until none do for {@code idleTime}.
     * Ends the exchange.
     */
    default void tunnel(Channel upstream, Duration idleTime) {
        throw new IllegalStateException("tunnel without acceptsUpgrade");
    }

    default boolean speaksHttp2() {
        return false;
    }

    /** {@code h1} or {@code h2}, for metrics. */
    String protocol();
}
