package io.portward.core.exchange;

import io.netty.handler.codec.http.HttpContent;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Request content that has arrived before there is a connection to send it on. Reading from the client is paused meanwhile, so it holds
 * what one read brought and no more.
 *
 * <p>Threading: the event loop. Ownership: holds what it is given until it is taken or released.
 */
final class RequestBody {

    private @Nullable Deque<HttpContent> waiting;

    void add(HttpContent content) {
        if (waiting == null) {
            waiting = new ArrayDeque<>(4);
        }
        waiting.add(content);
    }

    @Nullable
    HttpContent poll() {
        return waiting == null ? null : waiting.poll();
    }

    void release() {
        if (waiting != null) {
            waiting.forEach(HttpContent::release);
            waiting = null;
        }
    }
}
