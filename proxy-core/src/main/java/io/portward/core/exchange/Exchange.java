package io.portward.core.exchange;

import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AsciiString;
import io.portward.config.model.BalanceConfig;
import io.portward.core.error.ErrorKind;
import io.portward.core.http.BodilessResponse;
import io.portward.core.http.ErrorReply;
import io.portward.core.http.Forwarding;
import io.portward.core.http.Grpc;
import io.portward.core.http.HopByHop;
import io.portward.core.http.RequestHead;
import io.portward.core.http.RequestTarget;
import io.portward.core.http.ResponseHead;
import io.portward.core.http.Trailers;
import io.portward.core.observe.TlsInfo;
import io.portward.core.route.HeaderEdits;
import io.portward.core.route.Route;
import io.portward.core.transport.Deadline;
import io.portward.core.upstream.BackendPool;
import io.portward.core.upstream.Upstream;
import io.portward.core.upstream.UpstreamListener;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One request and its response: finds the route, gets a connection, passes both directions on as each side takes them, and ends in exactly
 * one report to the observer.
 *
 * <p>Threading: the event loop of the client's connection, on which the upstream connection lives too. Ownership: takes the content it is
 * given, holds the upstream connection from acquisition to {@link #finish}.
 */
public final class Exchange implements BackendPool.HttpWaiter, UpstreamListener {

    /** nginx's code for a client that left before it was answered; it is only counted, never sent. */
    private static final int CLIENT_CLOSED_REQUEST = 499;

    private final HttpService service;
    private final ClientConnection client;
    private final ResponseSink sink;
    private final Deadline deadline;
    private final ClientPace pace;
    private final ExchangeTrace trace;
    private final RequestBody body = new RequestBody();
    private final Retries retries = new Retries();
    private final long startNanos = System.nanoTime();

    private @Nullable HttpRequest request;
    private @Nullable BackendPool pool;
    private @Nullable Upstream upstream;
    private @Nullable HeaderEdits responseEdits;
    private @Nullable String source;
    private HttpMethod method = HttpMethod.GET;
    private AsciiString requestId = AsciiString.EMPTY_STRING;
    private int status;
    private long received;
    private boolean requestHasBody;
    private boolean requestEnded;
    private boolean requestPaused;
    private boolean responsePaused;
    private boolean responseStarted;
    private boolean upgrading;
    private boolean grpc;
    private boolean over;

    /** Inside {@link #start}: the flush comes with the end of the client's read, and takes the body's beginning along. */
    private boolean starting;

    Exchange(HttpService service, ClientConnection client, ResponseSink sink) {
        this.service = service;
        this.client = client;
        this.sink = sink;
        this.trace = service.trace(client, sink);
        this.deadline = service.transport().deadlines(client.channel()).create(this::timedOut);
        this.pace = service.pace(client, sink, () -> refuse(method, ErrorKind.REQUEST_TIMEOUT));
    }

    /**
     * Begins with a well formed request head.
     *
     * @param request in HTTP/1 form; headers are changed in place
     * @param endOfRequest neither body nor trailers follow, and {@link #requestContent} will not be called
     */
    public void start(HttpRequest request, RequestTarget target, boolean endOfRequest) {
        assert client.channel().eventLoop().inEventLoop();
        method = request.method();
        requestEnded = endOfRequest;
        trace.began(request, target);
        grpc = !endOfRequest && sink.speaksHttp2() && Grpc.isRequest(request.headers());
        ErrorKind problem = Gate.refusal(service, client, request, target);
        if (problem != null) {
            refuse(method, problem);
            return;
        }
        boolean chunked = HttpUtil.isTransferEncodingChunked(request);
        boolean takesTrailers = HopByHop.takesTrailers(request.headers());
        HopByHop.strip(request.headers());
        requestId = client.forwarding().apply(request.headers(), target.authority());
        // Headers are compared as the backend would get them.
        Route route = service.routes().find(target.host(), target.path(), request);
        problem = Gate.refusal(service, route, request, target, !endOfRequest);
        if (problem != null || route == null) {
            refuse(method, problem == null ? ErrorKind.NO_ROUTE : problem);
            return;
        }
        responseEdits = route.responseEdits();
        if (route.config().backend() == null) {
            FullHttpResponse reply = RouteAnswer.of(route, target, requestId);
            answer(reply == null ? ErrorReply.of(ErrorKind.MALFORMED_REQUEST, requestId) : reply);
            return;
        }
        source = Gate.source(route, client, request);
        BackendPool chosen = client.poolOf(route);
        boolean http2 = chosen.config().protocol().isHttp2();
        RequestHead.prepare(request, target, chunked, !http2 && sink.acceptsUpgrade());
        if (http2 && takesTrailers) {
            // RFC 9110 §10.1.4: for the client, whom they are passed on to. gRPC servers insist on it.
            request.headers().set(HttpHeaderNames.TE, HttpHeaderValues.TRAILERS);
        }
        if (!Gate.apply(route, request, target)) {
            refuse(method, ErrorKind.MALFORMED_REQUEST);
            return;
        }
        this.request = request;
        requestHasBody = !endOfRequest;
        pool = chosen;
        starting = true;
        chosen.acquire(client.channel().eventLoop(), false, this);
        starting = false;
        awaitUpstream();
    }

    /** Until there is somebody to pass it on to, no more of the request is read than has been. */
    private void awaitUpstream() {
        if (!over && upstream == null) {
            deadline.set(service.port().timeouts().idle().toNanos());
            pauseRequest(requestPaused || !requestEnded);
        }
    }

    /** The next part of the request's body; {@code LastHttpContent} ends it. */
    public void requestContent(HttpContent content) {
        if (over) {
            content.release();
            return;
        }
        received += content.content().readableBytes();
        if (received > service.maxBody()) {
            content.release();
            refuse(method, ErrorKind.BODY_TOO_LARGE);
            return;
        }
        if (content instanceof LastHttpContent last) {
            requestEnded = true;
            Trailers.strip(last);
        }
        if (upstream == null) {
            body.hold(content);
            return;
        }
        body.pass(content, upstream);
        if (over) {
            // Writing found the connection broken.
            return;
        }
        progress();
        if (!upstream.isWritable() && !requestEnded) {
            upstream.flush();
            pauseRequest(!upstream.isWritable());
        }
    }

    /** Everything read from the client in one go has been handed over. */
    public void requestReadComplete() {
        if (upstream != null && !over) {
            upstream.flush();
        }
        // Who calls a gRPC method may say something now and then.
        if (!over && !requestEnded && !responseStarted && !grpc && !awaitsContinue()) {
            pace.watchRequest(isClientsTurn());
        }
    }

    /** The client holds its body back until the backend has said 100 (RFC 9110 §10.1.1), so its silence is no slowness. */
    private boolean awaitsContinue() {
        return received == 0 && request != null && request.headers().contains(HttpHeaderNames.EXPECT);
    }

    /** The sink takes response bytes again. */
    public void clientWritable() {
        if (!over && upstream != null && responsePaused) {
            responsePaused = false;
            upstream.pauseResponse(false);
            progress();
        }
    }

    /** The client is gone or does not want this response any more; nothing more is told to the sink. */
    public void clientGone() {
        if (!over) {
            trace.clientGone();
            status = responseStarted ? status : CLIENT_CLOSED_REQUEST;
            finish();
        }
    }

    /** Answers with an error that Portward itself found. */
    public void refuse(HttpMethod refused, ErrorKind kind) {
        if (!over) {
            refuse(refused, kind, -1);
        }
    }

    /** @param resetCode by which the server has ended the request; negative when it has not */
    private void refuse(HttpMethod refused, ErrorKind kind, long resetCode) {
        method = refused;
        requestId = requestId.isEmpty() ? Forwarding.newId() : requestId;
        trace.failed(kind);
        if (resetCode < 0) {
            service.report(kind, !responseStarted, backend(), requestId);
        }
        if (responseStarted) {
            sink.abort(resetCode);
            finish();
            return;
        }
        // Counted as what it would be to everybody else: alerts look for 5xx.
        status = kind.status();
        answer(grpc ? Grpc.errorReply(kind, resetCode, requestId) : ErrorReply.of(kind, requestId));
    }

    /** Sends a response of Portward's own, and releases it. */
    private void answer(FullHttpResponse reply) {
        status = status == 0 ? reply.status().code() : status;
        responseStarted = true;
        service.addHsts(reply);
        boolean bodiless = HttpMethod.HEAD.equals(method) || !reply.content().isReadable();
        if (!bodiless) {
            trace.sent(reply);
        }
        // The count comes first: whoever has read the answer finds it in the metrics.
        finish();
        sink.head(ResponseHead.withoutBody(reply), bodiless);
        if (!bodiless) {
            sink.body(ResponseHead.bodyOf(reply));
        }
        sink.end(LastHttpContent.EMPTY_LAST_CONTENT);
        sink.flush();
        reply.release();
    }

    /** Whether the response is complete or given up, so that the sink hears nothing more. */
    @Override
    public boolean isOver() {
        return over;
    }

    // The backend's side.

    @Override
    public void acquired(Upstream connection) {
        HttpRequest head = request;
        assert head != null : "started";
        upstream = connection;
        trace.acquired(connection.serverName());
        connection.use(this);
        if (!head.headers().contains(HttpHeaderNames.HOST)) {
            // Only an HTTP/1.0 client may leave it out; towards the server it is required (RFC 9112 §3.2).
            head.headers().set(HttpHeaderNames.HOST, connection.serverName());
        }
        connection.write(requestHasBody ? head : RequestHead.alone(head));
        body.passHeld(connection, requestHasBody && requestEnded);
        if (over) {
            // Writing found the connection broken.
            return;
        }
        if (!starting) {
            connection.flush();
        }
        progress();
        if (connection.isWritable()) {
            pauseRequest(false);
        }
    }

    @Override
    public void dialling(String server) {
        trace.dialling(server);
    }

    @Override
    public void noConnection(ErrorKind why) {
        refuse(method, why);
    }

    @Override
    public @Nullable CharSequence hashed(BalanceConfig balance) {
        assert request != null : "started";
        return Gate.hashed(balance, source, request);
    }

    @Override
    public void responseHead(HttpResponse response) {
        progress();
        HttpResponseStatus answered = response.status();
        if (answered.codeClass() == HttpStatusClass.INFORMATIONAL) {
            interim(response);
            return;
        }
        if (!ResponseHead.isSound(response)) {
            refuseResponse();
            return;
        }
        responseStarted = true;
        trace.answered();
        // A client that is being answered may send the rest of its request as the two of them like.
        pace.stopRequest();
        status = answered.code();
        // HTTP/1 has no way to say it but an empty body.
        boolean last = ResponseHead.endsAtHead(response, method)
                || (response instanceof BodilessResponse && sink.speaksHttp2());
        ResponseHead.prepare(response, requestId);
        if (responseEdits != null) {
            responseEdits.apply(response.headers());
        }
        service.addHsts(response);
        sink.head(response, last);
    }

    private void interim(HttpResponse response) {
        if (response.status().code() != HttpResponseStatus.SWITCHING_PROTOCOLS.code()) {
            HopByHop.strip(response.headers());
            // RFC 9110 §8.6: not on 1xx, where an HTTP/2 client would take it for a malformed message.
            response.headers().remove(HttpHeaderNames.CONTENT_LENGTH);
            sink.head(response, true);
            sink.flush();
            pauseResponseIfFull();
        } else if (request != null && sink.acceptsUpgrade() && ResponseHead.isWebSocketAccept(response, request)) {
            upgrading = true;
            trace.answered();
            responseStarted = true;
            status = response.status().code();
            ResponseHead.prepareUpgrade(response, requestId);
            sink.head(response, true);
        } else {
            refuseResponse();
        }
    }

    private void refuseResponse() {
        assert upstream != null : "a response comes from somewhere";
        upstream.refuseResponse();
    }

    @Override
    public void responseContent(HttpContent content) {
        if (over) {
            content.release();
            return;
        }
        if (content instanceof LastHttpContent last) {
            complete(last);
            return;
        }
        progress();
        trace.sent(content);
        sink.body(content);
        if (!sink.isWritable()) {
            sink.flush();
            pauseResponseIfFull();
        }
    }

    /** The flush may have made room, or found the client gone. */
    private void pauseResponseIfFull() {
        if (!over && !responsePaused && !sink.isWritable()) {
            assert upstream != null : "a body comes from somewhere";
            responsePaused = true;
            pace.watchResponse();
            progress();
            pace.markTaken();
            upstream.pauseResponse(true);
        }
    }

    private void complete(LastHttpContent last) {
        if (upgrading) {
            last.release();
            Upstream leaving = upstream;
            assert leaving != null && pool != null : "somebody accepted the upgrade";
            upstream = null;
            trace.upgraded();
            finish();
            sink.flush();
            sink.tunnel(leaving.channel(), pool.timeoutsFrom(service.port()).tcpIdle());
            leaving.leaveHttp();
            return;
        }
        Trailers.strip(last);
        trace.sent(last);
        finish();
        sink.end(last);
        sink.flush();
    }

    @Override
    public void responseReadComplete() {
        if (!over) {
            sink.flush();
        }
    }

    @Override
    public void upstreamWritable() {
        if (!over) {
            pauseRequest(false);
        }
    }

    @Override
    public void upstreamFailed(ErrorKind kind) {
        if (over) {
            return;
        }
        Upstream failed = upstream;
        assert failed != null && pool != null : "started";
        if (!responseStarted && Retries.isSafe(failed, kind, method, requestHasBody, body.isPassed())) {
            upstream = null;
            if (retries.sendAgain(client.channel().eventLoop(), failed, pool, this)) {
                awaitUpstream();
                return;
            }
        }
        refuse(method, kind, failed.resetCode());
    }

    private void timedOut() {
        if (over) {
            return;
        }
        if (responsePaused && pace.clientTook()) {
            deadline.set(service.port().timeouts().idle().toNanos());
            return;
        }
        refuse(method, isClientsTurn() ? ErrorKind.REQUEST_TIMEOUT : ErrorKind.UPSTREAM_TIMEOUT);
    }

    /** Whether it is the client that has to take or to send something, and not the backend. */
    private boolean isClientsTurn() {
        return responsePaused || !responseStarted && !requestEnded && !requestPaused;
    }

    /** Something moved: the wait begins anew, with the patience that the side has which is to move next. */
    private void progress() {
        assert pool != null : "started";
        boolean clientsTurn = isClientsTurn();
        Duration ofServer = requestEnded && !responseStarted
                ? pool.config().timeouts().headers()
                : pool.timeoutsFrom(service.port()).idle();
        Duration patience = clientsTurn ? service.port().timeouts().idle() : ofServer;
        pace.turn(clientsTurn, deadline.set(patience.toNanos()));
    }

    private void pauseRequest(boolean pause) {
        if (requestPaused != pause) {
            requestPaused = pause;
            progress();
            sink.pauseRequest(pause);
        }
    }

    private String backend() {
        return pool == null ? TlsInfo.NONE : pool.config().name();
    }

    private void finish() {
        over = true;
        trace.finished(backend(), method, status, requestId, received);
        deadline.cancel();
        pace.stop();
        body.release();
        if (upstream != null) {
            upstream.release();
            upstream = null;
        }
        request = null;
        service.observer()
                .requestFinished(backend(), method.name(), status, sink.protocol(), System.nanoTime() - startNanos);
    }
}
