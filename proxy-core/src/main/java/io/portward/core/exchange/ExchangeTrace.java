package io.portward.core.exchange;

import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.portward.core.error.ErrorKind;
import io.portward.core.http.RequestTarget;

/**
 * Hears what happens to one exchange, for the access log. This one is for when the log is off: it does nothing, and there is only one.
 *
 * <p>Threading: the event loop of the exchange.
 */
class ExchangeTrace {

    static final ExchangeTrace OFF = new ExchangeTrace();

    /** @param request as it came */
    void began(HttpRequest request, RequestTarget target) {}

    /** A connection to {@code server} is being made. */
    void dialling(String server) {}

    /** There is a connection to {@code server}, new or not. */
    void acquired(String server) {}

    /** The head of the response has come from the server. */
    void answered() {}

    /** A part of the response's body goes to the client. */
    void sent(HttpContent content) {}

    void failed(ErrorKind kind) {}

    void clientGone() {}

    /** The connection leaves HTTP; to be told before {@link #finished}. */
    void upgraded() {}

    /** It is over. */
    void finished(String backend, HttpMethod method, int status, CharSequence requestId, long received) {}
}
