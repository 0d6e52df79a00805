package io.portward.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code portward} in a JVM of its own, with this JVM's class path and flags (leak detection among them), so that signals, exit codes and
 * everything on stderr are those of the product. Closing fails the test when a buffer leaked or somebody's misdeed became a stack trace.
 */
final class PortwardProcess implements AutoCloseable {

    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final Pattern BOUND = Pattern.compile("(\\w+) \\S+:(\\d+)(?=,|$)");

    private final Process process;
    private final List<String> out = new CopyOnWriteArrayList<>();
    private final List<String> err = new CopyOnWriteArrayList<>();
    private final Thread outReader;
    private final Thread errReader;

    PortwardProcess(String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> flag.startsWith("--") || flag.startsWith("-Dio.netty") || flag.equals("-ea"))
                .forEach(command::add);
        command.addAll(List.of("-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(List.of(arguments));
        process = new ProcessBuilder(command).start();
        outReader = reader(process.inputReader(StandardCharsets.UTF_8), out);
        errReader = reader(process.errorReader(StandardCharsets.UTF_8), err);
    }

    private static Thread reader(BufferedReader source, List<String> lines) {
        Thread thread = new Thread(() -> {
            try (source) {
                source.lines().forEach(lines::add);
            } catch (UncheckedIOException | IOException closed) {
                lines.add("(the stream broke: " + closed.getMessage() + ")");
            }
        });
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    /** Waits for the ready line. */
    PortwardProcess awaitReady() {
        await().atMost(TIMEOUT).until(() -> !process.isAlive() || readyLine() != null);
        assertThat(readyLine()).as("ready line in %s", err).isNotNull();
        return this;
    }

    String readyLine() {
        return err.stream()
                .filter(line -> line.startsWith("portward ready"))
                .findFirst()
                .orElse(null);
    }

    /** The port numbers of one protocol, or of {@code admin}, in the order of the configuration. */
    List<Integer> ports(String protocol) {
        List<Integer> ports = new ArrayList<>();
        Matcher bound = BOUND.matcher(readyLine());
        while (bound.find()) {
            if (bound.group(1).equals(protocol)) {
                ports.add(Integer.parseInt(bound.group(2)));
            }
        }
        return ports;
    }

    int port(String protocol) {
        return ports(protocol).get(0);
    }

    /** Sends a signal such as {@code TERM}. */
    void signal(String name) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
        assertThat(kill.waitFor()).isZero();
    }

    /** Waits for a line on stderr that contains {@code text}. */
    void awaitLine(String text) {
        await().atMost(TIMEOUT).until(() -> err.stream().anyMatch(line -> line.contains(text)));
    }

    /** Waits for the end; then everything it printed has been read. */
    int awaitExit() throws InterruptedException {
        assertThat(process.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS))
                .as("exit after %s", err)
                .isTrue();
        outReader.join(TIMEOUT.toMillis());
        errReader.join(TIMEOUT.toMillis());
        return process.exitValue();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    List<String> out() {
        return out;
    }

    List<String> err() {
        return err;
    }

    @Override
    public void close() throws InterruptedException {
        if (process.isAlive()) {
            process.destroy();
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        }
        errReader.join(TIMEOUT.toMillis());
        assertThat(err).noneMatch(line -> line.contains("LEAK:")).noneMatch(line -> line.startsWith("\tat "));
    }
}
