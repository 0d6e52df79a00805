package io.portward.testkit;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;

/**
 * One end of a TCP or TLS connection, byte by byte. Reads give up after {@link #READ_MILLIS} with a {@code SocketTimeoutException}.
 *
 * <p>Threading: one thread reads, one writes.
 */
public final class RawClient implements AutoCloseable {

    /** Longer than any stall that a test should tolerate, on a machine with other work. */
    public static final int READ_MILLIS = 10_000;

    private final Socket socket;

    public RawClient(Socket socket) throws IOException {
        this.socket = socket;
        socket.setSoTimeout(READ_MILLIS);
    }

    public static RawClient connect(SocketAddress address) throws IOException {
        Socket socket = new Socket();
        socket.setTcpNoDelay(true);
        socket.connect(loopback(address), READ_MILLIS);
        return new RawClient(socket);
    }

    private static SocketAddress loopback(SocketAddress address) {
        InetSocketAddress inet = (InetSocketAddress) address;
        return inet.getAddress().isAnyLocalAddress() ? new InetSocketAddress("127.0.0.1", inet.getPort()) : inet;
    }

    public Socket socket() {
        return socket;
    }

    public InputStream in() throws IOException {
        return socket.getInputStream();
    }

    public OutputStream out() throws IOException {
        return socket.getOutputStream();
    }

    public RawClient send(byte[] bytes) throws IOException {
        out().write(bytes);
        out().flush();
        return this;
    }

    /** ISO-8859-1, so that any byte can be spelled. */
    public RawClient send(String text) throws IOException {
        return send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Everything until the peer ends its side; a reset counts as an end too. */
    public byte[] readAll() throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] buffer = new byte[16 * 1024];
        try {
            for (int n = in().read(buffer); n >= 0; n = in().read(buffer)) {
                all.write(buffer, 0, n);
            }
        } catch (java.net.SocketTimeoutException e) {
            throw e;
        } catch (IOException reset) {
            return all.toByteArray();
        }
        return all.toByteArray();
    }

    public String readAllText() throws IOException {
        return new String(readAll(), StandardCharsets.ISO_8859_1);
    }

    /** @throws EOFException when the peer ends first */
    public byte[] read(int length) throws IOException {
        byte[] bytes = in().readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException("got " + bytes.length + " of " + length + " bytes");
        }
        return bytes;
    }

    /** Text up to and with {@code end}, and not a byte more. */
    public String readUntil(String end) throws IOException {
        StringBuilder text = new StringBuilder();
        while (!text.toString().endsWith(end)) {
            int b = in().read();
            if (b < 0) {
                throw new EOFException("ended after: " + text);
            }
            text.append((char) b);
        }
        return text.toString();
    }

    /** FIN on a plain socket, close_notify on a TLS one; reading goes on. */
    public RawClient endOutput() throws IOException {
        socket.shutdownOutput();
        return this;
    }

    /** RST. Not for TLS sockets. */
    public void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
