package io.portward.core.upstream;

import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpResponse;
import io.portward.core.error.ErrorKind;

/**
 * Hears the response of the request that was sent on an {@link UpstreamConnection}.
 *
 * <p>Order: any number of 1xx {@link #responseHead}, one final {@link #responseHead}, {@link #responseContent} up to a
 * {@code LastHttpContent}; or {@link #upstreamFailed} at any point, the last call. Threading: the event loop. Ownership: content is the
 * listener's to release.
 */
public interface UpstreamListener {

    void responseHead(HttpResponse response);

    void responseContent(HttpContent content);

    /** All that one read brought has been told. */
    void responseReadComplete();

    /** The connection takes request bytes again. */
    void upstreamWritable();

    /**
     * The connection is closed or unusable.
     *
     * @param kind {@code UPSTREAM_MALFORMED} for a broken response, {@code UPSTREAM_UNREACHABLE} for an end before it was complete
     */
    void upstreamFailed(ErrorKind kind);
}
