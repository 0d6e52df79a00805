package io.portward.core.http1;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.portward.core.error.ErrorKind;
import io.portward.core.exchange.ClientConnection;
import io.portward.core.exchange.Exchange;
import io.portward.core.exchange.HttpService;
import io.portward.core.exchange.ResponseSink;
import io.portward.core.http.FramingGuard;
import io.portward.core.http.RequestTarget;
import io.portward.core.http.RequestTargets;
import io.portward.core.relay.Relay;
import io.portward.core.tls.TlsHandler;
import io.portward.core.transport.Deadline;
import io.portward.core.transport.DeadlineWheel;
import io.portward.core.transport.DrainEvent;
import io.portward.core.transport.InputClosed;
import io.portward.core.transport.TcpProgress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/1 connection from a client: reads requests, runs one {@link Exchange} at a time and writes its response. Pipelined requests wait their
 * turn here, and reading stops while they do.
 *
 * <p>Reads {@link HttpObject}s, writes {@link HttpObject}s; takes {@link InputClosed} and {@link DrainEvent}. Threading: the event loop.
 * Ownership: what waits is released when the connection goes.
 */
public final class Http1Connection extends ChannelInboundHandlerAdapter implements ResponseSink {

    private static final int MIN_ERROR = 400;

    /** How long a shutdown waits for the first request of a new connection: a round trip to the far side of the world, and some. */
    static final long FIRST_REQUEST_NANOS = 1_000_000_000L;

    private final HttpService service;
    private final ClientConnection client;
    private final DeadlineWheel deadlines;
    private final Http1Codec codec;
    private final Deadline deadline;
    private final Lingering lingering;
    private final CurrentRequest none = CurrentRequest.none();
    private final Deque<HttpObject> waiting = new ArrayDeque<>();

    private ChannelHandlerContext ctx;
    private CurrentRequest request = none;
    private @Nullable Exchange exchange;
    private long received;
    private boolean keepAlive = true;
    private boolean requestPaused;
    private boolean working;
    private boolean partialHead;
    private boolean draining;
    private boolean asked;
    /** The client has said close_notify: no more requests, but it waits for the answers. */
    private boolean inputEnded;

    private Http1Connection(HttpService service, ClientConnection client, DeadlineWheel deadlines, Http1Codec codec) {
        this.service = service;
        this.client = client;
        this.deadlines = deadlines;
        this.codec = codec;
        this.deadline = deadlines.create(this::timedOut);
        this.lingering = new Lingering(deadline);
    }

    /** Adds the codec and the connection to the end of {@code pipeline}. */
    public static void addTo(
            ChannelPipeline pipeline, HttpService service, ClientConnection client, DeadlineWheel deadlines) {
        Http1Codec codec = new Http1Codec(service.limits());
        pipeline.addLast(codec).addLast(new Http1Connection(service, client, deadlines, codec));
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        ctx = context;
        deadline.set(service.port().timeouts().headers().toNanos());
    }

    // Requests.

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        HttpObject next = (HttpObject) message;
        codec.takeReceived();
        if (lingering.hasBegun()) {
            ReferenceCountUtil.release(next);
        } else if (working || !waiting.isEmpty() || !isDue(next)) {
            waiting.add(next);
            updateReading();
        } else {
            process(next);
        }
    }

    /**
     * Whether {@code next} may be processed now: it belongs to the current request, or that is over and its answer is not stuck here. A client
     * that asks and asks without reading would fill the memory with answers otherwise.
     */
    private boolean isDue(HttpObject next) {
        return exchange == null
                ? !(next instanceof HttpRequest) || ctx.channel().isWritable()
                : !request.hasEnded();
    }

    private void process(HttpObject message) {
        if (message instanceof HttpRequest head) {
            begin(head);
        } else {
            content((HttpContent) message);
        }
    }

    private void begin(HttpRequest head) {
        partialHead = false;
        deadline.cancel();
        asked = true;
        requestPaused = false;
        request = CurrentRequest.of(head);
        keepAlive = !draining && !request.isLast();
        codec.answeringHead(HttpMethod.HEAD.equals(head.method()));
        Exchange begun = service.newExchange(client, this);
        exchange = begun;
        ErrorKind problem = FramingGuard.check(head, service.limits());
        RequestTarget target = problem == null ? RequestTargets.parse(head) : null;
        if (target != null) {
            begun.start(head, target, request.isBodyless());
        } else {
            ErrorKind answer = problem == null ? ErrorKind.MALFORMED_REQUEST : problem;
            keepAlive &= !answer.closes();
            begun.refuse(head.method(), answer);
        }
    }

    private void content(HttpContent content) {
        Exchange current = exchange;
        if (content.decoderResult().isFailure()) {
            content.release();
            keepAlive = false;
            if (current != null) {
                current.refuse(request.method(), ErrorKind.MALFORMED_REQUEST);
            }
            return;
        }
        received += content.content().readableBytes();
        boolean last = content instanceof LastHttpContent;
        if (last) {
            request.end();
        }
        if (current == null || request.isBodyless()) {
            content.release();
        } else {
            current.requestContent(content);
        }
        if (last && exchange == null) {
            // The response came first.
            awaitNext();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (lingering.hasBegun()) {
            lingering.heard();
        } else if (exchange != null) {
            exchange.requestReadComplete();
        } else if (codec.takeReceived() && !partialHead && request.hasEnded()) {
            // Bytes came, but no message: a head has begun.
            partialHead = true;
            deadline.set(service.port().timeouts().headers().toNanos());
        }
    }

    // Responses.

    @Override
    public void head(HttpResponse response, boolean last) {
        response.setProtocolVersion(HttpVersion.HTTP_1_1);
        if (response.status().codeClass() == HttpStatusClass.INFORMATIONAL) {
            if (!request.isHttp10()) {
                ctx.write(response, ctx.voidPromise());
                // The codec's encoder expects an end for each head.
                ctx.write(LastHttpContent.EMPTY_LAST_CONTENT, ctx.voidPromise());
            }
            return;
        }
        if (!last && !response.headers().contains(HttpHeaderNames.CONTENT_LENGTH)) {
            if (request.isHttp10()) {
                keepAlive = false;
            } else {
                response.headers().set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
            }
        }
        int status = response.status().code();
        if (!isRestWorthReading(status) && (last || status >= MIN_ERROR || isOwn())) {
            // The client stops sending now, or should.
            keepAlive = false;
        }
        if (!keepAlive || draining) {
            keepAlive = false;
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        } else if (request.isHttp10()) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
        }
        ctx.write(response, ctx.voidPromise());
    }

    /** Whether the connection is worth more than what is still to come of the request. */
    private boolean isRestWorthReading(int status) {
        boolean refused = isOwn()
                && (status == ErrorKind.REQUEST_TIMEOUT.status() || status == ErrorKind.BODY_TOO_LARGE.status());
        return request.isComplete() || request.hasSmallBody() && !refused;
    }

    /** Whether the answer is Portward's: its exchange is over before the answer begins. */
    private boolean isOwn() {
        return exchange != null && exchange.isOver();
    }

    @Override
    public void body(HttpContent content) {
        ctx.write(content, ctx.voidPromise());
    }

    @Override
    public void end(LastHttpContent last) {
        exchange = null;
        if (keepAlive && (request.isComplete() || request.hasSmallBody())) {
            ctx.write(last, ctx.voidPromise());
            if (request.hasEnded()) {
                awaitNext();
            } else {
                awaitIdle();
                updateReading();
            }
            return;
        }
        boolean silent = inputEnded || (request.hasEnded() && request.isLast() && waiting.isEmpty());
        lingering.begin();
        releaseWaiting();
        awaitIdle();
        ctx.channel().config().setAutoRead(true);
        ctx.writeAndFlush(last).addListener(written -> {
            if (silent || !written.isSuccess()) {
                ctx.close();
            } else {
                lingering.answered(ctx.channel());
            }
        });
    }

    private void awaitIdle() {
        deadline.set(service.port().timeouts().idle().toNanos());
    }

    /** The connection is free for the next request, which may wait here already. */
    private void awaitNext() {
        request = none;
        if (working) {
            return;
        }
        working = true;
        for (HttpObject next = waiting.peek();
                next != null && !lingering.hasBegun() && isDue(next);
                next = waiting.peek()) {
            process(waiting.remove());
        }
        working = false;
        if (lingering.hasBegun()) {
            return;
        }
        updateReading();
        if (exchange != null && inputEnded && !request.hasEnded()) {
            // The rest of its body will not come.
            gone();
            ctx.close();
        } else if (exchange != null) {
            exchange.requestReadComplete();
        } else if (waiting.isEmpty() && (draining || inputEnded)) {
            ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(done -> ctx.close());
        } else {
            awaitIdle();
        }
    }

    @Override
    public void flush() {
        ctx.flush();
    }

    @Override
    public boolean isWritable() {
        return ctx.channel().isWritable();
    }

    @Override
    public long taken() {
        long acknowledged = TcpProgress.acknowledged(ctx.channel());
        return acknowledged == TcpProgress.UNKNOWN ? -ctx.channel().bytesBeforeWritable() : acknowledged;
    }

    @Override
    public long received() {
        return received;
    }

    @Override
    public void abort(long resetCode) {
        exchange = null;
        lingering.begin();
        releaseWaiting();
        ctx.flush();
        TlsHandler.cut(ctx.channel());
    }

    @Override
    public void pauseRequest(boolean pause) {
        requestPaused = pause;
        updateReading();
    }

    private void updateReading() {
        ctx.channel().config().setAutoRead(waiting.isEmpty() && !(requestPaused && exchange != null));
    }

    @Override
    public boolean acceptsUpgrade() {
        return request.wantsUpgrade();
    }

    @Override
    public void tunnel(Channel upstream, Duration idleTime) {
        exchange = null;
        deadline.cancel();
        if (!waiting.isEmpty()) {
            // Nothing may follow the request before the 101 has been seen.
            upstream.close();
            ctx.close();
            return;
        }
        ChannelPipeline pipeline = ctx.pipeline();
        Relay.join(ctx.channel(), upstream, deadlines, idleTime, service.faults());
        pipeline.remove(this);
        pipeline.remove(codec);
        ctx.channel().config().setAutoRead(true);
        upstream.config().setAutoRead(true);
    }

    @Override
    public String protocol() {
        return "h1";
    }

    // The connection.

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (!context.channel().isWritable()) {
            return;
        }
        if (exchange != null) {
            exchange.clientWritable();
        } else if (!waiting.isEmpty()) {
            awaitNext();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event == DrainEvent.INSTANCE) {
            draining = true;
            if (exchange == null && !partialHead && !lingering.hasBegun()) {
                drainIdle();
            }
        } else if (event instanceof InputClosed) {
            inputClosed(event == InputClosed.CUT);
        }
    }

    /** A client that has just arrived cannot know; its first request is answered if it comes soon. */
    private void drainIdle() {
        if (asked) {
            ctx.close();
        } else {
            deadline.set(FIRST_REQUEST_NANOS);
        }
    }

    private void inputClosed(boolean cut) {
        if (cut || (!lingering.hasBegun() && (exchange == null ? waiting.isEmpty() : !request.isComplete()))) {
            gone();
            ctx.close();
        } else if (lingering.isAnswered()) {
            ctx.close();
        } else {
            // No further request can come; those that have come are still answered.
            inputEnded = true;
            keepAlive &= !waiting.isEmpty();
        }
    }

    private void timedOut() {
        if (!lingering.hasBegun() && exchange == null && partialHead) {
            Exchange refused = service.newExchange(client, this);
            exchange = refused;
            keepAlive = false;
            codec.answeringHead(false);
            refused.refuse(HttpMethod.GET, ErrorKind.REQUEST_TIMEOUT);
        } else {
            ctx.close();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        deadline.cancel();
        gone();
        context.fireChannelInactive();
    }

    private void gone() {
        Exchange current = exchange;
        exchange = null;
        lingering.begin();
        releaseWaiting();
        if (current != null) {
            current.clientGone();
        }
    }

    private void releaseWaiting() {
        waiting.forEach(ReferenceCountUtil::release);
        waiting.clear();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        service.faults().addUnlessIo(cause);
        context.close();
    }
}
