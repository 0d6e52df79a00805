package io.portward.core.upstream;

import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpVersion;
import io.portward.config.model.HealthConfig;
import io.portward.config.model.LimitConfig;
import io.portward.core.error.ErrorKind;
import io.portward.core.transport.Transport;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The client side of one {@code http} health check of a server that speaks HTTP/2: one request on a connection of its own.
 *
 * <p>Threading: the event loop. Closes the connection after its verdict.
 */
final class Http2Probe implements MultiplexedConnection.Owner, UpstreamListener {

    private final HealthConfig config;
    private final HealthProbe.Verdict verdict;
    private @Nullable MultiplexedConnection connection;
    private @Nullable UpstreamStream stream;
    private boolean answered;

    private Http2Probe(HealthConfig config, HealthProbe.Verdict verdict) {
        this.config = config;
        this.verdict = verdict;
    }

    static Opening opening(
            HealthConfig config, Server server, LimitConfig limits, Transport transport, HealthProbe.Verdict verdict) {
        return MultiplexedConnection.opening(
                server, new Http2Probe(config, verdict), limits, transport, config.timeout());
    }

    @Override
    public void opened(MultiplexedConnection opened) {
        connection = opened;
        DefaultFullHttpRequest request =
                new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, config.path());
        request.headers()
                .set(HttpHeaderNames.HOST, opened.server().name())
                .set(HttpHeaderNames.USER_AGENT, HealthProbe.USER_AGENT);
        UpstreamStream asked = opened.newStream(Set.of());
        stream = asked;
        asked.use(this);
        asked.write(request);
        asked.flush();
    }

    @Override
    public void responseHead(HttpResponse response) {
        if (response.status().codeClass() != HttpStatusClass.INFORMATIONAL) {
            int status = response.status().code();
            end(config.expectStatus().contains(status) ? null : HealthProbe.unexpected(status, config));
        }
    }

    @Override
    public void upstreamFailed(ErrorKind kind) {
        end(
                kind == ErrorKind.UPSTREAM_MALFORMED
                        ? "the answer is no HTTP response"
                        : "the request was ended without an answer");
    }

    private void end(@Nullable String failure) {
        if (answered) {
            return;
        }
        answered = true;
        verdict.of(failure);
        if (connection != null) {
            // With GOAWAY, when the stream is over.
            connection.retire();
        }
    }

    @Override
    public void responseContent(HttpContent content) {
        content.release();
    }

    @Override
    public void responseReadComplete() {
        if (answered && stream != null) {
            // The rest of the answer may never end.
            stream.release();
        }
    }

    @Override
    public void upstreamWritable() {
        // Nothing more is sent.
    }

    @Override
    public void idle(MultiplexedConnection idle) {
        // It closes with its only stream.
    }

    @Override
    public void busy(MultiplexedConnection busy) {
        // That was expected.
    }

    @Override
    public void retired(MultiplexedConnection gone) {
        // A check in the middle of which that happens hears of it as a failure.
    }

    @Override
    public void released(Server server) {
        // It was counted nowhere.
    }
}
