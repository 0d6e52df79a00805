package io.portward.config.yaml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.portward.config.validate.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Files made to hang, crash or flood; each gets a short error within seconds. */
class HostileFileTest {

    /** Far above what a loaded machine needs, far below what anything quadratic takes with these sizes. */
    private static final Duration DEADLINE = Duration.ofSeconds(60);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    static Stream<Named<String>> texts() {
        int nearlyAll = SourceText.MAX_BYTES - 100;
        return Stream.of(
                Named.of("10 MB of spaces", " ".repeat(10_000_000)),
                Named.of("10 MB of keys", "key: value\n".repeat(1_000_000)),
                Named.of("one long word", "a".repeat(nearlyAll)),
                Named.of("one long key", "a".repeat(nearlyAll) + ": 1"),
                Named.of("one long number", "ports: [{listen: " + "1".repeat(nearlyAll) + "}]"),
                Named.of("one long host name", "ports: [{listen: 80, protocol: " + "a.".repeat(nearlyAll / 2) + "}]"),
                Named.of("one long path", route("path: " + "/a".repeat(50_000))),
                Named.of("one long path of dots", route("path: " + "/..".repeat(50_000))),
                Named.of("one long path of bad escapes", route("path: " + "/%2".repeat(50_000))),
                Named.of("one long host", route("host: " + "a.".repeat(50_000))),
                Named.of("one long listen address", "ports: [{listen: '" + "[::]:".repeat(50_000) + "'}]"),
                Named.of("one long range", "trustedProxies: ['" + ":".repeat(100_000) + "/1']"),
                Named.of("one long server", "backends: {a: {servers: ['" + "a.".repeat(50_000) + ":1']}}"),
                Named.of("one long name", "backends: {" + "a".repeat(100_000) + ": {servers: ['a:1']}}"),
                Named.of("deep lists", "[".repeat(1_000_000)),
                Named.of("deep mappings", "{a: ".repeat(500_000)),
                Named.of("deep blocks", deepBlocks(2000)),
                Named.of("deep block lists", "- ".repeat(500_000) + "a"),
                Named.of("question marks", "? ".repeat(500_000)),
                Named.of("a million empty lists", "[" + "[],".repeat(1_000_000) + "]"),
                Named.of("a million words", "[" + "a,".repeat(1_000_000) + "]"),
                Named.of("a million commas", "[" + ",".repeat(1_000_000) + "]"),
                Named.of("a hundred thousand wrong ports", "ports:\n" + "- 1\n".repeat(100_000)),
                Named.of("a hundred thousand wrong keys", wrongKeys(100_000)),
                Named.of("the same key again and again", "ports: []\n".repeat(100_000)),
                Named.of("anchors", anchors(50_000)),
                Named.of("aliases of a list", "a: &a [1]\nports: [" + "*a,".repeat(100_000) + "]"),
                Named.of("aliases of a word", "a: &a x\nports: [" + "*a,".repeat(100_000) + "]"),
                Named.of("an alias of itself", "ports: &a [*a, *a, *a]"),
                Named.of("a key that is itself", "&a {*a : 1}"),
                Named.of("quotes without end", "ports: \"" + "a".repeat(1_000_000)),
                Named.of("escapes", "ports: \"" + "\\x41".repeat(500_000) + "\""),
                Named.of("comments", "#\n".repeat(1_000_000)),
                Named.of("documents", "---\n".repeat(500_000)),
                Named.of("directives", "%YAML 1.2\n".repeat(100_000)),
                Named.of("tag directives", "%TAG !a! tag:a\n".repeat(100_000)),
                Named.of("carriage returns", "\r".repeat(1_000_000)),
                Named.of("tabs", "\t".repeat(1_000_000)),
                Named.of("colons", ":".repeat(1_000_000)),
                Named.of("colons and spaces", ": ".repeat(500_000)),
                Named.of("dashes", "-".repeat(1_000_000)),
                Named.of("ampersands", "&".repeat(1_000_000)),
                Named.of("block scalar", "ports: |\n" + " a\n".repeat(500_000)),
                Named.of("indentation that grows", growing(3000)));
    }

    @ParameterizedTest
    @MethodSource("texts")
    void getsAShortErrorInTime(String text) throws IOException {
        Path file = Files.writeString(directory.resolve("hostile.yaml"), text);

        ConfigurationException e = Assertions.assertTimeoutPreemptively(
                DEADLINE,
                () -> catchThrowableOfType(ConfigurationException.class, () -> new ConfigLoader().load(file)));

        assertThat(e).isNotNull();
        assertThat(e.getMessage()).hasSizeLessThan(200_000);
        assertThat(e.problems()).hasSizeLessThan(250).isNotEmpty();
    }

    @Test
    void refusesFilesThatAreNotThereOrNoFiles() throws IOException {
        assertThat(failure(directory.resolve("none.yaml"))).hasMessage(directory + "/none.yaml: error: no such file");
        assertThat(failure(directory)).hasMessage(directory + ": error: is a directory, not a file");
        assertThat(failure(Path.of("/dev/zero")))
                .hasMessage("/dev/zero: error: is larger than 8MiB, the most a configuration may have");
        assertThat(failure(Path.of("/dev/null")).getMessage()).startsWith("/dev/null:1:1: error: the file is empty");
        Path loop = Files.createSymbolicLink(directory.resolve("loop"), directory.resolve("loop"));
        assertThat(failure(loop).getMessage()).startsWith(loop + ": error: cannot be read");
    }

    @Test
    void takesFiftyThousandCertificates() throws Exception {
        StringBuilder text = new StringBuilder("certificates:\n");
        for (int i = 0; i < 50_000; i++) {
            text.append("  - {name: customer-").append(i).append(", chain: /etc/portward/certs/customer-");
            text.append(i).append("/fullchain.pem, key: /etc/portward/certs/customer-");
            text.append(i).append("/privkey.pem}\n");
        }
        text.append("ports: [{listen: 443, protocol: https, routes: [{backend: web}]}]\n");
        text.append("backends: {web: {servers: ['127.0.0.1:8080']}}\n");
        Path file = Files.writeString(directory.resolve("large.yaml"), text);

        LoadedConfig loaded = Assertions.assertTimeoutPreemptively(DEADLINE, () -> new ConfigLoader().load(file));

        assertThat(loaded.configuration().certificates()).hasSize(50_000);
    }

    @Test
    void survivesASmallStack() throws Exception {
        Path file = Files.writeString(directory.resolve("deep.yaml"), "[".repeat(100_000));
        Thread small = new Thread(
                null,
                () -> assertThatCode(() -> new ConfigLoader().load(file)).isInstanceOf(ConfigurationException.class),
                "small stack",
                256 * 1024);
        Throwable[] failure = new Throwable[1];
        small.setUncaughtExceptionHandler((thread, e) -> failure[0] = e);
        small.start();
        small.join(DEADLINE.toMillis());

        assertThat(small.isAlive()).isFalse();
        assertThat(failure[0]).isNull();
    }

    private static ConfigurationException failure(Path file) {
        ConfigurationException e =
                catchThrowableOfType(ConfigurationException.class, () -> new ConfigLoader().load(file));
        assertThat(e).isNotNull();
        return e;
    }

    private static String route(String key) {
        return "ports: [{listen: 443, protocol: https, routes: [{backend: a, " + key + "}]}]";
    }

    private static String wrongKeys(int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append("portz").append(i).append(": 1\n");
        }
        return text.toString();
    }

    private static String anchors(int count) {
        StringBuilder text = new StringBuilder("ports:\n");
        for (int i = 0; i < count; i++) {
            text.append("- &a").append(i).append(" 1\n");
        }
        return text.toString();
    }

    private static String deepBlocks(int depth) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < depth; i++) {
            text.append(" ".repeat(i)).append("a:\n");
        }
        return text.toString();
    }

    private static String growing(int depth) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < depth; i++) {
            text.append(" ".repeat(i)).append("- a\n");
        }
        return text.toString();
    }
}
