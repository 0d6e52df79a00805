package io.portward.server.peers;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** An origin in Python, from a script beside this class. */
final class PythonOrigin implements AutoCloseable {

    /** The Python that sees the modules of Debian's packages. */
    static final String DEBIAN = "/usr/bin/python3";

    private static final Pattern PORT = Pattern.compile("^port (\\d+)$");

    private final Daemon daemon;
    private final int port;

    /**
     * Starts {@code origin.py}, on Python's {@code http.server}.
     *
     * @param folder where the script may lie
     * @param version what its answers begin with, {@code HTTP/1.1} or {@code HTTP/1.0}; the latter ends a body by closing
     */
    PythonOrigin(Path folder, String version) throws IOException {
        this("python3", script(folder, "origin.py").toString(), version);
    }

    private PythonOrigin(String... command) throws IOException {
        daemon = new Daemon(command);
        port = Integer.parseInt(daemon.awaitLine(PORT).group(1));
    }

    /** Starts a script that needs modules of Debian's. */
    static PythonOrigin ofDebian(Path folder, String name, String... arguments) throws IOException {
        return new PythonOrigin(Stream.concat(
                        Stream.of(DEBIAN, script(folder, name).toString()), Stream.of(arguments))
                .toArray(String[]::new));
    }

    /** Copies a script from beside this class to where it can be run from. */
    static Path script(Path folder, String name) throws IOException {
        Path script = Files.createTempFile(folder, "", name);
        try (InputStream source = Objects.requireNonNull(PythonOrigin.class.getResourceAsStream(name))) {
            Files.write(script, source.readAllBytes());
        }
        return script;
    }

    int port() {
        return port;
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
