package io.portward.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;

/** A loopback port whose queue is full: the kernel answers no further connection, as a dead machine would not. */
public final class UnansweredPort implements AutoCloseable {

    private static final int CONNECT_MILLIS = 200;
    private static final int ENOUGH = 20;

    private final ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    private final List<Socket> fillers = new ArrayList<>();

    public UnansweredPort() throws IOException {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort());
        for (int i = 0; i < ENOUGH; i++) {
            Socket filler = new Socket();
            fillers.add(filler);
            try {
                filler.connect(address, CONNECT_MILLIS);
            } catch (SocketTimeoutException full) {
                return;
            }
        }
        throw new AssertionError("the backlog has no end");
    }

    /** As the configuration wants it. */
    public String address() {
        return "127.0.0.1:" + server.getLocalPort();
    }

    /** From now on connections are refused. */
    @Override
    public void close() throws IOException {
        server.close();
        for (Socket filler : fillers) {
            filler.close();
        }
    }
}
