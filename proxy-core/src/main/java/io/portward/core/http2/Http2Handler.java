package io.portward.core.http2;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
import io.portward.config.model.LimitConfig;
import io.portward.core.exchange.ClientConnection;
import io.portward.core.exchange.Exchange;
import io.portward.core.exchange.HttpService;
import io.portward.core.exchange.ResponseSink;
import io.portward.core.transport.DeadlineWheel;
import io.portward.core.transport.DrainEvent;
import io.portward.core.transport.InputClosed;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One HTTP/2 connection from a client: its streams, when to flush, and how it ends.
 *
 * <p>Reads: bytes → {@link RequestReader}. User events in: {@link InputClosed}, {@link DrainEvent}. Fires nothing of its own.
 *
 * <p>Threading: the event loop of the connection. Failure: the client sees RST_STREAM or GOAWAY; nothing it sends is logged above DEBUG.
 */
final class Http2Handler extends Http2ConnectionHandler {

    private static final Logger log = LoggerFactory.getLogger(Http2Handler.class);

    private final HttpService service;
    private final ClientConnection client;
    private final FloodGuard guard;
    private final RequestHeadersDecoder headersDecoder;
    private final Http2Connection.PropertyKey exchangeKey;
    private final Farewell farewell;
    private final ClosedStreams closedStreams;
    private final ResponseHeaders responseHeaders = new ResponseHeaders();
    private final Runnable scheduledFlush = this::flushNow;

    private List<Http2Exchange> touched = new ArrayList<>();
    private List<Http2Exchange> starved = new ArrayList<>();

    @SuppressWarnings("NullAway.Init") // by handlerAdded
    private ChannelHandlerContext ctx;

    @SuppressWarnings("NullAway.Init") // by handlerAdded
    private TakenBytes taken;

    private long received;
    private boolean reading;
    private boolean flushScheduled;
    private boolean windowOpened;

    static Http2Handler create(HttpService service, ClientConnection client, DeadlineWheel wheel) {
        Http2Codec codec = Http2Codec.create(service.limits());
        Http2Handler handler = new Http2Handler(codec, service, client, wheel);
        codec.guard()
                .limitHeaders(
                        wheel.create(handler::headersTimedOut),
                        service.port().timeouts().headers());
        codec.decoder().frameListener(new RequestReader(handler));
        return handler;
    }

    private Http2Handler(Http2Codec codec, HttpService service, ClientConnection client, DeadlineWheel wheel) {
        // close() is to close at once: the graceful way is to drain. The first settings leave with the first flush
        // after a read.
        super(codec.decoder(), codec.encoder(), codec.settings(), true, false);
        this.service = service;
        this.client = client;
        this.guard = codec.guard();
        this.headersDecoder = codec.headers();
        this.closedStreams = codec.closedStreams();
        this.exchangeKey = connection().newKey();
        this.farewell = new Farewell(this, wheel, service.port().timeouts());
        gracefulShutdownTimeoutMillis(Farewell.CLOSE_MILLIS);
        connection().addListener(new Http2ConnectionAdapter() {
            @Override
            public void onStreamActive(Http2Stream stream) {
                farewell.streamOpened();
            }

            @Override
            public void onStreamClosed(Http2Stream stream) {
                Http2Exchange exchange = exchange(stream);
                if (exchange != null) {
                    exchange.gone();
                }
                farewell.streamClosed();
            }
        });
    }

    // For the exchanges.

    Exchange newExchange(ResponseSink sink) {
        return service.newExchange(client, sink);
    }

    Http2Exchange newExchange(Http2Stream stream) {
        Http2Exchange exchange = new Http2Exchange(this, stream);
        stream.setProperty(exchangeKey, exchange);
        return exchange;
    }

    @Nullable
    Http2Exchange exchange(@Nullable Http2Stream stream) {
        return stream == null ? null : stream.getProperty(exchangeKey);
    }

    ResponseHeaders responseHeaders() {
        return responseHeaders;
    }

    LimitConfig limits() {
        return service.limits();
    }

    ChannelHandlerContext context() {
        return ctx;
    }

    ByteBufAllocator alloc() {
        return ctx.alloc();
    }

    ChannelPromise newWrite(Http2Exchange exchange) {
        return ctx.newPromise().addListener(exchange);
    }

    void sent(int bytes) {
        guard.sent(bytes);
    }

    /** Bytes of request bodies, of all streams. */
    void received(int bytes) {
        received += bytes;
    }

    long received() {
        return received;
    }

    TakenBytes taken() {
        return taken;
    }

    void touch(Http2Exchange exchange) {
        if (!exchange.touched) {
            exchange.touched = true;
            touched.add(exchange);
        }
    }

    void addStarved(Http2Exchange exchange) {
        starved.add(exchange);
    }

    void giveCredit(Http2Stream stream, int bytes) {
        try {
            if (decoder().flowController().consumeBytes(stream, bytes)) {
                flushSoon();
            }
        } catch (Http2Exception e) {
            onError(ctx, false, e);
        }
    }

    /** Resets and closes the stream at once, so that nothing queued for it follows the reset. */
    void reset(Http2Stream stream, Http2Error error) {
        if (stream.state() != Http2Stream.State.CLOSED) {
            closedStreams.add(stream.id());
            encoder().writeRstStream(ctx, stream.id(), error.code(), ctx.newPromise());
            stream.close();
            flushSoon();
        }
    }

    /**
     * Flushes when all events of this turn of the loop are worked off: what several backend connections deliver in one turn leaves in one
     * write. While reading from the client it is the end of the batch that flushes.
     */
    void flushSoon() {
        if (!reading && !flushScheduled) {
            flushScheduled = true;
            ctx.executor().execute(scheduledFlush);
        }
    }

    private void flushNow() {
        flushScheduled = false;
        flush(ctx);
    }

    // Events of the channel.

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
        this.ctx = ctx;
        taken = TakenBytes.ofConnection(connection(), ctx.channel());
        super.handlerAdded(ctx);
        farewell.begin(ctx);
        openWindow();
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) throws Exception {
        super.channelActive(ctx);
        openWindow();
    }

    private void openWindow() throws Http2Exception {
        if (!windowOpened && ctx.channel().isActive()) {
            windowOpened = true;
            decoder()
                    .flowController()
                    .incrementWindowSize(connection().connectionStream(), Http2Codec.CONNECTION_WINDOW - 65_535);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        reading = true;
        super.channelRead(ctx, message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
        reading = false;
        List<Http2Exchange> batch = touched;
        if (!batch.isEmpty()) {
            touched = new ArrayList<>();
            batch.forEach(Http2Exchange::readComplete);
        }
        super.channelReadComplete(ctx);
    }

    @Override
    public void flush(ChannelHandlerContext ctx) {
        super.flush(ctx);
        resumeStarved();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) throws Exception {
        super.channelWritabilityChanged(ctx);
        resumeStarved();
    }

    private void resumeStarved() {
        List<Http2Exchange> waiting = starved;
        if (!waiting.isEmpty()) {
            starved = new ArrayList<>();
            for (Http2Exchange exchange : waiting) {
                if (!exchange.resumeIfWritable()) {
                    starved.add(exchange);
                }
            }
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
        if (event == InputClosed.CUT) {
            ctx.close();
        } else if (event == InputClosed.ORDERLY) {
            farewell.closeWhenIdle();
        } else if (event == DrainEvent.INSTANCE) {
            farewell.drain();
        } else {
            super.userEventTriggered(ctx, event);
        }
    }

    void pingAnswered(long data) {
        farewell.pingAnswered(data);
    }

    void headersTimedOut() {
        farewell.end(Http2Error.NO_ERROR);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        farewell.cancel();
        super.channelInactive(ctx);
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext ctx) throws Exception {
        farewell.cancel();
        super.handlerRemoved0(ctx);
    }

    // Errors.

    @Override
    protected void onStreamError(
            ChannelHandlerContext ctx, boolean outbound, Throwable cause, Http2Exception.StreamException error) {
        Http2Stream stream = connection().stream(error.streamId());
        log.debug("{} stream {}: {}", ctx.channel(), error.streamId(), error.getMessage());
        if (stream != null) {
            reset(stream, error.error());
        } else if (error instanceof Http2Exception.HeaderListSizeException tooLarge && tooLarge.duringDecode()) {
            refuseTooLarge(ctx, error.streamId());
        } else if (!outbound) {
            closedStreams.add(error.streamId());
            encoder().writeRstStream(ctx, error.streamId(), error.error().code(), ctx.newPromise());
        }
    }

    private void refuseTooLarge(ChannelHandlerContext ctx, int streamId) {
        try {
            // Whether END_STREAM was set is lost; an open stream takes either.
            newExchange(connection().remote().createStream(streamId, false))
                    .refuseTooLarge(headersDecoder.latest().httpMethod());
        } catch (Http2Exception e) {
            log.debug("{} stream {}: {}", ctx.channel(), streamId, e.getMessage());
            encoder().writeRstStream(ctx, streamId, Http2Error.REFUSED_STREAM.code(), ctx.newPromise());
        }
    }

    @Override
    protected void onConnectionError(
            ChannelHandlerContext ctx, boolean outbound, Throwable cause, @Nullable Http2Exception error) {
        if (error == null) {
            service.faults().addUnlessIo(cause);
        }
        log.debug("{} connection error: {}", ctx.channel(), cause.toString());
        guard.stop();
        super.onConnectionError(ctx, outbound, cause, error);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        service.faults().addUnlessIo(cause);
        ctx.close();
    }

    /** Says GOAWAY; used by {@link Farewell}. */
    void sayGoAway(int lastStreamId, Http2Error error) {
        goAway(ctx, lastStreamId, error.code(), Unpooled.EMPTY_BUFFER, ctx.newPromise());
    }
}
