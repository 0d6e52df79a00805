package io.portward.core.tls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Collects the first bytes of a connection until they are a whole ClientHello, or are found to be something else.
 *
 * <p>The usual hello arrives in one read and is parsed where it lies; only a split one is copied together. Threading: the channel's event
 * loop. Ownership: {@link #add} takes the buffer; {@link #takeBytes} gives everything received back; {@link #release} drops it.
 */
final class ClientHelloReader {

    /** What the bytes so far are. */
    enum State {
        INCOMPLETE,
        COMPLETE,
        /** An HTTP method and a space where a record header should be. */
        PLAIN_HTTP,
        NOT_TLS,
        /** A hello of SSL 2, which only asks for versions long dead. */
        SSL2,
        /** A TLS alert before any hello; {@link #alert} tells which. */
        ALERT,
        MALFORMED
    }

    private static final int CONTENT_ALERT = 21;
    private static final int ALERT_RECORD = 7;
    private static final int CONTENT_HANDSHAKE = 22;
    private static final int HANDSHAKE_CLIENT_HELLO = 1;
    private static final int RECORD_HEADER = 5;
    private static final int HANDSHAKE_HEADER = 4;

    /**
     * BoringSSL's own bound on a ClientHello. Today's largest, with two post-quantum key shares and a ticket, stay under 4 KiB.
     */
    private static final int MAX_HELLO = 16_384;

    /** The hello in records of one byte each, the worst legal split, with their headers. */
    private static final int MAX_BYTES = (MAX_HELLO + HANDSHAKE_HEADER) * (RECORD_HEADER + 1);

    /** The methods of RFC 9110 §9 and RFC 5789, which may be followed by an absolute target, and HTTP/2's preface. */
    private static final Set<String> METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "PRI");

    /** UPDATEREDIRECTREF and BASELINE-CONTROL are the longest registered ones. */
    private static final int LONGEST_METHOD = 20;

    private @Nullable ByteBuf bytes;
    private @Nullable ByteBuf message;

    /** How far from the start of {@link #bytes} records have been looked at. */
    private int parsed;

    private @Nullable ClientHello hello;

    /** Part of {@link #bytes} or {@link #message}. */
    private @Nullable ByteBuf helloBody;

    /** Takes {@code next}, which must be readable. */
    State add(ByteBufAllocator allocator, ByteBuf next) {
        if (bytes == null) {
            bytes = next;
        } else {
            if (bytes.maxWritableBytes() < next.readableBytes() || bytes.refCnt() > 1 || !bytes.isDirect()) {
                bytes = copy(allocator, bytes, next.readableBytes());
            }
            bytes.writeBytes(next);
            next.release();
        }
        return state(bytes);
    }

    private static ByteBuf copy(ByteBufAllocator allocator, ByteBuf old, int room) {
        ByteBuf larger = allocator.directBuffer((old.readableBytes() + room) * 2);
        larger.writeBytes(old);
        old.release();
        return larger;
    }

    /** Valid after {@link State#COMPLETE}. */
    ClientHello hello() {
        if (hello == null) {
            throw new IllegalStateException("no complete ClientHello yet");
        }
        return hello;
    }

    /** The fingerprint of the {@link #hello}; valid until the bytes are taken or released. */
    String ja4() {
        if (helloBody == null) {
            throw new IllegalStateException("no ClientHello");
        }
        return Ja4.of(helloBody);
    }

    /** The alert's number (RFC 8446 §6); valid after {@link State#ALERT}. */
    int alert() {
        if (bytes == null) {
            throw new IllegalStateException("nothing received yet");
        }
        return bytes.getUnsignedByte(bytes.readerIndex() + ALERT_RECORD - 1);
    }

    /** Everything received, from the first byte; the caller releases it. */
    ByteBuf takeBytes() {
        ByteBuf taken = bytes;
        if (taken == null) {
            throw new IllegalStateException("nothing received yet");
        }
        bytes = null;
        release();
        return taken;
    }

    boolean isEmpty() {
        return bytes == null;
    }

    void release() {
        helloBody = null;
        if (bytes != null) {
            bytes.release();
            bytes = null;
        }
        if (message != null) {
            message.release();
            message = null;
        }
    }

    private State state(ByteBuf in) {
        int start = in.readerIndex();
        int first = in.getUnsignedByte(start);
        if (first != CONTENT_HANDSHAKE) {
            return notHandshake(in, first);
        }
        if (in.readableBytes() > 1 && in.getUnsignedByte(start + 1) != 3) {
            return State.NOT_TLS;
        }
        if (in.readableBytes() > MAX_BYTES) {
            return State.MALFORMED;
        }
        return parseRecords(in);
    }

    private static State notHandshake(ByteBuf in, int first) {
        if (first >= 'A' && first <= 'Z') {
            return requestLine(in);
        }
        if (first == CONTENT_ALERT) {
            return alertRecord(in);
        }
        if ((first & 0x80) == 0) {
            return State.NOT_TLS;
        }
        if (in.readableBytes() < 3) {
            return State.INCOMPLETE;
        }
        return in.getUnsignedByte(in.readerIndex() + 2) == HANDSHAKE_CLIENT_HELLO ? State.SSL2 : State.NOT_TLS;
    }

    private static State alertRecord(ByteBuf in) {
        if (in.readableBytes() > 1 && in.getUnsignedByte(in.readerIndex() + 1) != 3) {
            return State.NOT_TLS;
        }
        return in.readableBytes() < ALERT_RECORD ? State.INCOMPLETE : State.ALERT;
    }

    /** {@code METHOD SP} and then a target; mail commands look alike, but nothing in them begins as a target does. */
    private static State requestLine(ByteBuf in) {
        int space =
                in.indexOf(in.readerIndex(), Math.min(in.writerIndex(), in.readerIndex() + LONGEST_METHOD), (byte) ' ');
        for (int i = in.readerIndex(); i < (space < 0 ? in.writerIndex() : space); i++) {
            int c = in.getUnsignedByte(i);
            if (c < 'A' || c > 'Z' || i - in.readerIndex() >= LONGEST_METHOD) {
                return State.NOT_TLS;
            }
        }
        if (space < 0) {
            return State.INCOMPLETE;
        }
        String method = in.toString(in.readerIndex(), space - in.readerIndex(), StandardCharsets.US_ASCII);
        if (METHODS.contains(method)) {
            return State.PLAIN_HTTP;
        }
        if (space + 1 == in.writerIndex()) {
            return State.INCOMPLETE;
        }
        int target = in.getUnsignedByte(space + 1);
        return target == '/' || target == '*' ? State.PLAIN_HTTP : State.NOT_TLS;
    }

    /** One record is the rule; a hello split over records is put together in a buffer of its own, each record once. */
    private State parseRecords(ByteBuf in) {
        int at = in.readerIndex() + parsed;
        while (in.writerIndex() - at >= RECORD_HEADER) {
            int length = in.getUnsignedShort(at + 3);
            if (in.getUnsignedByte(at) != CONTENT_HANDSHAKE || length == 0 || length > TlsSession.MAX_PLAINTEXT) {
                return State.MALFORMED;
            }
            if (in.writerIndex() - at - RECORD_HEADER < length) {
                return State.INCOMPLETE;
            }
            ByteBuf fragment = in.slice(at + RECORD_HEADER, length);
            at += RECORD_HEADER + length;
            parsed = at - in.readerIndex();
            State state;
            if (message == null && isWhole(fragment)) {
                state = parseMessage(fragment);
            } else {
                message = (message == null ? in.alloc().buffer(length * 2) : message).writeBytes(fragment);
                state = parseMessage(message);
            }
            if (state != State.INCOMPLETE) {
                return state;
            }
        }
        return State.INCOMPLETE;
    }

    private static boolean isWhole(ByteBuf message) {
        return message.readableBytes() >= HANDSHAKE_HEADER
                && message.readableBytes() >= HANDSHAKE_HEADER + message.getUnsignedMedium(message.readerIndex() + 1);
    }

    private State parseMessage(ByteBuf message) {
        int start = message.readerIndex();
        if (message.getUnsignedByte(start) != HANDSHAKE_CLIENT_HELLO) {
            return State.MALFORMED;
        }
        if (message.readableBytes() < HANDSHAKE_HEADER) {
            return State.INCOMPLETE;
        }
        int length = message.getUnsignedMedium(start + 1);
        if (length > MAX_HELLO) {
            return State.MALFORMED;
        }
        if (message.readableBytes() < HANDSHAKE_HEADER + length) {
            return State.INCOMPLETE;
        }
        try {
            ByteBuf body = message.slice(start + HANDSHAKE_HEADER, length);
            hello = ClientHello.parse(body);
            helloBody = body;
            return State.COMPLETE;
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            return State.MALFORMED;
        }
    }
}
