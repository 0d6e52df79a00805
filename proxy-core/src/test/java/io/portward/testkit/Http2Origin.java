package io.portward.testkit;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Predicate;

/** The server's end of one HTTP/2 connection, frame by frame, for scripts of a {@link ScriptedUpstream}. */
public final class Http2Origin {

    public static final int DATA = 0;
    public static final int HEADERS = 1;
    public static final int RST_STREAM = 3;
    public static final int SETTINGS = 4;
    public static final int PING = 6;
    public static final int GOAWAY = 7;
    public static final int WINDOW_UPDATE = 8;

    public static final int MAX_CONCURRENT_STREAMS = 3;
    public static final int INITIAL_WINDOW_SIZE = 4;

    public static final int NO_ERROR = 0;
    public static final int INTERNAL_ERROR = 2;
    public static final int REFUSED_STREAM = 7;
    public static final int CANCEL = 8;

    private static final int END_STREAM = 1;
    private static final int ACK = 1;
    private static final int END_HEADERS = 4;
    private static final int PREFACE_LENGTH = 24;

    /** @param headers of a HEADERS frame */
    public record Frame(int type, int flags, int stream, byte[] payload, Http2Headers headers) {

        public boolean ends() {
            return (type == DATA || type == HEADERS) && (flags & END_STREAM) != 0;
        }

        public int word(int at) {
            return Unpooled.wrappedBuffer(payload).getInt(at);
        }

        /** The value of a field, {@code null} when there is none. */
        public String field(String name) {
            CharSequence value = headers.get(name);
            return value == null ? null : value.toString();
        }
    }

    private final RawClient wire;
    private final DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
    private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false);

    /** Reads the client's preface and says its own with pairs of {@code settings}. */
    public Http2Origin(RawClient wire, int... settings) throws IOException {
        this.wire = wire;
        wire.read(PREFACE_LENGTH);
        ByteBuf payload = Unpooled.buffer();
        for (int i = 0; i < settings.length; i += 2) {
            payload.writeShort(settings[i]).writeInt(settings[i + 1]);
        }
        frame(SETTINGS, 0, 0, ByteBufUtil.getBytes(payload));
    }

    public Http2Origin frame(int type, int flags, int stream, byte... payload) throws IOException {
        ByteBuf frame = Unpooled.buffer(9 + payload.length);
        frame.writeMedium(payload.length)
                .writeByte(type)
                .writeByte(flags)
                .writeInt(stream)
                .writeBytes(payload);
        wire.send(ByteBufUtil.getBytes(frame));
        return this;
    }

    public Http2Origin headers(int stream, boolean end, String... namesAndValues) throws Exception {
        ByteBuf block = Unpooled.buffer();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            // One at a time: Netty's headers would put pseudo-headers first.
            encoder.encodeHeaders(
                    1, new DefaultHttp2Headers(false).add(namesAndValues[i], namesAndValues[i + 1]), block);
        }
        return frame(HEADERS, END_HEADERS | (end ? END_STREAM : 0), stream, ByteBufUtil.getBytes(block));
    }

    public Http2Origin data(int stream, boolean end, String text) throws IOException {
        return data(stream, end, text.getBytes(StandardCharsets.ISO_8859_1));
    }

    public Http2Origin data(int stream, boolean end, byte[] bytes) throws IOException {
        return frame(DATA, end ? END_STREAM : 0, stream, bytes);
    }

    /** 200 with a short body. */
    public Http2Origin answer(int stream, String body) throws Exception {
        return headers(stream, false, ":status", "200", "content-length", "" + body.length())
                .data(stream, true, body);
    }

    public Http2Origin reset(int stream, int code) throws IOException {
        return frame(RST_STREAM, 0, stream, words(code));
    }

    public Http2Origin goAway(int lastStream, int code) throws IOException {
        return frame(GOAWAY, 0, 0, words(lastStream, code));
    }

    public Http2Origin credit(int stream, int bytes) throws IOException {
        return frame(WINDOW_UPDATE, 0, stream, words(bytes));
    }

    private static byte[] words(int... words) {
        ByteBuf all = Unpooled.buffer();
        for (int word : words) {
            all.writeInt(word);
        }
        return ByteBufUtil.getBytes(all);
    }

    /** The next frame that is no bookkeeping; gives no credit, answers no PING. */
    public Frame next() throws Exception {
        while (true) {
            Frame frame = read();
            if (frame.type() == SETTINGS && (frame.flags() & ACK) == 0) {
                frame(SETTINGS, ACK, 0);
            } else if (frame.type() != SETTINGS && frame.type() != WINDOW_UPDATE) {
                return frame;
            }
        }
    }

    public Frame until(Predicate<Frame> wanted) throws Exception {
        Frame frame = next();
        while (!wanted.test(frame)) {
            frame = next();
        }
        return frame;
    }

    /** The next request's head, whatever else comes before. */
    public Frame request() throws Exception {
        return until(frame -> frame.type() == HEADERS);
    }

    public Frame read() throws Exception {
        DataInputStream in = new DataInputStream(wire.in());
        byte[] header = new byte[9];
        in.readFully(header);
        ByteBuf head = Unpooled.wrappedBuffer(header);
        byte[] payload = new byte[head.readUnsignedMedium()];
        int type = head.readUnsignedByte();
        int flags = head.readUnsignedByte();
        int stream = head.readInt();
        in.readFully(payload);
        Http2Headers headers = type == HEADERS ? decoder.decodeHeaders(stream, Unpooled.wrappedBuffer(payload)) : null;
        return new Frame(type, flags, stream, payload, headers);
    }

    /** Reads and drops what comes until the peer closes. */
    public void drain() throws IOException {
        wire.readAll();
    }
}
