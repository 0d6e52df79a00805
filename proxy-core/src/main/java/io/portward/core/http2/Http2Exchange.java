package io.portward.core.http2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Stream;
import io.portward.core.error.ErrorKind;
import io.portward.core.exchange.Exchange;
import io.portward.core.exchange.ResponseSink;
import io.portward.core.http.RequestRules;
import io.portward.core.http.RequestTarget;
import org.jspecify.annotations.Nullable;

/**
 * One stream: the request on its way to the {@link Exchange}, and the response from it.
 *
 * <p>Flow control: while the exchange asks for no more, what still arrives is held here in one buffer and its credit is kept, so that a
 * stalled upload never holds more than the stream's window. After the response is complete, the rest of the request is dropped.
 *
 * <p>Threading: the event loop of the connection. Ownership: held bytes are released when the stream closes, which always happens.
 */
final class Http2Exchange implements ResponseSink, ChannelFutureListener {

    private final Http2Handler handler;
    private final Http2Stream stream;
    private final Exchange exchange;
    private final TakenBytes taken;

    private @Nullable ByteBuf held;
    private @Nullable LastHttpContent heldLast;

    /** Bytes, padding included, whose credit the client does not have back yet. */
    private int uncredited;

    private boolean paused;
    private boolean requestEnded;
    private boolean responseEnded;
    private boolean gone;
    private boolean starved;
    private int unwritten;
    private int quietChecks;
    private long takenBefore;

    /** Whether the handler has this in its list of exchanges that got something in the current batch. */
    boolean touched;

    Http2Exchange(Http2Handler handler, Http2Stream stream) {
        this.handler = handler;
        this.stream = stream;
        this.taken = handler.taken().ofStream(stream);
        this.exchange = handler.newExchange(this);
    }

    // The request.

    void start(RequestHeaders headers, boolean endOfStream) {
        requestEnded = endOfStream;
        HttpMethod method = headers.httpMethod();
        handler.touch(this);
        RequestTarget target = headers.target();
        ErrorKind problem = RequestRules.check(method, headers.pathLength(), headers.fields(), handler.limits());
        if (problem != null || target == null) {
            // Only CONNECT has no target, and that is refused by the rules.
            exchange.refuse(method, problem == null ? ErrorKind.METHOD_REFUSED : problem);
        } else {
            HttpHeaders fields = headers.fields();
            if (!endOfStream && !headers.hasContentLength()) {
                fields.set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
            }
            exchange.start(
                    new DefaultHttpRequest(HttpVersion.HTTP_1_1, method, target.uri(), fields, false),
                    target,
                    endOfStream);
        }
    }

    /** The header section was over the limit and thrown away unread; whether a body follows is not known. */
    void refuseTooLarge(HttpMethod method) {
        handler.touch(this);
        exchange.refuse(method, ErrorKind.HEADERS_TOO_LARGE);
    }

    /** @return how many bytes of credit the client gets back at once */
    int requestData(ByteBuf data, int padding, boolean last) {
        int flow = data.readableBytes() + padding;
        handler.received(data.readableBytes());
        requestEnded |= last;
        if (isDropping()) {
            return flow;
        }
        if (paused) {
            if (data.isReadable()) {
                hold(data);
            }
            heldLast = last ? LastHttpContent.EMPTY_LAST_CONTENT : null;
            uncredited += flow;
            return 0;
        }
        handler.touch(this);
        if (data.isReadable() || last) {
            ByteBuf content = data.retain();
            exchange.requestContent(last ? new DefaultLastHttpContent(content) : new DefaultHttpContent(content));
        }
        if (paused) {
            uncredited += flow;
            return 0;
        }
        return flow;
    }

    void requestTrailers(HttpHeaders trailers) {
        requestEnded = true;
        if (isDropping()) {
            return;
        }
        LastHttpContent last = new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER, trailers);
        if (paused && held != null) {
            heldLast = last;
        } else {
            handler.touch(this);
            exchange.requestContent(last);
        }
    }

    /** Copies into one buffer: many small slices would each keep a whole receive buffer alive. */
    private void hold(ByteBuf data) {
        if (held == null) {
            held = handler.alloc().buffer(data.readableBytes());
        }
        held.writeBytes(data, data.readerIndex(), data.readableBytes());
    }

    private boolean isDropping() {
        return gone || responseEnded || exchange.isOver();
    }

    @Override
    public void pauseRequest(boolean pause) {
        paused = pause;
        if (pause || gone) {
            return;
        }
        ByteBuf content = held;
        LastHttpContent last = heldLast;
        held = null;
        heldLast = null;
        if (content != null) {
            exchange.requestContent(new DefaultHttpContent(content));
        }
        if (last != null) {
            exchange.requestContent(last);
        }
        if (content != null || last != null) {
            exchange.requestReadComplete();
        }
        if (!paused && uncredited > 0) {
            int credit = uncredited;
            uncredited = 0;
            handler.giveCredit(stream, credit);
        }
    }

    /** The batch is read. */
    void readComplete() {
        touched = false;
        if (!isDropping()) {
            exchange.requestReadComplete();
        }
    }

    // The response.

    @Override
    public void head(HttpResponse response, boolean last) {
        if (gone) {
            return;
        }
        if (response.status().code() == HttpResponseStatus.SWITCHING_PROTOCOLS.code()) {
            // RFC 9113 §8.6: there is no such thing in HTTP/2.
            handler.reset(stream, Http2Error.INTERNAL_ERROR);
            return;
        }
        responseEnded = last && response.status().codeClass() != HttpStatusClass.INFORMATIONAL;
        unwritten++;
        ChannelPromise promise = handler.newWrite(this);
        handler.encoder()
                .writeHeaders(
                        handler.context(),
                        stream.id(),
                        handler.responseHeaders().head(response),
                        0,
                        responseEnded,
                        promise);
    }

    @Override
    public void body(HttpContent content) {
        ByteBuf data = content.content();
        if (gone || responseEnded || !data.isReadable()) {
            content.release();
        } else {
            writeData(data, false);
        }
    }

    @Override
    public void end(LastHttpContent last) {
        if (gone || responseEnded) {
            last.release();
            return;
        }
        responseEnded = true;
        ByteBuf data = last.content();
        if (last.trailingHeaders().isEmpty()) {
            writeData(data, true);
            return;
        }
        if (data.isReadable()) {
            writeData(data, false);
        } else {
            data.release();
        }
        unwritten++;
        var trailers = handler.responseHeaders().trailers(last.trailingHeaders());
        handler.encoder().writeHeaders(handler.context(), stream.id(), trailers, 0, true, handler.newWrite(this));
    }

    private void writeData(ByteBuf data, boolean last) {
        unwritten++;
        handler.sent(data.readableBytes());
        handler.encoder().writeData(handler.context(), stream.id(), data, 0, last, handler.newWrite(this));
    }

    /** Something written has reached the socket, or never will. */
    @Override
    public void operationComplete(ChannelFuture future) {
        unwritten--;
        if (responseEnded && unwritten == 0 && !requestEnded && !gone && future.isSuccess()) {
            // RFC 9113 §8.1: the response did not need the rest of the request.
            handler.reset(stream, Http2Error.NO_ERROR);
        }
    }

    @Override
    public void flush() {
        handler.flushSoon();
    }

    @Override
    public boolean isWritable() {
        if (gone) {
            return true;
        }
        // Channel writable, and windows larger than what waits for them: what is queued never exceeds the window by
        // more than a batch.
        boolean writable = handler.encoder().flowController().isWritable(stream);
        if (!writable && !starved) {
            starved = true;
            handler.addStarved(this);
        }
        return writable;
    }

    @Override
    public long taken() {
        return gone ? takenBefore : taken.total();
    }

    /** Of the whole connection, since it is the client that chooses whose turn among its streams it is. */
    @Override
    public long received() {
        return handler.received();
    }

    /** @return whether this has not to be asked again */
    boolean resumeIfWritable() {
        if (!gone && !handler.encoder().flowController().isWritable(stream)) {
            return false;
        }
        starved = false;
        if (!gone) {
            exchange.clientWritable();
        }
        return true;
    }

    @Override
    public void abort(long resetCode) {
        if (!gone) {
            gone = true;
            // Codes about the other connection are no business of this one.
            boolean ofRequest =
                    resetCode == Http2Error.CANCEL.code() || resetCode == Http2Error.ENHANCE_YOUR_CALM.code();
            handler.reset(stream, ofRequest ? Http2Error.valueOf(resetCode) : Http2Error.INTERNAL_ERROR);
        }
    }

    @Override
    public boolean speaksHttp2() {
        return true;
    }

    @Override
    public String protocol() {
        return "h2";
    }

    // The stream.

    /** The client has given the stream up, or cannot be spoken to any more. */
    void gone() {
        if (!gone) {
            gone = true;
            if (!responseEnded && !exchange.isOver()) {
                exchange.clientGone();
            }
        }
        if (held != null) {
            held.release();
            held = null;
        }
    }

    /** The client has enlarged the stream's window. */
    void credited(int bytes) {
        taken.credit(bytes);
    }

    /**
     * Called at regular intervals. While the exchange runs, its own deadlines watch over it; the rest of a response that nobody takes is left to
     * this.
     *
     * @param least bytes that the client has to take in an interval
     * @return whether it took less in two of them
     */
    boolean isStalled(long least) {
        if (gone || unwritten == 0 || !exchange.isOver()) {
            quietChecks = 0;
            return false;
        }
        long now = taken.total();
        quietChecks = now - takenBefore >= least ? 0 : quietChecks + 1;
        takenBefore = now;
        return quietChecks >= 2;
    }
}
