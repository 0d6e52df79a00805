package io.portward.core.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.portward.config.model.LimitConfig;
import io.portward.core.error.ErrorKind;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which well formed requests are refused all the same, whatever the version of HTTP they came in. Threading: stateless. */
public final class RequestRules {

    private RequestRules() {}

    /**
     * @param uriLength of the request target as it was sent
     * @return null when the request may be processed
     */
    public static @Nullable ErrorKind check(HttpMethod method, int uriLength, HttpHeaders headers, LimitConfig limits) {
        if (uriLength > limits.uriBytes()) {
            return ErrorKind.URI_TOO_LONG;
        }
        if (headers.size() > limits.headerCount()) {
            return ErrorKind.HEADERS_TOO_LARGE;
        }
        if (HttpMethod.CONNECT.equals(method) || HttpMethod.TRACE.equals(method)) {
            return ErrorKind.METHOD_REFUSED;
        }
        return hasKnownExpectation(headers) ? null : ErrorKind.EXPECTATION_FAILED;
    }

    /** RFC 9110 §9.2.2: whether sending it twice means no more than once. */
    public static boolean isIdempotent(HttpMethod method) {
        return HttpMethod.GET.equals(method)
                || HttpMethod.HEAD.equals(method)
                || HttpMethod.OPTIONS.equals(method)
                || HttpMethod.PUT.equals(method)
                || HttpMethod.DELETE.equals(method);
    }

    /** RFC 9110 §10.1.1: a list, which may be empty. */
    private static boolean hasKnownExpectation(HttpHeaders headers) {
        if (!headers.contains(HttpHeaderNames.EXPECT)) {
            return true;
        }
        List<String> expectations = headers.getAll(HttpHeaderNames.EXPECT);
        return expectations.size() == 1
                && (expectations.get(0).isEmpty()
                        || HttpHeaderValues.CONTINUE.contentEqualsIgnoreCase(expectations.get(0)));
    }
}
