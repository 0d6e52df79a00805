package io.portward.testkit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A program that a test talks to over its standard streams, errors among its output. Ended by {@link #close}.
 *
 * <p>Threading: one thread.
 */
public final class CommandLine implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(15);

    private final Process process;
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final Thread reader;

    /** How far the output has been waited for. */
    private int seen;

    private CommandLine(Process process) {
        this.process = process;
        this.reader = new Thread(
                this::readAll, "output of " + process.info().command().orElse("?"));
        reader.setDaemon(true);
        reader.start();
    }

    public static CommandLine start(List<String> command) throws IOException {
        return new CommandLine(
                new ProcessBuilder(command).redirectErrorStream(true).start());
    }

    private void readAll() {
        try (InputStream in = process.getInputStream()) {
            byte[] buffer = new byte[8192];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                synchronized (output) {
                    output.write(buffer, 0, n);
                    output.notifyAll();
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public CommandLine type(String text) throws IOException {
        OutputStream in = process.getOutputStream();
        in.write(text.getBytes(StandardCharsets.UTF_8));
        in.flush();
        return this;
    }

    public CommandLine endInput() throws IOException {
        process.getOutputStream().close();
        return this;
    }

    /** Everything printed so far. */
    public String output() {
        synchronized (output) {
            return output.toString(StandardCharsets.ISO_8859_1);
        }
    }

    /** Waits until {@code text} has been printed, after what was waited for before. */
    public CommandLine await(String text) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        synchronized (output) {
            while (output().indexOf(text, seen) < 0) {
                long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
                if (left <= 0) {
                    throw new AssertionError("no '" + text + "' in: " + output());
                }
                output.wait(left);
            }
            seen = output().indexOf(text, seen) + text.length();
        }
        return this;
    }

    /** Waits for the end of the program; everything it printed. */
    public String awaitEnd() throws InterruptedException {
        if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("still running after: " + output());
        }
        reader.join(PATIENCE.toMillis());
        return output();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
