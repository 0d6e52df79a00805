package io.portward.testkit;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/**
 * A TLS client over an {@link SSLEngine} of any provider, with a hand on the bytes that go out.
 *
 * <p>Threading: one thread.
 */
public final class TlsEngineClient implements AutoCloseable {

    /** How bytes get onto the wire. */
    public interface Sender {

        void send(RawClient wire, byte[] bytes) throws IOException;
    }

    private static final int BUFFER_BYTES = 64 * 1024;

    private final RawClient wire;
    private final SSLEngine engine;
    private final Sender sender;
    private final ByteBuffer input = ByteBuffer.allocate(BUFFER_BYTES);
    private final ByteBuffer output = ByteBuffer.allocate(BUFFER_BYTES);
    private final ByteBuffer plain = ByteBuffer.allocate(BUFFER_BYTES);

    public TlsEngineClient(RawClient wire, SSLEngine engine) {
        this(wire, engine, RawClient::send);
    }

    public TlsEngineClient(RawClient wire, SSLEngine engine, Sender sender) {
        this.wire = wire;
        this.engine = engine;
        this.sender = sender;
        engine.setUseClientMode(true);
        input.flip();
        plain.flip();
    }

    public RawClient wire() {
        return wire;
    }

    public SSLEngine engine() {
        return engine;
    }

    /**
     * @throws SSLException when the engine refuses, or gets an alert; what it has to say to the server has been sent
     */
    public TlsEngineClient handshake() throws IOException {
        engine.beginHandshake();
        try {
            while (true) {
                HandshakeStatus status = engine.getHandshakeStatus();
                switch (status) {
                    case NEED_WRAP -> wrap(ByteBuffer.allocate(0));
                    case NEED_TASK -> engine.getDelegatedTask().run();
                    case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> unwrap();
                    default -> {
                        return this;
                    }
                }
            }
        } catch (SSLException e) {
            sayWhy();
            throw e;
        }
    }

    private void sayWhy() throws IOException {
        while (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP && !engine.isOutboundDone()) {
            wrap(ByteBuffer.allocate(0));
        }
    }

    public TlsEngineClient send(byte[] data) throws IOException {
        ByteBuffer source = ByteBuffer.wrap(data);
        while (source.hasRemaining()) {
            wrap(source);
        }
        return this;
    }

    /** close_notify. */
    public TlsEngineClient endOutput() throws IOException {
        engine.closeOutbound();
        while (!engine.isOutboundDone()) {
            wrap(ByteBuffer.allocate(0));
        }
        return this;
    }

    public byte[] read(int length) throws IOException {
        byte[] bytes = new byte[length];
        int have = 0;
        while (have < length) {
            int n = Math.min(plain.remaining(), length - have);
            plain.get(bytes, have, n);
            have += n;
            if (have < length && !unwrap()) {
                throw new EOFException("close_notify after " + have + " of " + length + " bytes");
            }
        }
        return bytes;
    }

    /**
     * Everything up to close_notify.
     *
     * @throws EOFException when the connection ends without it
     */
    public byte[] readToCloseNotify() throws IOException {
        byte[] all = new byte[0];
        do {
            byte[] more = new byte[plain.remaining()];
            plain.get(more);
            int had = all.length;
            all = Arrays.copyOf(all, had + more.length);
            System.arraycopy(more, 0, all, had, more.length);
        } while (unwrap());
        return all;
    }

    private void wrap(ByteBuffer source) throws IOException {
        output.clear();
        engine.wrap(source, output);
        output.flip();
        if (output.hasRemaining()) {
            byte[] bytes = new byte[output.remaining()];
            output.get(bytes);
            sender.send(wire, bytes);
        }
    }

    /** @return false after close_notify */
    private boolean unwrap() throws IOException {
        plain.compact();
        SSLEngineResult result;
        try {
            result = engine.unwrap(input, plain);
        } finally {
            plain.flip();
        }
        return switch (result.getStatus()) {
            case OK -> true;
            case CLOSED -> false;
            case BUFFER_OVERFLOW -> throw new IllegalStateException("records are never larger than the buffer");
            case BUFFER_UNDERFLOW -> {
                input.compact();
                int n = wire.in().read(input.array(), input.position(), input.remaining());
                if (n > 0) {
                    input.position(input.position() + n);
                }
                input.flip();
                if (n < 0) {
                    throw new EOFException("connection ended without close_notify");
                }
                yield true;
            }
        };
    }

    /** Whether the server ends its TCP side after what has been read, within the usual patience. */
    public boolean endsTcp() throws IOException {
        try {
            return wire.in().read() < 0;
        } catch (SocketTimeoutException e) {
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        wire.close();
    }
}
