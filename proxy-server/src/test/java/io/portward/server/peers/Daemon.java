package io.portward.server.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** A program that serves until it is closed; what it prints is kept. */
final class Daemon implements AutoCloseable {

    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final List<String> command;
    private final Process process;
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final Thread reader;

    Daemon(String... command) throws IOException {
        this.command = List.of(command);
        process = new ProcessBuilder(command).redirectErrorStream(true).start();
        reader = new Thread(() -> keepLines(process.inputReader(StandardCharsets.ISO_8859_1)));
        reader.setDaemon(true);
        reader.start();
    }

    private void keepLines(BufferedReader source) {
        try (source) {
            source.lines().forEach(lines::add);
        } catch (UncheckedIOException | IOException closed) {
            lines.add("(the stream broke: " + closed.getMessage() + ")");
        }
    }

    /** Waits until something accepts on a loopback port. */
    Daemon awaitPort(int port) {
        await().atMost(TIMEOUT).until(() -> !process.isAlive() || accepts(port));
        assertThat(process.isAlive()).as("%s says %s", command, lines).isTrue();
        return this;
    }

    private static boolean accepts(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException refused) {
            return false;
        }
    }

    /** Waits for a line that matches, and returns what was found. */
    MatchResult awaitLine(Pattern pattern) {
        await().atMost(TIMEOUT).until(() -> !process.isAlive() || find(pattern) != null);
        MatchResult found = find(pattern);
        assertThat(found).as("%s in what %s says: %s", pattern, command, lines).isNotNull();
        return found;
    }

    private MatchResult find(Pattern pattern) {
        return lines.stream()
                .flatMap(line -> pattern.matcher(line).results())
                .findFirst()
                .orElse(null);
    }

    List<String> lines() {
        return lines;
    }

    long pid() {
        return process.pid();
    }

    @Override
    public void close() throws InterruptedException {
        List<ProcessHandle> children = process.descendants().toList();
        process.destroy();
        if (!process.waitFor(5, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
        children.forEach(ProcessHandle::destroyForcibly);
        reader.join(TIMEOUT.toMillis());
    }
}
