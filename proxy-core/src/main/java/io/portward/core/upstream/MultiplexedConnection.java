package io.portward.core.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.portward.config.model.LimitConfig;
import io.portward.core.error.ErrorKind;
import io.portward.core.transport.Deadline;
import io.portward.core.transport.DeadlineWheel;
import io.portward.core.transport.Transport;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An HTTP/2 connection to a server: its streams, when to flush, and how it ends. It goes away when the server says GOAWAY or nobody has used it for
 * a while; a server that does not answer a PING in time is taken for dead.
 *
 * <p>Reads: bytes → {@link ResponseReader}. Threading: the event loop it lives on, which is that of every client it works for.
 */
final class MultiplexedConnection extends Http2ConnectionHandler {

    /** Hears what concerns more than one request. On the event loop. */
    interface Owner {

        /** The server has said what it allows. */
        void opened(MultiplexedConnection connection);

        /** No stream is open any more. */
        void idle(MultiplexedConnection connection);

        /** The first stream was opened. */
        void busy(MultiplexedConnection connection);

        /** It takes no further requests. Told once; nothing follows. */
        void retired(MultiplexedConnection connection);

        /** A request needs it no longer. */
        void released(Server server);
    }

    private static final Logger log = LoggerFactory.getLogger(MultiplexedConnection.class);

    /** Far from the end of stream identifiers (RFC 9113 §5.1.1), behind which nothing could be asked. */
    private static final int LAST_STREAM = Integer.MAX_VALUE - 2 * MultiplexedCodec.MAX_STREAMS;

    /** How long a server may take to read our last words. */
    private static final long CLOSE_MILLIS = 5000;

    private static final long PROBE = 0x706f7274_70726f62L;

    private final Server server;
    private final Owner owner;
    private final RequestSections requests;
    private final Promise<Void> ready;
    private final Deadline idleDeadline;
    private final Deadline answerDeadline;
    private final long answerNanos;
    private final Http2Connection.PropertyKey streamKey;
    private final Runnable scheduledFlush = this::flushNow;

    private List<UpstreamStream> touched = new ArrayList<>();
    private List<UpstreamStream> starved = new ArrayList<>();

    @SuppressWarnings("NullAway.Init") // by handlerAdded
    private ChannelHandlerContext ctx;

    private int lastProcessed = Integer.MAX_VALUE;
    private ErrorKind endOfStreams = ErrorKind.UPSTREAM_UNREACHABLE;
    private boolean carried;
    private boolean retired;
    private boolean resting;
    private boolean windowOpened;
    private boolean reading;
    private boolean flushScheduled;
    private boolean probing;
    private long bytesRead;

    /** @param answerTime how long the server may take to answer a PING */
    static Opening opening(Server server, Owner owner, LimitConfig limits, Transport transport, Duration answerTime) {
        return new Opening() {
            @Override
            public ChannelHandler handler() {
                return new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(create(
                                        server, owner, limits, transport.deadlines(channel), channel, answerTime));
                    }
                };
            }

            @Override
            public Future<Void> ready(Channel channel) {
                return channel.pipeline().get(MultiplexedConnection.class).ready;
            }
        };
    }

    private static MultiplexedConnection create(
            Server server, Owner owner, LimitConfig limits, DeadlineWheel wheel, Channel channel, Duration answerTime) {
        MultiplexedConnection connection = new MultiplexedConnection(
                MultiplexedCodec.create(limits),
                server,
                owner,
                wheel,
                channel.eventLoop().newPromise(),
                answerTime.toNanos());
        connection.decoder().frameListener(new ResponseReader(connection));
        return connection;
    }

    private MultiplexedConnection(
            MultiplexedCodec codec,
            Server server,
            Owner owner,
            DeadlineWheel wheel,
            Promise<Void> ready,
            long answerNanos) {
        super(codec.decoder(), codec.encoder(), codec.settings(), false, true);
        this.server = server;
        this.owner = owner;
        this.requests = new RequestSections(server.tls() != null);
        this.ready = ready;
        this.answerNanos = answerNanos;
        this.answerDeadline = wheel.create(this::noAnswer);
        this.idleDeadline = wheel.create(this::retire);
        this.streamKey = connection().newKey();
        gracefulShutdownTimeoutMillis(CLOSE_MILLIS);
        connection().addListener(new Http2ConnectionAdapter() {
            @Override
            public void onGoAwayReceived(int lastStreamId, long errorCode, ByteBuf debugData) {
                lastProcessed = lastStreamId;
                retire();
            }

            @Override
            public void onStreamClosed(Http2Stream stream) {
                streamClosed(stream);
            }
        });
    }

    // For the pool.

    Server server() {
        return server;
    }

    boolean hasRoom() {
        return !retired
                && ready.isSuccess()
                && ctx.channel().isActive()
                && connection().local().canOpenStream()
                && connection().local().numActiveStreams() < MultiplexedCodec.MAX_STREAMS
                && connection().local().lastStreamCreated() < LAST_STREAM;
    }

    /** The caller writes a request on it at once. */
    UpstreamStream newStream(Set<Server> excluded) {
        return new UpstreamStream(this, excluded);
    }

    /** Nobody uses it: it closes after so long. @return false when that was known */
    boolean rest(long nanos) {
        if (resting || retired) {
            return false;
        }
        resting = true;
        idleDeadline.set(nanos);
        return true;
    }

    /** @return false when it was not resting */
    boolean wake() {
        boolean was = resting;
        resting = false;
        idleDeadline.cancel();
        return was;
    }

    /** No further requests; closes with the last stream. */
    void retire() {
        if (!retired) {
            retired = true;
            owner.retired(this);
            closeIfDone();
        }
    }

    private void closeIfDone() {
        if (retired && connection().numActiveStreams() == 0) {
            ctx.channel().close();
        }
    }

    // For the streams.

    boolean hasCarried() {
        return carried;
    }

    long bytesRead() {
        return bytesRead;
    }

    ChannelHandlerContext context() {
        return ctx;
    }

    RequestSections requests() {
        return requests;
    }

    void released() {
        owner.released(server);
    }

    /** @return null when it cannot be opened, of which the stream hears */
    @Nullable
    Http2Stream open(UpstreamStream request, Http2Headers head, boolean last) {
        if (connection().numActiveStreams() == 0 && !retired) {
            owner.busy(this);
        }
        int id = connection().local().incrementAndGetNextStreamId();
        ChannelPromise promise = ctx.newPromise();
        encoder().writeHeaders(ctx, id, head, 0, last, promise);
        Http2Stream stream = connection().stream(id);
        if (stream != null) {
            carried = true;
            stream.setProperty(streamKey, request);
        }
        promise.addListener(request);
        return stream;
    }

    void writeData(UpstreamStream request, Http2Stream stream, ByteBuf data, boolean last) {
        int bytes = data.readableBytes();
        request.queued += bytes;
        encoder().writeData(ctx, stream.id(), data, 0, last, ctx.newPromise().addListener(written -> {
            request.queued -= bytes;
            if (!starved.isEmpty()) {
                flushSoon();
            }
        }));
    }

    void writeTrailers(Http2Stream stream, HttpHeaders trailers) {
        encoder().writeHeaders(ctx, stream.id(), requests.trailers(trailers), 0, true, ctx.newPromise());
    }

    /** Judged by what this stream alone has queued: by the sum, as Netty does, one that is stalled would stop the others. */
    boolean isWritable(UpstreamStream request, Http2Stream stream) {
        Http2RemoteFlowController windows = encoder().flowController();
        int window = Math.min(
                windows.windowSize(stream), windows.windowSize(connection().connectionStream()));
        return ctx.channel().isWritable() && request.queued < window;
    }

    /** Whether parts of the request wait for the server to take them. */
    boolean isSending(Http2Stream stream) {
        return encoder().flowController().hasFlowControlled(stream);
    }

    void addStarved(UpstreamStream stream) {
        starved.add(stream);
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
            encoder().writeRstStream(ctx, stream.id(), error.code(), ctx.newPromise());
            stream.close();
            flushSoon();
        }
    }

    /** Flushes when all events of this turn of the loop are worked off: what several clients ask in one turn leaves in one write. */
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

    void tell(UpstreamStream stream, String problem) {
        log.debug("{} {}: {}", ctx.channel(), stream.serverName(), problem);
    }

    /** A request was given up without anything having come since it was sent: is there still somebody? */
    void probe() {
        if (!probing && ctx.channel().isActive()) {
            probing = true;
            encoder().writePing(ctx, false, PROBE, ctx.newPromise());
            answerDeadline.set(answerNanos);
            flushSoon();
        }
    }

    private void noAnswer() {
        log.debug("{} {}: no answer to a PING", ctx.channel(), server.name());
        retire();
        // Without GOAWAY, and without waiting for streams: nobody is there.
        ctx.close();
    }

    // For the reader.

    void settingsRead() {
        if (!ready.isDone()) {
            owner.opened(this);
            ready.trySuccess(null);
            if (connection().local().maxActiveStreams() == 0) {
                // Nobody could use it.
                retire();
            }
        }
    }

    @Nullable
    UpstreamStream stream(int id) {
        Http2Stream stream = connection().stream(id);
        return stream == null ? null : stream.getProperty(streamKey);
    }

    void touch(UpstreamStream stream) {
        if (!stream.touched) {
            stream.touched = true;
            touched.add(stream);
        }
    }

    private void streamClosed(Http2Stream stream) {
        UpstreamStream request = stream.getProperty(streamKey);
        if (request != null) {
            request.closed(stream.id() > lastProcessed, endOfStreams);
        }
        if (connection().numActiveStreams() == 0 && ctx.channel().isActive()) {
            if (retired) {
                closeIfDone();
            } else {
                owner.idle(this);
            }
        }
    }

    // Events of the channel.

    @Override
    public void handlerAdded(ChannelHandlerContext context) throws Exception {
        ctx = context;
        super.handlerAdded(context);
        openWindow();
    }

    @Override
    public void channelActive(ChannelHandlerContext context) throws Exception {
        super.channelActive(context);
        openWindow();
    }

    private void openWindow() throws Http2Exception {
        if (!windowOpened && ctx.channel().isActive()) {
            windowOpened = true;
            decoder()
                    .flowController()
                    .incrementWindowSize(connection().connectionStream(), MultiplexedCodec.CONNECTION_WINDOW - 65_535);
            ctx.flush();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
        reading = true;
        bytesRead += ((ByteBuf) message).readableBytes();
        if (probing) {
            probing = false;
            answerDeadline.cancel();
        }
        super.channelRead(context, message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) throws Exception {
        reading = false;
        List<UpstreamStream> batch = touched;
        if (!batch.isEmpty()) {
            touched = new ArrayList<>();
            batch.forEach(UpstreamStream::readComplete);
        }
        super.channelReadComplete(context);
    }

    @Override
    public void flush(ChannelHandlerContext context) {
        super.flush(context);
        resumeStarved();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) throws Exception {
        super.channelWritabilityChanged(context);
        resumeStarved();
    }

    private void resumeStarved() {
        List<UpstreamStream> waiting = starved;
        if (!waiting.isEmpty()) {
            starved = new ArrayList<>();
            for (UpstreamStream stream : waiting) {
                if (!stream.resumeIfWritable()) {
                    starved.add(stream);
                }
            }
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        answerDeadline.cancel();
        retire();
        super.channelInactive(context);
        ready.tryFailure(new IOException("the server closed the connection before it said anything in HTTP/2"));
    }

    // Errors.

    @Override
    protected void onStreamError(
            ChannelHandlerContext context, boolean outbound, Throwable cause, Http2Exception.StreamException error) {
        UpstreamStream request = stream(error.streamId());
        log.debug("{} stream {}: {}", context.channel(), error.streamId(), error.getMessage());
        if (request != null && !outbound) {
            request.refuseResponse();
        } else if (connection().stream(error.streamId()) != null) {
            super.onStreamError(context, outbound, cause, error);
        }
        // Else it is about a stream of ours that is over: what was on its way to it passes unnoticed (RFC 9113 §5.1).
    }

    @Override
    protected void onConnectionError(
            ChannelHandlerContext context, boolean outbound, Throwable cause, @Nullable Http2Exception error) {
        log.debug("{} {}: {}", context.channel(), server.name(), cause.toString());
        if (outbound || error == null) {
            // It was cut off while we wrote: no word on what it said.
            ready.tryFailure(new IOException("the connection ended before HTTP/2 began", cause));
        } else {
            ready.tryFailure(new IOException("the server does not speak HTTP/2"));
            endOfStreams = ErrorKind.UPSTREAM_MALFORMED;
        }
        retire();
        super.onConnectionError(context, outbound, cause, error);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        log.debug("{} {}: {}", context.channel(), server.name(), cause.toString());
        retire();
        context.close();
    }
}
