package io.portward.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A server on a loopback port that does with each connection what a script says, one thread each.
 *
 * <p>Threading: the script runs on a thread of its own for every connection. Failure: {@link #close} throws what a script threw, so a
 * broken expectation inside one fails the test.
 */
public final class ScriptedUpstream implements AutoCloseable {

    /** What happens on one connection; it is closed when this returns. */
    public interface Script {

        void serve(RawClient connection) throws Exception;
    }

    private final ServerSocket listener;
    private final Script script;
    private final AtomicInteger accepted = new AtomicInteger();
    private final List<RawClient> open = new CopyOnWriteArrayList<>();
    private final List<Throwable> failures = new CopyOnWriteArrayList<>();
    private volatile boolean closed;

    private ScriptedUpstream(Script script, String host, int port) throws IOException {
        this.script = script;
        this.listener = new ServerSocket(port, 1024, InetAddress.getByName(host));
    }

    public static ScriptedUpstream start(Script script) throws IOException {
        return startOn(0, script);
    }

    /** For a server that comes back on the port it had. */
    public static ScriptedUpstream startOn(int port, Script script) throws IOException {
        return startOn("127.0.0.1", port, script);
    }

    /** @param host a literal address of this machine */
    public static ScriptedUpstream startOn(String host, int port, Script script) throws IOException {
        ScriptedUpstream upstream = new ScriptedUpstream(script, host, port);
        Thread thread = new Thread(upstream::acceptAll, "upstream-accept");
        thread.setDaemon(true);
        thread.start();
        return upstream;
    }

    /** Sends back what it gets and ends its side after the peer's. */
    public static ScriptedUpstream echo() throws IOException {
        return start(connection -> {
            byte[] buffer = new byte[64 * 1024];
            for (int n = connection.in().read(buffer);
                    n >= 0;
                    n = connection.in().read(buffer)) {
                connection.out().write(buffer, 0, n);
            }
        });
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** As the configuration wants it: {@code 127.0.0.1:PORT}. */
    public String address() {
        return "127.0.0.1:" + port();
    }

    /** Connections so far. */
    public int accepted() {
        return accepted.get();
    }

    private void acceptAll() {
        while (!closed) {
            try {
                RawClient connection = new RawClient(listener.accept());
                accepted.incrementAndGet();
                Thread thread = new Thread(() -> serve(connection), "upstream-" + accepted.get());
                thread.setDaemon(true);
                thread.start();
            } catch (IOException e) {
                if (!closed) {
                    failures.add(e);
                }
                return;
            }
        }
    }

    private void serve(RawClient connection) {
        open.add(connection);
        try (connection) {
            script.serve(connection);
        } catch (Throwable e) {
            if (!closed) {
                failures.add(e);
            }
        } finally {
            open.remove(connection);
        }
    }

    /** A port of this machine that nobody listens on. */
    public static int unusedPort() throws IOException {
        try (Socket unbound = new Socket()) {
            unbound.bind(null);
            return unbound.getLocalPort();
        }
    }

    @Override
    public void close() throws IOException {
        closed = true;
        listener.close();
        for (RawClient connection : open) {
            connection.close();
        }
        if (!failures.isEmpty()) {
            AssertionError error = new AssertionError("a script failed: " + failures.get(0));
            failures.forEach(error::addSuppressed);
            throw error;
        }
    }
}
