package io.portward.core.exchange;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AsciiString;
import io.portward.config.model.RedirectConfig;
import io.portward.config.model.RespondConfig;
import io.portward.config.model.RouteConfig;
import io.portward.core.http.Forwarding;
import io.portward.core.http.HttpDate;
import io.portward.core.http.RequestTarget;
import io.portward.core.route.HeaderEdits;
import io.portward.core.route.Route;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The answers of routes that have no backend. */
final class RouteAnswer {

    private RouteAnswer() {}

    /**
     * The caller owns the result.
     *
     * @param route without a backend
     * @return null when the request lacks the host that the new address needs
     */
    static @Nullable FullHttpResponse of(Route route, RequestTarget target, AsciiString requestId) {
        RouteConfig config = route.config();
        FullHttpResponse response = config.redirect() == null
                ? fixed(Objects.requireNonNull(config.respond(), "validated: backend, redirect or respond"))
                : redirect(config.redirect(), target);
        if (response == null) {
            return null;
        }
        HeaderEdits edits = route.responseEdits();
        if (edits != null) {
            edits.apply(response.headers());
        }
        response.headers()
                .set(HttpHeaderNames.DATE, HttpDate.format(Instant.now()))
                .set(Forwarding.X_REQUEST_ID, requestId);
        return response;
    }

    private static FullHttpResponse fixed(RespondConfig config) {
        ByteBuf body = Unpooled.copiedBuffer(config.body(), StandardCharsets.UTF_8);
        HttpResponseStatus status = HttpResponseStatus.valueOf(config.status());
        FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, body);
        if (body.isReadable()) {
            response.headers().set(HttpHeaderNames.CONTENT_TYPE, config.contentType());
        }
        // RFC 9110 §8.6: not on 204; on 304 it would be that of the 200.
        if (!HttpResponseStatus.NO_CONTENT.equals(status) && !HttpResponseStatus.NOT_MODIFIED.equals(status)) {
            response.headers().set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
        }
        return response;
    }

    private static @Nullable FullHttpResponse redirect(RedirectConfig config, RequestTarget target) {
        if (target.host().isEmpty() && config.to().needsHost()) {
            return null;
        }
        // OPTIONS * is about no path.
        String path = target.path().startsWith("/") ? target.path() : "";
        String location = config.to().expand(variable -> switch (variable) {
            case HOST -> target.host();
            case AUTHORITY -> target.authority();
            case PATH -> path;
            case QUERY -> target.query();
            case URI -> path + target.query();
        });
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(config.status()), Unpooled.EMPTY_BUFFER);
        response.headers().set(HttpHeaderNames.LOCATION, location).set(HttpHeaderNames.CONTENT_LENGTH, 0);
        return response;
    }
}
