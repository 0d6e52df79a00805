package io.portward.core.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.ReferenceCountUtil;
import io.portward.core.error.ErrorKind;
import io.portward.core.http.BodilessResponse;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One request on a {@link MultiplexedConnection}.
 *
 * <p>Flow control: what arrives is handed on at once; while the listener wants no more its credit is kept back, so that no more than the
 * stream's window follows. Failures found while writing are told a turn of the event loop later, never from within {@link #write}.
 *
 * <p>Threading: the event loop of the connection.
 */
final class UpstreamStream implements Upstream, ChannelFutureListener {

    private static final long NOT_RESET = -1;

    private final MultiplexedConnection connection;
    private final Set<Server> excluded;
    private final boolean reused;
    private final long readBefore;

    private @Nullable UpstreamListener listener;
    private @Nullable Http2Stream stream;
    private boolean released;
    private boolean ended;
    private boolean requestEnded;
    private boolean responseBegan;
    private boolean headSeen;
    private boolean responseEnded;
    private boolean askedForHead;
    private boolean bodyDue;
    private boolean unprocessed;
    private boolean paused;
    private boolean starved;
    private int uncredited;
    private long resetCode = NOT_RESET;

    /** Whether the connection has this in its list of streams that got something in the current batch. */
    boolean touched;

    /** Bytes given to the connection that have not left it. */
    int queued;

    UpstreamStream(MultiplexedConnection connection, Set<Server> excluded) {
        this.connection = connection;
        this.excluded = excluded;
        this.reused = connection.hasCarried();
        this.readBefore = connection.bytesRead();
    }

    @Override
    public void use(UpstreamListener newListener) {
        listener = newListener;
    }

    /** A connection that others use is not closed for being idle: what it loses the server may be at work on. */
    @Override
    public boolean isReused() {
        return false;
    }

    @Override
    public boolean isResponseBegun() {
        return responseBegan;
    }

    @Override
    public boolean isUnprocessed() {
        return unprocessed;
    }

    @Override
    public long resetCode() {
        return resetCode;
    }

    @Override
    public String serverName() {
        return connection.server().name();
    }

    @Override
    public Server server() {
        return connection.server();
    }

    @Override
    public Set<Server> excluded() {
        return excluded;
    }

    @Override
    public Channel channel() {
        return connection.context().channel();
    }

    @Override
    public void leaveHttp() {
        throw new IllegalStateException("a stream is no connection of its own");
    }

    // The request.

    @Override
    public void write(HttpObject message) {
        boolean last = message instanceof LastHttpContent;
        requestEnded |= last;
        if (message instanceof HttpRequest request) {
            askedForHead = HttpMethod.HEAD.equals(request.method());
            stream = connection.open(this, connection.requests().head(request), last);
            ReferenceCountUtil.release(message);
        } else {
            content((HttpContent) message, last);
        }
    }

    private void content(HttpContent content, boolean last) {
        Http2Stream current = stream;
        if (current == null || ended) {
            content.release();
            return;
        }
        ByteBuf data = content.content();
        if (last && !((LastHttpContent) content).trailingHeaders().isEmpty()) {
            connection.writeData(this, current, data, false);
            connection.writeTrailers(current, ((LastHttpContent) content).trailingHeaders());
        } else if (last || data.isReadable()) {
            connection.writeData(this, current, data, last);
        } else {
            content.release();
        }
    }

    /** The request's head has been written, or cannot be. */
    @Override
    public void operationComplete(ChannelFuture written) {
        if (!written.isSuccess()) {
            connection.context().executor().execute(() -> fail(ErrorKind.UPSTREAM_UNREACHABLE));
        }
    }

    @Override
    public void flush() {
        connection.flushSoon();
    }

    @Override
    public boolean isWritable() {
        Http2Stream current = stream;
        if (current == null || ended) {
            return true;
        }
        boolean writable = connection.isWritable(this, current);
        if (!writable && !starved) {
            starved = true;
            connection.addStarved(this);
        }
        return writable;
    }

    /** @return whether this has not to be asked again */
    boolean resumeIfWritable() {
        Http2Stream current = stream;
        if (current != null && !ended && !connection.isWritable(this, current)) {
            return false;
        }
        starved = false;
        if (listener != null) {
            listener.upstreamWritable();
        }
        return true;
    }

    // The response.

    void headers(ResponseFields fields, boolean last) {
        UpstreamListener current = listener;
        responseBegan = true;
        if (current == null) {
            return;
        }
        String problem = headSeen ? fields.trailerProblem() : fields.headProblem();
        if (problem != null || (headSeen && !last)) {
            connection.tell(this, problem == null ? "trailers without END_STREAM" : problem);
            refuseResponse();
            return;
        }
        if (headSeen) {
            complete(current, new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER, fields.fields()));
            return;
        }
        HttpResponseStatus status = HttpResponseStatus.valueOf(fields.code());
        boolean interim = status.codeClass() == HttpStatusClass.INFORMATIONAL;
        if (interim && (last || status.code() == HttpResponseStatus.SWITCHING_PROTOCOLS.code())) {
            // RFC 9113 §8.1 and §8.6.
            refuseResponse();
            return;
        }
        headSeen = !interim;
        bodyDue = headSeen
                && !askedForHead
                && status.code() != HttpResponseStatus.NOT_MODIFIED.code()
                && fields.announcesBody();
        if (last && bodyDue) {
            refuseBodiless();
            return;
        }
        current.responseHead(
                last
                        ? new BodilessResponse(HttpVersion.HTTP_1_1, status, fields.fields())
                        : new DefaultHttpResponse(HttpVersion.HTTP_1_1, status, fields.fields()));
        if (last && listener != null) {
            complete(listener, LastHttpContent.EMPTY_LAST_CONTENT);
        }
    }

    /** @return how many bytes of credit the server gets back at once */
    int data(ByteBuf data, int padding, boolean last) {
        int flow = data.readableBytes() + padding;
        UpstreamListener current = listener;
        if (current == null) {
            return flow;
        }
        if (!headSeen) {
            connection.tell(this, "data before headers");
            refuseResponse();
        } else if (last) {
            bodyDue &= !data.isReadable();
            complete(current, new DefaultLastHttpContent(data.retain()));
        } else if (data.isReadable()) {
            bodyDue = false;
            current.responseContent(new DefaultHttpContent(data.retain()));
        }
        if (paused && listener != null) {
            uncredited += flow;
            return 0;
        }
        return flow;
    }

    private void complete(UpstreamListener current, LastHttpContent last) {
        if (bodyDue) {
            last.release();
            refuseBodiless();
            return;
        }
        responseEnded = true;
        connection.server().answered();
        current.responseContent(last);
    }

    /** Netty compares every length but none at all with content-length, for it does not know what was asked (RFC 9113 §8.1.1). */
    private void refuseBodiless() {
        connection.tell(this, "content-length without content");
        refuseResponse();
    }

    void readComplete() {
        touched = false;
        if (listener != null) {
            listener.responseReadComplete();
        }
    }

    @Override
    public void pauseResponse(boolean pause) {
        paused = pause;
        if (!pause && uncredited > 0 && stream != null) {
            int credit = uncredited;
            uncredited = 0;
            connection.giveCredit(stream, credit);
        }
    }

    // The end.

    @Override
    public void refuseResponse() {
        reset(Http2Error.PROTOCOL_ERROR);
        fail(ErrorKind.UPSTREAM_MALFORMED);
    }

    /** The server has ended this request. */
    void wasReset(long code) {
        resetCode = code;
        unprocessed = code == Http2Error.REFUSED_STREAM.code();
    }

    /**
     * There is no stream any more.
     *
     * @param notProcessed the server has said so of all streams from this one on
     */
    void closed(boolean notProcessed, ErrorKind why) {
        if (ended) {
            return;
        }
        ended = true;
        unprocessed |= notProcessed;
        if (!responseEnded) {
            fail(why);
        }
    }

    private void fail(ErrorKind kind) {
        UpstreamListener current = listener;
        if (current == null) {
            return;
        }
        listener = null;
        leave();
        // What a server says of one request is no word on the server; nor is the end of a connection that waited for
        // the next one.
        if (resetCode == NOT_RESET && !unprocessed && (responseBegan || !reused)) {
            connection.server().answerFailed(kind);
        }
        current.upstreamFailed(kind);
    }

    @Override
    public void release() {
        listener = null;
        leave();
        boolean complete = requestEnded && responseEnded && (stream == null || !connection.isSending(stream));
        if (!ended && !complete) {
            if (!responseBegan && connection.bytesRead() == readBefore) {
                connection.probe();
            }
            reset(Http2Error.CANCEL);
        }
    }

    private void leave() {
        if (!released) {
            released = true;
            connection.released();
        }
    }

    private void reset(Http2Error error) {
        if (stream != null && !ended) {
            ended = true;
            connection.reset(stream, error);
        }
    }
}
