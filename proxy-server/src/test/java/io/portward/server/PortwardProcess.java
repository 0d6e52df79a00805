package io.portward.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
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
public final class PortwardProcess implements AutoCloseable {

    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final Pattern BOUND = Pattern.compile("(\\w+) \\S+:(\\d+)(?=,|$)");

    private final Process process;
    private final List<String> out = new CopyOnWriteArrayList<>();
    private final List<String> err = new CopyOnWriteArrayList<>();
    private final Thread outReader;
    private final Thread errReader;

    public PortwardProcess(String... arguments) throws IOException {
        this(List.of(), List.of(), arguments);
    }

    /**
     * Started by another program.
     *
     * @param prefix a program that becomes the command after it, such as {@code setpriv}, with its options
     * @param flags for the JVM; they win over the usual ones
     */
    public PortwardProcess(List<String> prefix, List<String> flags, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(prefix);
        // A signal that is ignored stays so, and nohup ignores SIGHUP.
        command.addAll(List.of("env", "--default-signal=HUP"));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> flag.startsWith("--") || flag.startsWith("-Dio.netty") || flag.equals("-ea"))
                .forEach(command::add);
        command.add("-XX:+UseSerialGC");
        command.addAll(flags);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
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
    public PortwardProcess awaitReady() {
        await().atMost(TIMEOUT).until(() -> !process.isAlive() || readyLine() != null);
        assertThat(readyLine()).as("ready line in %s", err).isNotNull();
        return this;
    }

    public String readyLine() {
        return err.stream()
                .filter(line -> line.startsWith("portward ready"))
                .findFirst()
                .orElse(null);
    }

    /** The port numbers of one protocol, or of {@code admin}, or of all that match an expression, in the order of the configuration. */
    public List<Integer> ports(String protocol) {
        List<Integer> ports = new ArrayList<>();
        Matcher bound = BOUND.matcher(readyLine());
        while (bound.find()) {
            if (bound.group(1).matches(protocol)) {
                ports.add(Integer.parseInt(bound.group(2)));
            }
        }
        return ports;
    }

    public int port(String protocol) {
        return ports(protocol).get(0);
    }

    /** Sends a signal such as {@code TERM}. */
    public void signal(String name) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
        assertThat(kill.waitFor()).isZero();
    }

    /** Waits for a line on stderr that contains {@code text}. */
    public void awaitLine(String text) {
        await().atMost(TIMEOUT).until(() -> err.stream().anyMatch(line -> line.contains(text)));
    }

    /** Waits for the end; then everything it printed has been read. */
    public int awaitExit() throws InterruptedException {
        assertThat(process.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS))
                .as("exit after %s", err)
                .isTrue();
        outReader.join(TIMEOUT.toMillis());
        errReader.join(TIMEOUT.toMillis());
        return process.exitValue();
    }

    /** The JVM itself, also when another program started it. */
    public ProcessHandle handle() {
        return process.toHandle();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    public List<String> out() {
        return out;
    }

    public List<String> err() {
        return err;
    }

    /** Netty tells of a leaked buffer once the garbage collector has found it and another one is allocated. */
    private void revealLeaks() throws InterruptedException {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        if (readyLine() == null || !Files.isExecutable(jcmd)) {
            return;
        }
        try {
            Process collect = new ProcessBuilder(jcmd.toString(), Long.toString(process.pid()), "GC.run")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            assertThat(collect.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            for (int port : ports("\\w+")) {
                try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                    socket.setSoTimeout((int) TIMEOUT.toMillis());
                    socket.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                    socket.getInputStream().readAllBytes();
                }
            }
        } catch (IOException stopping) {
            err.add("(not asked for leaks: " + stopping.getMessage() + ")");
        }
    }

    @Override
    public void close() throws InterruptedException {
        if (process.isAlive()) {
            revealLeaks();
            process.destroy();
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        }
        errReader.join(TIMEOUT.toMillis());
        assertThat(err).noneMatch(line -> line.contains("LEAK:")).noneMatch(line -> line.startsWith("\tat "));
    }
}
