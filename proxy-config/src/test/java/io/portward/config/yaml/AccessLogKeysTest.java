package io.portward.config.yaml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portward.config.model.AccessLogConfig;
import io.portward.config.model.Configuration;
import io.portward.config.model.RotateConfig;
import io.portward.config.pem.PemLoader;
import io.portward.config.validate.ConfigurationException;
import io.portward.config.validate.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccessLogKeysTest {

    private static final String REDIRECT = "ports: [{listen: 80, protocol: redirect, to: 8443}]\n";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    private Configuration parse(String yaml) throws ConfigurationException {
        return new ConfigLoader().parse(yaml, "test.yaml", directory).configuration();
    }

    @Test
    void isOffUnlessConfigured() throws Exception {
        assertThat(parse(REDIRECT).accessLog()).isNull();
    }

    @Test
    void hasDefaultsThatFillNoDiskAndTellNoSecrets() throws Exception {
        AccessLogConfig log = parse(REDIRECT + "accessLog: {}").accessLog();

        assertThat(log).isEqualTo(new AccessLogConfig(AccessLogConfig.Format.JSON, null, RotateConfig.DEFAULT, false));
        assertThat(log.rotate()).isEqualTo(new RotateConfig(100 * 1024 * 1024, null, 10));
    }

    @Test
    void readsEveryKeyAndWritesItBack() throws Exception {
        Configuration c = parse("""
                ports: [{listen: 80, protocol: redirect, to: 8443, accessLog: false}]
                accessLog: {format: combined, file: logs/access.log, rotate: {size: 1GiB, every: 1d, keep: 3}, query: true}
                """);

        assertThat(c.accessLog())
                .isEqualTo(new AccessLogConfig(
                        AccessLogConfig.Format.COMBINED,
                        directory.resolve("logs/access.log"),
                        new RotateConfig(1024 * 1024 * 1024, Duration.ofDays(1), 3),
                        true));
        assertThat(c.ports().get(0).accessLog()).isFalse();
        assertThat(parse(ConfigYamlWriter.write(c))).isEqualTo(c);
    }

    @Test
    void writesStdoutBack() throws Exception {
        Configuration c = parse(REDIRECT + "accessLog: {file: stdout}");

        assertThat(c.accessLog().file()).isNull();
        assertThat(parse(ConfigYamlWriter.write(c))).isEqualTo(c);
    }

    @Test
    void remarksOnWhatHasNoEffect() throws Exception {
        assertThat(remarks("ports: [{listen: 80, protocol: redirect, to: 8443, accessLog: false}]"))
                .contains("the file has no 'accessLog' that could be switched off");
        assertThat(remarks("""
                certificates: [{name: a, chain: a.pem, key: a.key}]
                ports: [{listen: 993, protocol: imaps, backend: imap}]
                backends: {imap: {servers: ["127.0.0.1:143"]}}
                accessLog: {format: combined}
                """)).contains("combined has no lines for TCP ports and failed handshakes; json has");
    }

    private List<String> remarks(String yaml) throws ConfigurationException {
        return new ConfigLoader()
                .parse(yaml, "test.yaml", directory).warnings().stream()
                        .map(Problem::message)
                        .toList();
    }

    @Test
    void checkFindsAFileThatCannotBeWritten() throws IOException {
        Files.createDirectories(directory.resolve("folder"));

        assertRefused("accessLog: {file: folder}", "is a directory");
        assertRefused("accessLog: {file: missing/access.log}", "there is no directory '");
    }

    private void assertRefused(String yaml, String message) {
        ConfigLoader loader = new ConfigLoader(new PemLoader(Clock.systemUTC(), false));
        assertThatThrownBy(() -> loader.parse(REDIRECT + yaml, "test.yaml", directory))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("test.yaml:2:")
                .hasMessageContaining("accessLog.file: ")
                .hasMessageContaining(message);
    }
}
