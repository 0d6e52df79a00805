package io.portward.core.exchange;

import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import io.portward.core.upstream.Upstream;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * What comes behind a request's head, on its way to the server. What arrives before there is a connection is held. Reading from the client is paused
 * meanwhile, so that is what one read brought and no more.
 *
 * <p>Threading: the event loop. Ownership: holds what it is given until it is passed on or released.
 */
final class RequestBody {

    private @Nullable Deque<HttpContent> waiting;
    private boolean passed;

    void hold(HttpContent content) {
        if (waiting == null) {
            waiting = new ArrayDeque<>(4);
        }
        waiting.add(content);
    }

    void pass(HttpContent content, Upstream upstream) {
        passed |= content.content().isReadable()
                || (content instanceof LastHttpContent last
                        && !last.trailingHeaders().isEmpty());
        upstream.write(content);
    }

    /**
     * Passes on what was held.
     *
     * @param complete the end has come, and must be said again to a server that is the second to be asked
     */
    void passHeld(Upstream upstream, boolean complete) {
        boolean endSaid = false;
        while (waiting != null && !waiting.isEmpty()) {
            HttpContent content = waiting.poll();
            endSaid |= content instanceof LastHttpContent;
            pass(content, upstream);
        }
        if (complete && !endSaid) {
            upstream.write(LastHttpContent.EMPTY_LAST_CONTENT);
        }
    }

    /** Whether some of it was passed on, so that it is not there any more. */
    boolean isPassed() {
        return passed;
    }

    void release() {
        if (waiting != null) {
            waiting.forEach(HttpContent::release);
            waiting = null;
        }
    }
}
