package io.portward.core.http2;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameReader;
import io.netty.handler.codec.http2.Http2FrameTypes;
import io.portward.core.transport.Deadline;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Looks at each frame header before Netty's reader does and ends connections that send frames which cost us work and carry none
 * (RFC 9113 §10.5), or that do not complete a header block in time.
 *
 * <p>Such frames are paid for from a bucket, which fills with time and with the work that explains them: requests, request bytes,
 * response bytes (a client that downloads has every reason to send WINDOW_UPDATE). Resets are counted apart.
 *
 * <p>Threading: the event loop of the connection.
 */
final class FloodGuard implements Http2FrameReader {

    /** More than any client sends in a burst: browsers that knew RFC 7540 priorities began with some dozens. */
    private static final int BUCKET = 1000;

    private static final int REFILL_PER_SECOND = 100;

    /** A SETTINGS frame is answered and may touch every stream; an empty DATA frame has no honest use. */
    private static final int DEAR = 10;

    private static final int REQUEST_CREDIT = 10;
    private static final int DATA_CREDIT = 4;

    /** A client may have small windows and return each one twice; one that asks for a few bytes at a time only makes work. */
    private static final int LEAST_PAID_FRAME = 64;

    /** Rapid reset, CVE-2023-44487: a browser that leaves a page resets what was loading, 100 streams at most. */
    private static final int MAX_RESETS = 100;

    private static final long RESET_WINDOW_NANOS = TimeUnit.SECONDS.toNanos(10);

    private static final int FRAME_HEADER = 9;

    private final Http2FrameReader reader;
    private final Http2Connection connection;
    private final ClosedStreams closedStreams;
    private @Nullable StreamStates streamStates;
    private @Nullable Deadline headersDeadline;
    private long headersNanos;

    private int tokens = BUCKET;
    private long filledNanos = System.nanoTime();
    private int resets;
    private long resetsSince = filledNanos;

    /** Bytes from the reader index that belong to frames already counted; beyond the readable bytes while a frame is incomplete. */
    private int counted;

    private boolean inHeaders;
    private boolean blockOpen;
    private boolean deadlineSet;
    private boolean failed;

    FloodGuard(Http2FrameReader reader, Http2Connection connection, ClosedStreams closedStreams) {
        this.reader = reader;
        this.connection = connection;
        this.closedStreams = closedStreams;
    }

    /** Sets {@code deadline} while a header block is incomplete. */
    void limitHeaders(Deadline deadline, Duration timeout) {
        headersDeadline = deadline;
        headersNanos = timeout.toNanos();
    }

    @Override
    public void readFrame(ChannelHandlerContext ctx, ByteBuf input, Http2FrameListener listener) throws Http2Exception {
        if (failed) {
            input.skipBytes(input.readableBytes());
            return;
        }
        count(input);
        StreamStates filter = streamStates;
        if (filter == null || !filter.wraps(listener)) {
            // The decoder changes its listener once, after the preface.
            filter = new StreamStates(listener, connection, closedStreams, this);
            streamStates = filter;
        }
        int before = input.readableBytes();
        try {
            reader.readFrame(ctx, input, filter);
        } finally {
            counted -= before - input.readableBytes();
            watchHeaders(blockOpen || (inHeaders && counted > input.readableBytes()));
        }
    }

    private void count(ByteBuf input) throws Http2Exception {
        while (input.readableBytes() - counted >= FRAME_HEADER) {
            int at = input.readerIndex() + counted;
            int length = input.getUnsignedMedium(at);
            count(input.getByte(at + 3), input.getUnsignedByte(at + 4), length);
            counted += FRAME_HEADER + length;
        }
    }

    private void count(byte type, int flags, int length) throws Http2Exception {
        inHeaders = false;
        switch (type) {
            case Http2FrameTypes.DATA -> {
                if (length > 0) {
                    credit(1);
                } else if ((flags & Http2Flags.END_STREAM) == 0) {
                    charge(DEAR);
                }
            }
            case Http2FrameTypes.HEADERS, Http2FrameTypes.CONTINUATION -> {
                inHeaders = true;
                blockOpen = (flags & Http2Flags.END_HEADERS) == 0;
                if (type == Http2FrameTypes.HEADERS) {
                    credit(REQUEST_CREDIT);
                }
            }
            case Http2FrameTypes.RST_STREAM -> countReset();
            case Http2FrameTypes.SETTINGS, Http2FrameTypes.GO_AWAY -> charge((flags & Http2Flags.ACK) == 0 ? DEAR : 1);
            default -> charge(1);
        }
    }

    private void countReset() throws Http2Exception {
        long now = System.nanoTime();
        if (now - resetsSince > RESET_WINDOW_NANOS) {
            resetsSince = now;
            resets = 0;
        }
        if (++resets > MAX_RESETS) {
            fail("too many resets");
        }
    }

    /** Takes from the bucket for a frame that brought nothing. */
    void charge(int cost) throws Http2Exception {
        tokens -= cost;
        if (tokens < 0) {
            long now = System.nanoTime();
            long earned = (now - filledNanos) * REFILL_PER_SECOND / TimeUnit.SECONDS.toNanos(1);
            filledNanos = now;
            credit((int) Math.min(earned, BUCKET));
            if (tokens < 0) {
                fail("too many frames without content");
            }
        }
    }

    /** Response bytes were written: the client has to return their credit. */
    void sent(int bytes) {
        credit(DATA_CREDIT + bytes / 1024);
    }

    /** A DATA frame was written, as large as the client's window let it be. */
    void sentFrame(int bytes) {
        if (bytes >= LEAST_PAID_FRAME) {
            credit(DATA_CREDIT);
        }
    }

    private void credit(int earned) {
        tokens = Math.min(BUCKET, tokens + earned);
    }

    private void fail(String reason) throws Http2Exception {
        failed = true;
        throw Http2Exception.connectionError(Http2Error.ENHANCE_YOUR_CALM, reason);
    }

    private void watchHeaders(boolean incomplete) {
        Deadline deadline = headersDeadline;
        if (deadline == null || incomplete == deadlineSet) {
            return;
        }
        deadlineSet = incomplete;
        if (incomplete) {
            deadline.set(headersNanos);
        } else {
            deadline.cancel();
        }
    }

    @Override
    public Configuration configuration() {
        return reader.configuration();
    }

    /** Nothing more is read, whatever arrives. */
    void stop() {
        failed = true;
    }

    @Override
    public void close() {
        watchHeaders(false);
        reader.close();
    }
}
