package io.portward.server.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.testkit.Background;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A program that runs to its end. */
final class Command {

    private static final Duration TIMEOUT = Duration.ofMinutes(2);

    /** How it ended and what it said, both as ISO-8859-1 so that no byte is lost. */
    record Result(List<String> command, int exit, String out, String err) {

        /** @return itself, for reading the output */
        Result succeeded() {
            assertThat(exit).as("%s", this).isZero();
            return this;
        }
    }

    private final List<String> command;
    private byte[] input = {};

    Command(String... command) {
        this(List.of(command));
    }

    Command(List<String> command) {
        this.command = List.copyOf(command);
    }

    /** What it reads on standard input; nothing unless set. */
    Command input(String text) {
        input = text.getBytes(StandardCharsets.ISO_8859_1);
        return this;
    }

    /** A whole number of bytes from standard output of a shell line; for what is simpler to say there. */
    static Command shell(String line, String... parameters) {
        List<String> command = new ArrayList<>(List.of("bash", "-c", line, "bash"));
        command.addAll(Arrays.asList(parameters));
        return new Command(command);
    }

    Result run() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).start();
        CompletableFuture<byte[]> out = Background.begin(() -> read(process.getInputStream()));
        CompletableFuture<byte[]> err = Background.begin(() -> read(process.getErrorStream()));
        try {
            writeInput(process);
            assertThat(process.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS))
                    .as("end of %s", command)
                    .isTrue();
            return new Result(command, process.exitValue(), text(out.join()), text(err.join()));
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private void writeInput(Process process) {
        try (OutputStream to = process.getOutputStream()) {
            to.write(input);
        } catch (IOException ended) {
            // It may end without reading; its exit code tells whether that is right.
            assertThat(input).as("input of %s", command).isNotNull();
        }
    }

    private static byte[] read(InputStream from) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        try (from) {
            from.transferTo(all);
        } catch (IOException e) {
            return (all + "(the stream broke: " + e.getMessage() + ")").getBytes(StandardCharsets.ISO_8859_1);
        }
        return all.toByteArray();
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
