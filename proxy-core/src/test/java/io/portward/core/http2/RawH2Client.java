package io.portward.core.http2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.function.Predicate;

/** Writes any frame, sensible or not, and reads frame by frame. Acknowledges settings; gives no credit unless told. */
final class RawH2Client implements AutoCloseable {

    static final byte DATA = 0;
    static final byte HEADERS = 1;
    static final byte PRIORITY = 2;
    static final byte RST_STREAM = 3;
    static final byte SETTINGS = 4;
    static final byte PING = 6;
    static final byte GOAWAY = 7;
    static final byte WINDOW_UPDATE = 8;
    static final byte CONTINUATION = 9;

    static final int END_STREAM = 1;
    static final int ACK = 1;
    static final int END_HEADERS = 4;

    /** @param headers of a HEADERS frame: each one has to be decoded, to keep the table in step */
    record Frame(byte type, int flags, int stream, byte[] payload, Http2Headers headers) {

        boolean ends() {
            return (flags & END_STREAM) != 0;
        }

        int word(int at) {
            return Unpooled.wrappedBuffer(payload).getInt(at);
        }

        String text() {
            return new String(payload, StandardCharsets.UTF_8);
        }
    }

    /** @param status 0 when there was none */
    record Response(int status, Http2Headers headers, String body, Http2Headers trailers) {}

    private final Socket socket;
    private final DataInputStream in;
    private final OutputStream out;
    private final DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
    private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder();

    /** Connects and sends nothing. */
    RawH2Client(int port) throws IOException {
        socket = new Socket();
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(10_000);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        in = new DataInputStream(socket.getInputStream());
        out = socket.getOutputStream();
    }

    /** Connects and says the preface with empty settings. */
    static RawH2Client open(int port) throws IOException {
        RawH2Client client = new RawH2Client(port);
        client.preface();
        return client;
    }

    RawH2Client preface() throws IOException {
        send(ByteBufUtil.getBytes(Http2CodecUtil.connectionPrefaceBuf()));
        return frame(SETTINGS, 0, 0);
    }

    RawH2Client send(byte... bytes) throws IOException {
        out.write(bytes);
        return this;
    }

    RawH2Client frame(int type, int flags, int stream, byte... payload) throws IOException {
        return send(bytes(type, flags, stream, payload));
    }

    static byte[] bytes(int type, int flags, int stream, byte... payload) {
        ByteBuf frame = Unpooled.buffer(9 + payload.length);
        frame.writeMedium(payload.length)
                .writeByte(type)
                .writeByte(flags)
                .writeInt(stream)
                .writeBytes(payload);
        return ByteBufUtil.getBytes(frame);
    }

    static byte[] word(int value) {
        return ByteBufUtil.getBytes(Unpooled.buffer(4).writeInt(value));
    }

    byte[] block(String... namesAndValues) throws Http2Exception {
        ByteBuf block = Unpooled.buffer();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            // One at a time: Netty's headers would put pseudo-headers first.
            encoder.encodeHeaders(
                    1, new DefaultHttp2Headers(false).add(namesAndValues[i], namesAndValues[i + 1]), block);
        }
        return ByteBufUtil.getBytes(block);
    }

    RawH2Client headers(int stream, boolean end, String... namesAndValues) throws Exception {
        return frame(HEADERS, END_HEADERS | (end ? END_STREAM : 0), stream, block(namesAndValues));
    }

    /** A request with its pseudo-headers and whatever else. */
    RawH2Client request(int stream, boolean end, String method, String path, String... more) throws Exception {
        String[] all = new String[8 + more.length];
        System.arraycopy(
                new String[] {":method", method, ":scheme", "https", ":authority", "a.example", ":path", path},
                0,
                all,
                0,
                8);
        System.arraycopy(more, 0, all, 8, more.length);
        return headers(stream, end, all);
    }

    RawH2Client data(int stream, boolean end, String text) throws IOException {
        return data(stream, end, text.getBytes(StandardCharsets.UTF_8));
    }

    RawH2Client data(int stream, boolean end, byte[] payload) throws IOException {
        return frame(DATA, end ? END_STREAM : 0, stream, payload);
    }

    /** The next frame that is no bookkeeping. */
    Frame next() throws Exception {
        while (true) {
            Frame frame = read();
            if (frame.type() == SETTINGS && frame.flags() == 0) {
                frame(SETTINGS, ACK, 0);
            } else if (frame.type() != SETTINGS && frame.type() != WINDOW_UPDATE) {
                return frame;
            }
        }
    }

    Frame read() throws Exception {
        byte[] header = new byte[9];
        in.readFully(header);
        ByteBuf head = Unpooled.wrappedBuffer(header);
        byte[] payload = new byte[head.readUnsignedMedium()];
        byte type = head.readByte();
        int flags = head.readUnsignedByte();
        int stream = head.readInt();
        in.readFully(payload);
        Http2Headers headers = type == HEADERS ? decoder.decodeHeaders(stream, Unpooled.wrappedBuffer(payload)) : null;
        return new Frame(type, flags, stream, payload, headers);
    }

    Frame until(Predicate<Frame> wanted) throws Exception {
        Frame frame = next();
        while (!wanted.test(frame)) {
            frame = next();
        }
        return frame;
    }

    /** Reads up to the end of the response on {@code stream}; frames of other streams must not come between. */
    Response response(int stream) throws Exception {
        Http2Headers headers = null;
        Http2Headers trailers = null;
        StringBuilder body = new StringBuilder();
        Frame frame;
        do {
            frame = next();
            if (frame.stream() != stream || frame.type() != HEADERS && frame.type() != DATA) {
                throw new IOException("unexpected " + frame);
            }
            if (frame.type() == DATA) {
                body.append(frame.text());
            } else if (headers == null) {
                headers = frame.headers();
            } else {
                trailers = frame.headers();
            }
        } while (!frame.ends());
        int status = headers == null ? 0 : Integer.parseInt(headers.status().toString());
        return new Response(status, headers, body.toString(), trailers);
    }

    /** Reads until the other side has closed. @return the error code of the last GOAWAY, or -1 */
    int awaitClose() throws Exception {
        int code = -1;
        try {
            while (true) {
                Frame frame = read();
                if (frame.type() == GOAWAY) {
                    code = frame.word(4);
                }
            }
        } catch (EOFException | SocketException closed) {
            return code;
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
