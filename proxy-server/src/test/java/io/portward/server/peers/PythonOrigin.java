package io.portward.server.peers;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.regex.Pattern;

/** Python's {@code http.server}, running {@code origin.py} from this folder. */
final class PythonOrigin implements AutoCloseable {

    private static final Pattern PORT = Pattern.compile("^port (\\d+)$");

    private final Daemon daemon;
    private final int port;

    /**
     * Starts it.
     *
     * @param folder where the script may lie
     * @param version what its answers begin with, {@code HTTP/1.1} or {@code HTTP/1.0}; the latter ends a body by closing
     */
    PythonOrigin(Path folder, String version) throws IOException {
        Path script = Files.createTempFile(folder, "origin", ".py");
        try (InputStream source = Objects.requireNonNull(PythonOrigin.class.getResourceAsStream("origin.py"))) {
            Files.write(script, source.readAllBytes());
        }
        daemon = new Daemon("python3", script.toString(), version);
        port = Integer.parseInt(daemon.awaitLine(PORT).group(1));
    }

    /** As the configuration wants it. */
    String address() {
        return "127.0.0.1:" + port;
    }

    @Override
    public void close() throws InterruptedException {
        daemon.close();
    }
}
