package io.portward.core.exchange;

import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.portward.config.model.BalanceConfig;
import io.portward.config.model.BalanceMethod;
import io.portward.core.error.ErrorKind;
import io.portward.core.http.Cookies;
import io.portward.core.http.RequestTarget;
import io.portward.core.http.RequestTarget.PathForm;
import io.portward.core.route.HeaderEdits;
import io.portward.core.route.Route;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/** What is decided about a request before anything is done for it. Pure functions. */
final class Gate {

    private Gate() {}

    /** Before the route is looked for. */
    static @Nullable ErrorKind refusal(
            HttpService service, ClientConnection client, HttpRequest request, RequestTarget target) {
        if (service.isOverRate(client, request.headers())) {
            return ErrorKind.TOO_MANY_REQUESTS;
        }
        if (target.form() == PathForm.BROKEN) {
            return ErrorKind.MALFORMED_REQUEST;
        }
        if (service.routes().isTooLong(request.headers())) {
            return ErrorKind.HEADERS_TOO_LARGE;
        }
        return client.isMisdirected(target.host()) ? ErrorKind.MISDIRECTED : null;
    }

    /** With the route that was found. */
    static @Nullable ErrorKind refusal(
            HttpService service, @Nullable Route route, HttpRequest request, RequestTarget target, boolean hasBody) {
        if (target.form() == PathForm.AMBIGUOUS
                && !service.routes().isCertain(route, target.host(), target.path(), request)) {
            return ErrorKind.MALFORMED_REQUEST;
        }
        if (route == null) {
            return ErrorKind.NO_ROUTE;
        }
        return hasBody && HttpUtil.getContentLength(request, 0L) > service.maxBody() ? ErrorKind.BODY_TOO_LARGE : null;
    }

    /**
     * The address of whoever asks, if the route's backend chooses its server by it.
     *
     * @param request before {@link #apply}, by which the route may change the fields that tell
     */
    static @Nullable String source(Route route, ClientConnection client, HttpRequest request) {
        if (client.poolOf(route).config().balance().method() != BalanceMethod.HASH_SOURCE) {
            return null;
        }
        InetAddress asker = client.forwarding().asker(request.headers());
        return asker == null ? null : asker.getHostAddress();
    }

    /**
     * What decides on the server where {@code balance} is a hash; null where it is not, or where the request has none of it.
     *
     * @param source see {@link #source}
     */
    static @Nullable CharSequence hashed(BalanceConfig balance, @Nullable String source, HttpRequest request) {
        return switch (balance.method()) {
            case HASH_SOURCE -> source;
            case HASH_HEADER -> request.headers().get(balance.name());
            case HASH_COOKIE -> Cookies.find(request.headers(), balance.name());
            case ROUND_ROBIN, LEAST_REQUESTS, RANDOM -> null;
        };
    }

    /**
     * Changes {@code request} as the route says.
     *
     * @return false when no path comes out that could be forwarded
     */
    static boolean apply(Route route, HttpRequest request, RequestTarget target) {
        if (route.rewrites()) {
            String path = route.rewritten(target.path());
            if (path == null) {
                return false;
            }
            request.setUri(path + target.query());
        }
        HeaderEdits edits = route.requestEdits();
        if (edits != null) {
            edits.apply(request.headers());
        }
        return true;
    }
}
